// Which sentences are held out: by their place in the text alone, evenly, and in no batch.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Mark } from "../../assembly/params";
import { type Corpus, toCorpus } from "../../src/text/corpus";
import { encode } from "../../src/text/encode";
import { ValidationSplit } from "../../src/text/validation-split";
import { Vocabulary } from "../../src/text/vocabulary";

const vocabulary = new Vocabulary(Array.from({ length: 200 }, (_, i) => [`w${i}`, 200 - i]));
const sentence = (i: number) => [`w${i % 200}`, `w${(7 * i) % 200}`];
const text = (sentences: number) => Array.from({ length: sentences }, (_, i) => sentence(i));

/** The sentences of the batches, and what is held out. */
async function splitOf(corpus: Corpus, share: number, longest = 1_000, batchWords?: number) {
  const split = new ValidationSplit(share);
  const ids: number[] = [];
  for await (const batch of encode(corpus, vocabulary, longest, batchWords, split)) ids.push(...batch.ids);
  return { split, ids };
}

describe("held out are", () => {
  it("every n-th sentence, and all others are in batches, in their order", async () => {
    const all = text(3_000);
    const { split, ids } = await splitOf(toCorpus(all), 0.01);
    const isHeld = (_: unknown, i: number) => (i + 1) % 100 === 0;
    const idsOf = (words: string[]) => words.map((word) => vocabulary.id(word)!);
    expect(split.sample.map((words) => [...words])).toEqual(all.filter(isHeld).map(idsOf));
    const others = all.filter((_, i) => !isHeld(_, i)).flatMap((words) => [...idsOf(words), Mark.sentenceEnd]);
    expect(ids).toEqual(others);
    expect([split.sentences, split.heldOut, split.words]).toEqual([3_000, 30, 60]);
  });

  it("the share that was asked for, to the sentence", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.double({ min: 0, max: 0.5, noNaN: true }), (n, share) => {
        const split = new ValidationSplit(share);
        for (let i = 0; i < n; i++) split.takes(Uint32Array.of(i, Mark.sentenceEnd));
        expect(split.heldOut).toBe(Math.floor(n * share));
      }),
    );
  });

  it("the same however the text is cut into chunks and batches, without lines that are empty", async () => {
    const all = text(2_000);
    const { split } = await splitOf(toCorpus(all), 0.3);
    const gaps = toCorpus(all.flatMap((words) => [words, [], ["unknown"]]));
    const { split: other } = await splitOf(gaps, 0.3, 1_000, 50);
    expect(other.fingerprint).toBe(split.fingerprint);
    expect(other.sample).toEqual(split.sample);
    const { split: changed } = await splitOf(toCorpus([...all.slice(0, 1_999), ["w1", "w2"]]), 0.3);
    expect(changed.fingerprint).not.toBe(split.fingerprint);
  });

  it("parts of a text that is one sentence", async () => {
    const { split } = await splitOf(toCorpus([text(5_000).flat()]), 0.1, 100);
    expect([split.sentences, split.heldOut, split.words]).toEqual([100, 10, 1_000]);
  });
});

describe("the sample", () => {
  it.each([
    [900, 20, 1],
    [1_100, 20, 2],
    [100_000, 20, 128],
    [3, 100_000, 4],
    [7, 15_000, 8],
  ])("of %i sentences of %i words is every n-th, and has 20,000 words at most", (sentences, length, every) => {
    const split = new ValidationSplit(0.5);
    for (let i = 0; i < 2 * sentences; i++) split.takes(new Uint32Array(length).fill(i));
    const words = split.sample.reduce((sum, one) => sum + one.length, 0);
    expect(split.words).toBe(sentences * length);
    expect(words).toBeLessThanOrEqual(20_000);
    if (length < 1_000) expect(words).toBeGreaterThanOrEqual(Math.min(10_000, split.words));
    // of each two sentences the second is held out
    const numbers = split.sample.map(([id]) => (id - 1) / 2);
    expect(numbers.every((number, i) => number === i * numbers[1] || i === 0)).toBe(true);
    expect(numbers[1] ?? every).toBe(every);
  });
});
