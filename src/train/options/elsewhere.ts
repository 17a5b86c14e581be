// Checks of the options that say where blocks lie and who trains them.

import { checkInteger, checkKnown, show } from "../../base/check.js";

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

/** What is wrong with them is said where blocks are made, which pages do not load. */
export function asBlocks(_: string, value: string | URL | BlocksOptions): BlocksOptions {
  return value === null || typeof value !== "object" || value instanceof URL ? { folder: value } : value;
}

/** @throws TypeError, RangeError */
export function checkCluster(name: string, value: string | ClusterOptions): ClusterOptions {
  const options = typeof value === "string" ? { url: value } : value;
  checkKnown(`option of "${name}"`, options, ["url", "prefix", "corpusModule", "lease"]);
  const { url, prefix, corpusModule, lease } = options;
  if (lease !== undefined) checkInteger(`lease" of "${name}`, lease, 1_000);
  for (const [option, given] of Object.entries({ prefix, corpusModule }))
    if (given !== undefined && typeof given !== "string")
      throw new TypeError(`"${option}" of "${name}" expected a string, got ${show(given)}`);
  // BullMQ separates parts of its keys by colons, and braces choose the slot in a Redis Cluster
  if (prefix !== undefined && !/^[\w.-]+$/.test(prefix))
    throw new RangeError(`"prefix" of "${name}" expected letters, digits, _, - and dots, got ${show(prefix)}`);
  if (typeof url === "string" && /^rediss?:\/\/./.test(url) && URL.canParse(url)) return options;
  throw new TypeError(`"${name}" expected the URL of a Redis, such as redis://host:6379, got ${show(url)}`);
}
