import { KERNEL_CHOICES, type KernelChoice, planKernel, startKernel } from "../kernel/pick.js";
import type { WasmSource } from "../kernel/wasm.js";
import { checkInteger, checkKnown, checkOneOf, show } from "../math/check.js";
import { allocateVectors, type VectorStorage, WordVectors } from "./vectors.js";

export interface VectorKernelOptions {
  /** Engine of the scoring. Default "auto", which is "simd". */
  kernel?: KernelChoice;
  /** A kernel binary instead of the embedded one. */
  wasm?: WasmSource;
}

export const KERNEL_OPTIONS = ["kernel", "wasm"];

/** @throws TypeError, RangeError */
export function checkKernel({ kernel = "auto", wasm }: VectorKernelOptions): void {
  checkOneOf("kernel", kernel, KERNEL_CHOICES);
  if (kernel === "js" && wasm !== undefined)
    throw new RangeError('"wasm" goes with a kernel of WebAssembly, got kernel "js": leave one of them out');
}

/** Vectors in storage that a caller has filled; options are checked. */
export async function openVectors(
  words: readonly string[],
  dim: number,
  storage: VectorStorage,
  { kernel = "auto", wasm }: VectorKernelOptions,
): Promise<WordVectors> {
  const plan = await planKernel(kernel, false, wasm);
  return new WordVectors(words, dim, storage, startKernel(plan, storage.memory));
}

/**
 * Vectors from numbers: matrix holds dim floats for each word, one after the other; it is copied.
 * @throws TypeError, RangeError for options, or sizes that do not fit
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
