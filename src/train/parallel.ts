// How many threads train a model, and how they work together.

import type { RoundsKernel } from "../kernel/kernel.js";
import { type KernelPlan, startKernel } from "../kernel/pick.js";
import { breathe } from "../math/breathe.js";
import type { Parameters, Workplace } from "../model/parameters.js";
import { BATCH_WORDS, batchCapacity } from "../text/encode.js";
import { MAX_THREADS, type ResolvedOptions } from "./options.js";
import type { ParallelMode } from "./progress.js";
import { PART_WORDS, type Round, RoundMember } from "./rounds.js";
import { hogwildRunner, localRunner, type Runner, roundsRunner, TrainingWorker, type WorkerHandle } from "./runner.js";

export interface Crew {
  mode: ParallelMode;
  threads: number;
  /** of a batch and a sentence, at most */
  batchWords: number;
  maxSentenceLength: number;
  /** the memory that this takes */
  workplace: Workplace;
}

/**
 * @param cores threads that the machine runs at once
 * @param shared whether workers can share memory; else one worker has a copy
 * @param words of the vocabulary
 */
export function planCrew(options: ResolvedOptions, cores: number, shared: boolean, words: number): Crew {
  const wanted = options.threads === "auto" ? Math.min(cores, MAX_THREADS) : options.threads;
  const threads = shared ? wanted : 1;
  if (options.reproducible) {
    // at least two words in each stripe that noise is drawn from
    const parts = Math.max(1, Math.min(options.parts, words >> 1));
    const maxSentenceLength = Math.min(options.maxSentenceLength, PART_WORDS);
    return {
      mode: "rounds",
      threads: Math.min(threads, parts),
      batchWords: PART_WORDS,
      maxSentenceLength,
      workplace: {
        batchCapacity: batchCapacity(maxSentenceLength, PART_WORDS),
        lanes: parts,
        partWords: PART_WORDS,
        shared,
      },
    };
  }
  const { maxSentenceLength } = options;
  return {
    mode: threads > 1 ? "hogwild" : "none",
    threads,
    batchWords: BATCH_WORDS,
    maxSentenceLength,
    workplace: { batchCapacity: batchCapacity(maxSentenceLength), lanes: threads, shared },
  };
}

/** Starts the workers, or none with `worker: false`. */
export function startRunner(
  { threads }: Crew,
  plan: KernelPlan,
  { memory, layout, rounds }: Parameters,
  { worker, window }: ResolvedOptions,
  spawn: () => WorkerHandle,
): Runner {
  const [scratch] = layout.scratch;
  const task = { plan, memory, scratch };
  if (rounds) {
    const { blocks: _, ...shared } = rounds;
    const membership = (thread: number) => ({ rounds: shared, window, thread, threads });
    if (!worker) {
      const member = new RoundMember(startKernel(plan, memory) as RoundsKernel, memory, membership(0));
      const here = { round: (round: Round) => breathe().then(() => member.train(round)) };
      return roundsRunner([here], rounds.parts.length, localRunner(task));
    }
    const workers = Array.from(
      { length: threads },
      (_, thread) => new TrainingWorker({ ...task, rounds: membership(thread) }, spawn()),
    );
    return roundsRunner(workers, rounds.parts.length, {
      collect: (start, bytes) => workers[0].collect(start, bytes),
      close: () => workers.forEach((own) => own.close()),
    });
  }
  if (!worker) return localRunner(task);
  const workers = layout.scratch.map((own) => new TrainingWorker({ ...task, scratch: own }, spawn()));
  return workers.length > 1 ? hogwildRunner(workers) : workers[0];
}
