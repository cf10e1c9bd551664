// Where the binary of this platform is.
import { createRequire } from "node:module";

/** The path of the pca-local executable. */
export function findBinary() {
  if (process.env.PCA_LOCAL_BIN) return process.env.PCA_LOCAL_BIN;
  const name = `pca-local-${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/pca-local`);
  } catch {
    throw new Error(
      `there is no pca-local for ${process.platform} on ${process.arch} here: ` +
        `install with optional dependencies, or build it (cargo install --git) and set PCA_LOCAL_BIN`,
    );
  }
}
