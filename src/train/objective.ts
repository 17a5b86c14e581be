// What is trained: all that train(), the model, the loop and the files know of it.

import type { KernelPlan } from "../kernel/engines/kernels.js";
import type { Corpus } from "../text/corpus.js";
import type { Batch } from "../text/encode.js";
import type { BytesRead } from "../text/source.js";
import type { ValidationSplit } from "../text/validation-split.js";
import type { Count, Vocabulary, VocabularyOptions } from "../text/vocabulary.js";
import type { WordVectors } from "../vectors/vectors.js";
import type { Checkpoint, Snapshot } from "./checkpoint/checkpoint.js";
import type { CheckpointOptions } from "./checkpoint/control.js";
import type { TextToTrain } from "./execution/engine.js";
import type { ExecutionPlan } from "./execution/engines.js";
import type { Runner } from "./execution/runner.js";
import type { Run } from "./loop/records.js";
import type { Machine } from "./machine.js";
import type { ResolvedOptions } from "./train-options.js";

/** Where a model is trained, and with what. */
export interface Setting {
  platform: Machine;
  options: ResolvedOptions;
  kernel: KernelPlan;
  /** Changes how it is trained, where others do. */
  plan?: (plan: ExecutionPlan) => ExecutionPlan;
}

/** Makes what is trained. */
export interface ObjectiveMaker {
  /** where its checkpoints go, where that is not for the caller to say */
  readonly checkpoint?: CheckpointOptions;
  /** Counts a text by others than this machine; undefined where it is to be counted here. */
  count?(
    corpus: Corpus,
    options: VocabularyOptions,
    onTokens: (tokens: number, read: BytesRead) => void,
  ): Promise<Count | undefined>;
  /** One that is to be trained from nothing, or from vectors given. @throws RangeError as the options do */
  begin(setting: Setting, vocabulary: Vocabulary): Promise<Objective>;
  /** One that a checkpoint holds. */
  open(setting: Setting, checkpoint: Checkpoint): Promise<Objective>;
  /** Once training has ended, or did not begin. */
  close?(): Promise<void>;
}

/** @internal What of a checkpoint is restored. */
export type Restored = Pick<Checkpoint, "tensors" | "random"> &
  Partial<Pick<Checkpoint, "name" | "position" | "blocks">>;

export interface Objective {
  readonly vocabulary: Vocabulary;
  /** where its checkpoints go, where that is not for the caller to say */
  readonly checkpoint?: CheckpointOptions;
  /** who trains it, as records say */
  readonly execution: Pick<Run, "kernel" | "threads" | "parallel" | "reproducible">;
  /** the input rows */
  readonly vectors: WordVectors;
  /** the output rows. @throws RangeError where they are not those of words */
  readonly outputVectors: WordVectors;
  /** the most that a prediction costs before anything is learnt, in nats */
  readonly unlearntLoss: number;
  /** the learning-rate multiplier of each word's vector; undefined if all are 1 */
  multipliers: Float32Array | undefined;
  /** A pass over a corpus. @param split takes the sentences that are held out */
  batches(corpus: Corpus, split?: ValidationSplit): AsyncGenerator<Batch>;
  /**
   * The loss of sentences that are held out, of the rows as they stand, which must be in the order of the words.
   * @throws RangeError for sentences that make no prediction
   */
  validation(sentences: readonly Uint32Array[]): Promise<(signal?: AbortSignal) => Promise<number>>;
  /** Gives the rows what they begin with by the seed, where that can be done. */
  beginAgain?(): Promise<void>;
  /** Begins to train it. @param words of an epoch @param step of a chunk that comes first @param text where its batches come from */
  start(words: number, step: number, text: TextToTrain): Runner;
  /** Drops what queries have cached of the rows, which have changed. */
  refresh(): void;
  /** A copy of the vectors that training does not change. */
  copyVectors(): WordVectors;
  /** What a checkpoint holds of it; rows are not copied. */
  snapshot(): Pick<
    Snapshot,
    "vocabulary" | "mode" | "dim" | "inputs" | "outputs" | "subwords" | "multipliers" | "random" | "blocks"
  >;
  /** @internal Restores what a checkpoint of the same vocabulary held. */
  restore(checkpoint: Restored): Promise<void>;
  /** The same with more words, in a memory of its own. */
  grow(vocabulary: Vocabulary): Promise<Objective>;
}
