// A batch sorted into the cells of the grid, by every kernel, against a simple model.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random";
import { type CellPair, GRID, GridMemory, type GridShape } from "../support/grid-memory";
import { kernels } from "../support/kernels";

/** What sorting must write: every pair in its cell, in the order of the text. */
function sortSimply(shape: GridShape, sentences: number[][], thresholds: Uint32Array, random: Random) {
  const { windowLeft, windowRight, windowWeights, blocks } = shape;
  const most = Math.max(windowLeft, windowRight);
  const kept = sentences.map((sentence) =>
    sentence.filter((word) => random.next() < thresholds[word] || thresholds[word] === 0xffffffff),
  );
  const cells = Array.from({ length: blocks ** 2 }, (): CellPair[] => []);
  for (const sentence of kept) {
    sentence.forEach((target, p) => {
      const radius = shape.shrinkWindows ? 1 + random.below(most) : most;
      sentence.forEach((context, q) => {
        const distance = Math.abs(q - p);
        if (distance === 0 || distance > Math.min(radius, q < p ? windowLeft : windowRight)) return;
        cells[(context % blocks) * blocks + (target % blocks)].push({
          context: Math.floor(context / blocks),
          target: Math.floor(target / blocks),
          weight: Math.fround(windowWeights[distance - 1] ?? 1),
        });
      });
    });
  }
  return { cells, trained: kept.flat().length };
}

interface Case extends Partial<GridShape> {
  sentences: number[][];
  /** chance that a word stays, in 2^32; none if all stay */
  threshold?: (word: number) => number;
}

/** Words of a sentence, spread over the vocabulary. */
const words = (length: number, step = 7) => Array.from({ length }, (_, i) => (i * step + (i >> 2)) % 24);

const cases: Record<string, Case> = {
  "a sentence": { sentences: [words(9)] },
  "some sentences": { sentences: [words(9), [3], words(2), [], words(14, 5)] },
  "a long sentence": { capacity: 6000, pairs: 60_000, windowLeft: 5, windowRight: 5, sentences: [words(5000)] },
  "windows longer than their sentences": {
    windowLeft: 50,
    windowRight: 50,
    sentences: [words(9), words(4), words(12)],
  },
  "windows that do not shrink": { shrinkWindows: false, sentences: [words(9), words(4)] },
  "words before alone": { windowRight: 0, sentences: [words(9), words(4)] },
  "words after alone": { windowLeft: 0, shrinkWindows: false, sentences: [words(9), words(4)] },
  "more words after than before": { windowLeft: 1, windowRight: 4, sentences: [words(19)] },
  "weights by the distance": { windowWeights: [1, 0.3], sentences: [words(19), words(3)] },
  "weights of wide windows": {
    ...{ windowLeft: 6, windowRight: 3, windowWeights: [6, 5, 4, 3, 2, 0.1], pairs: 900 },
    sentences: [words(60), words(20)],
  },
  "one block": { blocks: 1, sentences: [words(19), words(3)] },
  "three blocks": { blocks: 3, sentences: [words(19), words(30, 5)] },
  "eight blocks": { blocks: 8, sentences: [words(19), words(30, 5)] },
  "more blocks than words": { blocks: 8, words: 3, sentences: [[0, 1, 2, 2, 1, 0, 0]] },
  "rows of 16 bits": {
    ...{ dim: 1, blocks: 1, words: 65_536 },
    sentences: [
      [65_535, 32_767, 0, 32_768, 65_534, 1, 65_535],
      [40_000, 65_535],
    ],
  },
  "one word again and again": { sentences: [[5, 5, 5, 5], [5], [5, 5]] },
  "an empty batch": { sentences: [] },
  "an empty sentence": { sentences: [[]] },
  "sentences of one word": { sentences: words(30).map((word) => [word]) },
  subsampling: { sentences: [words(60), words(20, 5)], threshold: (word) => word * 2 ** 27 },
  "words that always and that never stay": {
    sentences: [words(60), words(20, 5)],
    threshold: (word) => [0xffffffff, 0, 2 ** 31][word % 3],
  },
  "no word stays": { sentences: [words(60), words(20, 5)], threshold: () => 0 },
  "subsampling, blocks, weights, one side": {
    ...{
      blocks: 3,
      windowLeft: 3,
      windowRight: 0,
      windowWeights: [3, 2, 1],
      threshold: (word: number) => word * 2 ** 27,
    },
    sentences: [words(60), words(20, 5)],
  },
};

