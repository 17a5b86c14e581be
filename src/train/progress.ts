// What onProgress is told, at most ten times a second.

import type { KernelName } from "../kernel/kernel.js";

/**
 * How threads work together: there is one only; all update one memory without locks; or they train in rounds, with the
 * same result whatever their number, on one memory or each on its replica of the model.
 */
export type ParallelMode = "none" | "hogwild" | "rounds" | "replicas";

export interface Progress {
  /** Counting words, then training. */
  phase: "vocabulary" | "training";
  /** From 1; 0 while counting. */
  epoch: number;
  epochs: number;
  /** Tokens counted, or words trained on in all epochs so far, subsampled ones included. */
  words: number;
  /** Words of all epochs; 0 while counting. */
  totalWords: number;
  wordsPerSecond: number;
  /** Mean loss of a prediction in this epoch so far; 0 before the first. */
  loss: number;
  learningRate: number;
  /** Seconds left; 0 while counting. */
  eta: number;
  /** Seconds since the phase began, pauses left out. */
  elapsed: number;
  kernel: KernelName;
  /** Threads that train; 0 while counting. */
  threads: number;
  /** How they work together. */
  parallel: ParallelMode;
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
    const elapsed = (now - this.start) / 1000;
    const wordsPerSecond = elapsed > 0 ? (progress.words - this.wordsBefore) / elapsed : 0;
    const left = Math.max(0, progress.totalWords - progress.words);
    this.listener({ ...progress, elapsed, wordsPerSecond, eta: wordsPerSecond > 0 ? left / wordsPerSecond : 0 });
  }
}
