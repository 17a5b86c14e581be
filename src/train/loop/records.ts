// The schedule, the position and the records of a training.

import { Fingerprint } from "../../base/fingerprint.js";
import type { KernelPlan } from "../../kernel/engines/kernels.js";
import type { Corpus } from "../../text/corpus.js";
import type { Batch } from "../../text/encode.js";
import type { Vocabulary } from "../../text/vocabulary.js";
import type { WordVectors } from "../../vectors/vectors.js";
import type { ParallelMode } from "../execution/engines.js";
import type { HostProgress } from "../execution/runner.js";
import type { LearningRateSchedule, StoredSchedule } from "../options/learning-rate.js";
import type { Progress } from "./progress.js";

/** What one pass over the corpus did. */
export interface EpochRecord {
  /** from 1, counted over all calls of train */
  epoch: number;
  /** words of the vocabulary read, subsampled ones included */
  words: number;
  /** words that subsampling kept */
  trainedWords: number;
  predictions: number;
  /** mean of −log p over the predictions, in nats */
  loss: number;
  /** with validationShare: the same of sentences that are held out, after the epoch */
  validationLoss?: number;
  /** what onEpochEnd returned as { score }: higher is better */
  score?: number;
  /** why training ended here, before the last epoch: onEpochEnd returned false, or that has not improved for all its patience */
  stopped?: "onEpochEnd" | "score" | "validationLoss";
  /** learning rate at the end */
  learningRate: number;
  /** the rate that the schedule started from: what "auto" came to, lowered if it was too high */
  initialLearningRate: number;
  /** how often this call of train had lowered the rate to a quarter by then, as it was too high; undefined: never */
  lowered?: number;
  /** seconds of what was undone before it, as the rate was too high: not part of `seconds` */
  discardedSeconds?: number;
  /** pauses left out */
  seconds: number;
  wordsPerSecond: number;
  kernel: KernelPlan["name"];
  /** threads that trained */
  threads: number;
  /** how they worked together */
  parallel: ParallelMode;
  /** whether the same seed, options and corpus give the same bytes on every machine */
  reproducible: boolean;
  /** with `cluster`: what each machine has done up to the epoch's end */
  hosts?: readonly HostProgress[];
}

/** What onEpochEnd is given; false stops training, and { score } is kept in the record, for patience. */
export type EpochListener = (model: EpochModel, record: EpochRecord) => unknown;

/** The model, as far as it stands when an epoch ends. */
export interface EpochModel {
  readonly vectors: WordVectors;
  readonly vocabulary: Vocabulary;
  readonly history: readonly EpochRecord[];
}

/** What one call of train is to do. */
export interface Schedule {
  epochs: number;
  /** words of an epoch, for the learning rate */
  epochWords: number;
  /** whether they were counted in this text; else they are those of a vocabulary from elsewhere, or some went uncounted */
  isCounted?: boolean;
  /** fingerprint of the initialVectors that it began with */
  initialVectors?: string;
  learningRate: number;
  minLearningRate: number;
  /** whether "auto" chose the learning rate, which then may be lowered */
  isChosen?: boolean;
  /** epochs done before this run */
  firstEpoch: number;
  /** in a checkpoint a name, or that it is a function */
  learningRateSchedule: LearningRateSchedule | StoredSchedule;
  /** share of the sentences that is held out; undefined for none; and the fingerprint of these */
  validationShare?: number;
  validation?: string;
  /** see TrainOptions; undefined: all epochs are trained */
  patience?: number;
  minDelta?: number;
}

/** Where a run stands, between two batches. */
export interface Position {
  /** epochs that this run has done, and the words of them */
  epochs: number;
  wordsBefore: number;
  /** of the epoch under way: batches of whole chunks trained, and what they came to */
  batches: number;
  words: number;
  /** steps done of the chunk that follows them; predictions and loss have these too */
  steps: number;
  trainedWords: number;
  predictions: number;
  loss: number;
  learningRate: number;
  seconds: number;
  /** of those batches, of the first batch of the last epoch, and of all batches of the last whole one: see Fingerprint */
  fingerprint: string;
  opening?: string;
  whole?: string;
  /** how often the learning rate is lowered to a quarter, as it was too high; and seconds of what that undid, since the last epoch ended */
  lowered?: number;
  discardedSeconds?: number;
}

export const EPOCH_BEGINS = {
  ...{ batches: 0, words: 0, steps: 0, trainedWords: 0, predictions: 0, loss: 0, learningRate: 0, seconds: 0 },
  fingerprint: new Fingerprint().value,
};

/** The position of a run that has not begun. */
export const START: Position = { epochs: 0, wordsBefore: 0, ...EPOCH_BEGINS };

/** What happens between batches, while nothing trains. */
export interface PausePoint {
  isDue(): boolean;
  /** Resolves when a request of the user is due. */
  requested(): Promise<undefined>;
  /** Returns when training may go on. @param doubt why no checkpoint is to be written, if so */
  serve(position: Position, doubt?: string): Promise<void>;
  /** Writes a checkpoint, if there is a place for it, as no more text comes. @param doubt as above */
  save(position: Position, doubt?: string): Promise<void>;
}

/** One call of train. */
export interface Run {
  schedule: Schedule;
  corpus: Corpus;
  /** a fresh pass over it */
  batches: () => AsyncGenerator<Batch>;
  kernel: KernelPlan["name"];
  threads: number;
  parallel: ParallelMode;
  /** see EpochRecord */
  reproducible: boolean;
  pausePoint: PausePoint;
  /** the loss of what is held out after the last epoch, see EpochRecord */
  validationLoss?: () => number | undefined;
  /** threshold of subsampling, and noise words of a prediction, for messages */
  subsample: number;
  negatives: number;
  /** the most that a prediction costs before anything is learnt, in nats, where training goes back if one costs far more */
  unlearntLoss?: number;
  onProgress?: (progress: Progress) => unknown;
  onWarning?: (message: string) => unknown;
  signal?: AbortSignal;
}
