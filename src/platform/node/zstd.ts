// Zstandard (RFC 8878): fzstd decompresses blocks but ignores checksums, so frames and checksums are handled here. Node's own
// decompressor (22.15 and later) silently stops after the first of several frames in a file.

import { Decompress } from "fzstd";
import { Xxh64 } from "../../base/xxh64.js";
import { ByteReader } from "../../format/bytes.js";
import { joinBytes } from "../../text/source.js";

const FRAME = 0xfd2fb528;

/** A skippable frame has one of 16 magic numbers. */
const SKIPPABLE = 0x184d2a50;

/** Bytes skipped at a time. */
const PIECE = 65_536;

const HAS_CHECKSUM = 4;

/** @throws Error for data that is truncated ("unexpected end") or damaged */
export async function* unzstd(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new ByteReader(parts);
  try {
    while (await input.fill(1)) {
      const magic = uint32(await take(input, 4));
      if (magic === FRAME) yield* frame(input);
      else if ((magic & ~15) === SKIPPABLE) await skip(input, uint32(await take(input, 4)));
      else throw new Error("the data after a frame is not a frame");
    }
  } finally {
    await input.close();
  }
}

async function* frame(input: ByteReader): AsyncGenerator<Uint8Array> {
  const header = await frameHeader(input);
  const hash = header[4] & HAS_CHECKSUM ? new Xxh64() : undefined;
  // fzstd gets the frame without its checksum
  header[4] &= ~HAS_CHECKSUM;
  const parts: Uint8Array[] = [];
  const decompress = new Decompress((part) => parts.push(part));
  let before = header;
  for (let isLast = false; !isLast; ) {
    const start = (await take(input, 3)).slice();
    const bits = start[0] | (start[1] << 8) | (start[2] << 16);
    isLast = (bits & 1) === 1;
    // a block of type 1 (RLE) is one byte, repeated
    const size = ((bits >> 1) & 3) === 1 ? 1 : bits >> 3;
    decompress.push(joinBytes([before, start, await take(input, size)]), isLast);
    before = new Uint8Array();
    for (const part of parts.splice(0)) {
      hash?.add(part);
      yield part;
    }
  }
  if (hash && uint32(await take(input, 4)) !== hash.low32) throw new Error("its checksum does not match");
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

/** The next bytes, valid until the next call. */
async function take(input: ByteReader, count: number): Promise<Uint8Array> {
  if (!(await input.fill(count))) throw new Error("unexpected end");
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
