// What all output layers share: the rows that a prediction is scored against (TargetSet), their scores, and the gradients of scores
// that have labels. Each loss has a file: loss-negative.ts, loss-tree.ts, loss-softmax.ts; losses.ts chooses among them.

import { Param, TargetSet, Tile } from "./params";
import { prefetch } from "./rows";
import { scoresToGradients } from "./sigmoid";
import { dots1x3, dots1x6, dots2x3, dots2x6 } from "./vector";

/** Writes the head of a set. rows: u32[tiles × Tile.outputs]; labels: see TargetSet. */
// @ts-ignore: decorator
@inline
export function writeTargetSet(set: usize, valid: u32, listed: u32, rows: usize, labels: u32): void {
  store<u32>(set, valid, TargetSet.valid);
  store<u32>(set, listed, TargetSet.listed);
  store<u32>(set, <u32>rows, TargetSet.rows);
  store<u32>(set, labels, TargetSet.labels);
}

/** Tiles that the listed rows of a set fill. */
// @ts-ignore: decorator
@inline
export function tileCount(set: usize): u32 {
  return (load<u32>(set, TargetSet.listed) + Tile.outputs - 1) / Tile.outputs;
}

/** Whether tile t holds three rows at most: a path of 12.4 nodes, the mean of a large vocabulary, fills 13.4 places so, else 15. */
// @ts-ignore: decorator
@inline
export function isHalf(set: usize, t: u32): bool {
  return load<u32>(set, TargetSet.listed) <= t * Tile.outputs + Tile.outputs / 2;
}

/** Reads a byte of each cache line of the rows of a set, unless all predictions share its list, and read those rows anyway. */
export function prefetchTargets(params: usize, set: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  let ys: usize = load<u32>(set, TargetSet.rows);
  if (ys != set + TargetSet.size) return;
  for (const end = ys + (<usize>load<u32>(set, TargetSet.listed) << 2); ys < end; ys += 4) prefetch(load<u32>(ys), stride);
}

/** Scores n hidden rows xs, u32[n], against tile t of a set: z, f32[n][6]. */
// @ts-ignore: decorator
@inline
function scoreTile(xs: usize, n: u32, set: usize, t: u32, stride: usize, z: usize): void {
  const ys = <usize>load<u32>(set, TargetSet.rows) + <usize>t * (Tile.outputs << 2);
  const pairsEnd = xs + ((<usize>n & ~1) << 2);
  let p = xs;
  if (isHalf(set, t)) {
    for (; p < pairsEnd; p += 8, z += 48) dots2x3(load<u32>(p), load<u32>(p, 4), ys, stride, z);
    if (n & 1) dots1x3(load<u32>(p), ys, stride, z);
  } else {
    for (; p < pairsEnd; p += 8, z += 48) dots2x6(load<u32>(p), load<u32>(p, 4), ys, stride, z);
    if (n & 1) dots1x6(load<u32>(p), ys, stride, z);
  }
}

/** Scores n hidden rows xs, u32[n], against the rows of a set: z, f32[tiles][n][6], in the place of the gradients. */
export function scoreRows(params: usize, xs: usize, n: u32, set: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  let g: usize = load<u32>(params, Param.gradients);
  for (let t: u32 = 0, tiles = tileCount(set); t < tiles; t++, g += gradientStride) scoreTile(xs, n, set, t, stride, g);
}

/** Contexts whose scores become gradients at a time, an even number: more might overflow the product that holds their loss. */
const CONTEXTS_AT_ONCE: u32 = 512;

/**
 * Scores n hidden rows xs, u32[n], against a set with labels; leaves learning rate × ∂loss/∂z in the gradients, and adds the loss
 * and the padding slots. Tile by tile: the dot products of one may overlap the divisions of the one before.
 * predictions: how many the n hidden rows make.
 */
export function scoreLabels(params: usize, xs: usize, n: u32, set: usize, predictions: i64): void {
  const rate = load<f32>(params, Param.learningRate);
  const stride: usize = load<u32>(params, Param.stride);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  const tiles = tileCount(set);
  let g: usize = load<u32>(params, Param.gradients);
  let labels: usize = load<u32>(set, TargetSet.labels);
  for (let t: u32 = 0; t < tiles; t++) {
    scoreTile(xs, n, set, t, stride, g);
    for (let b: u32 = 0; b < n; b += CONTEXTS_AT_ONCE) scoresToGradients(g + <usize>b * 24, min(n - b, CONTEXTS_AT_ONCE), labels, rate, params + Param.lossLinear);
    g += gradientStride;
    labels += Tile.labels << 2;
  }
  const slots = <i64>tiles * (<i64>n * Tile.outputs + (n & 1 ? 2 : 0));
  count(params, predictions, slots - <i64>n * load<u32>(set, TargetSet.valid));
}

/** Adds to what training counts, see Param.predictions and Param.paddingSlots. */
// @ts-ignore: decorator
@inline
export function count(params: usize, predictions: i64, paddingSlots: i64): void {
  store<i64>(params, load<i64>(params, Param.predictions) + predictions, Param.predictions);
  store<i64>(params, load<i64>(params, Param.paddingSlots) + paddingSlots, Param.paddingSlots);
}
