// The grid's step of every kernel against the pure loss: what a cell learns, and what it counts.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random";
import { type Cell, drawSteps, gradientOf, type Step, trainSteps } from "../support/cell-reference";
import { type CellPair, GRID, GridMemory, type GridShape, noiseOf, wordsOf } from "../support/grid-memory";
import { type TestedKernel, testedKernels } from "../support/kernels";

interface Case extends Partial<Omit<GridShape, "pairs">> {
  /** blocks of the contexts, of the targets */
  cell?: [i: number, j: number];
  /** pairs of each batch as context and target, rows of their blocks */
  pairs: [context: number, target: number][][];
}

/** Pairs as windows of two words on each side give them, of words spread over a block. */
function windows(length: number, rows: number, step = 5): [number, number][] {
  const pairs: [number, number][] = [];
  for (let p = 0; pairs.length < length; p++) {
    for (const q of [p - 2, p - 1, p + 1, p + 2]) {
      if (q >= 0 && pairs.length < length) pairs.push([(q * step + 1) % rows, (p * step) % rows]);
    }
  }
  return pairs;
}

/** Pairs whose contexts and targets are all different, as far as the rows go. */
const different = (length: number, rows: number): [number, number][] =>
  Array.from({ length }, (_, i) => [i % rows, (i + 3) % rows]);

/** Contexts are of block 0 and targets of the last, if no cell is given: of two blocks word 2r + 1 is target r. */
const cases: Record<string, Case> = {
  "one pair": { pairs: [[[7, 3]]] },
  "a whole tile": { pairs: [different(6, 12)] },
  "tiles of windows": { pairs: [windows(40, 12)] },
  "dim 1": { dim: 1, pairs: [windows(17, 12)] },
  "dim 3": { dim: 3, pairs: [windows(17, 12)] },
  "dim 100": { dim: 100, words: 60, pairs: [windows(50, 30, 7)] },
  "dim 102": { dim: 102, pairs: [windows(15, 12)] },
  "dim 300": { dim: 300, pairs: [windows(15, 12)] },
  "1 negative": { negatives: 1, pairs: [windows(15, 12)] },
  "2 negatives": { negatives: 2, pairs: [windows(15, 12)] },
  "6 negatives": { negatives: 6, words: 80, pairs: [windows(15, 40)] },
  "11 negatives": { negatives: 11, words: 80, pairs: [windows(15, 40)] },
  "12 negatives, seldom a target": { negatives: 12, words: 400, pairs: [windows(25, 200)] },
  "20 negatives": { negatives: 20, words: 80, pairs: [windows(25, 40)] },
  "20 negatives, tiles of 16": { negatives: 20, tile: 16, words: 600, pairs: [windows(45, 300)] },
  "tiles of one pair": { tile: 1, pairs: [windows(15, 12)] },
  "tiles of two": { tile: 2, pairs: [windows(15, 12)] },
  "tiles of three": { tile: 3, pairs: [windows(16, 12)] },
  "tiles of eight": { tile: 8, words: 200, pairs: [windows(37, 100)] },
  "tiles of 16": { tile: 16, words: 200, pairs: [windows(55, 100)] },
  "one tile at a time": { group: 1, pairs: [windows(40, 12)] },
  "one context again and again": { pairs: [Array.from({ length: 11 }, (_, i) => [4, i])] },
  "one target again and again": { pairs: [Array.from({ length: 11 }, (_, i) => [i, 4])] },
  "one pair again and again": { pairs: [Array.from({ length: 9 }, () => [4, 7])] },
  "a noise word drawn again and again": {
    noise: (word) => Number(word === 9 || word === 13),
    pairs: [windows(17, 12)],
  },
  "one noise word alone": { noise: (word) => Number(word === 13), negatives: 8, pairs: [windows(17, 12)] },
  "noise words that are targets": {
    noise: (word) => Number(word < 8),
    tile: 8,
    pairs: [
      [
        [1, 9],
        [2, 0],
        [3, 0],
        [4, 8],
        [4, 7],
        [5, 1],
        [6, 6],
        [6, 2],
        [1, 5],
      ],
    ],
  },
  "no noise word but the target": {
    noise: (word) => Number(word === 7),
    pairs: [
      [
        [2, 3],
        [4, 3],
        [5, 3],
      ],
    ],
  },
  "no noise word but the target, 13 of them": {
    noise: (word) => Number(word === 7),
    negatives: 13,
    pairs: [
      [
        [2, 3],
        [4, 3],
        [5, 1],
        [6, 3],
      ],
    ],
  },
  "a block of one word": {
    words: 2,
    pairs: [
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    ],
  },
  "blocks of one and of two words": {
    words: 5,
    blocks: 3,
    cell: [2, 0],
    pairs: [
      [
        [0, 1],
        [0, 0],
        [0, 1],
        [0, 1],
      ],
    ],
  },
  "one block": { blocks: 1, pairs: [windows(40, 24)] },
  "three blocks": { blocks: 3, words: 50, cell: [2, 0], pairs: [windows(40, 16)] },
  "eight blocks": { blocks: 8, words: 203, cell: [3, 7], pairs: [windows(40, 25)] },
  "rows of 16 bits": {
    ...{ dim: 1, blocks: 1, words: 65_536 },
    noise: (word) => Number(word === 65_533 || word === 32_769),
    pairs: [
      [
        [65_535, 32_767],
        [32_768, 65_534],
        [0, 65_535],
        [65_535, 65_533],
      ],
    ],
  },
  "weights of windows": {
    windowWeights: [1, 0.5, 0.25],
    negatives: 7,
    pairs: [windows(41, 12)],
  },
  "weights, and words with their own multipliers": {
    windowWeights: [2, 0.5, 1.5],
    multiplier: (word) => [1, 0.5, 0, 0.25][(word >> 1) % 4],
    pairs: [windows(41, 12)],
  },
  "frozen words": { dim: 9, multiplier: (word) => Number(word % 3 > 0), pairs: [windows(41, 12)] },
  "all words frozen": { multiplier: () => 0, negatives: 12, pairs: [windows(20, 12)] },
  "words that keep a part of their steps": {
    ...{ dim: 9, negatives: 11, multiplier: (word: number) => (word % 5) / 4 },
    pairs: [windows(41, 12)],
  },
  "batches that end in the midst of a tile": {
    batches: 6,
    pairs: [windows(7, 12), [], windows(4, 12, 7), [[3, 5]], [], windows(20, 12, 3)],
  },
  "batches that are empty, all of them": { batches: 3, pairs: [[], [], []] },
  "a batch after empty ones": { batches: 4, blocks: 1, pairs: [[], [], windows(3, 12), []] },
};

