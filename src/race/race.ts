// The same training by each kernel in turn: how fast each is, and that all come to the same loss.

import { checkInteger } from "../base/check.js";
import type { Corpus } from "../text/corpus.js";
import type { ParallelMode } from "../train/execution/engines.js";
import type { EpochRecord } from "../train/loop/records.js";
import type { TrainOptions } from "../train/train-options.js";
import { firstWords } from "./first-words.js";
import { median, medianRatio } from "./median.js";

export interface RaceOptions {
  /** Timed epochs of each, after one that is not timed. Default 5. */
  rounds?: number;
  /** Threads of the last who races. */
  threads: number;
  /** Words of the corpus to train on. Default: all. */
  words?: number;
  /** What all train with; kernel, threads, epochs and listeners are the race's own. */
  training?: Training;
  /** Called as each turn begins. */
  onTurn?: (turn: Turn) => void;
  /** Called as each turn ends, with all that is known so far. */
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
  /** median over the rounds of this rate through that of js in the same round */
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
  /** those who could not start, and why */
  leftOut: { name: string; reason: string }[];
}

/** What a race may train. */
export type Training = Pick<
  TrainOptions,
  "model" | "loss" | "dim" | "window" | "negatives" | "minCount" | "subsample" | "seed"
>;

/** What a race wants to know of a model. */
interface Standing {
  vectors: { matrix: Float32Array };
  vocabulary: { size: number; totalWords: number };
  history: readonly EpochRecord[];
}

interface Entry extends Training, Pick<TrainOptions, "kernel" | "threads" | "epochs" | "signal"> {
  onEpochEnd?: (model: Standing) => Promise<void>;
}

/** `train` of either door. */
type Train = (corpus: Corpus, options: Entry) => Promise<unknown>;

const KERNELS = ["js", "scalar", "simd", "relaxed"] as const;

/**
 * Trains with each kernel on one thread and with simd on several, all on the same text with the same seed. Each has its model
 * and its workers from its first epoch, the warm-up, to its last; between its turns it stands still.
 * @param train of the door that the caller came in by
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
  const racers: Racer[] = KERNELS.map((kernel) => enter(kernel, { kernel, threads: 1 }));
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
          // by its name: the door that trains may be another bundle than this
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

/** What shows that a rival did the same work: how far its loss is from that of js, and who came to the same bytes. */
export function proof({ name, kernel, sha256, lossDifference }: RivalResult, rivals: readonly RivalResult[]): string {
  if (kernel === "js") return "the reference";
  const percent = 100 * lossDifference;
  const loss = `loss ${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(4)}%`;
  const twin = rivals.find((other) => other.name !== name && sha256 !== undefined && other.sha256 === sha256);
  return twin === undefined ? loss : `${loss}, same bytes as ${twin.name}`;
}

/** Those that have been timed, with js first. */
function results(racers: readonly Racer[]): RivalResult[] {
  const timed = racers.filter(({ model }) => model !== undefined && model.history.length > 1);
  const [js] = timed;
  return timed.map(({ name, model, sha256 }) => {
    const { history } = model!;
    const last = history[history.length - 1];
    const { kernel, threads, parallel, loss } = last;
    // while a round is under way the others are an epoch behind js
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

/** A training that goes an epoch further each time it is its turn. */
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

  /** Lets a training go that was told to stop. */
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
    // awaited by turns only
    training.catch(() => {});
    return training;
  }
}

async function sha256(floats: Float32Array): Promise<string | undefined> {
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", new Float32Array(floats));
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
