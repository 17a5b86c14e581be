// Staged inputs: the row of a word; or a copy of it, where its learning-rate multiplier is not 1. A window updates the copies.
// Afterwards each row moves by multiplier × (copy − row). (6.9) of docs/math.md.

import { assertStaged, DEBUG } from "./assertions";
import { Param, Staged } from "./params";
import { addScaled, copyRow, prefetch } from "./rows";

/**
 * Writes to xs, u32[n], pointers to the inputs of the words ids, u32[n]. All places of a word share its copy.
 * Returns the end of the copies, 0 if there are none.
 */
export function stage(params: usize, ids: usize, n: u32, xs: usize): usize {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const multipliers: usize = load<u32>(params, Param.multipliers);
  const idsEnd = ids + (<usize>n << 2);
  if (!multipliers) {
    for (; ids < idsEnd; ids += 4, xs += 4) store<u32>(xs, <u32>(inputs + <usize>load<u32>(ids) * stride));
    return 0;
  }
  const staged: usize = load<u32>(params, Param.staged);
  let end = staged;
  for (; ids < idsEnd; ids += 4, xs += 4) {
    const word = load<u32>(ids);
    const row = inputs + <usize>word * stride;
    if (load<f32>(multipliers + (<usize>word << 2)) == 1) {
      store<u32>(xs, <u32>row);
      continue;
    }
    let copy = staged;
    while (copy < end && load<u32>(copy, Staged.word) != word) copy += sizeOf(stride);
    if (copy == end) {
      store<u32>(copy, word, Staged.word);
      copyRow(row, copy + Staged.copy, stride);
      end += sizeOf(stride);
      if (DEBUG) assertStaged(params, end, sizeOf(stride));
    }
    store<u32>(xs, <u32>(copy + Staged.copy));
  }
  return end == staged ? 0 : end;
}

/** row += multiplier × (copy − row) for each row with a copy. */
export function unstage(params: usize, end: usize): void {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const multipliers: usize = load<u32>(params, Param.multipliers);
  for (let copy: usize = load<u32>(params, Param.staged); copy < end; copy += sizeOf(stride)) {
    const word = <usize>load<u32>(copy, Staged.word);
    const row = inputs + word * stride;
    addScaled(copy + Staged.copy, 1, row, -1, stride);
    addScaled(row, 1, copy + Staged.copy, load<f32>(multipliers + (word << 2)), stride);
  }
}

/** Reads a byte of each cache line of the input rows of the words from p to end, u32[…]; returns end. */
export function prefetchInputs(params: usize, p: usize, end: usize): usize {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  for (; p < end; p += 4) prefetch(inputs + <usize>load<u32>(p) * stride, stride);
  return end;
}

/** Bytes of a copy, see Param.staged. */
// @ts-ignore: decorator
@inline
function sizeOf(stride: usize): usize {
  return stride + Staged.copy;
}
