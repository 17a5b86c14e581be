// What is seen of a cluster: types alone, so that whoever imports them needs no types of the packages for Redis.

import type { HostProgress } from "../train/execution/runner.js";

/** What a Redis says of itself. */
export interface RedisInfo {
  version: string;
  /** bytes; 0: no limit */
  maxMemory: number;
  usedMemory: number;
  /** what is done when that is full, such as noeviction */
  policy: string;
}

/** What a driver says of its run. */
export interface RunRecord {
  id: string;
  /** counting words, or training on them */
  kind: "count" | "train";
  /** of wasm2vec */
  version: string;
  host: string;
  pid: number;
  /** when it began, in milliseconds since 1970, by the driver's clock */
  began: number;
  /** name of the corpus */
  corpus: string;
  /** of training */
  words?: number;
  dim?: number;
  blocks?: number;
  /** bytes of Redis that it needs, with the workers that were there when it began */
  memory?: number;
  epochs?: number;
}

/** How far a run is. */
export interface RunProgress {
  /** of the work, 0 to 1 */
  share: number;
  /** from 1; 0 while counting */
  epoch: number;
  /** counted or trained so far */
  words: number;
  wordsPerSecond: number;
}

/** What a worker says of itself. */
export interface WorkerRecord {
  id: string;
  version: string;
  host: string;
  pid: number;
  threads: number;
}

/** A run that Redis holds. */
export interface FoundRun {
  id: string;
  /** undefined: what is left of it no longer says */
  about: RunRecord | undefined;
  isAlive: boolean;
  progress: RunProgress | undefined;
  hosts: readonly HostProgress[];
  /** workers that take no part, and why */
  refused: readonly { worker: string; reason: string }[];
}
