// What onProgress is told, at most ten times a second.

import type { KernelName } from "../../kernel/kernel.js";
import type { BytesRead } from "../../text/source.js";
import type { ParallelMode } from "../execution/engines.js";
import type { HostProgress } from "../execution/runner.js";

export interface Progress {
  /** Counting words, or comparing them with those of a checkpoint; then training. */
  phase: "vocabulary" | "training";
  /** From 1; 0 while counting. */
  epoch: number;
  epochs: number;
  /** Tokens counted, or words trained on in all epochs so far, subsampled ones included. */
  words: number;
  /** Words of all epochs; 0 while counting. */
  totalWords: number;
  /** Share of the phase that is done, 0 to 1; undefined while counting a text whose size is not known, such as a pipe's. */
  share?: number;
  /** Bytes of the text read while counting, of the compressed ones where files are compressed; undefined where not known. */
  bytes?: number;
  wordsPerSecond: number;
  /** Mean loss of a prediction in this epoch so far; 0 before the first. */
  loss: number;
  /** With validationShare: the loss of what is held out after the epoch before; undefined in the first. */
  validationLoss?: number;
  learningRate: number;
  /** Seconds left of the phase; 0 where share is undefined or 0. */
  eta: number;
  /** Seconds since the phase began, pauses left out. */
  elapsed: number;
  kernel: KernelName;
  /** Threads that train; 0 while counting. */
  threads: number;
  /** How they work together. */
  parallel: ParallelMode;
  /** With `cluster`, while training: what each machine has done so far. */
  hosts?: readonly HostProgress[];
}

const INTERVAL = 100;

/** Calls listener no more often than every 100 ms, except for the last time. */
export class ProgressReporter {
  private start = performance.now();
  private last = 0;

  /** @param wordsBefore words that other runs have trained on */
  constructor(
    private readonly listener: ((progress: Progress) => unknown) | undefined,
    private readonly wordsBefore = 0,
  ) {}

  /** Leaves out time that nothing was done in. */
  skip(milliseconds: number): void {
    this.start += milliseconds;
  }

  report(progress: Omit<Progress, "elapsed" | "wordsPerSecond" | "eta">, final = false): void {
    if (this.listener === undefined) return;
    const now = performance.now();
    if (!final && now - this.last < INTERVAL) return;
    this.last = now;
    const { words, totalWords } = progress;
    const elapsed = (now - this.start) / 1000;
    const wordsPerSecond = elapsed > 0 ? (words - this.wordsBefore) / elapsed : 0;
    const isCounting = totalWords === 0;
    const share = isCounting ? progress.share : Math.min(1, words / totalWords);
    const left = wordsPerSecond > 0 ? Math.max(0, totalWords - words) / wordsPerSecond : 0;
    const eta = isCounting ? secondsLeft(elapsed, share) : left;
    this.listener({ ...progress, share, elapsed, wordsPerSecond, eta });
  }
}

/** What part of a text has been read, 0 to 1; undefined where its size is not known. */
export function shareOf({ bytes, total }: Readonly<BytesRead>): number | undefined {
  return total ? Math.min(1, bytes / total) : undefined;
}

/** Seconds until all is done if the rest takes as long as what is done; 0 where that is not known. */
export function secondsLeft(elapsed: number, share: number | undefined): number {
  return share ? (elapsed * (1 - share)) / share : 0;
}
