// Compressed files, detected from their first bytes: gzip by Node, bzip2 by unbzip2-stream, Zstandard by fzstd.

import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import unbzip2Stream from "unbzip2-stream";
import { FormatError } from "../math/error.js";
import { withHead } from "../text/source.js";
import { unzstd } from "./zstd.js";

/** Bytes of gzip decompressed at a time. */
const CHUNK = 524_288;

type Decompress = (parts: AsyncGenerator<Uint8Array>) => AsyncIterable<Uint8Array>;

/** The first bytes of each compression, and how it is undone. */
const COMPRESSIONS: { name: string; start: number[]; decompress: Decompress }[] = [
  { name: "gzip", start: [0x1f, 0x8b], decompress: gunzip },
  { name: "bzip2", start: [0x42, 0x5a, 0x68], decompress: unbzip2 },
  { name: "Zstandard", start: [0x28, 0xb5, 0x2f, 0xfd], decompress: unzstd },
];

/** The bytes of a file, decompressed if they are compressed. @throws FormatError if they are damaged */
export async function* unpack(file: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const parts = withHead(file, 4);
  const { value: first = new Uint8Array() } = await parts.next();
  const compression = COMPRESSIONS.find(({ start }) => start.every((byte, i) => first[i] === byte));
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
    // what the disk said is no fault of the data
    if (failure !== undefined) throw failure;
    const what = isCutShort(error) ? "cut short" : `damaged: ${(error as Error).message}`;
    throw new FormatError(`${name}: the ${compression.name} data is ${what}`, { cause: error });
  }
}

async function* gunzip(parts: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const text = new PassThrough();
  // an error of any of them destroys text, and so reaches its reader
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
  // a stream of the old kind, which no pipeline takes
  compressed.once("error", destroy).pipe(unbzip2Stream()).on("error", destroy).pipe(text);
  try {
    yield* text;
  } finally {
    compressed.destroy();
    text.destroy();
  }
}

function isCutShort(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  // unbzip2-stream reads past the end
  return code === "Z_BUF_ERROR" || error instanceof TypeError || /unexpected (eof|end)/i.test(message);
}
