// Moves the rows of a matrix to other places.

import { yieldToEventLoop } from "../base/event-loop.js";

/** Rows moved between yields to the event loop. */
const MOVED = 4096;

/**
 * Moves each row, in place. The event loop gets its turn every few ms.
 * @param matrix rows of `stride` floats @param to the place of each row, a permutation
 */
export async function permuteRows(matrix: Float32Array, stride: number, to: (row: number) => number): Promise<void> {
  const rows = matrix.length / stride;
  const held = new Float32Array(stride);
  const row = new Float32Array(stride);
  const isMoved = new Uint8Array(rows);
  let pause = MOVED;
  let moved = 0;
  for (let start = 0; start < rows; start++) {
    if (isMoved[start]) continue;
    held.set(matrix.subarray(start * stride, (start + 1) * stride));
    let at = start;
    do {
      at = to(at);
      row.set(matrix.subarray(at * stride, (at + 1) * stride));
      matrix.set(held, at * stride);
      held.set(row);
      isMoved[at] = 1;
      moved++;
    } while (at !== start);
    if (moved < pause) continue;
    pause = moved + MOVED;
    await yieldToEventLoop();
  }
}
