// How many threads train a model, and how they work together.

import type { RoundsKernel } from "../kernel/kernel.js";
import { type KernelPlan, startKernel } from "../kernel/pick.js";
import { taskQueue } from "../math/breathe.js";
import type { Parameters, Workplace } from "../model/parameters.js";
import { BATCH_WORDS, batchCapacity } from "../text/encode.js";
import { SharedMeeting } from "./meeting.js";
import { MAX_THREADS, type ResolvedOptions } from "./options.js";
import type { ParallelMode } from "./progress.js";
import { cutRound, RoundMember, RoundQueue, type RoundThread } from "./rounds.js";
import { hogwildRunner, localRunner, type Runner, roundsRunner, TrainingWorker, type WorkerHandle } from "./runner.js";
import { meanContexts } from "./windows.js";

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
 * @param shared whether workers can share memory
 * @param words of the vocabulary, @param breadth and its breadth
 * @param before how a training that is taken up again went
 */
export function planCrew(
  options: ResolvedOptions,
  cores: number,
  shared: boolean,
  words: number,
  breadth: number,
  before?: ParallelMode,
): Crew {
  const { maxSentenceLength, parallel } = options;
  const inRounds = before === "rounds" || before === "replicas" || options.reproducible;
  const wanted = options.threads === "auto" ? Math.min(cores, MAX_THREADS) : options.threads;
  const threads = options.worker && before !== "none" ? wanted : 1;
  if (parallel === "hogwild" && threads > 1 && !shared)
    throw new RangeError(
      'parallel "hogwild" needs shared memory, which a page has only when it is cross-origin isolated ' +
        '(headers Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp): use "replicas" or one thread',
    );
  const replicas = parallel === "replicas" || (!shared && canMerge(options) && threads > 1);
  if (inRounds || replicas) {
    const { parts, partWords } = cutRound(options, words, breadth);
    const longest = Math.min(maxSentenceLength, partWords);
    const capacity = batchCapacity(longest, partWords);
    return {
      mode: replicas ? "replicas" : "rounds",
      threads: Math.min(threads, parts),
      batchWords: partWords,
      maxSentenceLength: longest,
      workplace: { batchCapacity: capacity, lanes: parts, partWords, shared: shared && !replicas },
    };
  }
  const lanes = shared ? threads : 1;
  return {
    mode: lanes > 1 ? "hogwild" : "none",
    threads: lanes,
    batchWords: BATCH_WORDS,
    maxSentenceLength,
    workplace: { batchCapacity: batchCapacity(maxSentenceLength), lanes, shared },
  };
}

/** Whether the kernel can train the parts of a round. */
function canMerge({ kernel }: ResolvedOptions): boolean {
  return kernel !== "js";
}

/** Starts the workers, or none with `worker: false`. @param firstRound number of the first round */
export function startRunner(
  { mode, threads }: Crew,
  plan: KernelPlan,
  { memory, layout, rounds, matrices }: Parameters,
  options: ResolvedOptions,
  spawn: () => WorkerHandle,
  firstRound: number,
): Runner {
  const { scratch } = layout;
  const task = { plan, memory, scratch: scratch[0], matrices };
  const contexts = meanContexts(options);
  const membership = (thread: number) => rounds && { rounds, contexts, thread, threads };
  if (!options.worker) {
    const alone = membership(0);
    if (!alone) return localRunner(task);
    const meeting = new SharedMeeting(memory, alone.rounds, alone);
    const member = new RoundMember(startKernel(plan, memory) as RoundsKernel, memory, alone, meeting);
    const queue = new RoundQueue([local(member)], scratch.length, false, firstRound);
    return roundsRunner(queue, scratch.length, localRunner(task));
  }
  const replicas = mode === "replicas";
  const ports = replicas ? connect(threads) : undefined;
  const workers = Array.from({ length: threads }, (_, t) => {
    const own = { plan, matrices, scratch: scratch[t], rounds: membership(t), ports: ports?.[t], brings: t === 0 };
    return new TrainingWorker(memory, own, spawn());
  });
  if (!rounds) return threads > 1 ? hogwildRunner(workers) : workers[0];
  return roundsRunner(new RoundQueue(workers, scratch.length, replicas, firstRound), scratch.length, {
    // the first brings the rows that all have, the others then those that are theirs
    async collect() {
      let finite = true;
      for (const own of replicas ? workers : workers.slice(0, 1)) finite = (await own.collect()) && finite;
      return finite;
    },
    close: () => workers.forEach((own) => own.close()),
  });
}

/** This thread; between rounds the event loop gets its turn. */
function local(member: RoundMember): RoundThread {
  const inOrder = taskQueue();
  return { train: (rounds) => Promise.all(rounds.map((round) => inOrder(() => member.train(round)))) };
}

/** A channel between any two threads: ports[t][u] is t's end of that to u. */
function connect(threads: number): (MessagePort | undefined)[][] {
  const ports = Array.from({ length: threads }, () => new Array<MessagePort | undefined>(threads).fill(undefined));
  for (let t = 0; t < threads; t++) {
    for (let u = 0; u < t; u++) {
      const { port1, port2 } = new MessageChannel();
      ports[t][u] = port1;
      ports[u][t] = port2;
    }
  }
  return ports;
}
