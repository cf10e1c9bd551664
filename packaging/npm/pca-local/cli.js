#!/usr/bin/env node
// The command pca-local: hands everything to the binary.
import { spawn } from "node:child_process";
import { constants } from "node:os";

import { findBinary } from "./binary.js";

let binary;
try {
  binary = findBinary();
} catch (error) {
  console.error(`pca-local: ${error.message}`);
  process.exit(1);
}
const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`pca-local: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
