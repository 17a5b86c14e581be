// Words that are composed of subwords: the input row of a word is the mean of a list of rows, its own and those of its character n-grams,
// which it shares with other words. A stretch of training moves input rows as if each were nobody else's. Spreading adds what they have
// learnt to their subwords, composing takes the means anew. (6.10) and (6.11) of docs/math.md.
// p: number of an input row, in the grid its place among the blocks; origins[p]: what it was composed as.

import { assertBelow, assertRow, DEBUG } from "./assertions";
import { add, constant, madd, mul } from "./lanes";
import { Mark, Param, Touched } from "./params";
import { addScaled, copyRow } from "./rows";

/**
 * Composes the input rows that some batches have pairs of in a cell, and marks them at params.touchedMarks: who is marked stays as it is.
 * @param first the row that the block of the contexts begins with @param starts as those of trainCell
 */
export function composeCell(params: usize, first: u32, cell: u32, starts: usize, batches: u32): void {
  const blocks = load<u32>(params, Param.blocks);
  const step = (<usize>(blocks * blocks) + 1) << 2;
  const size: usize = load<u32>(params, Param.windowWeights) ? 8 : 4;
  const marks = <usize>load<u32>(params, Param.touchedMarks) + first;
  if (DEBUG) assertBelow(cell, blocks * blocks);
  let list = starts + (<usize>cell << 2);
  for (const last = list + <usize>batches * step; list < last; list += step) {
    for (let pair: usize = load<u32>(list), end: usize = load<u32>(list, 4); pair < end; pair += size) {
      const row = load<u32>(pair) & 0xffff;
      if (DEBUG) assertBelow(row, (load<u32>(params, Param.vocabularySize) + blocks - 1) / blocks);
      if (load<u8>(marks + row)) continue;
      store<u8>(marks + row, 1);
      composeRow(params, first + row);
    }
  }
}

/** inputs[p] = origins[p] = mean of the subwords of p. The input of a frozen row, whose multiplier is 0, stays. */
function composeRow(params: usize, p: u32): void {
  const stride: usize = load<u32>(params, Param.stride);
  const starts = <usize>load<u32>(params, Param.subwordStarts) + (<usize>p << 2);
  const list: usize = load<u32>(params, Param.subwordList);
  const first = list + (<usize>load<u32>(starts) << 2), end = list + (<usize>load<u32>(starts, 4) << 2);
  const multipliers: usize = load<u32>(params, Param.multipliers);
  if (first == end) return;
  const row = <usize>load<u32>(params, Param.inputs) + <usize>p * stride;
  const subwords: usize = load<u32>(params, Param.subwords);
  if (DEBUG) assertRow(row, stride);
  if (!multipliers || load<f32>(multipliers + (<usize>p << 2)) != 0) {
    if (ASC_FEATURE_SIMD) meanOf<v128>(first, end, subwords, row, stride);
    else meanOf<f32>(first, end, subwords, row, stride);
  }
  copyRow(row, <usize>load<u32>(params, Param.origins) + <usize>p * stride, stride);
}

