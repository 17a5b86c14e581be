// All formats of vectors, by name and by content; docs/formats.md.

import { checkFunction, checkInteger, checkKnown, checkOneOf, show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { ByteReader } from "./bytes.js";
import { detectFormat } from "./detect.js";
import { readFastText } from "./fasttext.js";
import { READ_FORMATS, type ReadFormat, type VectorFormat, WORDLESS } from "./formats.js";
import { gathered } from "./gather.js";
import { readJson, writeJson } from "./json.js";
import { readNpy, writeNpy } from "./npy.js";
import { readPlainText, writePlainText } from "./plain-text.js";
import {
  checkLenient,
  type LenientOptions,
  type Reserve,
  type RowOptions,
  reserveArray,
  rowsOf,
  type VectorRows,
} from "./rows.js";
import { readVectorTensors, writeVectorTensors } from "./vector-tensors.js";
import { readWord2vec, writeWord2vec } from "./word2vec.js";
import { checkWords } from "./words.js";

export { READ_FORMATS, type ReadFormat, VECTOR_FORMATS, type VectorFormat, WORDLESS } from "./formats.js";
export { checkWords, readWords, writeWords } from "./words.js";

export interface ReadOptions extends LenientOptions {
  /** Name of the file, for errors. */
  name?: string;
  /** Default "auto": detected from the content. */
  format?: ReadFormat | "auto";
  /** Words of the rows, for files without words: "npy", "tsv", safetensors of other programs. A function is called only for these. */
  words?: readonly string[] | (() => Promise<readonly string[] | undefined>);
  /** Reads at most so many rows. Default: all. */
  limit?: number;
  /** Allocates the matrix. Default: a Float32Array with stride dim. */
  reserve?: Reserve;
}

const OPTIONS = ["name", "format", "words", "limit", "reserve", "lenient", "onSkipped"];

/**
 * Reads vectors from bytes in chunks of any size.
 * @throws FormatError naming row and word if the bytes are truncated, too long, miscounted or not numeric, or another kind of file;
 * TypeError, RangeError for options
 */
export async function readVectors(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<VectorRows> {
  checkKnown("option", options, OPTIONS);
  const {
    name = "vectors",
    format = "auto",
    words,
    limit = Number.MAX_SAFE_INTEGER,
    reserve = reserveArray(),
  } = options;
  checkOneOf("format", format, ["auto", ...READ_FORMATS]);
  checkInteger("limit", limit, 1);
  checkFunction("reserve", reserve);
  if (words !== undefined && !Array.isArray(words) && typeof words !== "function")
    throw new TypeError(`"words" expected an array of strings or a function that gives one, got ${show(words)}`);
  if (chunks === null || typeof chunks !== "object" || chunks instanceof Uint8Array)
    throw new TypeError(
      `${name}: expected pieces of bytes, got ${show(chunks)}: pass an array or a stream of Uint8Array`,
    );
  const bytes = new ByteReader(chunks);
  try {
    return await readRows(bytes, format, words, { name, limit, reserve, ...checkLenient(options) });
  } finally {
    await bytes.close();
  }
}

async function readRows(
  bytes: ByteReader,
  given: ReadFormat | "auto",
  list: ReadOptions["words"],
  options: RowOptions,
): Promise<VectorRows> {
  const fail = (what: string) => new FormatError(`${options.name}: ${what}`);
  const format = given === "auto" ? await detectFormat(bytes, options.name) : given;
  const isWordless = WORDLESS.includes(format as VectorFormat);
  if (Array.isArray(list) && !isWordless && !format.startsWith("safetensors"))
    throw fail(
      `the format ${show(format === "auto" ? "word2vec" : format)} holds its own words: leave out the list of words`,
    );
  const words = typeof list !== "function" ? list : isWordless ? await list() : undefined;
  if (isWordless && words === undefined)
    throw fail(`the format ${show(format)} holds no words: give the file of its words too`);
  switch (format) {
    case "npy":
      return readNpy(bytes, options, words!);
    case "tsv":
      return readPlainText(bytes, options, words);
    case "glove":
      return readPlainText(bytes, options);
    case "json":
      return readJson(bytes, options);
    case "fasttext":
      return readFastText(bytes, options);
    case "word2vec":
    case "word2vec-text":
    case "auto":
      return readWord2vec(bytes, format, options);
    default:
      return readVectorTensors(bytes, options, words);
  }
}

/**
 * The bytes of a file, in chunks of some hundred kilobytes, without the words of "npy" and "tsv".
 * @throws before the first bytes TypeError for a value that is not vectors, RangeError naming the word that the format cannot hold or
 * whose vector is not finite; RangeError for a number beyond float16
 */
export function writeVectors(rows: VectorRows, format: VectorFormat = "word2vec"): Generator<Uint8Array<ArrayBuffer>> {
  checkVectors(rows);
  const { words } = rows;
  checkWords(words, format);
  let row = 0;
  for (const vector of rowsOf(rows)) {
    const bad = vector.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0)
      throw new RangeError(
        `word ${show(words[row])} (row ${row + 1}) expected finite floats, float ${bad + 1} is ${vector[bad]}`,
      );
    row++;
  }
  return gathered(partsOf(rows, format));
}

/** @throws TypeError, with the remedy for a model */
function checkVectors(rows: VectorRows): void {
  const isRows = (value: unknown): value is VectorRows =>
    value !== null && typeof value === "object" && "words" in value && "matrix" in value && "dim" in value;
  if (isRows(rows)) return;
  const isModel = isRows((rows as { vectors?: unknown } | undefined)?.vectors);
  throw new TypeError(
    `vectors expected WordVectors, got ${isModel ? 'a model: pass its vectors, "model.vectors"' : show(rows)}`,
  );
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
