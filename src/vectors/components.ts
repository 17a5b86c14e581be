// Vectors without what all words share: all-but-the-top (Mu and Viswanath 2018), (13.1) and (13.2) of docs/math.md.

import { checkInteger, checkKnown, show } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { eigenvectors } from "../math/eigen.js";
import { checkKernel, KERNEL_OPTIONS, openVectors, type VectorKernelOptions } from "./create.js";
import { allocateVectors, type WordVectors } from "./vectors.js";

export interface RemoveOptions extends VectorKernelOptions {
  /** Principal components to project out after the mean: 0 to dim − 1, fewer than words. Default 0, the mean alone. */
  components?: number;
}

/** Multiplications between two turns of the event loop, a few milliseconds. */
const TURN = 4e6;

/**
 * Vectors without the mean of all rows and without their first principal components, for the same words (all-but-the-top).
 * Sums are float64 in the order of the rows, so the same vectors give the same bits on every machine. Yields to the event loop
 * every few milliseconds; the given vectors must not change meanwhile.
 * Takes memory for the new vectors, as much as the given ones have, and with `components` about 16 dim² bytes.
 * @throws TypeError, RangeError for options; RangeError for numbers that are not finite, or vectors that do not fit into memory
 */
export async function removeComponents(vectors: WordVectors, options: RemoveOptions = {}): Promise<WordVectors> {
  checkKnown("option", options, ["components", ...KERNEL_OPTIONS]);
  checkKernel(options);
  const { words, dim, size, stride } = vectors;
  const components = checkInteger("components", options.components ?? 0, 0);
  if (components > 0 && components >= Math.min(dim, size))
    throw new RangeError(
      `"components" expected fewer than dim (${dim}) and than words (${size}), got ${components}: remove fewer`,
    );
  const storage = allocateVectors(size, dim);
  const mean = await meanOf(vectors);
  const removed = components === 0 ? [] : (await eigenvectors(await scatter(vectors, mean), dim)).slice(0, components);
  const rest = new Float32Array(storage.memory.buffer, storage.start, size * stride);
  const row = new Float64Array(dim);
  await forRows(vectors, dim * (1 + 2 * components), (matrix, start) => {
    for (let d = 0; d < dim; d++) row[d] = matrix[start + d] - mean[d];
    for (const direction of removed) {
      let share = 0;
      for (let d = 0; d < dim; d++) share += row[d] * direction[d];
      for (let d = 0; d < dim; d++) row[d] -= share * direction[d];
    }
    rest.set(row, start);
  });
  return openVectors(words, dim, storage, options);
}

/** @throws RangeError naming the word whose vector has a number that is not finite */
async function meanOf(vectors: WordVectors): Promise<Float64Array> {
  const { dim, size, stride, words } = vectors;
  const sum = new Float64Array(dim);
  await forRows(vectors, dim, (matrix, start) => {
    for (let d = 0; d < dim; d++) {
      if (!Number.isFinite(matrix[start + d]))
        throw new RangeError(
          `word ${show(words[start / stride])} expected a vector of finite numbers, number ${d + 1} is ${matrix[start + d]}`,
        );
      sum[d] += matrix[start + d];
    }
  });
  return sum.map((x) => x / size);
}

/** Σ (x − mean)ᵀ (x − mean) over the rows x: the covariance times the number of rows, dim × dim. */
async function scatter(vectors: WordVectors, mean: Float64Array): Promise<Float64Array> {
  const { dim } = vectors;
  const sum = new Float64Array(dim * dim);
  const row = new Float64Array(dim);
  await forRows(vectors, (dim * dim) / 2, (matrix, start) => {
    for (let d = 0; d < dim; d++) row[d] = matrix[start + d] - mean[d];
    for (let i = 0; i < dim; i++) for (let j = i; j < dim; j++) sum[i * dim + j] += row[i] * row[j];
  });
  for (let i = 0; i < dim; i++) for (let j = 0; j < i; j++) sum[i * dim + j] = sum[j * dim + i];
  return sum;
}

/** Visits the rows in order. @param cost multiplications that one takes @param visit gets the matrix and where the row starts in it */
async function forRows(
  vectors: WordVectors,
  cost: number,
  visit: (matrix: Float32Array, start: number) => void,
): Promise<void> {
  const { size, stride } = vectors;
  const rows = Math.max(1, Math.floor(TURN / cost));
  for (let first = 0; first < size; first += rows) {
    // anew after each turn, in which the memory may have grown
    const { matrix } = vectors;
    const end = Math.min(size, first + rows);
    for (let row = first; row < end; row++) visit(matrix, row * stride);
    await yieldToEventLoop();
  }
}