async function setUp(name: (typeof kernels)[number], { sentences, threshold, ...rest }: Case, seed = 1) {
  const shape: GridShape = { ...GRID, dim: 4, ...rest };
  const grid = await GridMemory.create(name, shape, seed);
  if (threshold) grid.thresholds.forEach((_, word, thresholds) => (thresholds[word] = threshold(word)));
  return { shape, grid, sentences, random: new Random(grid.randomState) };
}

describe.each(kernels)("kernel %s", (name) => {
  it.each(Object.keys(cases))("sorts every pair into its cell: %s", async (which) => {
    const { shape, grid, sentences, random } = await setUp(name, cases[which]);
    const expected = sortSimply(shape, sentences, grid.thresholds, random);
    const { cells, counts } = grid.sort(sentences);
    expect(cells).toEqual(expected.cells);
    expect(counts).toEqual({ loss: 0, predictions: 0, paddingSlots: 0, trained: expected.trained });
    expect([...grid.randomState]).toEqual([...random.state]);
  });

  it.each(Object.keys(cases))("sorts the same whatever range of blocks is asked for: %s", async (which) => {
    const { shape, grid, sentences, random } = await setUp(name, cases[which]);
    const { cells } = grid.sort(sentences);
    const after = [...grid.randomState];
    for (const parts of [1, 2, shape.blocks]) {
      const union: CellPair[][] = [];
      for (let part = 0; part < parts; part++) {
        const first = Math.floor((part * shape.blocks) / parts);
        const last = Math.floor(((part + 1) * shape.blocks) / parts);
        grid.randomState.set(random.state);
        const own = grid.sort(sentences, first, last).cells;
        expect([...grid.randomState]).toEqual(after);
        own.forEach((pairs, cell) => {
          const isAsked = cell >= first * shape.blocks && cell < last * shape.blocks;
          if (isAsked) union[cell] = pairs;
          else expect(pairs).toEqual([]);
        });
      }
      expect(union).toEqual(cells);
    }
  });

  it("sorts random batches", async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ({ sentences, thresholds, seed, ...rest }) => {
        const { shape, grid, random } = await setUp(name, { ...rest, pairs: 4000, sentences }, seed);
        grid.thresholds.set(thresholds.slice(0, shape.words));
        const own = sentences.map((sentence) => sentence.map((word) => word % shape.words));
        const expected = sortSimply(shape, own, grid.thresholds, random);
        const { cells, counts } = grid.sort(own);
        expect(cells).toEqual(expected.cells);
        expect(counts.trained).toBe(expected.trained);
        expect([...grid.randomState]).toEqual([...random.state]);
      }),
      { numRuns: 40 },
    );
  });
});

const batches = fc
  .record({
    blocks: fc.integer({ min: 1, max: 9 }),
    words: fc.integer({ min: 1, max: 40 }),
    window: fc.integer({ min: 1, max: 8 }),
    side: fc.constantFrom("left", "right", "both"),
    shrinkWindows: fc.boolean(),
    weighted: fc.boolean(),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    sentences: fc.array(fc.array(fc.nat({ max: 39 }), { maxLength: 60 }), { maxLength: 4 }),
    thresholds: fc.array(fc.oneof(fc.constant(0xffffffff), fc.nat({ max: 0xffffffff })), {
      minLength: 40,
      maxLength: 40,
    }),
  })
  .map(({ window, side, weighted, ...rest }) => ({
    ...rest,
    windowLeft: side === "right" ? 0 : window,
    windowRight: side === "left" ? 0 : window,
    windowWeights: weighted ? Array.from({ length: window }, (_, i) => 1 / (1 + i)) : [],
  }));
