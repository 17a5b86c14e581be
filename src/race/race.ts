// The same training by each kernel in turn: how fast each is, and whether all reach the same loss.

import { checkInteger } from "../base/check.js";
import { KERNEL_NAMES } from "../kernel/kernel.js";
import type { Corpus } from "../text/corpus.js";
import type { ParallelMode } from "../train/execution/engines.js";
import type { EpochRecord } from "../train/loop/records.js";
import type { TrainOptions } from "../train/train-options.js";
import { firstWords } from "./first-words.js";
import { median, medianRatio } from "./median.js";

export interface RaceOptions {
  /** Timed epochs of each rival, after an untimed one. Default 5. */
  rounds?: number;
  /** Threads of the last rival. */
  threads: number;
  /** Words of the corpus to train on. Default: all. */
  words?: number;
  /** Options of all rivals. The race itself sets kernel, threads, epochs and listeners. */
  training?: Training;
  /** Called when a turn begins. */
  onTurn?: (turn: Turn) => void;
  /** Called when a turn ends, with all results so far. */
  onResult?: (rivals: RivalResult[]) => void;
  signal?: AbortSignal;
}

export interface Turn {
  rival: string;
  /** 0 is the warm-up */
  round: number;
  rounds: number;
}

export interface RivalResult {
  name: string;
  kernel: string;
  threads: number;
  parallel: ParallelMode;
  /** of each timed epoch */
  wordsPerSecond: number[];
  median: number;
  low: number;
  high: number;
  /** median over the rounds of this rival's rate ÷ the rate of js in the same round */
  timesJs: number;
  /** mean of −log p over the predictions of the last epoch, in nats */
  loss: number;
  /** loss ÷ that of js − 1 */
  lossDifference: number;
  /** of the vectors at the end; absent before, and where the platform has no crypto.subtle */
  sha256?: string;
}

export interface RaceResult {
  corpus: { name: string; words: number; vocabulary: number };
  training: Training;
  rounds: number;
  rivals: RivalResult[];
  /** rivals that could not start, and why */
  leftOut: { name: string; reason: string }[];
}

/** The options that a race allows. */
export type Training = Pick<
  TrainOptions,
  "model" | "loss" | "dim" | "window" | "negatives" | "minCount" | "subsample" | "seed"
>;

/** The part of a model that a race needs. */
interface Standing {
  vectors: { matrix: Float32Array };
  vocabulary: { size: number; totalWords: number };
  history: readonly EpochRecord[];
}

interface Entry extends Training, Pick<TrainOptions, "kernel" | "threads" | "epochs" | "signal"> {
  onEpochEnd?: (model: Standing) => Promise<void>;
}

/** `train` of either entry point. */
type Train = (corpus: Corpus, options: Entry) => Promise<unknown>;

const [REFERENCE] = KERNEL_NAMES;

/**
 * Trains with each kernel on one thread and with simd on several, all on the same text with the same seed. Each rival keeps its
 * model and workers from its first epoch, the warm-up, to its last, and pauses between its turns.
 * @param train of the entry point that the caller uses
 * @throws RangeError, and what train throws; the signal's reason
 */
export async function race(train: Train, corpus: Corpus, options: RaceOptions): Promise<RaceResult> {
  const { threads, training = {}, onTurn, onResult, signal } = options;
  const rounds = checkInteger("rounds", options.rounds ?? 5, 1, 1000);
  const limit = options.words && checkInteger("words", options.words, 1);
  const text = limit ? firstWords(corpus, limit) : corpus;
  const abort = new AbortController();
  const stop = () => abort.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stop, { once: true });
  const enter = (name: string, own: Entry) =>
    new Racer(name, train, text, { ...training, ...own, epochs: rounds + 1, signal: abort.signal });
  const racers: Racer[] = KERNEL_NAMES.map((kernel) => enter(kernel, { kernel, threads: 1 }));
  const leftOut: RaceResult["leftOut"] = [];
  if (threads > 1) racers.push(enter(`simd, ${threads} threads`, { kernel: "simd", threads }));
  else leftOut.push({ name: "simd, several threads", reason: "one thread only" });
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const racer of [...racers]) {
        onTurn?.({ rival: racer.name, round, rounds });
        try {
          await racer.turn();
        } catch (error) {
          // not instanceof: train may come from another bundle
          if ((error as Error).name !== "KernelError") throw error;
          leftOut.push({ name: racer.name, reason: (error as Error).message });
          racers.splice(racers.indexOf(racer), 1);
        }
        if (round > 0) onResult?.(results(racers));
      }
    }
    const [{ model }] = racers;
    return {
      corpus: { name: corpus.name, words: model!.vocabulary.totalWords, vocabulary: model!.vocabulary.size },
      ...{ training, rounds, rivals: results(racers), leftOut },
    };
  } finally {
    signal?.removeEventListener("abort", stop);
    abort.abort();
    for (const racer of racers) racer.end();
  }
}

