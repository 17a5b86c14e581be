// The loop of an epoch over a runner that says when batches are done.

import { expect, it } from "vitest";
import { Fingerprint } from "../../src/base/fingerprint";
import type { Corpus } from "../../src/text/corpus";
import type { Batch } from "../../src/text/encode";
import type { Chunk, Runner } from "../../src/train/execution/runner";
import { trainEpochs } from "../../src/train/loop/epochs";
import { type PausePoint, type Position, type Run, START } from "../../src/train/loop/records";

it("keeps the fingerprint of all batches that are done, though a later one was done first", async () => {
  const batches: Batch[] = [3, 4, 5, 6].map((id) => ({ ids: Uint32Array.of(id, id + 1, 0xffffffff), words: 2 }));
  const copies = batches.map(({ ids }) => ids.slice());
  const ends: (() => void)[] = [];
  const runner: Runner = {
    ahead: 10,
    steps: 1,
    fits: () => false,
    train: (_: Chunk, onStep) =>
      new Promise((resolve) =>
        ends.push(() => {
          onStep({ loss: 1, predictions: 1, trained: 2 });
          resolve(2);
        }),
      ),
    // the last of those under way ends first
    pause: async () => {
      for (const end of ends.splice(0).reverse()) {
        end();
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
    go: async () => {},
    collect: async () => {},
    check: async () => true,
    close: async () => {},
  };
  let seen: Position | undefined;
  let reading = 0;
  const pausePoint: PausePoint = {
    isDue: () => reading === 4 && seen === undefined,
    requested: () => new Promise(() => {}),
    serve: async (position) => {
      seen = { ...position };
      throw new Error("seen");
    },
    save: async () => {},
  };
  const run: Run = {
    ...{
      kernel: "simd",
      threads: 2,
      parallel: "hogwild",
      reproducible: false,
      subsample: 0,
      negatives: 5,
      unlearntLoss: Math.LN2,
      pausePoint,
    },
    schedule: {
      ...{ epochs: 1, epochWords: 8, learningRate: 0.1, minLearningRate: 0.01, firstEpoch: 0 },
      learningRateSchedule: "linear",
    },
    corpus: { name: "corpus" } as Corpus,
    batches: async function* () {
      for (const batch of batches) {
        yield batch;
        reading++;
      }
    },
  };
  await expect(trainEpochs(run, { ...START }, runner, async () => false)).rejects.toThrow("seen");
  const { batches: done, words, fingerprint } = seen!;
  const expected = new Fingerprint();
  for (const ids of copies.slice(0, done)) expected.add(ids);
  expect(done).toBeGreaterThan(1);
  expect(words).toBe(2 * done);
  expect(fingerprint).toBe(expected.value);
});
