// The output layer: the rows that a prediction of a target meets, and what their scores answer.
// Negative sampling (Mikolov et al. 2013): the target with label 1 and K noise words with label 0; (4.1) of docs/math.md.
// Hierarchical softmax (Morin, Bengio 2005): the inner nodes on the target's path, label 1 − bit; (5.2).
// Softmax: all output rows; (3.4).

import { Loss, Param, TargetSet, Tile } from "./params";
import { drawNoise } from "./random";
import { respond } from "./sigmoid";
import { respondSoftmax } from "./softmax";
import { dots1x3, dots1x6, dots2x3, dots2x6 } from "./vector";

/** Writes the set of a target, see TargetSet. */
export function drawTargets(params: usize, target: u32, set: usize): void {
  const loss = load<u32>(params, Param.loss);
  if (loss == Loss.negativeSampling) drawNegatives(params, target, set);
  else if (loss == Loss.hierarchicalSoftmax) listPath(params, target, set);
  else listAll(params, target, set);
}

/**
 * The target and K noise words; the padding to whole tiles is the driver's.
 * A noise word equal to the target is skipped, not redrawn (as word2vec.c): the zero row takes its place.
 */
function drawNegatives(params: usize, target: u32, set: usize): void {
  const outputs: usize = load<u32>(params, Param.outputs);
  const stride: usize = load<u32>(params, Param.stride);
  const alias: usize = load<u32>(params, Param.alias);
  const cells = load<u32>(params, Param.noiseWords);
  const zeroRow = load<u32>(params, Param.zeroRow);
  const listed = 1 + load<u32>(params, Param.negatives);
  let real = listed;
  const ys = set + TargetSet.size;
  store<u32>(ys, <u32>(outputs + <usize>target * stride));
  for (let p = ys + 4, end = ys + (<usize>listed << 2); p < end; p += 4) {
    const id = drawNoise(params + Param.randomState, alias, cells);
    if (id == target) {
      store<u32>(p, zeroRow);
      real--;
    } else {
      store<u32>(p, <u32>(outputs + <usize>id * stride));
    }
  }
  describe(set, real, listed, ys, load<u32>(params, Param.labels));
}

/** The inner nodes from the root to the target; the word of a vocabulary of one has none, and gets a tile of padding. */
function listPath(params: usize, target: u32, set: usize): void {
  const outputs: usize = load<u32>(params, Param.outputs);
  const stride: usize = load<u32>(params, Param.stride);
  const starts = load<u32>(params, Param.pathStarts) + (<usize>target << 2);
  const path: usize = load<u32>(params, Param.paths);
  const real = load<u32>(starts, 4) - load<u32>(starts);
  const listed = max<u32>(real, 1);
  const slots = (listed + Tile.outputs - 1) / Tile.outputs * Tile.outputs;
  const ys = set + TargetSet.size;
  const labels = ys + (<usize>slots << 2);
  let from = path + (<usize>load<u32>(starts) << 2);
  for (let k: u32 = 0; k < slots; k++, from += 4) {
    let row = load<u32>(params, Param.zeroRow);
    let label: f32 = 0.5;
    if (k < real) {
      const entry = load<u32>(from);
      row = <u32>(outputs + <usize>(entry >> 1) * stride);
      label = (entry & 1) == 0 ? 1 : 0;
    }
    store<u32>(ys + (<usize>k << 2), row);
    const place = labels + (<usize>(k / Tile.outputs * Tile.labels + k % Tile.outputs) << 2);
    store<f32>(place, label);
    // the two slots that fill the second vector
    if (k % Tile.outputs == Tile.outputs - 1) store<u64>(place, 0x3f0000003f000000, 4);
  }
  describe(set, real, listed, ys, <u32>labels);
}

function listAll(params: usize, target: u32, set: usize): void {
  const rows = load<u32>(params, Param.outputRows);
  describe(set, rows, rows, load<u32>(params, Param.allRows), target);
}

// @ts-ignore: decorator
@inline
function describe(set: usize, real: u32, listed: u32, rows: usize, labels: u32): void {
  store<u32>(set, real, TargetSet.real);
  store<u32>(set, listed, TargetSet.listed);
  store<u32>(set, <u32>rows, TargetSet.rows);
  store<u32>(set, labels, TargetSet.labels);
}

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

/** Contexts answered at a time, an even number: more might overflow the product that holds their loss. */
const RESPOND: u32 = 512;

/** Scores n hidden rows xs against the rows of a set, leaves learning rate × ∂loss/∂z in the gradients and adds the loss. */
export function score(params: usize, xs: usize, n: u32, set: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const rate = load<f32>(params, Param.learningRate);
  const loss = load<u32>(params, Param.loss);
  const gradients: usize = load<u32>(params, Param.gradients);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  const tiles = tileCount(set);
  const pairsEnd = xs + ((<usize>n & ~1) << 2);
  let g = gradients;
  let ys: usize = load<u32>(set, TargetSet.rows);
  let labels: usize = load<u32>(set, TargetSet.labels);
  for (let t: u32 = 0; t < tiles; t++) {
    let z = g;
    let p = xs;
    if (isHalf(set, t)) {
      for (; p < pairsEnd; p += 8, z += 48) dots2x3(load<u32>(p), load<u32>(p, 4), ys, stride, z);
      if (n & 1) dots1x3(load<u32>(p), ys, stride, z);
    } else {
      for (; p < pairsEnd; p += 8, z += 48) dots2x6(load<u32>(p), load<u32>(p, 4), ys, stride, z);
      if (n & 1) dots1x6(load<u32>(p), ys, stride, z);
    }
    if (loss != Loss.softmax) {
      for (let b: u32 = 0; b < n; b += RESPOND) respond(g + <usize>b * 24, min(n - b, RESPOND), labels, rate, params + Param.lossLinear);
    }
    g += gradientStride;
    labels += Tile.labels << 2;
    ys += Tile.outputs << 2;
  }
  if (loss == Loss.softmax) {
    respondSoftmax(gradients, gradientStride, n, load<u32>(set, TargetSet.listed), load<u32>(set, TargetSet.labels), rate, params + Param.lossLinear);
    count(params, n, 0);
  } else {
    const slots = <i64>tiles * (<i64>n * Tile.outputs + (n & 1 ? 2 : 0));
    const rows = <i64>n * load<u32>(set, TargetSet.real);
    count(params, loss == Loss.negativeSampling ? rows : n, slots - rows);
  }
}

// @ts-ignore: decorator
@inline
function count(params: usize, predictions: i64, blanks: i64): void {
  store<i64>(params, load<i64>(params, Param.predictions) + predictions, Param.predictions);
  store<i64>(params, load<i64>(params, Param.blanks) + blanks, Param.blanks);
}
