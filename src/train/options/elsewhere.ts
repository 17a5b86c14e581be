// The options that say where blocks lie and who trains them. Pages have neither: what is given for them is checked where it is used.

import { checkInteger } from "../../base/check.js";

/** Blocks of a model that a cluster trains, or that lies in files. */
export const PARTS = 16;

/** How to reach a cluster. */
export interface ClusterOptions {
  /** Of Redis or Valkey: redis://HOST:6379, rediss:// for TLS, with user and password if they are needed. */
  url: string;
  /** Keys begin with it: of letters, digits, _, - and dots. Default "wasm2vec". Drivers and workers with the same one belong together. */
  prefix?: string;
  /**
   * Path or URL of a module whose default export is the corpus, or a function that makes it. For a corpus that is not made of files: each
   * worker names such a module of its own, since what comes from Redis is never run. Default: workers read the corpus's files.
   */
  corpusModule?: string;
  /** Milliseconds without a sign of life after which a machine is taken for dead: the same for driver and workers. Default 15,000. */
  lease?: number;
}

/** @throws RangeError for what is no power of two */
export function checkParts(name: string, value: number): number | undefined {
  if (Number.isInteger(Math.log2(checkInteger(name, value, 2, 256)))) return value;
  throw new RangeError(`"${name}" expected a power of two, got ${value}: take ${2 ** Math.round(Math.log2(value))}`);
}

/** Where blocks lie, and how often a checkpoint is written there. */
export interface BlocksOptions {
  /** The folder. It is made if there is none, and holds nothing else. */
  folder: string | URL;
  /** As in CheckpointOptions: "30s", "5m" (default), "2h", "1epoch". */
  every?: string;
  /** Starts over, whatever the folder holds. Default false. */
  overwrite?: boolean;
}
