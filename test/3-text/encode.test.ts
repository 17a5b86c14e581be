import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Mark } from "../../assembly/params";
import { toCorpus } from "../../src/text/corpus";
import { BATCH_WORDS, type Batch, batchCapacity, encode } from "../../src/text/encode";
import type { Sentence } from "../../src/text/tokens";
import { Vocabulary } from "../../src/text/vocabulary";

const vocabulary = new Vocabulary([
  ["a", 3],
  ["b", 2],
  ["c", 1],
]);

async function batches(sentences: Sentence[], max = 10_000): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of encode(toCorpus(sentences), vocabulary, max)) all.push(batch);
  return all;
}

const E = Mark.sentenceEnd;

describe("encode", () => {
  it("leaves unknown words out and ends sentences", async () => {
    const [batch] = await batches([["a", "x", "c"], ["x"], [], ["b"]]);
    expect([...batch.ids]).toEqual([0, 2, E, 1, E]);
    expect(batch.words).toBe(3);
  });

  it("splits long sentences and drops nothing", async () => {
    const [batch] = await batches([["a", "b", "c", "a", "b"]], 2);
    expect([...batch.ids]).toEqual([0, 1, E, 2, 0, E, 1, E]);
  });

  it("fills batches with whole sentences up to BATCH_WORDS, whatever the lengths", async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 12_000 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.constantFrom(100, 10_000, 15_000), async (list, max) => {
        const all = await batches(
          list.map((n) => new Array<string>(n).fill("a")),
          max,
        );
        expect(all.reduce((sum, batch) => sum + batch.words, 0)).toBe(list.reduce((a, b) => a + b, 0));
        for (const batch of all) {
          expect(batch.words).toBeLessThanOrEqual(Math.max(BATCH_WORDS, max));
          expect(batch.ids.length).toBeLessThanOrEqual(batchCapacity(max));
          expect(batch.ids[batch.ids.length - 1]).toBe(E);
          expect(batch.ids.filter((id) => id !== E).length).toBe(batch.words);
        }
      }),
      { numRuns: 30 },
    );
  });
});
