// All formats of vectors, by name and by content; docs/formats.md.

import { checkInteger, checkOneOf, show } from "../math/check.js";
import { FormatError } from "../math/error.js";
import { encodeUtf8 } from "../text/utf8.js";
import { ByteReader } from "./bytes.js";
import { FASTTEXT_MAGIC, readFastText } from "./fasttext.js";
import { gathered } from "./gather.js";
import { readJson, writeJson } from "./json.js";
import { NPY_MAGIC, readNpy, writeNpy } from "./npy.js";
import { readPlainText, writePlainText } from "./plain-text.js";
import { type Reserve, reserveArray, type VectorRows } from "./rows.js";
import { readVectorTensors, writeVectorTensors } from "./vector-tensors.js";
import { readWord2vec, type Word2vecFormat, writeWord2vec } from "./word2vec.js";

/**
 * "word2vec": word2vec.c's binary format; "word2vec-text": its text format, fastText's .vec; "glove": the same without a header;
 * "safetensors", with "-f16" and "-i8" for half and a quarter of the bytes; "npy": NumPy's, and "tsv": the TensorBoard projector's,
 * whose words lie in a file of their own; "json".
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

/** Also read: fastText's model.bin. */
export type ReadFormat = VectorFormat | "fasttext";

export const VECTOR_FORMATS: readonly VectorFormat[] = [
  ...(["word2vec", "word2vec-text", "glove", "safetensors", "safetensors-f16", "safetensors-i8"] as const),
  ...(["npy", "tsv", "json"] as const),
];

/** The file of words of a format that has none. @throws RangeError for a word that it cannot hold */
export function* writeWords(words: readonly string[]): Generator<Uint8Array<ArrayBuffer>> {
  const broken = words.find((word) => word === "" || /[\t\n\r]/.test(word));
  if (broken !== undefined)
    throw new RangeError(
      `word ${show(broken)} is empty or holds a tab or line end, which a list of words cannot hold: replace it before training`,
    );
  yield* gathered(words.map((word) => encodeUtf8(`${word}\n`)));
}

/** The words of such a file, or of any with a word a line. */
export function readWords(text: string): string[] {
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}

export const READ_FORMATS: readonly ReadFormat[] = [...VECTOR_FORMATS, "fasttext"];

/** Formats whose words lie in a file of their own, a word a line. */
export const WORDLESS: readonly VectorFormat[] = ["npy", "tsv"];

export interface ReadOptions {
  /** Of the file, for errors. */
  name?: string;
  /** Default "auto": told by the content. */
  format?: ReadFormat | "auto";
  /** Words of the rows, for files that hold none: "npy", "tsv", safetensors of others. A function is asked where they are needed. */
  words?: readonly string[] | (() => Promise<readonly string[] | undefined>);
  /** Reads only the first so many rows. Default: all. */
  limit?: number;
  /** Where rows go. Default: a Float32Array with stride dim. */
  reserve?: Reserve;
}

/** Bytes that tell a format. */
const SNIFFED = 65_536;

/**
 * Reads vectors from bytes, however they are cut into chunks.
 * @throws FormatError naming row and word if the bytes are truncated, over-long, miscounted or not numeric
 */
export async function readVectors(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<VectorRows> {
  const { name = "vectors", limit = Number.MAX_SAFE_INTEGER, reserve = reserveArray() } = options;
  checkOneOf("format", options.format ?? "auto", ["auto", ...READ_FORMATS]);
  checkInteger("limit", limit, 1);
  const bytes = new ByteReader(chunks);
  try {
    const told = options.format === undefined || options.format === "auto";
    const format = told ? await formatOf(bytes) : options.format;
    const isWordless = WORDLESS.includes(format as VectorFormat);
    const takesWords = isWordless || format?.startsWith("safetensors");
    if (Array.isArray(options.words) && !takesWords)
      throw new FormatError(
        `${name}: the format ${show(format === "auto" ? "word2vec" : format)} holds its own words: leave out the list of words`,
      );
    const words = typeof options.words !== "function" ? options.words : isWordless ? await options.words() : undefined;
    if (isWordless && words === undefined)
      throw new FormatError(`${name}: the format ${show(format)} holds no words: give the file of its words too`);
    switch (format) {
      case "npy":
        return await readNpy(bytes, name, limit, reserve, words!);
      case "tsv":
        return await readPlainText(bytes, name, limit, reserve, words);
      case "glove":
        return await readPlainText(bytes, name, limit, reserve);
      case "json":
        return await readJson(bytes, name, limit, reserve);
      case "fasttext":
        return await readFastText(bytes, name, limit, reserve);
      case "word2vec":
      case "word2vec-text":
        return await readWord2vec(bytes, name, format, limit, reserve);
      case undefined:
      case "auto":
        return await readWord2vec(bytes, name, "auto", limit, reserve);
      default:
        return await readVectorTensors(bytes, name, limit, reserve, words);
    }
  } finally {
    await bytes.close();
  }
}

/** The format that the first bytes tell; "auto" is one of word2vec's, or none that is known. */
async function formatOf(bytes: ByteReader): Promise<ReadFormat | "auto"> {
  await bytes.fill(SNIFFED);
  const start = bytes.unread.subarray(0, SNIFFED);
  if (NPY_MAGIC.every((byte, i) => start[i] === byte)) return "npy";
  if (FASTTEXT_MAGIC.every((byte, i) => start[i] === byte)) return "fasttext";
  // { after the length of the header
  if (start.length > 8 && start[8] === 0x7b && start[4] + start[5] + start[6] + start[7] === 0) return "safetensors";
  const text = new TextDecoder("latin1").decode(start);
  if (/^\s*\{\s*["}]/.test(text)) return "json";
  const line = text.slice(0, Math.max(0, text.indexOf("\n")) || undefined).trim();
  const fields = line.split(/[ \t]+/);
  const isNumber = (field: string) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(field);
  if (fields.length < 2 || (fields.length === 2 && fields.every((field) => /^\d+$/.test(field)))) return "auto";
  if (line.includes("\t") && fields.every(isNumber)) return "tsv";
  return isNumber(fields[1]) || isNumber(fields[fields.length - 1]) ? "glove" : "auto";
}

/**
 * The bytes of a file, some hundred kilobytes at a time; words of "npy" and "tsv" are not among them.
 * @throws RangeError naming the word, before the first bytes if a word cannot be written, else at a row that is not finite
 */
export function* writeVectors(rows: VectorRows, format: VectorFormat = "word2vec"): Generator<Uint8Array<ArrayBuffer>> {
  checkOneOf("format", format, VECTOR_FORMATS);
  const { words, dim, matrix, stride } = rows;
  for (let row = 0; row < words.length; row++) {
    const bad = matrix.subarray(row * stride, row * stride + dim).findIndex((x) => !Number.isFinite(x));
    if (bad >= 0)
      throw new RangeError(
        `word ${show(words[row])} (row ${row + 1}) expected finite floats, float ${bad + 1} is ${matrix[row * stride + bad]}`,
      );
  }
  yield* gathered(partsOf(rows, format));
}

function partsOf(rows: VectorRows, format: VectorFormat): Iterable<Uint8Array> {
  switch (format) {
    case "word2vec":
    case "word2vec-text":
      return writeWord2vec(rows, format);
    case "glove":
    case "tsv":
      return writePlainText(rows, format === "glove");
    case "npy":
      return writeNpy(rows);
    case "json":
      return writeJson(rows);
    default:
      return writeVectorTensors(rows, PRECISIONS[format]);
  }
}

const PRECISIONS = { safetensors: "F32", "safetensors-f16": "F16", "safetensors-i8": "I8" } as const;
