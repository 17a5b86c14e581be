// Vectors and vocabularies in files.

import { existsSync } from "node:fs";
import { ByteReader } from "../format/bytes.js";
import { readFastText, type Subwords } from "../format/fasttext.js";
import { reserveArray } from "../format/rows.js";
import {
  type ReadFormat,
  readVectors,
  readWords,
  type VectorFormat,
  WORDLESS,
  writeVectors,
  writeWords,
} from "../format/vectors.js";
import { encodeUtf8 } from "../text/utf8.js";
import { Vocabulary } from "../text/vocabulary.js";
import { createVectors, openVectors, type VectorKernelOptions } from "../vectors/create.js";
import { allocateVectors, growVectors, type VectorStorage, type WordVectors } from "../vectors/vectors.js";
import { pathOf, readChunks, readText, writeAtomically } from "./files.js";

export interface LoadOptions extends VectorKernelOptions {
  /** Default "auto": told by the content. */
  format?: ReadFormat | "auto";
  /** Reads only the first so many rows. */
  limit?: number;
  /** The file of the words, a word a line, for formats that have none. Default for x.npy x.words.txt, for x.tsv x.metadata.tsv. */
  words?: string | URL;
}

export interface SaveOptions {
  /** Default "word2vec". */
  format?: VectorFormat;
  /** Where words go, for formats that have none. Default as in LoadOptions. */
  words?: string | URL;
}

/**
 * Reads vectors in any of the formats, plain or packed, as word2vec.c, gensim, fastText (.vec, .bin), GloVe, NumPy and saveVectors write them.
 * @throws FormatError naming file, row and word; RangeError if they do not fit into memory
 */
export async function loadVectors(path: string | URL, options: LoadOptions = {}): Promise<WordVectors> {
  const name = pathOf(path);
  const beside = async () => {
    const list = wordsOf(name);
    return list !== undefined && existsSync(list) ? readWords(await readText(list)) : undefined;
  };
  let storage: VectorStorage | undefined;
  const { words, dim } = await readVectors(readChunks(path), {
    name,
    format: options.format,
    limit: options.limit,
    words: options.words === undefined ? beside : readWords(await readText(options.words)),
    reserve: (rows, dim) => {
      if (storage === undefined) storage = allocateVectors(rows, dim);
      else growVectors(storage, rows);
      const { memory, start, stride } = storage;
      return { matrix: new Float32Array(memory.buffer, start, (rows * stride) / 4), stride: stride / 4 };
    },
  });
  return openVectors(words, dim, storage!, options);
}

/**
 * Reads a model of fastText (.bin): the vectors of its words, and `subwords.get(word)` for any word, from its n-grams.
 * @throws FormatError naming the file and what is wrong
 */
export async function loadFastText(
  path: string | URL,
  options: VectorKernelOptions = {},
): Promise<{ vectors: WordVectors; subwords: Subwords }> {
  const bytes = new ByteReader(readChunks(path));
  try {
    const read = await readFastText(bytes, pathOf(path), Number.MAX_SAFE_INTEGER, reserveArray());
    return {
      vectors: await createVectors(
        read.words,
        read.dim,
        read.matrix.subarray(0, read.words.length * read.dim),
        options,
      ),
      subwords: read.subwords,
    };
  } finally {
    await bytes.close();
  }
}

/** Writes vectors, under a temporary name until the file is whole; for "npy" and "tsv" also the file of their words. */
export async function saveVectors(vectors: WordVectors, path: string | URL, options: SaveOptions = {}): Promise<void> {
  const { format = "word2vec" } = options;
  // words that cannot be written are told before anything is replaced
  const words = WORDLESS.includes(format) ? [...writeWords(vectors.words)] : undefined;
  await writeAtomically(path, writeVectors(vectors, format));
  if (words) await writeAtomically(options.words ?? wordsOf(pathOf(path)) ?? `${pathOf(path)}.words.txt`, words);
}

/** Where the words of such a file lie by default. */
function wordsOf(path: string): string | undefined {
  if (/\.npy$/i.test(path)) return path.replace(/\.npy$/i, ".words.txt");
  return /\.tsv$/i.test(path) ? path.replace(/\.tsv$/i, ".metadata.tsv") : undefined;
}

/** Reads words and counts, a line `word count` each, as word2vec.c -save-vocab and saveVocabulary write them. @throws FormatError */
export async function loadVocabulary(path: string | URL): Promise<Vocabulary> {
  return Vocabulary.parse(await readText(path), pathOf(path));
}

export function saveVocabulary(vocabulary: Vocabulary, path: string | URL): Promise<void> {
  return writeAtomically(path, [encodeUtf8(vocabulary.toText())]);
}
