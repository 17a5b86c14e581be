// Zstandard (RFC 8878). Frames and their checksums are handled here, since Node's own decompressor silently stops after the first
// of several frames, and fzstd ignores checksums. Node, from 22.15 on, or fzstd decompresses the blocks of a frame.

import type { Transform } from "node:stream";
// the default, since a bundler may make named imports of a namespace, which Node 20 refuses
import zlib from "node:zlib";
import { Xxh64 } from "../../base/xxh64.js";
import { ByteReader } from "../../format/bytes.js";
import { fzstd } from "./packages.js";
import { through } from "./through.js";

const FRAME = 0xfd2fb528;

/** A skippable frame has one of 16 magic numbers. */
const SKIPPABLE = 0x184d2a50;

/** Bytes skipped at a time. */
const PIECE = 65_536;

const HAS_CHECKSUM = 4;

/** Window sizes that are read, log2 of bytes: as fzstd. Node reads up to 27 unasked. */
const WINDOW_LOG = 30;

/** Decompresses one frame without a checksum, which comes in its header and its blocks. */
type DecompressFrame = (parts: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** Loads what decompresses here. @throws Error if it is not installed */
export async function unzstd(): Promise<(parts: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>> {
  const decompress = ownDecompress() ?? (await installedDecompress());
  return (parts) => frames(parts, decompress);
}

/** Node's own; undefined where this engine has none. */
function ownDecompress(): DecompressFrame | undefined {
  // @types/node of the oldest Node that runs this knows nothing of it
  const { createZstdDecompress: create, constants } = zlib as typeof zlib & {
    createZstdDecompress?(options: { params: Record<number, number> }): Transform;
  };
  if (create === undefined) return undefined;
  const { ZSTD_d_windowLogMax: limit } = constants as unknown as Record<string, number>;
  return (parts) => through(parts, create({ params: { [limit]: WINDOW_LOG } }));
}

async function installedDecompress(): Promise<DecompressFrame> {
  const { Decompress } = await fzstd();
  return async function* (parts) {
    const done: Uint8Array[] = [];
    const decompress = new Decompress((part) => done.push(part));
    // it must be told of the last part as it gets it
    let next: Uint8Array = new Uint8Array();
    for await (const part of parts) {
      decompress.push(next);
      yield* done.splice(0);
      next = part;
    }
    decompress.push(next, true);
    yield* done;
  };
}

/** @throws Error for data that is truncated ("unexpected end") or damaged */
async function* frames(parts: AsyncIterable<Uint8Array>, decompress: DecompressFrame): AsyncGenerator<Uint8Array> {
  const input = new ByteReader(parts);
  try {
    while (await input.fill(1)) {
      const magic = uint32(await take(input, 4));
      if (magic === FRAME) yield* frame(input, decompress);
      else if ((magic & ~15) === SKIPPABLE) await skip(input, uint32(await take(input, 4)));
      else throw new Error("the data after a frame is not a frame");
    }
  } finally {
    // not awaited, since Node's own reads ahead, and what it waits for may never come
    input.close().catch(() => {});
  }
}

async function* frame(input: ByteReader, decompress: DecompressFrame): AsyncGenerator<Uint8Array> {
  const header = await frameHeader(input);
  const hash = header[4] & HAS_CHECKSUM ? new Xxh64() : undefined;
  // whoever decompresses gets the frame without its checksum
  header[4] &= ~HAS_CHECKSUM;
  for await (const part of decompress(headerAndBlocks(input, header))) {
    hash?.add(part);
    yield part;
  }
  if (hash && uint32(await take(input, 4)) !== hash.low32) throw new Error("its checksum does not match");
}

async function* headerAndBlocks(input: ByteReader, header: Uint8Array): AsyncGenerator<Uint8Array> {
  yield header;
  for (let isLast = false; !isLast; ) {
    await fillOrThrow(input, 3);
    const [a, b, c] = input.unread;
    const bits = a | (b << 8) | (c << 16);
    isLast = (bits & 1) === 1;
    // a block of type 1 (RLE) is one byte, repeated
    const size = ((bits >> 1) & 3) === 1 ? 1 : bits >> 3;
    // a copy: a stream may hold it while more is read
    yield (await take(input, 3 + size)).slice();
  }
}

/** From the magic number to the first block. */
async function frameHeader(input: ByteReader): Promise<Uint8Array> {
  const [descriptor] = await take(input, 1);
  const isSingleSegment = (descriptor >> 5) & 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3];
  const contentSize = [isSingleSegment, 2, 4, 8][descriptor >> 6];
  const more = await take(input, 1 - isSingleSegment + dictionary + contentSize);
  return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, descriptor, ...more);
}

async function fillOrThrow(input: ByteReader, count: number): Promise<void> {
  if (!(await input.fill(count))) throw new Error("unexpected end");
}

/** The next bytes, valid until the next call. */
async function take(input: ByteReader, count: number): Promise<Uint8Array> {
  await fillOrThrow(input, count);
  const bytes = input.unread.subarray(0, count);
  input.skip(count);
  return bytes;
}

async function skip(input: ByteReader, count: number): Promise<void> {
  for (let left = count; left > 0; left -= PIECE) await take(input, Math.min(left, PIECE));
}

function uint32(bytes: Uint8Array): number {
  return (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24)) >>> 0;
}
