// Staged inputs: the row of a word; a copy of it, where its learning-rate multiplier is not 1; or a copy of the mean or the sum of
// a list of rows. A window updates the copies. Afterwards each row moves by multiplier × (copy − what the copy began as).
// (6.9) and (6.10) of docs/math.md.

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
  const starts: usize = load<u32>(params, Param.rowStarts);
  const idsEnd = ids + (<usize>n << 2);
  if (!(multipliers | starts)) {
    for (; ids < idsEnd; ids += 4, xs += 4) store<u32>(xs, <u32>(inputs + <usize>load<u32>(ids) * stride));
    return 0;
  }
  const staged: usize = load<u32>(params, Param.staged);
  let end = staged;
  for (; ids < idsEnd; ids += 4, xs += 4) {
    const word = load<u32>(ids);
    // without lists each word's is the word itself, which lies here
    const list = starts ? listAt(params, starts, word) : ids;
    const listEnd = starts ? listAt(params, starts, word + 1) : ids + 4;
    const row = <usize>load<u32>(list);
    if (listEnd - list == 4 && (!multipliers || load<f32>(multipliers + (row << 2)) == 1)) {
      store<u32>(xs, <u32>(inputs + row * stride));
      continue;
    }
    let copy = staged;
    while (copy < end && load<u32>(copy, Staged.word) != word) copy += sizeOf(stride);
    if (copy == end) {
      store<u32>(copy, word, Staged.word);
      store<u32>(copy, <u32>list, Staged.list);
      store<u32>(copy, <u32>listEnd, Staged.listEnd);
      gather(params, list, listEnd, copy + Staged.copy);
      copyRow(copy + Staged.copy, copy + Staged.copy + stride, stride);
      end += sizeOf(stride);
      if (DEBUG) assertStaged(params, end, sizeOf(stride));
    }
    store<u32>(xs, <u32>(copy + Staged.copy));
  }
  return end == staged ? 0 : end;
}

/** row += multiplier × share × (copy − what it began as) for each row of each list, whose share is 1 or 1 / its length. */
export function unstage(params: usize, end: usize): void {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const multipliers: usize = load<u32>(params, Param.multipliers);
  const divided = load<u32>(params, Param.rowsDivided) != 0;
  for (let copy: usize = load<u32>(params, Param.staged); copy < end; copy += sizeOf(stride)) {
    const learnt = copy + Staged.copy + stride;
    addScaled(learnt, -1, copy + Staged.copy, 1, stride);
    const listEnd: usize = load<u32>(copy, Staged.listEnd);
    let row: usize = load<u32>(copy, Staged.list);
    const share: f32 = divided ? 1 / <f32>((listEnd - row) >> 2) : 1;
    for (; row < listEnd; row += 4) {
      const id = <usize>load<u32>(row);
      const scale = multipliers ? share * load<f32>(multipliers + (id << 2)) : share;
      if (scale != 0) addScaled(inputs + id * stride, 1, learnt, scale, stride);
    }
  }
}

/** Reads a byte of each cache line of the input rows of the words from p to end, u32[…]; returns end. */
export function prefetchInputs(params: usize, p: usize, end: usize): usize {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const starts: usize = load<u32>(params, Param.rowStarts);
  if (!starts) {
    for (; p < end; p += 4) prefetch(inputs + <usize>load<u32>(p) * stride, stride);
    return end;
  }
  for (; p < end; p += 4) {
    const word = load<u32>(p);
    const listEnd = listAt(params, starts, word + 1);
    for (let row = listAt(params, starts, word); row < listEnd; row += 4) prefetch(inputs + <usize>load<u32>(row) * stride, stride);
  }
  return end;
}

/** Bytes of a copy, see Param.staged. */
// @ts-ignore: decorator
@inline
function sizeOf(stride: usize): usize {
  return Staged.copy + 2 * stride;
}

/** Where the list of a word begins. */
// @ts-ignore: decorator
@inline
function listAt(params: usize, starts: usize, word: u32): usize {
  return <usize>load<u32>(params, Param.rowList) + (<usize>load<u32>(starts + (<usize>word << 2)) << 2);
}

/** to = Σ of the rows of a list, u32[…], or their mean. */
function gather(params: usize, list: usize, listEnd: usize, to: usize): void {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const n = (listEnd - list) >> 2;
  copyRow(inputs + <usize>load<u32>(list) * stride, to, stride);
  for (let row = list + 4; row < listEnd; row += 4) addScaled(to, 1, inputs + <usize>load<u32>(row) * stride, 1, stride);
  if (n > 1 && load<u32>(params, Param.rowsMean)) addScaled(to, 0, to, 1 / <f32>n, stride);
}
