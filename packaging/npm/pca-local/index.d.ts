export interface Options {
  /** More options of the pca-local command. */
  args?: string[];
  /** HOST:PORT. Default: a free port of 127.0.0.1. */
  listen?: string;
  region?: string;
  /** "immediate" (default), or "aws": things take time as they do at AWS. */
  timing?: string;
}

export class PcaLocal {
  readonly endpoint: string;
  readonly region: string;
  readonly clientConfig: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  now(): Promise<Date>;
  advance(by: { days?: number; hours?: number; seconds?: number }): Promise<Date>;
  reset(): Promise<void>;
  fail(operation: string, code: string, times?: number): Promise<void>;
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export function start(options?: Options): Promise<PcaLocal>;
export function findBinary(): string;
