// Rows as floats alone, some at a time.

import type { Rows } from "./checkpoint.js";

/** Floats of a piece: some milliseconds of work. */
const PIECE = 262_144;

/** The floats of rows, without what pads them. */
export function* pieces({ data, stride }: Rows, dim: number): Generator<Float32Array> {
  const rows = Math.max(1, Math.floor(PIECE / dim));
  for (let first = 0; first * stride < data.length; first += rows) {
    const count = Math.min(rows, data.length / stride - first);
    const piece = new Float32Array(count * dim);
    for (let i = 0; i < count; i++) piece.set(data.subarray((first + i) * stride, (first + i) * stride + dim), i * dim);
    yield piece;
  }
}