interface Setup {
  grid: GridMemory;
  cell: Cell;
  steps: Step[];
  random: Random;
  train: (rate: number) => ReturnType<GridMemory["train"]>;
  rows: () => Pick<Cell, "inputs" | "outputs">;
}

async function setUp(name: TestedKernel, c: Case, seed = 1): Promise<Setup> {
  const shape: GridShape = { ...GRID, ...c, pairs: 400 };
  const [i, j] = c.cell ?? [0, shape.blocks - 1];
  const grid = await GridMemory.create(name, shape, seed);
  const rows = () => ({
    inputs: grid.rows("inputs", i).map((row) => Float64Array.from(row)),
    outputs: grid.rows("outputs", j).map((row) => Float64Array.from(row)),
  });
  const { windowWeights, negatives, tile } = shape;
  const batches = c.pairs.map((batch) =>
    batch.map(([context, target], at): CellPair => {
      return { context, target, weight: windowWeights[(context + at) % 3] ?? 1 };
    }),
  );
  const others = [{ context: 0, target: 0, weight: 1 }];
  const random = new Random(grid.randomState);
  if (!wordsOf(shape, j).some((word) => shape.noise(word) > 0))
    throw new Error("no noise word in the block of targets");
  const table = noiseOf(shape, j);
  return {
    grid,
    random,
    rows,
    steps: drawSteps(random, table, batches.flat(), tile, negatives),
    cell: { ...rows(), multipliers: wordsOf(shape, i).map((word) => shape.multiplier?.(word) ?? 1) },
    train: (rate) => grid.train(i, j, batches, rate, others),
  };
}

