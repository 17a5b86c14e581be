import { type KernelChoice, planKernel, startKernel } from "../kernel/pick.js";
import type { WasmSource } from "../kernel/wasm.js";
import { checkInteger } from "../math/check.js";
import { allocateVectors, type VectorStorage, WordVectors } from "./vectors.js";

export interface VectorKernelOptions {
  /** Engine of the scoring. Default "auto", which is "simd". */
  kernel?: KernelChoice;
  /** A kernel binary instead of the embedded one. */
  wasm?: WasmSource;
}

/** Vectors in storage that a caller has filled. */
export async function openVectors(
  words: readonly string[],
  dim: number,
  storage: VectorStorage,
  options: VectorKernelOptions = {},
): Promise<WordVectors> {
  const plan = await planKernel(options.kernel ?? "auto", false, options.wasm);
  return new WordVectors(words, dim, storage, startKernel(plan, storage.memory));
}

/**
 * Vectors from numbers: matrix holds dim floats for each word, one after the other; it is copied.
 * @throws RangeError if the sizes do not fit
 */
export async function createVectors(
  words: readonly string[],
  dim: number,
  matrix: ArrayLike<number>,
  options?: VectorKernelOptions,
): Promise<WordVectors> {
  checkInteger("dim", dim, 1);
  if (matrix.length !== words.length * dim)
    throw new RangeError(
      `matrix expected ${words.length} × ${dim} = ${words.length * dim} floats, got ${matrix.length}`,
    );
  const storage = allocateVectors(words.length, dim);
  const vectors = await openVectors(words, dim, storage, options);
  const rows = vectors.matrix;
  for (let i = 0; i < matrix.length; i++) rows[Math.floor(i / dim) * vectors.stride + (i % dim)] = matrix[i];
  return vectors;
}
