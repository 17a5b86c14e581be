/**
 * Entry point wasm2vec/formats: files of vectors, of words and of fastText's models, read from bytes and written to bytes.
 * @module wasm2vec/formats
 */

export type { FastTextArgs, FastTextLoss } from "./format/fasttext/args.js";
export type { FastTextDictionary } from "./format/fasttext/dictionary.js";
export { CompactMatrix, DenseMatrix, type RowMatrix } from "./format/fasttext/matrix.js";
export type { FastTextInputs, FastTextModel } from "./format/fasttext/model.js";
export { type QuantizeOptions, quantizeFastTextModel } from "./format/fasttext/quantize-model.js";
export { Subwords } from "./format/fasttext/subwords.js";
export { readFastTextModel, writeFastTextModel } from "./format/fasttext.js";
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
