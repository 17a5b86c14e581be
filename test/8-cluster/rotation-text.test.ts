// The text of a run as a worker reads it: what fails leaves nothing open, and may be tried again.

import { expect, it } from "vitest";
import { Fingerprint } from "../../src/base/fingerprint";
import { RotationText } from "../../src/cluster/rotation-text";
import type { Corpus } from "../../src/text/corpus";
import { encode } from "../../src/text/encode";
import { Vocabulary } from "../../src/text/vocabulary";

const vocabulary = new Vocabulary([
  ["a", 2000],
  ["b", 1000],
]);
const BATCH = 100;

/** A text whose passes are counted: begun, and ended in whatever way. */
class Passes {
  begun = 0;
  ended = 0;
  /** chunk at which the next pass fails */
  failing: number | undefined;

  readonly corpus: Corpus = { name: "text", chunks: () => this.chunks() };

  private async *chunks() {
    this.begun++;
    try {
      for (let chunk = 0; chunk < 30; chunk++) {
        if (chunk === this.failing) {
          this.failing = undefined;
          throw new Error("disk on fire");
        }
        yield { numbers: Uint32Array.from({ length: 100 }, (_, i) => Number(i % 3 === chunk % 3)), tokens: ["a", "b"] };
      }
    } finally {
      this.ended++;
    }
  }

  text(): RotationText {
    return new RotationText({ corpus: this.corpus, vocabulary, batchWords: BATCH, maxSentenceLength: BATCH, share: 0 });
  }
}

/** A rotation of some batches. */
async function rotationOf(first: number, batches: number) {
  const seen = new Fingerprint();
  let number = 0;
  for await (const { ids } of encode(new Passes().corpus, vocabulary, BATCH, BATCH))
    if (number++ >= first && number <= first + batches) seen.add(ids);
  return { plan: 0, epoch: 1, first, batches, words: 1, learningRate: 0.1, fingerprint: seen.value };
}

it("closes a text that is another one", async () => {
  const passes = new Passes();
  const text = passes.text();
  const other = { ...(await rotationOf(0, 3)), fingerprint: "0123456789abcdef" };
  await expect(text.batches(0, other)).rejects.toThrow(/text is not the text of the driver/);
  expect([passes.begun, passes.ended]).toEqual([1, 1]);
});

it("that could not be read is read again, from where it is needed", async () => {
  const passes = new Passes();
  const text = passes.text();
  expect(await text.batches(0, await rotationOf(0, 3))).toHaveLength(3);
  passes.failing = 9;
  const later = await rotationOf(3, 10);
  await expect(text.batches(1, later)).rejects.toThrow("disk on fire");
  expect([passes.begun, passes.ended]).toEqual([1, 1]);
  expect(await text.batches(1, later)).toHaveLength(10);
  await text.close();
  expect([passes.begun, passes.ended]).toEqual([2, 2]);
});
