// Projects vectors to points in the plane.

import type { WordVectors } from "wasm2vec";

/** Words on the map. */
export const SHOWN = 3000;

/** Rounds of orthogonal iteration. It starts from the directions of the previous map, so that the map moves smoothly. */
const ROUNDS = 4;

/** The first two principal directions, updated from map to map. */
export class Projection {
  private directions: Float32Array[] = [];

  /** Points in [−1, 1]², two numbers for each of the most frequent words. Yields to the page between rounds. */
  async project(vectors: WordVectors): Promise<Float32Array> {
    const count = Math.min(SHOWN, vectors.size);
    const { matrix, stride, dim } = vectors;
    const mean = new Float32Array(dim);
    for (let i = 0; i < count; i++) for (let d = 0; d < dim; d++) mean[d] += matrix[i * stride + d] / count;
    if (this.directions[0]?.length !== dim) {
      this.directions = [0, 1].map((k) => Float32Array.from({ length: dim }, (_, d) => Math.sin(1 + d * (k + 1))));
    }
    const scores = [new Float32Array(count), new Float32Array(count)];
    for (let round = 0; round < ROUNDS; round++) {
      this.directions.forEach((direction, k) => {
        if (k === 1) removeShare(direction, this.directions[0]);
        normalise(direction);
        const next = new Float32Array(dim);
        for (let i = 0; i < count; i++) {
          let score = 0;
          for (let d = 0; d < dim; d++) score += (matrix[i * stride + d] - mean[d]) * direction[d];
          scores[k][i] = score;
          for (let d = 0; d < dim; d++) next[d] += score * (matrix[i * stride + d] - mean[d]);
        }
        if (round < ROUNDS - 1) direction.set(next);
      });
      await new Promise((resolve) => setTimeout(resolve));
    }
    return scaled(scores[0], scores[1]);
  }
}

function removeShare(direction: Float32Array, other: Float32Array): void {
  const share = direction.reduce((sum, x, d) => sum + x * other[d], 0);
  direction.forEach((x, d) => {
    direction[d] = x - share * other[d];
  });
}

function normalise(direction: Float32Array): void {
  const length = Math.hypot(...direction) || 1;
  direction.forEach((x, d) => {
    direction[d] = x / length;
  });
}

/** Most points lie within ± this; points further out are compressed towards it. */
const CORE = 0.75;

/** x, y, x, y, …, in [−1, 1]². */
export function scaled(xs: ArrayLike<number>, ys: ArrayLike<number>): Float32Array {
  const points = new Float32Array(2 * xs.length);
  [xs, ys].forEach((values, axis) => {
    const sorted = Float64Array.from(values).sort();
    const [low, high] = [sorted[Math.floor(sorted.length * 0.02)], sorted[Math.ceil(sorted.length * 0.98) - 1]];
    for (let i = 0; i < values.length; i++) {
      const value = CORE * ((2 * (values[i] - low)) / (high - low || 1) - 1);
      const beyond = Math.abs(value) - CORE;
      points[2 * i + axis] =
        beyond > 0 ? Math.sign(value) * (CORE + (1 - CORE) * Math.tanh(beyond / (1 - CORE) / 1.5)) : value;
    }
  });
  return points;
}
