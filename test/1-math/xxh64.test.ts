// The checksum of Zstandard frames, against what the zstd program writes at the end of a frame, and published values.

import fc from "fast-check";
import { expect, it } from "vitest";
import { Xxh64 } from "../../src/base/xxh64";

const sum = (...parts: Uint8Array[]) => {
  const hash = new Xxh64();
  for (const part of parts) hash.add(part);
  return hash.low32;
};
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (7 * i + 3 + (i >> 8)) & 255);

it.each([
  ["", 0x51d8e999],
  ["a", 0xa98c6e5b],
  ["abc", 0xad770999],
  ["Nobody inspects the spammish repetition", 0x8a378bf1],
])("is the published one of %j", (text, expected) => {
  expect(sum(new TextEncoder().encode(text))).toBe(expected);
});

// zstd 1.5 --check
it.each([
  [0, 1373170073],
  [1, 3156167606],
  [3, 1390765257],
  [4, 1726914522],
  [7, 1506697432],
  [8, 3338207378],
  [12, 867127603],
  [15, 1137479218],
  [31, 3427426585],
  [32, 4153474455],
  [33, 3126364036],
  [63, 835143996],
  [64, 4142837791],
  [100, 386917681],
  [1000, 828378176],
  [100000, 2273677794],
])("is zstd's of %i bytes", (length, expected) => {
  expect(sum(bytes(length))).toBe(expected);
});

it("is the same however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.array(fc.nat(200)), (length, cuts) => {
      const all = bytes(length);
      const ends = [...cuts.map((cut) => Math.min(cut, length)), length].sort((a, b) => a - b);
      const parts = ends.map((end, i) => all.subarray(ends[i - 1] ?? 0, end));
      expect(sum(...parts)).toBe(sum(all));
    }),
  );
});
