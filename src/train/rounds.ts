// Training in rounds: the result depends on the number of logical parts, not on how many threads train them, or when.

import { Mark, Param, Part } from "../../assembly/params.js";
import type { RoundsKernel } from "../kernel/kernel.js";
import { type Rounds, stripeOf } from "../kernel/parts.js";
import type { Region } from "../kernel/patch.js";
import type { Meeting } from "./meeting.js";
import { DEFAULT_LEARNING_RATE, type ResolvedOptions } from "./options.js";
import { load, results, type StepResult } from "./step.js";

/** Words of a part at most: many, so that copying their rows and waiting cost little. */
const PART_WORDS = 500;

/** Words of a part at least; below it a round has fewer parts. */
const LEAST_WORDS = 16;

/**
 * Words of a round, for each word of the vocabulary's breadth and at the usual learning rate: the parts of a round all start
 * from the same rows, and where each meets a word often, all move it the same way, and too far together. Without this limit
 * (4,000 words) text without subsampling and vocabularies of 200 words diverge; with 3 to 6 they do not, nor at four times
 * the usual rate. With 4 the quality of 12M words is within 0.01 of one thread's, with 5 it was not.
 */
const CROWDING = 4;

/** How a round is cut. @param breadth of the vocabulary, see Vocabulary.breadth */
export function cutRound(
  { parts, model, learningRate }: Pick<ResolvedOptions, "parts" | "model" | "learningRate">,
  words: number,
  breadth: number,
): { parts: number; partWords: number } {
  const pace = Math.max(1, learningRate / DEFAULT_LEARNING_RATE[model]);
  const roundWords = (CROWDING * breadth) / pace;
  // at least two words in each stripe that noise is drawn from
  const most = Math.min(parts, words >> 1, Math.floor(roundWords / LEAST_WORDS));
  if (most <= 1) return { parts: 1, partWords: PART_WORDS };
  return { parts: most, partWords: Math.min(PART_WORDS, Math.floor(roundWords / most)) };
}

/** c of (9.4), for each unit of the learning rate and each word of a window. */
const MERGE_RATE = 0.04;

/** One batch for each part, fewer in the last round of an epoch. */
export interface Round {
  /** from 0, over all epochs of a run */
  number: number;
  learningRate: number;
  /** other words of the sentence that a word of the batches has on average */
  company: number;
  batches: Uint32Array<ArrayBuffer>[];
}

/** What a thread must know to take part. */
export interface Membership {
  rounds: Rounds;
  /** of a word of a long sentence on average: it says how many updates an occurrence of a word makes */
  contexts: number;
  thread: number;
  threads: number;
}

/** What one of the threads does in a round. */
export class RoundMember {
  constructor(
    private readonly kernel: RoundsKernel,
    private readonly memory: WebAssembly.Memory,
    private readonly membership: Membership,
    private readonly meeting: Meeting,
  ) {}

  /** Returns what its own parts have counted, those whose number its own is the residue of; all threads must be given the same. */
  async train(round: Round, next?: Round): Promise<StepResult[]> {
    const { kernel, memory, meeting } = this;
    const { number, learningRate, company, batches } = round;
    const { rounds, contexts, thread, threads } = this.membership;
    const all = rounds.parts.slice(0, batches.length);
    const own = batches.map((_, part) => part).filter((part) => part % threads === thread);
    await meeting.begin(round);
    for (const part of own) {
      load(memory, all[part], batches[part], learningRate);
      if (rounds.stripes.length > 0) this.giveStripe(part, number);
      kernel.gather(all[part].params, batches[part].length);
    }
    meeting.gathered();
    for (const part of meeting.take(all.length)) kernel.train(all[part].params, this.lengthOf(part));
    await meeting.trained(own, next);
    const { merges } = meeting;
    const rate = MERGE_RATE * learningRate * Math.min(contexts, company);
    for (const { params } of all) kernel.countUpdates(params, rounds.tallies, merges.thread, merges.threads);
    for (const { params } of all) kernel.merge(params, rounds.tallies, merges.thread, merges.threads, rate);
    for (const { params } of all) kernel.clearUpdates(params, rounds.tallies, merges.thread, merges.threads);
    meeting.merged();
    for (const part of own) kernel.release(all[part].params);
    return own.map((part) => results(memory, all[part]));
  }

