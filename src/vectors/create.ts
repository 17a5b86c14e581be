import { checkInteger, checkKnown, checkOneOf, show } from "../base/check.js";
import { KERNEL_CHOICES, type KernelChoice, planKernel, startQueries, takesBinary } from "../kernel/engines/kernels.js";
import type { WasmSource } from "../kernel/engines/wasm.js";
import { rowStride } from "../kernel/memory.js";
import type { VectorStorage } from "./storage.js";
import { allocateVectors, type Composer, WordVectors } from "./vectors.js";

export interface VectorKernelOptions {
  /** The kernel that scores. Default "auto", which is "simd". */
  kernel?: KernelChoice;
  /** A kernel binary instead of the embedded one. */
  wasm?: WasmSource;
}

export const KERNEL_OPTIONS = ["kernel", "wasm"];

/** @throws TypeError, RangeError */
export function checkKernel({ kernel = "auto", wasm }: VectorKernelOptions): void {
  checkOneOf("kernel", kernel, KERNEL_CHOICES);
  if (wasm !== undefined && !takesBinary(kernel))
    throw new RangeError(`"wasm" goes with a kernel of WebAssembly, got kernel "${kernel}": leave one of them out`);
}

/** Vectors in storage that the caller has filled. Options must be checked. @param composer for other words than these */
export async function openVectors(
  words: readonly string[],
  dim: number,
  storage: VectorStorage,
  { kernel = "auto", wasm }: VectorKernelOptions,
  composer?: Composer,
): Promise<WordVectors> {
  const plan = await planKernel(kernel, false, wasm);
  return new WordVectors(words, dim, storage, startQueries(plan, storage.memory), undefined, composer);
}

/**
 * Vectors from numbers. `matrix` holds dim floats for each word, one after the other, or is the `matrix` of other vectors of that
 * dim, whose rows are padded. It is copied.
 * @throws TypeError, RangeError for options or sizes that do not fit
 */
export async function createVectors(
  words: readonly string[],
  dim: number,
  matrix: ArrayLike<number>,
  options: VectorKernelOptions = {},
): Promise<WordVectors> {
  checkKnown("option", options, KERNEL_OPTIONS);
  checkKernel(options);
  if (!Array.isArray(words)) throw new TypeError(`words expected an array, got ${show(words)}`);
  checkInteger("dim", dim, 1);
  if (typeof matrix?.length !== "number")
    throw new TypeError(`matrix expected all floats, one row after the other, got ${show(matrix)}`);
  const padded = rowStride(dim) / 4;
  const sourceStride = matrix.length === words.length * dim ? dim : padded;
  if (matrix.length !== words.length * sourceStride || !isPadding(matrix, dim, sourceStride))
    throw new RangeError(
      `matrix expected ${words.length} × ${dim} = ${words.length * dim} floats, got ${matrix.length}`,
    );
  const storage = allocateVectors(words.length, dim);
  const vectors = await openVectors(words, dim, storage, options);
  const rows = vectors.matrix;
  for (let row = 0; row < words.length; row++)
    for (let d = 0; d < dim; d++) rows[row * padded + d] = matrix[row * sourceStride + d];
  return vectors;
}

/** Whether the floats after the first dim floats of each row are 0, as in padding. */
function isPadding(matrix: ArrayLike<number>, dim: number, stride: number): boolean {
  for (let first = 0; first < matrix.length; first += stride)
    for (let d = dim; d < stride; d++) if (matrix[first + d] !== 0) return false;
  return true;
}
