// Searches with int8 codes find what searches of all rows find, to the bit.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVectors, type WordVectors } from "wasm2vec";
import { Random } from "../../src/base/random";
import { kernels } from "../support/kernels";

const ROWS = 21_000;

/** Rows of several sorts: spread evenly, in groups, of one large number, of zeros, twice the same. */
function rows(dim: number, seed: number): Float32Array {
  const random = Random.from(seed, 0);
  const draw = () => random.next() / 2 ** 32 - 0.5;
  const centers = Array.from({ length: 10 * dim }, draw);
  const matrix = new Float32Array(ROWS * dim);
  for (let row = 0; row < ROWS; row++) {
    const own = matrix.subarray(row * dim, (row + 1) * dim);
    const sort = row % 7;
    if (sort === 6 && row > 6) own.set(matrix.subarray((row - 7) * dim, (row - 6) * dim));
    else if (sort === 5) own[row % dim] = 1e20;
    else if (sort !== 4) own.forEach((_, d) => (own[d] = draw() * (sort === 3 ? 1e-20 : 1)));
    if (sort === 2) own.forEach((_, d) => (own[d] = 0.2 * own[d] + centers[(row % 10) * dim + d]));
  }
  return matrix;
}

const words = Array.from({ length: ROWS }, (_, row) => `w${row}`);
const warm = (vectors: WordVectors) => {
  for (let i = 0; i < 3; i++) vectors.mostSimilar("w1");
};

describe.each(kernels)("kernel %s", (kernel) => {
  it.each([1, 3, 16, 50])("dim %i: the nearest words are those of a batch, which reads all rows", async (dim) => {
    const matrix = rows(dim, dim);
    const vectors = await createVectors(words, dim, matrix, { kernel });
    warm(vectors);
    const asked = fc.array(fc.integer({ min: 0, max: ROWS - 1 }), { minLength: 1, maxLength: 3 });
    const options = fc.record({
      topN: fc.constantFrom(0, 1, 10, 300, 2000),
      restrictVocabulary: fc.constantFrom(100, 20_500, ROWS),
      filter: fc.constantFrom(undefined, (word: string) => word.endsWith("7")),
    });
    fc.assert(
      fc.property(asked, options, (ids, some) => {
        for (const id of ids) {
          const [expected] = vectors.mostSimilarBatch([`w${id}`], some);
          expect(vectors.mostSimilar(`w${id}`, some)).toEqual(expected);
        }
      }),
      { numRuns: 15, seed: 1 },
    );
  });
});

it.each(kernels)(
  "kernel %s: rows of zeros, NaN, the smallest and the largest numbers exclude no row",
  async (kernel) => {
    // one row points where the query does, some point away from it, and all others are odd
    const dim = 5;
    const matrix = new Float32Array(ROWS * dim);
    for (let row = 0; row < ROWS; row++) {
      const value = [0, Number.NaN, 1e-30, 3e-42, 1e30][row % 5];
      matrix.fill(value, row * dim, (row + 1) * dim);
    }
    matrix.set([1, 0.5, 0, 0, 0], 0);
    matrix.set([0.9, 0.4, 0.1, 0, 0], 70 * dim);
    for (let i = 1; i < 15; i++) matrix.set([-1, i / 20, 0.1, 0, 0], 1000 * i * dim);
    const vectors = await createVectors(words, dim, matrix, { kernel });
    warm(vectors);
    for (const topN of [1, 5, 12, 100]) {
      const [expected] = vectors.mostSimilarBatch(["w0"], { topN });
      expect(vectors.mostSimilar("w0", { topN })).toEqual(expected);
    }
  },
);

it("looks anew after the vectors were changed", async () => {
  const vectors = await createVectors(words, 16, rows(16, 3));
  warm(vectors);
  vectors.matrix.copyWithin(20_000 * vectors.stride, vectors.stride, 2 * vectors.stride);
  vectors.refresh();
  warm(vectors);
  expect(vectors.mostSimilar("w1", { topN: 1 })[0].word).toBe("w20000");
});
