/**
 * Entry point wasm2vec/formats: files of vectors and of words, read from bytes and written to bytes.
 * @module wasm2vec/formats
 */

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
