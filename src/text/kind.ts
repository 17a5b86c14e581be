// Files that are not text, detected from their first bytes.

import { FormatError } from "../base/errors.js";
import { withHead } from "./source.js";

/** First bytes that are examined. */
export const HEAD = 4096;

/** A text may begin with a printable magic number, too. So many bytes after it show whether the file is binary. */
const NEAR = 64;

/** Shares of fewer bytes than this say nothing. */
const ENOUGH = 64;

/** Text whose words are separated by NUL has one for about five letters; UTF-16 has one for each Latin letter. */
const MUCH_NUL = 0.3;

/** A tenth of random bytes and 8% of the bytes of trained vectors are control characters; text in any encoding has hardly any. */
const MUCH_CONTROL = 0.04;

const EXTRACT = "extract it, and give the text files in it";
const DECOMPRESS = "decompress it first; files may also be gzip, bzip2 or Zstandard";
const STREAM = 'decompress the stream, for example stream.pipeThrough(new DecompressionStream("gzip"))';
const EXPORT = "export the text as CSV, JSON Lines or plain text";
const ENCODE = "save it as UTF-8";
const VECTORS = "give the text to train on; loadVectors reads vectors";
const NO_TEXT = "give text files only";

interface Kind {
  what: string;
  remedy: string;
}

/** As [what it is, the remedy, its bytes as Latin-1, where they are]. Of two magic numbers with a common beginning the longer comes first. */
const KINDS: readonly (readonly [what: string, remedy: string, bytes: string, at?: number])[] = [
  ["a zip archive (as .docx, .epub and .npz are)", EXTRACT, "PK\x03\x04"],
  ["a zip archive", EXTRACT, "PK\x05\x06"],
  ["a zip archive in parts", EXTRACT, "PK\x07\x08"],
  ["a tar archive", EXTRACT, "ustar", 257],
  ["a 7z archive", EXTRACT, "7z\xbc\xaf\x27\x1c"],
  ["a RAR archive", EXTRACT, "Rar!\x1a\x07"],
  ["compressed with xz", DECOMPRESS, "\xfd7zXZ\0"],
  ["compressed with LZ4", DECOMPRESS, "\x04\x22\x4d\x18"],
  ["compressed with gzip", STREAM, "\x1f\x8b\x08"],
  ["compressed with Zstandard", "decompress it first", "\x28\xb5\x2f\xfd"],
  ["compressed with bzip2", "decompress it first", "1AY&SY", 4],
  ["a PDF document", "convert it to text first, for example with pdftotext", "%PDF-"],
  ["an old Office document", EXPORT, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
  ["an Arrow file", EXPORT, "ARROW1\0\0"],
  ["a Parquet file", EXPORT, "PAR1"],
  ["a Feather file", EXPORT, "FEA1\0"],
  ["an SQLite database", EXPORT, "SQLite format 3\0"],
  ["an HDF5 file", EXPORT, "\x89HDF\r\n\x1a\n"],
  ["UTF-32 text", ENCODE, "\xff\xfe\0\0"],
  ["UTF-32 text", ENCODE, "\0\0\xfe\xff"],
  ["UTF-16 text", ENCODE, "\xff\xfe"],
  ["UTF-16 text", ENCODE, "\xfe\xff"],
  ["a PNG picture", NO_TEXT, "\x89PNG\r\n\x1a\n"],
  ["a JPEG picture", NO_TEXT, "\xff\xd8\xff"],
  ["a GIF picture", NO_TEXT, "GIF87a"],
  ["a GIF picture", NO_TEXT, "GIF89a"],
  ["a safetensors file (vectors, a model or a checkpoint)", VECTORS, "\0\0\0\0{", 4],
  ["a NumPy array", VECTORS, "\x93NUMPY"],
  ["a fastText model", VECTORS, "\xba\x16\x4f\x2f"],
  ["a pickled object of Python", VECTORS, "\x80\x02"],
  ["a pickled object of Python", VECTORS, "\x80\x03"],
  ["a pickled object of Python", VECTORS, "\x80\x04"],
  ["a pickled object of Python", VECTORS, "\x80\x05"],
];

/** Yields the bytes unchanged. @throws FormatError for a file that is not text, with its kind and the remedy */
export async function* refuseBinary(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const part of withHead(parts, HEAD)) {
    if (isFirst) refuseHead(part, name);
    isFirst = false;
    yield part;
  }
}

/** Checks the first HEAD bytes of a text. @throws FormatError as refuseBinary */
export function refuseHead(head: Uint8Array, name: string): void {
  const kind = kindOf(head.subarray(0, HEAD));
  if (kind) throw new FormatError(`${name} is ${kind.what}, not UTF-8 text: ${kind.remedy}`);
}

/** The kind of file that begins with these bytes, if it is not text. */
function kindOf(head: Uint8Array): Kind | undefined {
  const start = String.fromCharCode(...head);
  const known = KINDS.find(
    ([, , bytes, at = 0]) =>
      start.startsWith(bytes, at) &&
      (!/^[ -~]+$/.test(bytes) || looksBinary(head.subarray(0, at + bytes.length + NEAR))),
  );
  if (known) return { what: known[0], remedy: known[1] };
  if (head.length < ENOUGH) return undefined;
  const nul = count(head, (byte) => byte === 0);
  if (nul > MUCH_NUL * head.length) return full(head, nul);
  if (count(head, isControl) <= MUCH_CONTROL * head.length || isUtf8(head)) return undefined;
  return /^\d+ \d+\n/.test(start)
    ? { what: "a file of vectors (word2vec binary)", remedy: VECTORS }
    : { what: "binary data", remedy: NO_TEXT };
}

/** UTF-16 has its NUL bytes in every other place, binary data anywhere. */
function full(head: Uint8Array, nul: number): Kind {
  const even = head.filter((byte, i) => byte === 0 && i % 2 === 0).length;
  return Math.min(even, nul - even) < 0.05 * nul
    ? { what: "UTF-16 text, as its NUL bytes say", remedy: ENCODE }
    : { what: `binary data, ${Math.round((100 * nul) / head.length)}% of it NUL bytes`, remedy: NO_TEXT };
}

function looksBinary(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte === 0 || isControl(byte)) || !isUtf8(bytes);
}

function count(bytes: Uint8Array, is: (byte: number) => boolean): number {
  return bytes.reduce((sum, byte) => sum + Number(is(byte)), 0);
}

/** Control characters that text hardly contains. NUL may separate words, and ESC begins colours and changes of the character set. */
function isControl(byte: number): boolean {
  return (byte > 0 && byte < 9) || (byte > 13 && byte < 32 && byte !== 27) || byte === 127;
}

/** Whether the bytes are valid UTF-8; a character may be cut off at the end. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
