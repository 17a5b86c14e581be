// Pieces of one memory for another that is laid out alike.

import { advance, type Ptr } from "./kernel.js";

/** start, and bytes: both multiples of 4. */
export type Region = readonly [start: Ptr, bytes: number];

/**
 * Copies regions out: { regions u32, { start u32, bytes u32 }[regions], their bytes }.
 * @param room is taken for it if it is large enough
 */
export function cut(memory: WebAssembly.Memory, regions: readonly Region[], room?: ArrayBuffer): ArrayBuffer {
  const size = regions.reduce((sum, [, bytes]) => sum + bytes, 4 + 8 * regions.length);
  // more than is needed now, so that the next patch fits too
  const patch = room !== undefined && room.byteLength >= size ? room : new ArrayBuffer(Math.ceil(size / 2048) * 2560);
  const to = new Uint32Array(patch);
  const from = new Uint32Array(memory.buffer);
  to[0] = regions.length;
  let at = 1 + 2 * regions.length;
  regions.forEach(([start, bytes], i) => {
    to[1 + 2 * i] = start;
    to[2 + 2 * i] = bytes;
    copy(from, start / 4, to, at, bytes / 4);
    at += bytes / 4;
  });
  return patch;
}

/** The same bytes as groups of regions, each of `most` bytes together but for the last. @param most a multiple of 4 */
export function* pieces(regions: Iterable<Region>, most: number): Generator<Region[]> {
  let piece: Region[] = [];
  let room = most;
  for (let [start, bytes] of regions) {
    while (bytes > 0) {
      const taken = Math.min(bytes, room);
      piece.push([start, taken]);
      start = advance(start, taken);
      bytes -= taken;
      room -= taken;
      if (room > 0) continue;
      yield piece;
      piece = [];
      room = most;
    }
  }
  if (piece.length > 0) yield piece;
}

/** Writes the regions to the addresses that they had in the memory they come from. */
export function paste(memory: WebAssembly.Memory, patch: ArrayBuffer): void {
  const from = new Uint32Array(patch);
  const to = new Uint32Array(memory.buffer);
  let at = 1 + 2 * from[0];
  for (let i = 0; i < from[0]; i++) {
    const words = from[2 + 2 * i] / 4;
    copy(from, at, to, from[1 + 2 * i] / 4, words);
    at += words;
  }
}

/** Copies in a loop: making views takes longer than copying one row. */
function copy(from: Uint32Array, start: number, to: Uint32Array, at: number, length: number): void {
  if (length > 512) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i];
}
