/**
 * Door wasm2vec/formats: files of vectors and their words as bytes, wherever they come from and go.
 * @module wasm2vec/formats
 */

export type { LenientOptions, Reserve, SkippedRows, VectorRows } from "./format/rows.js";
export {
  type ReadFormat,
  type ReadOptions,
  readVectors,
  readWords,
  type VectorFormat,
  writeVectors,
  writeWords,
} from "./format/vectors.js";
