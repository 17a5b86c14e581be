// How many threads read a text, and train on it.

import { checkBoolean, checkInteger } from "../base/check.js";
import type { Channel } from "../base/link.js";
import type { ReadingThreads } from "./reading-link.js";

/** Threads at most. */
const MAX_THREADS = 64;

export interface ThreadOptions {
  /** workers, or this thread alone */
  worker: boolean;
  /** "auto" is one for each core */
  threads: number | "auto";
}

/** What the doors know of threads where they run. */
export interface Machine {
  /** Threads that it runs at once. */
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

/** Threads that are asked for. @param cores threads that the machine runs at once */
export function threadsOf({ worker, threads }: ThreadOptions, cores: number): number {
  if (!worker) return 1;
  return threads === "auto" ? Math.min(cores, MAX_THREADS) : threads;
}

/** The threads that read; none where there are no workers. */
export function readersOf({ cores, spawn }: Machine, options: ThreadOptions): ReadingThreads | undefined {
  return options.worker ? { count: threadsOf(options, cores()), spawn } : undefined;
}
