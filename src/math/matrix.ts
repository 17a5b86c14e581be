// Vectors and matrices of the pure functions, and their operations.

/** A row vector, float64. */
export type Vector = Float64Array;

/** Rows of one length. */
export type Matrix = readonly Vector[];

/** Σ a·b */
export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

/** sum += scale × row */
export function addScaled(sum: Vector, scale: number, row: Vector): void {
  for (let d = 0; d < sum.length; d++) sum[d] += scale * row[d];
}

/** A matrix of zeros, of the shape of another. */
export function zerosLike(matrix: Matrix): Vector[] {
  return matrix.map((row) => new Float64Array(row.length));
}

/** @throws RangeError */
export function checkIndex(name: string, index: number, length: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= length)
    throw new RangeError(`"${name}" expected an index from 0 to ${length - 1}, got ${index}`);
  return index;
}

/** @throws RangeError */
export function checkLength(name: string, list: ArrayLike<unknown>, length: number): void {
  if (list.length !== length) throw new RangeError(`"${name}" expected length ${length}, got ${list.length}`);
}

/** Whether all rows of a matrix have a length. @throws RangeError naming the row */
export function checkRows(name: string, rows: Matrix, length: number): void {
  rows.forEach((row, i) => checkLength(`${name}[${i}]`, row, length));
}
