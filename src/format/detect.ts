// Detects from the first bytes the format of a vector file, and other kinds of files that are mistaken for one.

import { FormatError } from "../base/errors.js";
import type { ByteReader } from "./bytes.js";
import { FASTTEXT_MAGIC } from "./fasttext/model.js";
import type { ReadFormat } from "./formats.js";
import { NPY_MAGIC } from "./npy.js";
import { spellsNumber } from "./number.js";

/** First bytes that are examined. */
const SNIFFED = 65_536;

const DECOMPRESS = "decompress it first";

/** Kinds of files that are not vector files, by their bytes at an offset, written as Latin-1. */
const OTHERS: { starts: string[]; at?: number; what: string; remedy: string }[] = [
  {
    starts: ["\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"],
    what: "a pickled object of Python, such as gensim's .model and .kv",
    remedy:
      'load it with gensim and write its KeyedVectors (of a Word2Vec model its .wv) by save_word2vec_format("vectors.bin", binary=True)',
  },
  { starts: ["PK\x03\x04"], what: "a zip archive", remedy: "unzip it first, and give the file of vectors in it" },
  { starts: ["ustar"], at: 257, what: "a tar archive", remedy: "extract it first, and give the file of vectors in it" },
  { starts: ["\x1f\x8b"], what: "data compressed with gzip", remedy: DECOMPRESS },
  { starts: ["1AY&SY"], at: 4, what: "data compressed with bzip2", remedy: DECOMPRESS },
  { starts: ["\x28\xb5\x2f\xfd"], what: "data compressed with Zstandard", remedy: DECOMPRESS },
  { starts: ["\xfd7zXZ\x00"], what: "data compressed with xz", remedy: DECOMPRESS },
  { starts: ["7z\xbc\xaf\x27\x1c"], what: "a 7z archive", remedy: DECOMPRESS },
  { starts: ["PAR1\x15"], what: "a Parquet file", remedy: "write a line for each row, the word and its numbers" },
  {
    starts: ["\x89HDF\r\n\x1a\n"],
    what: "an HDF5 file",
    remedy: "save the matrix with numpy.save, and its words in a file of their own, one a line",
  },
  { starts: ["%PDF-1.", "%PDF-2."], what: "a PDF document", remedy: "give a file of vectors" },
  { starts: ["\xff\xfe", "\xfe\xff"], what: "UTF-16 text", remedy: "save it as UTF-8" },
];

/**
 * The format that the first bytes show; "auto" for one of word2vec's or an unknown format.
 * @throws FormatError for other kinds of files, with the remedy
 */
export async function detectFormat(bytes: ByteReader, name: string): Promise<ReadFormat | "auto"> {
  await bytes.fill(SNIFFED);
  const start = bytes.unread.subarray(0, SNIFFED);
  if (NPY_MAGIC.every((byte, i) => start[i] === byte)) return "npy";
  if (FASTTEXT_MAGIC.every((byte, i) => start[i] === byte)) return "fasttext";
  // safetensors: { after the length of the header
  if (start.length > 8 && start[8] === 0x7b && start[4] + start[5] + start[6] + start[7] === 0) return "safetensors";
  const text = String.fromCharCode(...start.subarray(0, 512));
  const other = OTHERS.find(({ starts, at = 0 }) => starts.some((bytes) => text.startsWith(bytes, at)));
  if (other !== undefined)
    throw new FormatError(`${name}: expected a file of vectors, got ${other.what}: ${other.remedy}`);
  return formatOfText(new TextDecoder("latin1").decode(start));
}

function formatOfText(text: string): ReadFormat | "auto" {
  if (/^\s*\{\s*["}]/.test(text)) return "json";
  const line = text.slice(0, Math.max(0, text.indexOf("\n")) || undefined).trim();
  const fields = line.split(/[ \t]+/);
  if (fields.length < 2 || (fields.length === 2 && fields.every((field) => /^\d+$/.test(field)))) return "auto";
  if (line.includes("\t") && fields.every(spellsNumber)) return "tsv";
  return spellsNumber(fields[1]) || spellsNumber(fields[fields.length - 1]) ? "glove" : "auto";
}
