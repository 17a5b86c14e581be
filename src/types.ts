/**
 * Entry point wasm2vec/types: types of single options, listeners and records. It has no values.
 * @module wasm2vec/types
 */

export type { LabelScore } from "./classifier/classifier-scores.js";
export type { Facade } from "./facade.js";
export type { KernelChoice } from "./kernel/engines/kernels.js";
export type { WasmSource } from "./kernel/engines/wasm.js";
export type { WordId } from "./kernel/kernel.js";
export type { InvalidOptions } from "./text/check-utf8.js";
export type { MissingOptions } from "./text/fields.js";
export type { BytesRead, TextBytes } from "./text/source.js";
export type { TokenizeOptions } from "./text/tokenize.js";
export type { TokenChunk } from "./text/tokens.js";
export type { SaveClassifierOptions, TestOptions } from "./train/classifier-model.js";
export type { ParallelMode } from "./train/execution/engines.js";
export type { RunListeners } from "./train/listeners.js";
export type { EpochListener, EpochModel } from "./train/loop/records.js";
export type { ModelWriter, SaveModelOptions } from "./train/model.js";
export type { ClassWeights, StoredClassifierSettings } from "./train/options/classifier-table.js";
export type { BlocksOptions } from "./train/options/elsewhere.js";
export type { LearningRateSchedule } from "./train/options/learning-rate.js";
export type { WindowWeights } from "./train/options/window-shape.js";
export type { Freeze, WordRates } from "./train/options/words.js";
export type { ClassifierListener } from "./train/train-classifier.js";
export type { QueryList, WeightedQuery } from "./vectors/query.js";
