// Compressed files, detected from their first bytes: gzip by Node, bzip2 by unbzip2-stream, Zstandard by Node or fzstd.

import { PassThrough, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { FormatError } from "../../base/errors.js";
import { withHead } from "../../text/source.js";
import { unbzip2Stream } from "./packages.js";
import { through } from "./through.js";
import { unzstd } from "./zstd.js";

/** Bytes of gzip decompressed at a time. */
const CHUNK = 524_288;

type Decompress = (parts: AsyncGenerator<Uint8Array>) => AsyncIterable<Uint8Array>;

/** First bytes that tell the compression. */
export const HEAD = 10;

/** How each compression is detected from the first bytes, read as Latin-1, and decompressed by what open loads. */
const COMPRESSIONS: { name: string; begins: (head: string) => boolean; open: () => Promise<Decompress> }[] = [
  { name: "gzip", begins: (head) => head.startsWith("\x1f\x8b"), open: async () => gunzip },
  { name: "bzip2", begins: beginsBzip2, open: unbzip2 },
  { name: "Zstandard", begins: (head) => head.startsWith("\x28\xb5\x2f\xfd"), open: unzstd },
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

/**
 * The bytes of a file, decompressed if it is compressed.
 * @throws FormatError if the compressed data is damaged or truncated; Error if a package that decompresses it is not installed
 */
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
  const undo = await compression.open().catch(async (error) => {
    await parts.return(undefined);
    throw new Error(`cannot read ${name}: ${error.message}`, { cause: error });
  });
  try {
    yield* undo(whole());
  } catch (error) {
    // I/O errors pass through unchanged
    if (failure !== undefined) throw failure;
    const what = isTruncated(error) ? "truncated" : `damaged: ${(error as Error).message}`;
    throw new FormatError(`${name}: the ${compression.name} data is ${what}`, { cause: error });
  }
}

function gunzip(parts: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  return through(parts, createGunzip({ chunkSize: CHUNK }));
}

async function unbzip2(): Promise<Decompress> {
  const makeStream = await unbzip2Stream();
  return async function* (parts) {
    const text = new PassThrough();
    const compressed = Readable.from(parts);
    const destroy = (error: Error) => text.destroy(error);
    // unbzip2-stream is an old-style stream, which pipeline does not accept
    compressed.once("error", destroy).pipe(makeStream()).on("error", destroy).pipe(text);
    try {
      yield* text;
    } finally {
      compressed.destroy();
      text.destroy();
    }
  };
}

function isTruncated(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  // unbzip2-stream reads past the end
  return code === "Z_BUF_ERROR" || error instanceof TypeError || /unexpected (eof|end)/i.test(message);
}
