// Rows as floats alone, some at a time.

import type { RowStream } from "../../kernel/shape.js";
import type { Rows } from "./checkpoint.js";

/** Floats of a piece: some milliseconds of work. */
const PIECE = 262_144;

/** How many there are. */
export function countOf(rows: Rows | RowStream): number {
  return "data" in rows ? rows.data.length / rows.stride : rows.count;
}

/** The floats of rows, without what pads them. */
export function* pieces(rows: Rows | RowStream, dim: number): Generator<Float32Array<ArrayBuffer>> {
  const { stride } = rows;
  const all = countOf(rows);
  const most = Math.max(1, Math.floor(PIECE / dim));
  for (let first = 0; first < all; first += most) {
    const count = Math.min(most, all - first);
    const padded =
      "data" in rows ? rows.data.subarray(first * stride, (first + count) * stride) : rows.read(first, count);
    const piece = new Float32Array(count * dim);
    for (let i = 0; i < count; i++) piece.set(padded.subarray(i * stride, i * stride + dim), i * dim);
    yield piece;
  }
}
