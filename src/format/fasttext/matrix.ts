// Matrices of a model of fastText, whose rows are asked for one by one, however they lie in memory.

import { bytesOf, type Fields, int64Bytes, itemsOfPiece } from "./fields.js";

export interface RowMatrix {
  readonly rows: number;
  /** Floats of a row. */
  readonly dim: number;
  /** Row `index`, f32[dim]. Valid until the next call; not to be changed. */
  row(index: number): Float32Array;
}

/** Rows that lie in memory one after the other. */
export class DenseMatrix implements RowMatrix {
  /** @param pieces each has `perPiece` rows, the last maybe fewer @param stride floats from a row to the next */
  private constructor(
    readonly rows: number,
    readonly dim: number,
    private readonly pieces: readonly Float32Array[],
    private readonly perPiece: number,
    private readonly stride: number,
  ) {}

  /** Rows in one array, which is not copied: row i starts at float i × stride. */
  static of(floats: Float32Array, rows: number, dim: number, stride = dim): DenseMatrix {
    return new DenseMatrix(rows, dim, [floats], Math.max(1, rows), stride);
  }

  /** The rows of a file, after their number. @throws FormatError if it ends @internal */
  static async read(fields: Fields, rows: number, dim: number, what: string): Promise<DenseMatrix> {
    const pieces: Float32Array[] = [];
    for await (const [, { buffer }] of fields.pieces(rows, 4 * dim, what)) pieces.push(new Float32Array(buffer));
    return new DenseMatrix(rows, dim, pieces, itemsOfPiece(4 * dim), dim);
  }

  row(index: number): Float32Array {
    const start = (index % this.perPiece) * this.stride;
    return this.pieces[Math.floor(index / this.perPiece)].subarray(start, start + this.dim);
  }
}

/** The rows of all words, and of some buckets; the other buckets, which no text has met, have zeros. */
export class CompactMatrix implements RowMatrix {
  readonly rows: number;
  readonly dim: number;
  private readonly zeros: Float32Array;

  /** @param given rows, those of the words first @param rowOfBucket the row in `given` of each bucket that has one */
  constructor(
    private readonly words: number,
    buckets: number,
    private readonly given: RowMatrix,
    private readonly rowOfBucket: ReadonlyMap<number, number>,
  ) {
    this.rows = words + buckets;
    this.dim = given.dim;
    this.zeros = new Float32Array(given.dim);
  }

  row(index: number): Float32Array {
    const row = index < this.words ? index : this.rowOfBucket.get(index - this.words);
    return row === undefined ? this.zeros : this.given.row(row);
  }
}

/** Some rows of another matrix. */
export class ChosenRows implements RowMatrix {
  readonly dim: number;

  constructor(
    private readonly from: RowMatrix,
    private readonly chosen: ArrayLike<number>,
  ) {
    this.dim = from.dim;
  }

  get rows(): number {
    return this.chosen.length;
  }

  row(index: number): Float32Array {
    return this.from.row(this.chosen[index]);
  }
}

/** Rows with the other sign, as the nodes of a tree have that ask the opposite. */
export class Negated implements RowMatrix {
  readonly rows: number;
  readonly dim: number;

  constructor(private readonly from: RowMatrix) {
    ({ rows: this.rows, dim: this.dim } = from);
  }

  row(index: number): Float32Array {
    return this.from.row(index).map((x) => -x);
  }
}

/** The mean of rows, f32[dim]; zeros if there are none. */
export function meanOf(matrix: RowMatrix, rows: ArrayLike<number>): Float32Array {
  const mean = new Float32Array(matrix.dim);
  for (let i = 0; i < rows.length; i++) {
    const row = matrix.row(rows[i]);
    for (let d = 0; d < mean.length; d++) mean[d] += row[d];
  }
  if (rows.length > 0) for (let d = 0; d < mean.length; d++) mean[d] /= rows.length;
  return mean;
}

/** The sum of the squares of a row. */
export function squaredNorm(row: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < row.length; d++) sum += row[d] * row[d];
  return sum;
}

/** The numbers of rows and columns, which stand before a matrix. @throws FormatError unless there are `dim` columns */
export async function readShape(fields: Fields, dim: number, what: string): Promise<number> {
  const [rows, columns] = [await fields.int64(what), await fields.int64(what)];
  if (columns !== dim || rows < 0)
    throw fields.fail(`${what} expected rows of dim ${dim}, got ${rows} × ${columns}: damaged`);
  return rows;
}

/** The matrix as a dense one. */
export function* writeDense(matrix: RowMatrix): Generator<Uint8Array> {
  const { rows, dim } = matrix;
  yield int64Bytes({ rows, dim });
  for (let row = 0; row < rows; row++) yield bytesOf(matrix.row(row));
}
