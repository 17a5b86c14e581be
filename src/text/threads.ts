// How many threads read a text and train on it.

import { checkBoolean, checkInteger } from "../base/check.js";
import type { Channel } from "../base/link.js";
import type { ReadingThreads } from "./reading-link.js";

/** Most threads. */
const MAX_THREADS = 64;

export interface ThreadOptions {
  /** true: workers; false: this thread alone */
  worker: boolean;
  /** "auto" is one for each core */
  threads: number | "auto";
}

/** Threads of the platform, as the entry points provide them. */
export interface Machine {
  /** Threads that the machine runs at once. */
  cores(): number;
  spawn(): Channel;
}

/** @throws TypeError, RangeError naming the option */
export function checkThreads(worker: unknown, threads: unknown): ThreadOptions {
  const isWorker = checkBoolean("worker", worker);
  if (threads === "auto") return { worker: isWorker, threads };
  const count = checkInteger("threads", threads, 1, MAX_THREADS);
  if (!isWorker && count > 1)
    throw new RangeError(`"threads" above 1 needs workers, got ${count} with worker false: leave one out`);
  return { worker: isWorker, threads: count };
}

/** The number of threads that the options ask for. @param cores threads that the machine runs at once */
export function threadsOf({ worker, threads }: ThreadOptions, cores: number): number {
  if (!worker) return 1;
  return threads === "auto" ? Math.min(cores, MAX_THREADS) : threads;
}

/** The threads that read; undefined without workers. */
export function readersOf({ cores, spawn }: Machine, options: ThreadOptions): ReadingThreads | undefined {
  return options.worker ? { count: threadsOf(options, cores()), spawn } : undefined;
}
