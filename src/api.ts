// What the root exports in pages and in Node, besides facade.ts. A new name is a decision: test/house/entries.test.ts lists them.

export { FormatError } from "./base/errors.js";
export type { ClassifierScore } from "./classifier/classifier-scores.js";
export { KernelError } from "./kernel/compile.js";
export type { KernelName } from "./kernel/kernel.js";
export type { LossName } from "./model/losses/registry.js";
export type { Corpus, CorpusSource } from "./text/corpus.js";
export type { ExampleSource } from "./text/examples.js";
export type { Example } from "./text/labels.js";
export { type TextOptions, textCorpus } from "./text/lines.js";
export { stringCorpus } from "./text/strings.js";
export type { Tokenizer } from "./text/tokenize.js";
export type { Sentence } from "./text/tokens.js";
export { Vocabulary } from "./text/vocabulary.js";
export { Checkpoint, readCheckpoint } from "./train/checkpoint/checkpoint.js";
export { type CheckpointOptions, TrainingControl } from "./train/checkpoint/control.js";
export type { ClassifierModel } from "./train/classifier-model.js";
export type { ContinueOptions } from "./train/continue-options.js";
export type { MemoryEstimate } from "./train/estimate.js";
export { DivergenceError } from "./train/loop/epochs.js";
export type { Progress } from "./train/loop/progress.js";
export type { EpochRecord } from "./train/loop/records.js";
export type { Model } from "./train/model.js";
export { DEFAULTS } from "./train/options/table.js";
export type { LoadModelOptions } from "./train/train.js";
export type { ClassifierOptions } from "./train/train-classifier.js";
export type { TrainOptions } from "./train/train-options.js";
export { createVectors, type VectorKernelOptions } from "./vectors/create.js";
export type { Asked, Query } from "./vectors/query.js";
export {
  type AnalogyOptions,
  MissingWordError,
  type Neighbour,
  type SearchOptions,
  WordVectors,
} from "./vectors/vectors.js";
