// What both doors offer, re-exported only.

export { FormatError } from "./math/error";
export { readWord2vec, type VectorFormat, writeWord2vec } from "./format/word2vec";
export type { KernelName } from "./kernel/kernel";
export type { KernelChoice } from "./kernel/pick";
export type { WasmSource } from "./kernel/wasm";
export type { Corpus, CorpusSource, Sentence } from "./text/corpus";
export { splitLines } from "./text/lines";
export { Vocabulary } from "./text/vocabulary";
export { DivergenceError, type EpochRecord } from "./train/epochs";
export { DEFAULT_LEARNING_RATE, DEFAULTS, type TrainOptions } from "./train/options";
export type { Progress } from "./train/progress";
export type { ContinueOptions, Model } from "./train/train";
export { createVectors } from "./vectors/create";
export * from "./vectors/evaluate";
export {
  type AnalogyOptions,
  MissingWordError,
  type Neighbour,
  type Query,
  type SearchOptions,
  WordVectors,
} from "./vectors/vectors";
