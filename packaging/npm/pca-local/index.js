// Starts pca-local for tests, and moves its clock.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { findBinary } from "./binary.js";

export { findBinary };

/** A running pca-local. `start` makes one. */
export class PcaLocal {
  #child;
  #ended;

  constructor(endpoint, region, child, ended) {
    this.endpoint = endpoint;
    this.region = region;
    this.#child = child;
    this.#ended = ended;
  }

  /** Settings for a client of @aws-sdk/client-acm-pca. */
  get clientConfig() {
    return {
      endpoint: this.endpoint,
      region: this.region,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    };
  }

  /** The service's time. */
  async now() {
    return new Date((await this.admin("GET", "clock")).now);
  }

  /** Moves the clock forward, and runs all that falls due on the way. */
  async advance({ days = 0, hours = 0, seconds = 0 }) {
    const total = Math.trunc(days * 86400 + hours * 3600 + seconds);
    return new Date((await this.admin("POST", "clock/advance", { seconds: total })).now);
  }

  /** Forgets all CAs and planned faults. The clock stays. */
  async reset() {
    await this.admin("POST", "reset");
  }

  /** Makes the next calls of an operation end with an error of ACM PCA. */
  async fail(operation, code, times = 1) {
    await this.admin("PUT", "faults", { operations: { [operation]: { code, times } } });
  }

  /** A request to /_pca-local/PATH. */
  async admin(method, path, body) {
    const answer = await fetch(`${this.endpoint}/_pca-local/${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Ends the process. */
  async stop() {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }
}

/**
 * Starts pca-local, on a free port unless `listen` has one.
 *
 * `timing: "aws"` lets things take time as they do at AWS.
 */
export async function start({ args = [], listen = "127.0.0.1:0", region = "us-east-1", timing = "immediate" } = {}) {
  const options = ["--listen", listen, "--log", "error", "--region", region];
  const child = spawn(findBinary(), [...options, "--timing", timing, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-65536)));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  ended.then(() => process.off("exit", end));
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise((resolve, reject) => {
    child.on("error", reject);
    lines.once("line", resolve);
    ended.then(() => reject(new Error(said.trim() || "pca-local ended without a word")));
  });
  return new PcaLocal(line.replace("listening on ", ""), region, child, ended);
}
