// Vectors and vocabularies in files.

import { existsSync } from "node:fs";
import { checkKnown, show } from "../../base/check.js";
import { ByteReader } from "../../format/bytes.js";
import type { Subwords } from "../../format/fasttext/subwords.js";
import { readFastText } from "../../format/fasttext.js";
import { checkLenient, type LenientOptions } from "../../format/rows.js";
import {
  type ReadFormat,
  readVectors,
  readWords,
  type VectorFormat,
  WORDLESS,
  writeVectors,
  writeWords,
} from "../../format/vectors.js";
import { encodeUtf8 } from "../../text/utf8.js";
import { Vocabulary } from "../../text/vocabulary.js";
import { checkKernel, KERNEL_OPTIONS, openVectors, type VectorKernelOptions } from "../../vectors/create.js";
import type { VectorStorage } from "../../vectors/storage.js";
import { allocateVectors, growVectors, type WordVectors } from "../../vectors/vectors.js";
import { pathOf, readChunks, readText, writeAllAtomically, writeAtomically } from "./files.js";

export interface LoadOptions extends VectorKernelOptions, LenientOptions {
  /** Default "auto": detected from the content. */
  format?: ReadFormat | "auto";
  /** Reads at most so many rows. */
  limit?: number;
  /** The word file, one word a line, of formats without words. Default: x.words.txt for x.npy, x.metadata.tsv for x.tsv, else the whole name and .words.txt. */
  words?: string | URL;
}

export interface SaveOptions {
  /** Default "word2vec". */
  format?: VectorFormat;
  /** The word file of formats without words. Default as in LoadOptions. */
  words?: string | URL;
}

const LENIENT_OPTIONS = ["lenient", "onSkipped"];

/**
 * Reads vectors in any of the formats, plain or compressed, as word2vec.c, gensim, fastText (.vec, .bin, .ftz), GloVe, NumPy and saveVectors write them.
 * @throws TypeError, RangeError for options; FormatError naming file, row and word; RangeError if they do not fit into memory
 */
export async function loadVectors(path: string | URL, options: LoadOptions = {}): Promise<WordVectors> {
  const name = pathOf(path);
  const beside = async () => {
    const list = wordsBeside(name);
    return existsSync(list) ? readWords(await readText(list)) : undefined;
  };
  return loadFrom(readChunks(path), name, beside, options);
}

/**
 * As loadVectors, from bytes.
 * @param name for errors @param beside finds the words of formats without words, if the options do not name them
 */
export async function loadFrom(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  beside: () => Promise<readonly string[] | undefined>,
  options: LoadOptions,
): Promise<WordVectors> {
  checkKnown("option", options, [...KERNEL_OPTIONS, ...LENIENT_OPTIONS, "format", "limit", "words"]);
  checkKernel(options);
  const { kernel, wasm, words: list, ...reading } = options;
  const { storage, reserve } = growingStorage();
  const { words, dim } = await readVectors(chunks, {
    ...reading,
    name,
    words: list === undefined ? beside : readWords(await readText(list)),
    reserve,
  });
  return openVectors(words, dim, storage(), { kernel, wasm });
}

/** Storage that is made once the dim is known, and grows as rows arrive. */
function growingStorage() {
  let storage: VectorStorage | undefined;
  const reserve = (rows: number, dim: number) => {
    if (storage === undefined) storage = allocateVectors(rows, dim);
    else growVectors(storage, rows);
    const { memory, start, stride } = storage;
    return { matrix: new Float32Array(memory.buffer, start, (rows * stride) / 4), stride: stride / 4 };
  };
  return { storage: () => storage!, reserve };
}

/**
 * Reads a model of fastText (.bin, .ftz): the vectors of its words, which compose those of other words in all queries, and
 * `subwords.get(word)` for any word, from its n-grams.
 * @throws TypeError, RangeError for options; FormatError naming the file and what is wrong
 */
export async function loadFastText(
  path: string | URL,
  options: VectorKernelOptions & LenientOptions = {},
): Promise<{ vectors: WordVectors; subwords: Subwords }> {
  checkKnown("option", options, [...KERNEL_OPTIONS, ...LENIENT_OPTIONS]);
  checkKernel(options);
  const { storage, reserve } = growingStorage();
  const rows = { name: pathOf(path), limit: Number.MAX_SAFE_INTEGER, reserve, ...checkLenient(options) };
  const bytes = new ByteReader(readChunks(path));
  try {
    const { words, dim, subwords } = await readFastText(bytes, rows);
    const { kernel, wasm } = options;
    const compose = (word: string) => (subwords.rowsOf(word).length > 0 ? subwords.get(word) : undefined);
    return { vectors: await openVectors(words, dim, storage(), { kernel, wasm }, compose), subwords };
  } finally {
    await bytes.close();
  }
}

/**
 * Writes vectors, under a temporary name until the file is complete. For "npy" and "tsv" also writes the word file, both or neither.
 * Names that end in .gz are compressed.
 * @throws TypeError for a value that is not vectors, and for options; RangeError naming the word that the format cannot hold; Error naming
 * the file that cannot be written
 */
export async function saveVectors(vectors: WordVectors, path: string | URL, options: SaveOptions = {}): Promise<void> {
  const [file, list] = filesOf(path, options);
  const chunks = writeVectors(vectors, options.format);
  await writeAllAtomically([
    { path: file, chunks },
    ...(list === undefined ? [] : [{ path: list, chunks: writeWords(vectors.words) }]),
  ]);
}

/** The files that saveVectors writes: the vectors and, for formats without words, the word file. @throws TypeError, RangeError for options */
export function filesOf(path: string | URL, options: SaveOptions = {}): (string | URL)[] {
  checkKnown("option", options, ["format", "words"]);
  const { format = "word2vec", words } = options;
  const name = pathOf(path);
  if (WORDLESS.includes(format)) return [name, words ?? wordsBeside(name)];
  if (words !== undefined)
    throw new RangeError(
      `"words" goes with formats whose words are in a separate file (${WORDLESS.join(", ")}), got ${show(format)}: leave it out`,
    );
  return [name];
}

/** The default path of the word file of a format without words. */
export function wordsBeside(path: string): string {
  const ending = /\.(npy|tsv)(\.gz)?$/i.exec(path);
  if (ending === null) return `${path}.words.txt`;
  const [whole, format, compressed = ""] = ending;
  const list = format.toLowerCase() === "npy" ? ".words.txt" : ".metadata.tsv";
  return path.slice(0, -whole.length) + list + compressed;
}

/** Reads words and counts, a line `word count` each, as word2vec.c -save-vocab and saveVocabulary write them. @throws FormatError */
export async function loadVocabulary(path: string | URL): Promise<Vocabulary> {
  return Vocabulary.parse(await readText(path), pathOf(path));
}

export function saveVocabulary(vocabulary: Vocabulary, path: string | URL): Promise<void> {
  return writeAtomically(path, [encodeUtf8(vocabulary.toText())]);
}
