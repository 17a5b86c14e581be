// Baskets and graphs.

import { describe, expect, it } from "vitest";
import { item2vec, node2vec, type TrainOptions, train } from "wasm2vec";
import { ITEM_DEFAULTS, type Item, randomWalks } from "wasm2vec/sequences";
import { Random } from "../../src/base/random";
import { store } from "../support/stored";
import { unshared } from "../support/unshared";

/** Baskets of one theme each: theme t sells the items 100 t + 0 … 9. */
function baskets(count: number): number[][] {
  const random = Random.from(5, 0);
  return Array.from({ length: count }, () => {
    const theme = 100 * random.below(6);
    return Array.from({ length: 3 + random.below(12) }, () => theme + random.below(10));
  });
}

describe("item2vec", () => {
  const options = { dim: 16, threads: 1, seed: 4 };

  it("puts the items of the same baskets together; ids of any kind", async () => {
    for (const ids of [
      (item: number) => item,
      (item: number) => `item ${item}`,
      (item: number) => BigInt(item) * 10n ** 20n,
    ]) {
      const { vectors } = await item2vec(
        baskets(2000).map((basket) => basket.map((item): Item => ids(item))),
        options,
      );
      expect(vectors.size).toBe(60);
      const near = vectors.mostSimilar(String(ids(203)), { topN: 9 }).map(({ word }) => word);
      expect(near.toSorted()).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9].map((item) => String(ids(200 + item))).toSorted());
    }
  });

  it("is training with whole baskets as windows, whatever the source", async () => {
    const text = baskets(300);
    const sentences = text.map((basket) => basket.map(String));
    const expected = await train(sentences, { ...ITEM_DEFAULTS, ...options, epochs: 2 });
    const sources = [text, () => text, () => new Set(text), text.map((basket) => new Set(basket))] as const;
    for (const source of sources.slice(0, 3)) {
      const { vectors } = await item2vec(source, { ...options, epochs: 2 });
      expect(vectors.words).toEqual(expected.vectors.words);
      expect(vectors.matrix).toEqual(expected.vectors.matrix);
    }
    expect((await item2vec(sources[3], { ...options, epochs: 2 })).vectors.size).toBe(60);
    // the order of a basket makes no difference to who is whose context: only windows that do not shrink say so
    expect(expected.options).toMatchObject({ shrinkWindows: false, windowLeft: expected.options.windowRight });
  });

  it("gives the same bytes whoever trains, of whole baskets, long ones too, in any number of blocks", async () => {
    const random = Random.from(6, 0);
    // more items than baskets are long, and some baskets of hundreds
    const many = Array.from({ length: 1500 }, (_, i) => {
      const theme = random.below(40);
      return Array.from({ length: i % 100 === 0 ? 300 : 2 + random.below(10) }, () => 50 * theme + random.below(50));
    });
    for (const text of [baskets(500), many]) {
      const given = { dim: 8, epochs: 2, seed: 4, minCount: 1 };
      const one = await item2vec(text, { ...given, threads: 1 });
      expect(one.history[0]).toMatchObject({ parallel: "grid", reproducible: true });
      for (const way of [
        { threads: 3 },
        { worker: false },
        { threads: 3, wasm: unshared() },
        { kernel: "scalar" },
      ] as const) {
        const model = await item2vec(text, { ...given, ...way });
        expect(model.vectors.matrix).toEqual(one.vectors.matrix);
        expect(model.history[1].predictions).toBe(one.history[1].predictions);
      }
      // every item of a basket meets every other, and five noise words, but those that are the item itself
      const pairs = text.reduce((sum, { length }) => sum + length * (length - 1), 0);
      expect(one.history[0].predictions).toBeLessThanOrEqual(6 * pairs);
      expect(one.history[0].predictions).toBeGreaterThan(5.8 * pairs);
    }
  });

  it("has defaults that give way to what is said, and none for a training that is resumed", async () => {
    const some = baskets(200);
    const shape = async (given: TrainOptions) => {
      const { windowLeft, windowRight, epochs } = (await item2vec(some, { ...options, epochs: 2, ...given })).options;
      return [windowLeft, windowRight, epochs];
    };
    expect(await shape({})).toEqual([1000, 1000, 2]);
    expect(await shape({ windowLeft: 3, windowRight: 4 })).toEqual([3, 4, 2]);
    expect(await shape({ window: undefined, epochs: undefined })).toEqual([1000, 1000, 20]);
    const { write, read } = store();
    const kept = { ...options, window: 50, epochs: 3 };
    const whole = await item2vec(some, { ...kept, checkpoint: { every: "1epoch", write } });
    const resumed = await item2vec(some, { resume: read(0) });
    expect(resumed.vectors.matrix).toEqual(whole.vectors.matrix);
  });

  it("takes a noise exponent below zero, and says what is no basket", async () => {
    const { vectors } = await item2vec(baskets(500), { ...options, noiseExponent: -0.5, epochs: 3 });
    expect(vectors.matrix.every(Number.isFinite)).toBe(true);
    await expect(item2vec(["milk bread"] as never)).rejects.toThrow(/basket 0 expected an array of items/);
    await expect(item2vec([["milk"], [Number.NaN]])).rejects.toThrow(/basket 1 expected items as strings or numbers/);
    await expect(item2vec([[{ id: 1 }]] as never)).rejects.toThrow(/basket 0 expected items/);
    const once = (function* () {
      yield ["milk"];
    })();
    await expect(item2vec(once)).rejects.toThrow(/read only once/);
    for (const nothing of [undefined, null, 7])
      await expect(item2vec(nothing as never)).rejects.toThrow(/corpus expected arrays of tokens/);
  });
});

describe("node2vec", () => {
  const ring = Array.from({ length: 40 }, (_, i): [number, number] => [i, 20 * Math.floor(i / 20) + ((i + 1) % 20)]);

  it("is training on random walks, with the same seed for both", async () => {
    const options = { dim: 16, threads: 1, seed: 9 };
    const model = await node2vec(ring, { ...options, p: 0.5, q: 2, walkLength: 20, walksPerNode: 5 });
    const walks = randomWalks(ring, { p: 0.5, q: 2, walkLength: 20, walksPerNode: 5, seed: 9 });
    const defaults = { window: 10, minCount: 1, subsample: 0, epochs: 2, learningRate: 0.0125 };
    const expected = await train(walks, { ...options, ...defaults });
    expect(model.vectors.matrix).toEqual(expected.vectors.matrix);
    expect(model.vectors.words).toEqual(expected.vectors.words);
    const { write, read } = store();
    // the seed of the walks is that of the checkpoint
    const whole = await node2vec(ring, { ...options, checkpoint: { every: "1epoch", write } });
    const resumed = await node2vec(ring, { resume: read(0) });
    expect(resumed.vectors.matrix).toEqual(whole.vectors.matrix);
    await expect(node2vec(ring, { p: 0 })).rejects.toThrow(/"p" expected/);
    await expect(node2vec(ring, { walks: 3 } as never)).rejects.toThrow(/"walks"/);
  });
});
