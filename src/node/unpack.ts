// Packed files, told by their first bytes: gzip by Node, bzip2 by unbzip2-stream, Zstandard by fzstd. fzstd does not look at
// checksums; Node's own Zstandard (24.21) does, but stops without a word after the first of several frames in a file.

import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import unbzip2Stream from "unbzip2-stream";
import { FormatError } from "../math/error.js";

/** Bytes of gzip unpacked at a time. */
const CHUNK = 524_288;

/** The first bytes of each packing, and how it is unpacked. */
const PACKINGS: { name: string; start: number[]; unpack: (packed: Readable) => AsyncIterable<Uint8Array> }[] = [
  { name: "gzip", start: [0x1f, 0x8b], unpack: gunzip },
  { name: "bzip2", start: [0x42, 0x5a, 0x68], unpack: unbzip2 },
  { name: "Zstandard", start: [0x28, 0xb5, 0x2f, 0xfd], unpack: unzstd },
];

/** The bytes of a stream, unpacked if they are packed. @throws FormatError if they are damaged */
export async function* unpack(file: Readable, name: string): AsyncGenerator<Uint8Array> {
  const first = await firstBytes(file);
  const packing = PACKINGS.find(({ start }) => start.every((byte, i) => first[i] === byte));
  if (packing === undefined) {
    yield* file;
    return;
  }
  let failure: unknown;
  file.once("error", (error) => {
    failure = error;
  });
  try {
    yield* packing.unpack(file);
  } catch (error) {
    // what the disk said is no fault of the data
    if (failure !== undefined) throw failure;
    const what = isCutShort(error) ? "cut short" : `damaged: ${(error as Error).message}`;
    throw new FormatError(`${name}: the ${packing.name} data is ${what}`, { cause: error });
  }
}

/** The start of what is to be read, which stays to be read. */
async function firstBytes(file: Readable): Promise<Uint8Array> {
  await new Promise<void>((resolve, reject) => {
    file.once("error", reject);
    file.once("readable", resolve);
    file.once("end", resolve);
  });
  const start: Buffer | null = file.read();
  if (start === null) return new Uint8Array();
  file.unshift(start);
  return start;
}

async function* gunzip(packed: Readable): AsyncGenerator<Uint8Array> {
  const unpacked = new PassThrough();
  // an error of either destroys unpacked, and so reaches its reader
  pipeline(packed, createGunzip({ chunkSize: CHUNK }), unpacked).catch(() => {});
  try {
    yield* unpacked;
  } finally {
    unpacked.destroy();
  }
}

async function* unbzip2(packed: Readable): AsyncGenerator<Uint8Array> {
  const unpacked = new PassThrough();
  // a stream of the old kind, which no pipeline takes
  const unpacker = packed.pipe(unbzip2Stream());
  unpacker.on("error", (error) => unpacked.destroy(error));
  unpacker.pipe(unpacked);
  packed.once("error", (error) => unpacked.destroy(error));
  try {
    yield* unpacked;
  } finally {
    unpacked.destroy();
  }
}

async function* unzstd(packed: Readable): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  const decompress = new Decompress((part) => parts.push(part));
  for await (const chunk of packed) {
    decompress.push(chunk);
    yield* parts.splice(0);
  }
  decompress.push(new Uint8Array(), true);
  yield* parts;
}

function isCutShort(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  // unbzip2-stream reads past the end
  return code === "Z_BUF_ERROR" || error instanceof TypeError || /unexpected (eof|end)/i.test(message);
}
