// Eigenvectors by their definition, and of matrices made of known ones.

import { describe, expect, it } from "vitest";
import { yieldToEventLoop } from "../../src/base/event-loop";
import { Random } from "../../src/base/random";
import { eigenvectors } from "../../src/math/eigen";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, d) => sum + x * b[d], 0);
const times = (matrix: Float64Array, dim: number, v: Float64Array) =>
  v.map((_, i) => dot(matrix.subarray(i * dim, (i + 1) * dim), v));

/** Σ λ uᵀu for orthonormal u: reflections of the axes at a random plane. */
function withEigenvalues(values: readonly number[]): { matrix: Float64Array; vectors: Float64Array[] } {
  const dim = values.length;
  const random = Random.from(5, 0);
  const normal = Float64Array.from(values, () => random.next() / 2 ** 31 - 1);
  const vectors = values.map((_, i) =>
    normal.map((x, d) => (d === i ? 1 : 0) - (2 * normal[i] * x) / dot(normal, normal)),
  );
  const matrix = new Float64Array(dim * dim);
  vectors.forEach((u, k) =>
    matrix.forEach((_, at) => (matrix[at] += values[k] * u[Math.floor(at / dim)] * u[at % dim])),
  );
  return { matrix, vectors };
}

describe("eigenvectors", () => {
  it.each([
    ["apart", [9, 5, 3, 2, 1]],
    ["out of order", [1, 7, 0.5, 3, 20, 4]],
    ["some 0, as of fewer words than dim", [0, 3, 0, 1, 0, 0, 2]],
    ["negative", [-4, 2, -1, 3]],
    ["over 16 orders of magnitude", [1e8, 1, 1e-8]],
    ["nearly the same", [1, 1 + 1e-6, 1 - 1e-6]],
  ])("are those that a matrix was made of: %s", async (_, values) => {
    const { matrix, vectors } = withEigenvalues(values);
    const found = await eigenvectors(matrix.slice(), values.length);
    const order = values.map((_, i) => i).sort((i, j) => values[j] - values[i]);
    const gap = Math.min(
      ...order
        .slice(1)
        .map((i, k) => values[order[k]] - values[i])
        .filter((x) => x > 0),
    );
    const precision = (1e-14 * Math.max(...values.map(Math.abs))) / Math.min(1, gap);
    order.forEach((i, k) => {
      const same = values.filter((value) => value === values[i]).length;
      // of equal eigenvalues any orthonormal vectors
      if (same === 1) expect(Math.abs(dot(found[k], vectors[i]))).toBeCloseTo(1, 9);
      const image = times(matrix, values.length, found[k]);
      image.forEach((x, d) => expect(Math.abs(x - values[i] * found[k][d])).toBeLessThan(precision));
    });
  });

  it("are orthonormal and diagonalise a large random matrix, with the event loop's turns between", async () => {
    const dim = 120;
    const random = Random.from(7, 0);
    const matrix = new Float64Array(dim * dim);
    for (let i = 0; i < dim; i++)
      for (let j = i; j < dim; j++) matrix[i * dim + j] = matrix[j * dim + i] = random.next() / 2 ** 31 - 1;
    const diagonal = matrix.slice();
    let isDone = false;
    const finding = eigenvectors(diagonal, dim).finally(() => {
      isDone = true;
    });
    let turns = 0;
    for (; !isDone; turns++) await yieldToEventLoop();
    const found = await finding;
    expect(turns).toBeGreaterThan(2);
    let last = Number.POSITIVE_INFINITY;
    found.forEach((a, i) => {
      found.forEach((b, j) => expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 12));
      const image = times(matrix, dim, a);
      const value = dot(a, image);
      expect(value).toBeLessThan(last + 1e-12);
      last = value;
      image.forEach((x, d) => expect(x).toBeCloseTo(value * a[d], 11));
    });
  });

  it("of nothing but zeros are the axes", async () => {
    expect(await eigenvectors(new Float64Array(9), 3)).toEqual(
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ].map((u) => Float64Array.from(u)),
    );
    expect(await eigenvectors(Float64Array.of(7), 1)).toEqual([Float64Array.of(1)]);
  });
});
