// Vectors and vocabularies in files.

import { readWord2vec, type VectorFormat, writeWord2vec } from "../format/word2vec.js";
import { encodeUtf8 } from "../text/utf8.js";
import { Vocabulary } from "../text/vocabulary.js";
import { openVectors, type VectorKernelOptions } from "../vectors/create.js";
import { allocateVectors, growVectors, type VectorStorage, type WordVectors } from "../vectors/vectors.js";
import { pathOf, readChunks, readText, writeAtomically } from "./files.js";

export interface LoadOptions extends VectorKernelOptions {
  /** Default "auto": told by the content. */
  format?: VectorFormat | "auto";
  /** Reads only the first so many rows. */
  limit?: number;
}

/**
 * Reads vectors in word2vec's binary or text format, plain or gzip, as word2vec.c, gensim, fastText (.vec) and saveVectors write them.
 * @throws FormatError naming file, row and word; RangeError if they do not fit into memory
 */
export async function loadVectors(path: string | URL, options: LoadOptions = {}): Promise<WordVectors> {
  let storage: VectorStorage | undefined;
  const { words, dim } = await readWord2vec(readChunks(path), {
    name: pathOf(path),
    format: options.format,
    limit: options.limit,
    reserve: (rows, dim) => {
      if (storage === undefined) storage = allocateVectors(rows, dim);
      else growVectors(storage, rows);
      const { memory, start, stride } = storage;
      return { matrix: new Float32Array(memory.buffer, start, (rows * stride) / 4), stride: stride / 4 };
    },
  });
  return openVectors(words, dim, storage!, options);
}

/** Writes vectors, under a temporary name until the file is whole. format: "word2vec" (binary, default) or "word2vec-text". */
export function saveVectors(
  vectors: WordVectors,
  path: string | URL,
  options: { format?: VectorFormat } = {},
): Promise<void> {
  return writeAtomically(path, writeWord2vec(vectors, options.format));
}

/** Reads words and counts, a line `word count` each, as word2vec.c -save-vocab and saveVocabulary write them. @throws FormatError */
export async function loadVocabulary(path: string | URL): Promise<Vocabulary> {
  return Vocabulary.parse(await readText(path), pathOf(path));
}

export function saveVocabulary(vocabulary: Vocabulary, path: string | URL): Promise<void> {
  return writeAtomically(path, [encodeUtf8(vocabulary.toText())]);
}
