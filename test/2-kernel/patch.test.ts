// Pieces of one memory for another: what comes over is the same, and no message is larger than asked.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advance, ZERO } from "../../src/kernel/kernel";
import { cut, paste, pieces, type Region } from "../../src/kernel/patch";

const PAGE = 65_536;

/** Regions that do not overlap, in rising order, of whole words. */
const regions = fc
  .uniqueArray(fc.nat(PAGE / 4 - 1), { maxLength: 20 })
  .map((ends) => ends.sort((a, b) => a - b).map((end, i) => [4 * (ends[i - 1] ?? 0), 4 * (end - (ends[i - 1] ?? 0))]))
  .map((all) => all.filter((_, i) => i % 3 !== 1) as unknown as Region[]);

const sum = (some: readonly Region[]) => some.reduce((bytes, region) => bytes + region[1], 0);

describe("pieces of a memory", () => {
  it("have every byte of the regions once, and all but the last are of the size asked for", () => {
    fc.assert(
      fc.property(regions, fc.integer({ min: 1, max: 5000 }), (all, words) => {
        const most = 4 * words;
        const cutUp = [...pieces(all, most)];
        expect(cutUp.slice(0, -1).every((piece) => sum(piece) === most)).toBe(true);
        expect(cutUp.every((piece) => sum(piece) > 0 && sum(piece) <= most)).toBe(true);
        const addresses = (some: readonly Region[]) =>
          some.flatMap(([start, bytes]) => Array.from({ length: bytes / 4 }, (_, i) => start + 4 * i));
        expect(cutUp.flatMap(addresses)).toEqual(addresses(all));
      }),
      { numRuns: 50 },
    );
  });

  it("bring a memory over, each in the buffer of the one before", () => {
    const [from, to] = [1, 1].map((initial) => new WebAssembly.Memory({ initial }));
    crypto.getRandomValues(new Uint8Array(from.buffer));
    const all: Region[] = [
      [advance(ZERO, 1024), 40_000],
      [advance(ZERO, 50_000), 4],
    ];
    let room: ArrayBuffer | undefined;
    for (const piece of pieces(all, 4096)) {
      const patch = cut(from, piece, room);
      expect(room === undefined || patch === room).toBe(true);
      paste(to, patch);
      room = patch;
    }
    const expected = new Uint8Array(PAGE);
    for (const [start, bytes] of all) expected.set(new Uint8Array(from.buffer, start, bytes), start);
    expect(new Uint8Array(to.buffer)).toEqual(expected);
  });
});