/** Evidence that a rival did the same work: the difference of its loss from that of js, and another rival with the same bytes. */
export function proof({ name, kernel, sha256, lossDifference }: RivalResult, rivals: readonly RivalResult[]): string {
  if (kernel === REFERENCE) return "the reference";
  const percent = 100 * lossDifference;
  const loss = `loss ${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(4)}%`;
  const twin = rivals.find((other) => other.name !== name && sha256 !== undefined && other.sha256 === sha256);
  return twin === undefined ? loss : `${loss}, same bytes as ${twin.name}`;
}

/** The rivals that have been timed, with js first. */
function results(racers: readonly Racer[]): RivalResult[] {
  const timed = racers.filter(({ model }) => model !== undefined && model.history.length > 1);
  const [js] = timed;
  return timed.map(({ name, model, sha256 }) => {
    const { history } = model!;
    const last = history[history.length - 1];
    const { kernel, threads, parallel, loss } = last;
    // during a round the others may be an epoch behind js
    const ratesOfJs = ratesOf(js.model!).slice(0, history.length - 1);
    const wordsPerSecond = ratesOf(model!);
    return {
      ...{ name, kernel, threads, parallel, wordsPerSecond },
      ...{ median: median(wordsPerSecond), low: Math.min(...wordsPerSecond), high: Math.max(...wordsPerSecond) },
      timesJs: medianRatio(wordsPerSecond, ratesOfJs),
      loss,
      lossDifference: loss / js.model!.history[history.length - 1].loss - 1,
      sha256,
    };
  });
}

/** Words per second of the epochs after the first. */
function ratesOf({ history }: Standing): number[] {
  return history.slice(1).map(({ wordsPerSecond }: EpochRecord) => wordsPerSecond);
}

/** A training that runs one epoch in each turn. */
class Racer {
  model: Standing | undefined;
  sha256: string | undefined;
  private training: Promise<unknown> | undefined;
  private arrived = () => {};
  private go = () => {};

  constructor(
    readonly name: string,
    private readonly train: Train,
    private readonly corpus: Corpus,
    private readonly options: Entry,
  ) {}

  /** Resolves when an epoch has ended. @throws what train throws */
  async turn(): Promise<void> {
    const epoch = new Promise<void>((resolve) => {
      this.arrived = resolve;
    });
    this.go();
    this.training ??= this.start();
    await Promise.race([epoch, this.training]);
  }

  /** Lets a stopped training finish. */
  end(): void {
    this.go();
  }

  private start(): Promise<unknown> {
    const onEpochEnd = async (model: Standing) => {
      this.model = model;
      const isLast = model.history.length === this.options.epochs;
      if (isLast) this.sha256 = await sha256(model.vectors.matrix);
      const wait = new Promise<void>((resolve) => {
        this.go = resolve;
      });
      this.arrived();
      if (!isLast) await wait;
    };
    const training = this.train(this.corpus, { ...this.options, onEpochEnd });
    // only turn() handles the rejection
    training.catch(() => {});
    return training;
  }
}

async function sha256(floats: Float32Array): Promise<string | undefined> {
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", new Float32Array(floats));
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