/** to = mean of the rows of `matrix` whose numbers stand from list to end, u32[…]. */
// @ts-ignore: decorator
@inline
function meanOf<T>(list: usize, end: usize, matrix: usize, to: usize, stride: usize): void {
  const scale = constant<T>(1 / <f32>((end - list) >> 2));
  const wide = stride & ~(4 * sizeof<T>() - 1);
  let d: usize = 0;
  for (; d < wide; d += 4 * sizeof<T>()) {
    let sum0 = constant<T>(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    for (let p = list; p < end; p += 4) {
      const row = matrix + <usize>load<u32>(p) * stride + d;
      sum0 = add<T>(sum0, load<T>(row)); sum1 = add<T>(sum1, load<T>(row, sizeof<T>()));
      sum2 = add<T>(sum2, load<T>(row, 2 * sizeof<T>())); sum3 = add<T>(sum3, load<T>(row, 3 * sizeof<T>()));
    }
    store<T>(to + d, mul<T>(scale, sum0)); store<T>(to + d, mul<T>(scale, sum1), sizeof<T>());
    store<T>(to + d, mul<T>(scale, sum2), 2 * sizeof<T>()); store<T>(to + d, mul<T>(scale, sum3), 3 * sizeof<T>());
  }
  for (; d < stride; d += sizeof<T>()) {
    let sum = constant<T>(0);
    for (let p = list; p < end; p += 4) sum = add<T>(sum, load<T>(matrix + <usize>load<u32>(p) * stride + d));
    store<T>(to + d, mul<T>(scale, sum));
  }
}

/** origins[p] = what row p has learnt, inputs[p] − origins[p], for the marked rows from ≤ p < to: spreadRows adds that up. */
export function learntRows(params: usize, from: u32, to: u32): void {
  const stride: usize = load<u32>(params, Param.stride);
  const inputs: usize = load<u32>(params, Param.inputs);
  const origins: usize = load<u32>(params, Param.origins);
  const marks: usize = load<u32>(params, Param.touchedMarks);
  for (let p = <usize>from; p < <usize>to; p++) {
    if (load<u8>(marks + p)) addScaled(origins + p * stride, -1, inputs + p * stride, 1, stride);
  }
}

/** subword r += scales[r] × Σ what the marked rows p that it is in have learnt, origins[p], for from ≤ r < to. */
export function spreadRows(params: usize, from: u32, to: u32): void {
  const stride: usize = load<u32>(params, Param.stride);
  const origins: usize = load<u32>(params, Param.origins);
  const starts: usize = load<u32>(params, Param.memberStarts);
  const list: usize = load<u32>(params, Param.memberList);
  const scales: usize = load<u32>(params, Param.subwordScales);
  const marks: usize = load<u32>(params, Param.touchedMarks);
  const touched: usize = load<u32>(params, Param.touched);
  const room = touched + (Touched.members << 2);
  let subword = <usize>load<u32>(params, Param.subwords) + <usize>from * stride;
  for (let r = <usize>from << 2, last = <usize>to << 2; r < last; r += 4, subword += stride) {
    const scale = load<f32>(scales + r);
    if (DEBUG) assertRow(subword, stride);
    let touchedEnd = touched;
    for (let p = list + (<usize>load<u32>(starts + r) << 2), end = list + (<usize>load<u32>(starts + r, 4) << 2); p < end; p += 4) {
      const member = load<u32>(p);
      // no branch: it could not be foreseen
      store<u32>(touchedEnd, member);
      touchedEnd += <usize>load<u8>(marks + member) << 2;
      if (touchedEnd < room) continue;
      addMembers(touched, touchedEnd, origins, scale, subword, stride);
      touchedEnd = touched;
    }
    if (touchedEnd > touched) addMembers(touched, touchedEnd, origins, scale, subword, stride);
  }
}

function addMembers(list: usize, end: usize, matrix: usize, scale: f32, to: usize, stride: usize): void {
  if (ASC_FEATURE_SIMD) addSum<v128>(list, end, matrix, scale, to, stride);
  else addSum<f32>(list, end, matrix, scale, to, stride);
}

/** to += scale × Σ of the rows of `matrix` whose numbers stand from list to end, u32[…]. */
// @ts-ignore: decorator
@inline
function addSum<T>(list: usize, end: usize, matrix: usize, scale: f32, to: usize, stride: usize): void {
  const wide = stride & ~(4 * sizeof<T>() - 1);
  let d: usize = 0;
  for (; d < wide; d += 4 * sizeof<T>()) {
    let sum0 = constant<T>(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    for (let p = list; p < end; p += 4) {
      const row = matrix + <usize>load<u32>(p) * stride + d;
      sum0 = add<T>(sum0, load<T>(row)); sum1 = add<T>(sum1, load<T>(row, sizeof<T>()));
      sum2 = add<T>(sum2, load<T>(row, 2 * sizeof<T>())); sum3 = add<T>(sum3, load<T>(row, 3 * sizeof<T>()));
    }
    const c = constant<T>(scale);
    store<T>(to + d, madd<T>(c, sum0, load<T>(to + d))); store<T>(to + d, madd<T>(c, sum1, load<T>(to + d, sizeof<T>())), sizeof<T>());
    store<T>(to + d, madd<T>(c, sum2, load<T>(to + d, 2 * sizeof<T>())), 2 * sizeof<T>()); store<T>(to + d, madd<T>(c, sum3, load<T>(to + d, 3 * sizeof<T>())), 3 * sizeof<T>());
  }
  for (; d < stride; d += sizeof<T>()) {
    let sum = constant<T>(0);
    for (let p = list; p < end; p += 4) sum = add<T>(sum, load<T>(matrix + <usize>load<u32>(p) * stride + d));
    store<T>(to + d, madd<T>(constant<T>(scale), sum, load<T>(to + d)));
  }
}

/** Composes each word of the batch, u32[length] at params.ids, and lists it in params.touched, once. */
export function composeBatch(params: usize, length: u32): void {
  const marks: usize = load<u32>(params, Param.touchedMarks);
  let touched: usize = load<u32>(params, Param.touched);
  let id: usize = load<u32>(params, Param.ids);
  for (const end = id + (<usize>length << 2); id < end; id += 4) {
    const word = load<u32>(id);
    if (word >= <u32>Mark.least) continue;
    if (DEBUG) assertBelow(word, load<u32>(params, Param.vocabularySize));
    if (load<u8>(marks + word)) continue;
    store<u8>(marks + word, 1);
    store<u32>(touched, word);
    touched += 4;
    composeRow(params, word);
  }
  store<u32>(params, <u32>touched, Param.touchedEnd);
}

/** subword r += scales[r] × (inputs[p] − origins[p]) for each subword r of each word p that composeBatch listed, in its order. */
export function spreadBatch(params: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const inputs: usize = load<u32>(params, Param.inputs);
  const origins: usize = load<u32>(params, Param.origins);
  const starts: usize = load<u32>(params, Param.subwordStarts);
  const list: usize = load<u32>(params, Param.subwordList);
  const subwords: usize = load<u32>(params, Param.subwords);
  const scales: usize = load<u32>(params, Param.subwordScales);
  const marks: usize = load<u32>(params, Param.touchedMarks);
  let touched: usize = load<u32>(params, Param.touched);
  for (const touchedEnd: usize = load<u32>(params, Param.touchedEnd); touched < touchedEnd; touched += 4) {
    const word = <usize>load<u32>(touched);
    store<u8>(marks + word, 0);
    const change = origins + word * stride;
    addScaled(change, -1, inputs + word * stride, 1, stride);
    const end = list + (<usize>load<u32>(starts + (word << 2), 4) << 2);
    for (let subword = list + (<usize>load<u32>(starts + (word << 2)) << 2); subword < end; subword += 4)
      addScaled(subwords + <usize>load<u32>(subword) * stride, 1, change, load<f32>(scales + (<usize>load<u32>(subword) << 2)), stride);
  }
}
