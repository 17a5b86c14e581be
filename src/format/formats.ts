// The names of all formats of vectors; docs/formats.md.

import type { Word2vecFormat } from "./word2vec.js";

/**
 * "word2vec": word2vec.c's binary format; "word2vec-text": its text format, fastText's .vec; "glove": the same without a header;
 * "safetensors", with "-f16" and "-i8" for half and a quarter of the bytes; "npy": NumPy's, and "tsv": the TensorBoard projector's,
 * whose words are in a separate file; "json".
 */
export type VectorFormat =
  | Word2vecFormat
  | "glove"
  | "safetensors"
  | "safetensors-f16"
  | "safetensors-i8"
  | "npy"
  | "tsv"
  | "json";

/** Also read: fastText's model.bin and model.ftz. */
export type ReadFormat = VectorFormat | "fasttext";

export const VECTOR_FORMATS: readonly VectorFormat[] = [
  ...(["word2vec", "word2vec-text", "glove", "safetensors", "safetensors-f16", "safetensors-i8"] as const),
  ...(["npy", "tsv", "json"] as const),
];

export const READ_FORMATS: readonly ReadFormat[] = [...VECTOR_FORMATS, "fasttext"];

/** Formats whose words are in a separate file, one word a line. */
export const WORDLESS: readonly VectorFormat[] = ["npy", "tsv"];
