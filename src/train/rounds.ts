// Training in rounds: the result depends on the number of logical parts, not on how many threads train them, or when.

import { Param, Part } from "../../assembly/params.js";
import type { RoundsKernel } from "../kernel/kernel.js";
import type { Rounds } from "../kernel/parts.js";
import { Barrier } from "./barrier.js";
import { load, results, type StepResult } from "./step.js";

/**
 * Words of a part: many, so that copying their rows and waiting cost little; few, so that 8 parts do not lead away from
 * each other: with 12,000 words in a round the most frequent rows diverge, with 4,000 quality is that of one thread.
 */
export const PART_WORDS = 500;

/** c of (9.4), for each unit of the learning rate and each word of a window. */
const MERGE_RATE = 0.02;

/** One batch for each part, fewer in the last round of an epoch. */
export interface Round {
  /** from 0, over all epochs of a run */
  number: number;
  learningRate: number;
  batches: Uint32Array<ArrayBuffer>[];
}

/** What a thread must know to take part. */
export interface Membership {
  rounds: Rounds;
  /** of the model: it says how many updates an occurrence of a word makes */
  window: number;
  thread: number;
  threads: number;
}

/** What one of the threads does in a round. */
export class RoundMember {
  private readonly barrier: Barrier;
  /** parts of the round that have been taken for training */
  private readonly taken: Int32Array;

  constructor(
    private readonly kernel: RoundsKernel,
    private readonly memory: WebAssembly.Memory,
    private readonly membership: Membership,
  ) {
    const { rounds, threads } = membership;
    this.barrier = new Barrier(memory, rounds.barrier, threads);
    this.taken = new Int32Array(memory.buffer, rounds.barrier + 8, 1);
  }

  /** Returns what its own parts have counted, those whose number its own is the residue of; all threads must be given the same round. */
  train({ number, learningRate, batches }: Round): StepResult[] {
    const { kernel, memory, barrier, taken } = this;
    const { rounds, window, thread, threads } = this.membership;
    const all = rounds.parts.slice(0, batches.length);
    const own = all.filter((_, part) => part % threads === thread);
    own.forEach((scratch, i) => {
      const part = thread + i * threads;
      load(memory, scratch, batches[part], learningRate);
      if (rounds.stripes.length > 0) this.giveStripe(part, number);
      kernel.gather(scratch.params, batches[part].length);
    });
    barrier.wait(() => Atomics.store(taken, 0, 0));
    // whoever is free takes the next part
    for (let part = Atomics.add(taken, 0, 1); part < all.length; part = Atomics.add(taken, 0, 1)) {
      kernel.train(all[part].params, this.lengthOf(part));
    }
    barrier.wait();
    const rate = MERGE_RATE * learningRate * (window + 1);
    for (const { params } of all) kernel.countUpdates(params, rounds.tallies, thread, threads);
    for (const { params } of all) kernel.merge(params, rounds.tallies, thread, threads, rate);
    for (const { params } of all) kernel.clearUpdates(params, rounds.tallies, thread, threads);
    barrier.wait();
    for (const { params } of own) kernel.release(params);
    return own.map((scratch) => results(memory, scratch));
  }

  /** Entries of a part's batch that gather has left. */
  private lengthOf(part: number): number {
    const { buffer } = this.memory;
    const block = new DataView(buffer, this.membership.rounds.parts[part].params, Param.size).getUint32(
      Param.part,
      true,
    );
    return new DataView(buffer, block, Part.size).getUint32(Part.length, true);
  }

  /** The words that a part draws noise from in this round: a stripe that no other part has. */
  private giveStripe(part: number, round: number): void {
    const { parts, stripes } = this.membership.rounds;
    const { alias, cells, offset, mirror } = stripes[(part + round) % stripes.length];
    const view = new DataView(this.memory.buffer, parts[part].params, Param.size);
    view.setUint32(Param.alias, alias, true);
    view.setUint32(Param.noiseWords, cells, true);
    view.setUint32(Param.noiseOffset, offset, true);
    view.setUint32(Param.noiseMirror, mirror, true);
  }
}

/** A thread that takes part in rounds: a worker, or this one. */
export interface RoundThread {
  round(round: Round): Promise<StepResult[]>;
}

/** Fills rounds with the batches as they come, and gives each batch what its part has counted. */
export class RoundQueue {
  private number = 0;
  private batches: Uint32Array<ArrayBuffer>[] = [];
  private waiting: { resolve: (result: StepResult) => void; reject: (error: Error) => void }[] = [];
  private learningRate = 0;

  constructor(
    private readonly threads: readonly RoundThread[],
    private readonly parts: number,
  ) {}

  run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult> {
    if (this.batches.length === 0) this.learningRate = learningRate;
    this.batches.push(ids);
    const result = new Promise<StepResult>((resolve, reject) => this.waiting.push({ resolve, reject }));
    if (this.batches.length === this.parts) this.flush();
    return result;
  }

  /** Trains on the batches that have come, without waiting for more. */
  flush(): void {
    const { batches, waiting, learningRate, threads } = this;
    if (batches.length === 0) return;
    this.batches = [];
    this.waiting = [];
    const number = this.number++;
    // a thread needs only the batches of its own parts
    const shareOf = (t: number) => batches.map((ids, part) => (part % threads.length === t ? ids : new Uint32Array()));
    Promise.all(threads.map((thread, t) => thread.round({ number, learningRate, batches: shareOf(t) }))).then(
      (counted) =>
        waiting.forEach(({ resolve }, part) =>
          resolve(counted[part % threads.length][Math.floor(part / threads.length)]),
        ),
      (error) => waiting.forEach(({ reject }) => reject(error)),
    );
  }
}
