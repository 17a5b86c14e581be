// Quantized matrices of fastText's .ftz: codes of rows, their codebooks, and maybe codes of the rows' lengths apart.

import type { Random } from "../../base/random.js";
import { encode, learnCodebooks, type Pause } from "../../math/codebooks.js";
import { CENTROIDS, ProductQuantizer } from "../../math/product-quantizer.js";
import { bytesOf, type Fields, int32Bytes, int64Bytes } from "./fields.js";
import { type RowMatrix, readShape, squaredNorm } from "./matrix.js";

/** Codes and what they mean. */
export interface Quantized {
  /** u8[rows × parts] */
  codes: Uint8Array;
  quantizer: ProductQuantizer;
}

export class QuantizedMatrix implements RowMatrix {
  readonly dim: number;
  private readonly current: Float32Array;

  /** @param norms lengths of the rows, quantized as vectors of one number; the rows' own codes are then of directions */
  constructor(
    readonly rows: number,
    readonly vectors: Quantized,
    readonly norms?: Quantized,
  ) {
    this.dim = vectors.quantizer.dim;
    this.current = new Float32Array(this.dim);
  }

  /** The row as its codes give it back. */
  row(index: number): Float32Array {
    const { codes, quantizer } = this.vectors;
    const norm = this.norms ? this.norms.quantizer.centroids[this.norms.codes[index]] : 1;
    quantizer.decode(codes, index * quantizer.parts, this.current, norm);
    return this.current;
  }
}

/**
 * Quantizes a matrix of finite numbers.
 * @param partDim numbers that share a code @param withNorms whether lengths of rows are quantized apart: a byte more a row
 * @param pause as learnCodebooks has it
 */
export async function quantizeMatrix(
  matrix: RowMatrix,
  partDim: number,
  withNorms: boolean,
  random: Random,
  pause: Pause,
): Promise<QuantizedMatrix> {
  const { rows, dim } = matrix;
  if (!withNorms) return new QuantizedMatrix(rows, await quantized(matrix, partDim, random, pause));
  const norms = new Float32Array(rows);
  for (let index = 0; index < rows; index++) norms[index] = Math.sqrt(squaredNorm(matrix.row(index)));
  const one = new Float32Array(dim);
  const row = (index: number) => {
    const vector = matrix.row(index);
    for (let d = 0; d < dim; d++) one[d] = norms[index] > 0 ? vector[d] / norms[index] : 0;
    return one;
  };
  const directions = await quantized({ rows, dim, row }, partDim, random, pause);
  const lengths = { rows, dim: 1, row: (index: number) => norms.subarray(index, index + 1) };
  return new QuantizedMatrix(rows, directions, await quantized(lengths, 1, random, pause));
}

async function quantized(matrix: RowMatrix, partDim: number, random: Random, pause: Pause): Promise<Quantized> {
  const quantizer = await learnCodebooks(matrix, partDim, random, pause);
  return { codes: await encode(quantizer, matrix, pause), quantizer };
}

/** @throws FormatError for shapes that do not fit together */
export async function readQuantized(fields: Fields, dim: number, what: string): Promise<QuantizedMatrix> {
  const hasNorms = await fields.flag(what);
  const rows = await readShape(fields, dim, what);
  const size = await fields.int32(what);
  if (size < 0 || size > rows * dim)
    throw fields.fail(`${what} expected at most ${dim} bytes of codes for each of ${rows} rows, got ${size}: damaged`);
  const codes = await fields.whole(size, what);
  const quantizer = await readQuantizer(fields, dim, what);
  if (size !== rows * quantizer.parts)
    throw fields.fail(
      `${what} expected ${rows} codes of ${quantizer.parts} bytes, got ${size} bytes of codes: damaged`,
    );
  if (!hasNorms) return new QuantizedMatrix(rows, { codes, quantizer });
  const normCodes = await fields.whole(rows, what);
  return new QuantizedMatrix(
    rows,
    { codes, quantizer },
    { codes: normCodes, quantizer: await readQuantizer(fields, 1, what) },
  );
}

async function readQuantizer(fields: Fields, dim: number, what: string): Promise<ProductQuantizer> {
  const numbers: number[] = [];
  for (let i = 0; i < 4; i++) numbers.push(await fields.int32(what));
  const [columns, parts, partDim, lastDim] = numbers;
  const last = dim - partDim * (parts - 1);
  if (columns !== dim || partDim < 1 || partDim > dim || parts !== Math.ceil(dim / partDim) || lastDim !== last)
    throw fields.fail(
      `${what} expected a codebook for dim ${dim}, got one for ${columns}, in ${parts} parts of ${partDim}, the last of ${lastDim}: damaged`,
    );
  return new ProductQuantizer(dim, partDim, await fields.floats(CENTROIDS * dim, what));
}

export function* writeQuantized({ rows, dim, vectors, norms }: QuantizedMatrix): Generator<Uint8Array> {
  yield Uint8Array.of(norms === undefined ? 0 : 1);
  yield int64Bytes({ rows, dim });
  yield int32Bytes({ "bytes of codes": vectors.codes.length });
  yield vectors.codes;
  yield* writeQuantizer(vectors.quantizer);
  if (norms === undefined) return;
  yield norms.codes;
  yield* writeQuantizer(norms.quantizer);
}

function* writeQuantizer({ dim, parts, partDim, centroids }: ProductQuantizer): Generator<Uint8Array> {
  yield int32Bytes({ dim, parts, partDim, lastDim: dim - partDim * (parts - 1) });
  yield bytesOf(centroids);
}
