import fc from "fast-check";
import { expect, it } from "vitest";
import { bucketsOf, hashOf, ngramsOf } from "../../src/text/ngrams";
import { decodeUtf8 } from "../../src/text/utf8";

it("n-grams are those that fastText's print-ngrams lists, in its order", () => {
  expect(ngramsOf("été", { minn: 1, maxn: 3 })).toEqual([
    ...["<é", "<ét", "é", "ét", "été", "t", "té", "té>", "é", "é>"],
  ]);
  expect(ngramsOf("a", { minn: 3, maxn: 6 })).toEqual(["<a>"]);
  expect(ngramsOf("cat", { minn: 0, maxn: 0 })).toEqual([]);
  expect(ngramsOf("</s>", { minn: 1, maxn: 3 })).toEqual([]);
});

it("a byte that is no UTF-8 counts as a character, one that continues none belongs to what is before it", () => {
  const word = decodeUtf8(Uint8Array.of(0xa9, 0x61, 0xe9, 0xa9));
  expect(ngramsOf(word, { minn: 1, maxn: 2 })).toEqual([
    ...["<\udca9a", "a", "a\udce9\udca9", "\udce9\udca9", "\udce9\udca9>"],
  ]);
});

it("buckets are the hashes of n-grams, whatever the bytes of a word", () => {
  const words = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => decodeUtf8(bytes)),
  );
  fc.assert(
    fc.property(words, fc.nat(4), fc.nat(6), fc.integer({ min: 1, max: 3_000_000 }), (word, minn, maxn, buckets) => {
      const hashes = ngramsOf(word, { minn, maxn }).map((ngram) => hashOf(ngram) % buckets);
      expect(bucketsOf(word, { minn, maxn }, buckets)).toEqual(hashes);
    }),
    { numRuns: 1000 },
  );
});

it("hashes are fastText's: FNV-1a with bytes extended by their signs", () => {
  expect(hashOf("")).toBe(0x811c9dc5);
  expect(hashOf("a")).toBe(0xe40c292c);
  // as plain FNV-1a up to here; a byte from 0x80 on has its upper bits set
  expect(hashOf("é")).toBe(Math.imul(Math.imul(0x811c9dc5 ^ -0x3d, 0x01000193) ^ -0x57, 0x01000193) >>> 0);
});
