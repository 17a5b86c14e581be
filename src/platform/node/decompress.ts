// Compressed files, detected from their first bytes: gzip by Node, bzip2 by unbzip2-stream, Zstandard by fzstd.

import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import unbzip2Stream from "unbzip2-stream";
import { FormatError } from "../../base/errors.js";
import { withHead } from "../../text/source.js";
import { unzstd } from "./zstd.js";

/** Bytes of gzip decompressed at a time. */
const CHUNK = 524_288;

type Decompress = (parts: AsyncGenerator<Uint8Array>) => AsyncIterable<Uint8Array>;

/** First bytes that tell the compression. */
export const HEAD = 10;

/** How each compression is detected from the first bytes, read as Latin-1, and decompressed. */
const COMPRESSIONS: { name: string; begins: (head: string) => boolean; decompress: Decompress }[] = [
  { name: "gzip", begins: (head) => head.startsWith("\x1f\x8b"), decompress: gunzip },
  { name: "bzip2", begins: beginsBzip2, decompress: unbzip2 },
  { name: "Zstandard", begins: (head) => head.startsWith("\x28\xb5\x2f\xfd"), decompress: unzstd },
];

/** A plain text may begin with "BZh1", so the magic number of a block or of the end must follow, as far as the file goes. */
function beginsBzip2(head: string): boolean {
  return /^BZh[1-9]/.test(head) && ["1AY&SY", "\x17rE8P\x90"].some((mark) => mark.startsWith(head.slice(4)));
}

/** Whether a file with these first bytes is compressed. */
export function isCompressed(first: Uint8Array): boolean {
  return compressionOf(first) !== undefined;
}

function compressionOf(first: Uint8Array) {
  const head = String.fromCharCode(...first.subarray(0, HEAD));
  return COMPRESSIONS.find(({ begins }) => begins(head));
}

/** The bytes of a file, decompressed if it is compressed. @throws FormatError if the compressed data is damaged or truncated */
export async function* decompress(file: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const parts = withHead(file, HEAD);
  const { value: first = new Uint8Array() } = await parts.next();
  const compression = compressionOf(first);
  let failure: unknown;
  const whole = async function* () {
    try {
      yield first;
      yield* parts;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await parts.return(undefined);
    }
  };
  if (compression === undefined) {
    yield* whole();
    return;
  }
  try {
    yield* compression.decompress(whole());
  } catch (error) {
    // I/O errors pass through unchanged
    if (failure !== undefined) throw failure;
    const what = isTruncated(error) ? "truncated" : `damaged: ${(error as Error).message}`;
    throw new FormatError(`${name}: the ${compression.name} data is ${what}`, { cause: error });
  }
}

async function* gunzip(parts: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const text = new PassThrough();
  // an error of any of the streams destroys `text`, and so reaches its reader
  pipeline(Readable.from(parts), createGunzip({ chunkSize: CHUNK }), text).catch(() => {});
  try {
    yield* text;
  } finally {
    text.destroy();
  }
}

async function* unbzip2(parts: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const text = new PassThrough();
  const compressed = Readable.from(parts);
  const destroy = (error: Error) => text.destroy(error);
  // unbzip2-stream is an old-style stream, which pipeline does not accept
  compressed.once("error", destroy).pipe(unbzip2Stream()).on("error", destroy).pipe(text);
  try {
    yield* text;
  } finally {
    compressed.destroy();
    text.destroy();
  }
}

function isTruncated(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  // unbzip2-stream reads past the end
  return code === "Z_BUF_ERROR" || error instanceof TypeError || /unexpected (eof|end)/i.test(message);
}
