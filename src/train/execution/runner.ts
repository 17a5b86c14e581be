// The interface that the training loop hands its batches to, whichever engine trains.

import type { Batch } from "../../text/encode.js";
import type { StepResult } from "./step.js";

/** A stretch of text that is handed in at once: batches that are trained on together, or one. */
export interface Chunk {
  /** from 1, counted over all runs */
  epoch: number;
  /** number of its first batch in the epoch */
  first: number;
  batches: readonly Batch[];
  learningRate: number;
  /** steps of it that were done before */
  steps: number;
}

/** What one of several machines has done for a training so far. */
export interface HostProgress {
  /** host and process, such as node7:1234 */
  name: string;
  threads: number;
  /** words of the text, times its share of the model */
  words: number;
  /** seconds that it trained, and those in which it waited for blocks */
  training: number;
  waiting: number;
  /** blocks that it took and gave, and their bytes */
  blocks: number;
  bytes: number;
}

export interface Runner {
  /** Chunks to hand in ahead of those that are done, so that reading and training overlap. */
  readonly ahead: number;
  /** Steps of a chunk. */
  readonly steps: number;
  /** What each machine has done, where there are several. */
  readonly hosts?: readonly HostProgress[];
  /** Whether a batch can be one of a chunk that has some. */
  fits(batch: Batch, chunk: readonly Batch[]): boolean;
  /**
   * Trains on a chunk, after all chunks handed in before. The ids are given away.
   * @param onStep is given what each step came to, as it ends
   * @returns words that subsampling kept
   */
  train(chunk: Chunk, onStep: (result: StepResult) => void): Promise<number>;
  /** Resolves when nothing is under way; chunks handed in may have to wait, some with a part of their steps done. */
  pause(): Promise<void>;
  /** Starts, or resumes after a pause. */
  go(): Promise<void>;
  /** During a pause: brings the parameters into the caller's memory, in the order of the words. */
  collect(): Promise<void>;
  /** During a pause: whether all parameters are finite. */
  check(): Promise<boolean>;
  /** Ends all workers, leaves the caller's memory in the order of the words, and aborts chunks under way. */
  close(): Promise<void>;
}

/** The error of chunks that were under way when training was closed. */
export const ABORTED = "training was aborted; its runner was closed";