const sides = ["inputs", "outputs"] as const;

function largestDifference(a: Pick<Cell, "inputs" | "outputs">, b: Pick<Cell, "inputs" | "outputs">): number {
  let most = 0;
  for (const side of sides) {
    a[side].forEach((row, i) => {
      row.forEach((value, d) => {
        most = Math.max(most, Math.abs(value - b[side][i][d]));
      });
    });
  }
  return most;
}

/** Rounding of float32, 2^-24 of values below 4, over the hundreds of products of a cell and its steps. */
const TOLERANCE = 1e-4;

describe.each(testedKernels)("kernel %s", (name) => {
  it.each(Object.keys(cases))("takes the step of the pure losses: %s", async (which) => {
    const setup = await setUp(name, cases[which]);
    const { grid, cell, random } = setup;
    const before = setup.rows();
    const counts = setup.train(0.5);
    const expected = trainSteps(cell, setup.steps, 0.5);
    const after = setup.rows();
    cell.multipliers.forEach((multiplier, row) => {
      if (multiplier === 0) expect([...after.inputs[row]]).toEqual([...before.inputs[row]]);
    });
    expect(largestDifference(after, cell)).toBeLessThan(TOLERANCE);
    expect(counts.predictions).toBe(expected.predictions);
    expect(Math.abs(counts.loss - expected.loss)).toBeLessThan(1e-9 + 2e-6 * expected.predictions);
    expect(counts.trained).toBe(0);
    // the generator has drawn as often
    expect([...grid.randomState]).toEqual([...random.state]);
    expect(grid.padding().every((value) => Object.is(value, 0))).toBe(true);
    expect([...new Float32Array(grid.memory.buffer, grid.zeroRow, grid.stride / 4)].every((x) => Object.is(x, 0))).toBe(
      true,
    );
  });

  it.each(Object.keys(cases))("descends the true gradient of the summed loss: %s", async (which) => {
    const setup = await setUp(name, cases[which]);
    const { cell } = setup;
    const rate = 2 ** -12;
    const gradient = gradientOf(cell, setup.steps);
    setup.train(rate);
    const after = setup.rows();
    let largest = 0;
    const change = { inputs: after.inputs, outputs: after.outputs };
    for (const side of sides) {
      for (const [i, row] of change[side].entries()) {
        row.forEach((value, d) => {
          row[d] = (cell[side][i][d] - value) / rate;
          largest = Math.max(largest, Math.abs(gradient[side][i][d]));
        });
      }
    }
    if (setup.steps.length > 0) expect(largest).toBeGreaterThan(0.01);
    // of second order in the rate, and 2^-24 / rate of rounding for each step of a row
    expect(largestDifference(change, gradient)).toBeLessThan(0.004 * largest + 0.003);
  });

  it.each(Object.keys(cases))("touches no other block: %s", async (which) => {
    const { grid, train } = await setUp(name, cases[which]);
    const { blocks } = grid.shape;
    const [i, j] = cases[which].cell ?? [0, blocks - 1];
    const others = () =>
      Array.from({ length: blocks }, (_, block) => [
        ...(block === i ? [] : grid.rows("inputs", block)),
        ...(block === j ? [] : grid.rows("outputs", block)),
      ]).map((rows) => rows.map((row) => [...row]));
    const before = others();
    train(0.5);
    expect(others()).toEqual(before);
  });

  it("counts the loss of scores of hundreds", async () => {
    const setup = await setUp(name, cases["tiles of windows"]);
    for (const side of sides) {
      const block = side === "inputs" ? 0 : 1;
      setup.grid.rows(side, block).forEach((row, i) => {
        row.forEach((value, d) => {
          row[d] = 40 * value;
        });
        setup.cell[side][i].set(row);
      });
    }
    const counts = setup.train(0);
    const expected = trainSteps(setup.cell, setup.steps, 0);
    expect(expected.loss / expected.predictions).toBeGreaterThan(20);
    expect(Math.abs(counts.loss / expected.loss - 1)).toBeLessThan(1e-6);
  });

  it("adds up the loss of thousands of pairs", async () => {
    const setup = await setUp(name, { batches: 30, pairs: Array.from({ length: 30 }, () => windows(400 - 3, 12)) });
    const counts = setup.train(0);
    const expected = trainSteps(setup.cell, setup.steps, 0);
    expect(counts.predictions).toBe(expected.predictions);
    expect(Math.abs(counts.loss / expected.loss - 1)).toBeLessThan(1e-6);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "reports a loss that is not finite where a row has %d",
    async (bad) => {
      for (const side of sides) {
        const setup = await setUp(name, cases["a whole tile"]);
        setup.grid.rows(side, side === "inputs" ? 0 : 1)[4].fill(bad);
        expect(setup.train(0.1).loss).not.toSatisfy(Number.isFinite);
      }
    },
  );

  it("goes on where it left off: a cell of all batches is the cells of one", async () => {
    const batches = [windows(12, 12), [], windows(18, 12, 7)];
    const c: Case = { batches: 3, pairs: batches };
    const together = await setUp(name, c);
    const counts = together.train(0.3);
    const apart = await setUp(name, c);
    const { grid } = apart;
    let predictions = 0;
    for (const batch of batches) {
      const pairs = batch.map(([context, target]) => ({ context, target, weight: 1 }));
      predictions += grid.train(0, 1, [pairs], 0.3).predictions;
    }
    expect(predictions).toBe(counts.predictions);
    expect(grid.bits()).toEqual(together.grid.bits());
    expect([...grid.randomState]).toEqual([...together.grid.randomState]);
  });
});

const shapes = fc.record({
  dim: fc.constantFrom(1, 3, 4, 8, 17, 20, 33, 100),
  words: fc.integer({ min: 2, max: 60 }),
  negatives: fc.integer({ min: 1, max: 20 }),
  tile: fc.integer({ min: 1, max: 16 }),
  group: fc.integer({ min: 1, max: 9 }),
  windowWeights: fc.constantFrom([], [2, 0.5, 1]),
  scaled: fc.boolean(),
  lengths: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 }),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

/** A random cell of a grid of two blocks. */
function toCase({ lengths, scaled, seed, ...shape }: typeof shapes extends fc.Arbitrary<infer T> ? T : never): Case {
  const random = Random.from(seed, 2);
  const [contexts, targets] = [Math.ceil(shape.words / 2), Math.floor(shape.words / 2)];
  return {
    ...shape,
    batches: Math.max(1, lengths.length),
    ...(scaled ? { multiplier: (word: number) => (word % 5) / 4 } : {}),
    noise: (word) => 1 / (1 + word),
    pairs: lengths.map((length) => Array.from({ length }, () => [random.below(contexts), random.below(targets)])),
  };
}

it("simd and scalar give the same bits and counts in random cells", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const [a, b] = await Promise.all(
        (["simd", "scalar"] as const).map((name) => setUp(name, toCase(shape), shape.seed)),
      );
      for (let again = 0; again < 3; again++) {
        const { loss, ...counts } = a.train(0.05);
        const { loss: other, ...otherCounts } = b.train(0.05);
        expect(counts).toEqual(otherCounts);
        // its sums are made in another order
        expect(Math.abs(loss - other)).toBeLessThan(1e-6 * (1 + other));
      }
      expect(a.grid.bits()).toEqual(b.grid.bits());
      expect([...a.grid.randomState]).toEqual([...b.grid.randomState]);
    }),
    { numRuns: 100 },
  );
});

it.each(testedKernels)("kernel %s follows the float64 model in random cells", async (name) => {
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const setup = await setUp(name, toCase(shape), shape.seed);
      const counts = setup.train(0.1);
      const expected = trainSteps(setup.cell, setup.steps, 0.1);
      expect(largestDifference(setup.rows(), setup.cell)).toBeLessThan(TOLERANCE);
      expect(counts.predictions).toBe(expected.predictions);
      expect(Math.abs(counts.loss - expected.loss)).toBeLessThan(1e-9 + 2e-5 * expected.predictions);
    }),
    { numRuns: 40 },
  );
});
