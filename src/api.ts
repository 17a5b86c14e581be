// What both doors offer, re-exported only.

export { FormatError } from "./base/errors.js";
export type { LenientOptions, Reserve, SkippedRows, VectorRows } from "./format/rows.js";
export {
  checkWords,
  type ReadFormat,
  type ReadOptions,
  readVectors,
  readWords,
  type VectorFormat,
  writeVectors,
  writeWords,
} from "./format/vectors.js";
export { KernelError } from "./kernel/compile.js";
export type { KernelChoice } from "./kernel/engines/kernels.js";
export type { WasmSource } from "./kernel/engines/wasm.js";
export type { KernelName, WordId } from "./kernel/kernel.js";
export type { LossName } from "./kernel/layout.js";
export { type QualityOptions, type QualityPoint, qualityProbe } from "./presets/quality.js";
export {
  type Basket,
  type BasketSource,
  ITEM_DEFAULTS,
  type Item,
  NODE_DEFAULTS,
  type NodeOptions,
} from "./presets/sequences.js";
export type { InvalidOptions } from "./text/check-utf8.js";
export type { Corpus, CorpusSource } from "./text/corpus.js";
export type { MissingOptions } from "./text/fields.js";
export { type TextOptions, textCorpus } from "./text/lines.js";
export { type PhraseOptions, type PhraseScoring, Phrases } from "./text/phrases.js";
export type { BytesRead, TextBytes } from "./text/source.js";
export { stringCorpus } from "./text/strings.js";
export type { TokenizeOptions, Tokenizer } from "./text/tokenize.js";
export type { Sentence, TokenChunk } from "./text/tokens.js";
export { Vocabulary } from "./text/vocabulary.js";
export { type Edge, randomWalks, type WalkOptions } from "./text/walks.js";
export { Checkpoint, readCheckpoint } from "./train/checkpoint/checkpoint.js";
export { type CheckpointOptions, TrainingControl } from "./train/checkpoint/control.js";
export type { MemoryEstimate } from "./train/estimate.js";
export type { ParallelMode } from "./train/execution/plan.js";
export type { RunListeners } from "./train/listeners.js";
export { DivergenceError } from "./train/loop/epochs.js";
export type { Progress } from "./train/loop/progress.js";
export type { EpochListener, EpochModel, EpochRecord, Position, Schedule } from "./train/loop/records.js";
export type { ContinueOptions, Model, ModelWriter, SaveModelOptions } from "./train/model.js";
export type { LearningRateSchedule, StoredSchedule } from "./train/options/learning-rate.js";
export { DEFAULT_LEARNING_RATE, DEFAULTS, type StoredOptions } from "./train/options/table.js";
export type { WindowWeights } from "./train/options/window-shape.js";
export type { Freeze, WordRates } from "./train/options/words.js";
export type { LoadModelOptions } from "./train/train.js";
export type { ResolvedOptions, TrainOptions } from "./train/train-options.js";

export * from "./vectors/approximate.js";
export { createVectors, type VectorKernelOptions } from "./vectors/create.js";
export * from "./vectors/evaluate.js";
export * from "./vectors/movers.js";
export * from "./vectors/queries.js";
export type { Asked, Query, QueryList, WeightedQuery } from "./vectors/query.js";
export {
  type AnalogyOptions,
  MissingWordError,
  type Neighbour,
  type SearchOptions,
  WordVectors,
} from "./vectors/vectors.js";