  /** What only this thread's memory has, where each thread has its own: rows, and the state of its parts. */
  holdings(): Region[] {
    const { rounds, thread, threads } = this.membership;
    const states = rounds.parts.filter((_, part) => part % threads === thread);
    return [...this.meeting.holdings(), ...states.map(({ params }): Region => [params, Param.size])];
  }

  /** Entries of a part's batch that gather has left. */
  private lengthOf(part: number): number {
    const { blocks } = this.membership.rounds;
    return new DataView(this.memory.buffer, blocks[part], Part.size).getUint32(Part.length, true);
  }

  /** The words that a part draws noise from in this round: a stripe that no other part has. */
  private giveStripe(part: number, round: number): void {
    const { rounds } = this.membership;
    const { alias, cells, offset, mirror } = rounds.stripes[stripeOf(rounds, part, round)];
    const view = new DataView(this.memory.buffer, rounds.parts[part].params, Param.size);
    view.setUint32(Param.alias, alias, true);
    view.setUint32(Param.noiseWords, cells, true);
    view.setUint32(Param.noiseOffset, offset, true);
    view.setUint32(Param.noiseMirror, mirror, true);
  }
}

/** Σ L (L − 1) / Σ L over the sentences of L words: a word of a basket of ten has nine contexts, however wide the window. */
export function companyOf(batches: readonly Uint32Array[]): number {
  let [words, pairs] = [0, 0];
  for (const ids of batches) {
    let start = 0;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] !== Mark.sentenceEnd) continue;
      words += i - start;
      pairs += (i - start) * (i - start - 1);
      start = i + 1;
    }
  }
  return words === 0 ? 0 : pairs / words;
}

/** A thread that takes part in rounds: a worker, or this one. */
export interface RoundThread {
  /** Trains them one after the other; returns what its own parts have counted in each. */
  train(rounds: Round[]): Promise<StepResult[][]>;
}

/** Rounds that a thread is given at a time: fewer cost more messages than training is worth. */
const ROUNDS_AT_A_TIME = 4;

/** Fills rounds with the batches as they come, and gives each batch what its part has counted. */
export class RoundQueue {
  private rounds: Round[] = [];
  private waiting: { resolve: (result: StepResult) => void; reject: (error: Error) => void }[][] = [];

  /**
   * @param replicas whether each thread must know the batches of all
   * @param next number of the next round
   */
  constructor(
    private readonly threads: readonly RoundThread[],
    private readonly parts: number,
    private readonly replicas: boolean,
    private next: number,
  ) {}

  /** Rounds whose batches have come so far. */
  get number(): number {
    return this.next - Number(this.isFilling);
  }

  run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult> {
    const { rounds, waiting } = this;
    if (!this.isFilling) {
      rounds.push({ number: this.next++, learningRate, company: 0, batches: [] });
      waiting.push([]);
    }
    rounds[rounds.length - 1].batches.push(ids);
    const result = new Promise<StepResult>((resolve, reject) => waiting[waiting.length - 1].push({ resolve, reject }));
    if (rounds.length === ROUNDS_AT_A_TIME && !this.isFilling) this.flush();
    return result;
  }

  /** Whether the last round has had batches, and waits for more. */
  private get isFilling(): boolean {
    const last = this.rounds.at(-1);
    return last !== undefined && last.batches.length < this.parts;
  }

  /** Trains on the batches that have come, without waiting for more. @param whole but for those of a round that waits for more */
  flush(whole = false): void {
    const { threads } = this;
    const end = this.rounds.length - Number(whole && this.isFilling);
    if (end === 0) return;
    const rounds = this.rounds.splice(0, end);
    const waiting = this.waiting.splice(0, end);
    for (const round of rounds) round.company = companyOf(round.batches);
    Promise.all(threads.map((thread, t) => thread.train(rounds.map((round) => this.shareOf(round, t))))).then(
      (counted) =>
        waiting.forEach((parts, r) =>
          parts.forEach(({ resolve }, part) =>
            resolve(counted[part % threads.length][r][Math.floor(part / threads.length)]),
          ),
        ),
      (error) => waiting.flat().forEach(({ reject }) => reject(error)),
    );
  }

  /** What a thread must have of a round. */
  private shareOf(round: Round, t: number): Round {
    const batches = round.batches.map((ids, part) => {
      if (this.replicas) return ids.slice();
      return part % this.threads.length === t ? ids : new Uint32Array();
    });
    return { ...round, batches };
  }
}
