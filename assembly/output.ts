// The output layer: negative sampling (Mikolov et al. 2013; docs/math.md). A prediction scores a hidden row against
// m output rows, the target with label 1 and K = negatives noise words with label 0.

import { Param, Tile } from "./params";
import { drawNoise } from "./random";
import { respond } from "./sigmoid";
import { dots1x6, dots2x6 } from "./vector";

/**
 * Writes the rows of the target and K noise words to ys: u32[1 + K]; the padding to whole tiles is the driver's.
 * A noise word equal to the target is skipped, not redrawn (as word2vec.c): the zero row takes its place.
 * Returns the number of rows that stand for a word.
 */
export function drawTargets(params: usize, target: u32, ys: usize): u32 {
  const outputs: usize = load<u32>(params, Param.outputs);
  const stride: usize = load<u32>(params, Param.stride);
  const alias: usize = load<u32>(params, Param.alias);
  const words = load<u32>(params, Param.vocabularySize);
  const zeroRow = load<u32>(params, Param.zeroRow);
  let real = 1 + load<u32>(params, Param.negatives);
  const end = ys + (<usize>real << 2);
  store<u32>(ys, <u32>(outputs + <usize>target * stride));
  for (let p = ys + 4; p < end; p += 4) {
    const id = drawNoise(params + Param.randomState, alias, words);
    if (id == target) {
      store<u32>(p, zeroRow);
      real--;
    } else {
      store<u32>(p, <u32>(outputs + <usize>id * stride));
    }
  }
  return real;
}

/** Contexts answered at a time, an even number: more might overflow the product that holds their loss. */
const RESPOND: u32 = 512;

/** Scores n hidden rows xs against all output rows ys, leaves learning rate × ∂loss/∂z in the gradients and adds the loss. */
export function score(params: usize, xs: usize, n: u32, ys: usize, real: u32): void {
  const stride: usize = load<u32>(params, Param.stride);
  const rate = load<f32>(params, Param.learningRate);
  const tiles = tileCount(params);
  const pairsEnd = xs + ((<usize>n & ~1) << 2);
  let g: usize = load<u32>(params, Param.gradients);
  let labels: usize = load<u32>(params, Param.labels);
  for (let t: u32 = 0; t < tiles; t++) {
    let z = g;
    let p = xs;
    for (; p < pairsEnd; p += 8, z += 48) dots2x6(load<u32>(p), load<u32>(p, 4), ys, stride, z);
    if (n & 1) dots1x6(load<u32>(p), ys, stride, z);
    for (let b: u32 = 0; b < n; b += RESPOND) respond(g + <usize>b * 24, min(n - b, RESPOND), labels, rate, params + Param.lossLinear);
    g += load<u32>(params, Param.gradientStride);
    labels += Tile.labels << 2;
    ys += Tile.outputs << 2;
  }
  const slots = <i64>tiles * (<i64>n * Tile.outputs + (n & 1 ? 2 : 0));
  const predictions = <i64>n * real;
  store<i64>(params, load<i64>(params, Param.predictions) + predictions, Param.predictions);
  store<i64>(params, load<i64>(params, Param.blanks) + slots - predictions, Param.blanks);
}

// @ts-ignore: decorator
@inline
export function tileCount(params: usize): u32 {
  return (load<u32>(params, Param.negatives) + Tile.outputs) / Tile.outputs;
}

/**
 * Makes the update safe where rows repeat: the gradients of a repeated row are summed in its first place
 * (repeated negatives accumulate), its other places get gradient 0 and the zero row. xs: u32[n], ys: u32[1 + K].
 */
export function mergeRepeats(params: usize, xs: usize, n: u32, ys: usize, real: u32): void {
  const m: u32 = 1 + load<u32>(params, Param.negatives);
  if (real == m && !hasRepeats(ys, m) && !hasRepeats(xs, n)) return;
  const zeroRow = load<u32>(params, Param.zeroRow);
  for (let k: u32 = 1; k < m; k++) {
    const row = load<u32>(ys + (<usize>k << 2));
    const first = row == zeroRow ? k : firstPlace(ys, k);
    if (first == k && row != zeroRow) continue;
    store<u32>(ys + (<usize>k << 2), zeroRow);
    for (let b: u32 = 0; b < n; b++) moveGradient(gradient(params, b, k), gradient(params, b, first), first != k);
  }
  for (let b: u32 = 1; b < n; b++) {
    const first = firstPlace(xs, b);
    if (first == b) continue;
    store<u32>(xs + (<usize>b << 2), zeroRow);
    for (let k: u32 = 0; k < m; k++) moveGradient(gradient(params, b, k), gradient(params, first, k), true);
  }
}

// @ts-ignore: decorator
@inline
function gradient(params: usize, b: u32, k: u32): usize {
  return <usize>(load<u32>(params, Param.gradients) + k / Tile.outputs * load<u32>(params, Param.gradientStride) + (b * Tile.outputs + k % Tile.outputs) * 4);
}

// @ts-ignore: decorator
@inline
function moveGradient(from: usize, to: usize, keep: bool): void {
  if (keep) store<f32>(to, load<f32>(to) + load<f32>(from));
  store<f32>(from, 0);
}

/** The first place in the list that holds what place i holds. */
// @ts-ignore: decorator
@inline
function firstPlace(list: usize, i: u32): u32 {
  const value = load<u32>(list + (<usize>i << 2));
  let j: u32 = 0;
  while (load<u32>(list + (<usize>j << 2)) != value) j++;
  return j;
}

function hasRepeats(list: usize, n: u32): bool {
  const end = list + (<usize>n << 2);
  for (let p = list; p < end; p += 4) {
    const value = load<u32>(p);
    for (let q = p + 4; q < end; q += 4) if (load<u32>(q) == value) return true;
  }
  return false;
}
