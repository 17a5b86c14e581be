// Scores to gradients and loss for the softmax over all words (or classes):
//   loss = log Σ_k e^(z_k − max z) + max z − z_o, ∂loss/∂z_k = ŷ_k − y_k             (3.2) to (3.5) of docs/math.md
// Scores lie in tiles of six, `tileStride` bytes apart; a row of them is six floats of each tile. Padding of the last tile
// counts as −∞ and ends as 0. The logarithm is the driver's, as in sigmoid.ts: sums are multiplied up.

import { atLeast, constant, mul, sub } from "./lanes";
import { Tile } from "./params";
import { expMinusAbs } from "./sigmoid";

/**
 * Replaces the scores of n hidden rows against `classes` output rows, f32[tiles][n][6], by rate × (ŷ − y).
 * loss: { linear f64[2], products f64[4], exponents i64[2] }, of which the first of each is used.
 */
export function softmaxToGradients(z: usize, tileStride: usize, n: u32, classes: u32, target: u32, rate: f32, loss: usize): void {
  for (const end = z + <usize>n * 24; z < end; z += 24) softmaxRowToGradients(z, tileStride, classes, target, rate, loss);
}

/** One row of softmaxToGradients. */
export function softmaxRowToGradients(z: usize, tileStride: usize, classes: u32, target: u32, rate: f32, loss: usize): void {
  const place = z + <usize>(target / Tile.outputs) * tileStride + (<usize>(target % Tile.outputs) << 2);
  const score = load<f32>(place);
  const largest = maximum(z, tileStride, classes);
  const sum = softmaxRow(z, tileStride, classes, largest, rate);
  store<f32>(place, load<f32>(place) - rate);
  // sum − sum is 0, or NaN, which the product would lose
  store<f64>(loss, load<f64>(loss) + (<f64>largest - <f64>score) + (sum - sum));
  const bits = reinterpret<u64>(load<f64>(loss, 16) * sum);
  store<u64>(loss, (bits & 0x000fffffffffffff) | 0x3ff0000000000000, 16);
  store<i64>(loss, load<i64>(loss, 48) + <i64>(bits >> 52) - 1023, 48);
}

// @ts-ignore: decorator
@inline
function lastTile(z: usize, tileStride: usize, classes: u32): usize {
  return z + <usize>((classes - 1) / Tile.outputs) * tileStride;
}

function fillPadding(last: usize, classes: u32, value: f32): void {
  for (let p = last + (<usize>((classes - 1) % Tile.outputs + 1) << 2); p < last + 24; p += 4) store<f32>(p, value);
}

/** z becomes rate × ŷ, given its maximum; returns Σ e^(z − max z). */
export function softmaxRow(z: usize, tileStride: usize, classes: u32, largest: f32, rate: f32): f64 {
  const last = lastTile(z, tileStride, classes);
  fillPadding(last, classes, -Infinity);
  const sum = exponentials(z, last, tileStride, largest);
  scale(z, last, tileStride, rate / <f32>sum);
  fillPadding(last, classes, 0);
  return sum;
}

/** max z of a row. */
export function maximum(z: usize, tileStride: usize, classes: u32): f32 {
  const last = lastTile(z, tileStride, classes);
  fillPadding(last, classes, -Infinity);
  let largest: f32 = -Infinity;
  if (ASC_FEATURE_SIMD) {
    let lanes = f32x4.splat(-Infinity);
    for (; z <= last; z += tileStride) lanes = atLeast<v128>(atLeast<v128>(v128.load(z), lanes), v128.load64_splat(z, 16));
    largest = max(max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)), max(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)));
  } else {
    for (; z <= last; z += tileStride) for (let k: usize = 0; k < 24; k += 4) largest = max(largest, load<f32>(z + k));
  }
  return largest;
}

/** z_k becomes e^(z_k − largest); returns their sum, that of even places and that of odd ones added. */
function exponentials(z: usize, last: usize, tileStride: usize, largest: f32): f64 {
  if (ASC_FEATURE_SIMD) {
    let sum = f64x2.splat(0);
    const shift = constant<v128>(largest);
    for (; z <= last; z += tileStride) {
      const low = expMinusAbs<v128>(sub<v128>(v128.load(z), shift));
      const high = expMinusAbs<v128>(sub<v128>(v128.load64_splat(z, 16), shift));
      v128.store(z, low);
      v128.store64_lane(z, high, 0, 16);
      sum = f64x2.add(sum, f64x2.promote_low_f32x4(low));
      sum = f64x2.add(sum, f64x2.promote_low_f32x4(v128.shuffle<f64>(low, low, 1, 1)));
      sum = f64x2.add(sum, f64x2.promote_low_f32x4(high));
    }
    return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  }
  let even: f64 = 0;
  let odd: f64 = 0;
  for (; z <= last; z += tileStride) {
    for (let k: usize = 0; k < 24; k += 8) {
      const a = expMinusAbs<f32>(load<f32>(z + k) - largest);
      const b = expMinusAbs<f32>(load<f32>(z + k, 4) - largest);
      store<f32>(z + k, a);
      store<f32>(z + k, b, 4);
      even += <f64>a;
      odd += <f64>b;
    }
  }
  return even + odd;
}

function scale(z: usize, last: usize, tileStride: usize, factor: f32): void {
  if (ASC_FEATURE_SIMD) {
    const factors = constant<v128>(factor);
    for (; z <= last; z += tileStride) {
      v128.store(z, mul<v128>(v128.load(z), factors));
      v128.store64_lane(z, mul<v128>(v128.load64_splat(z, 16), factors), 0, 16);
    }
  } else {
    for (; z <= last; z += tileStride) for (let k: usize = 0; k < 24; k += 4) store<f32>(z + k, load<f32>(z + k) * factor);
  }
}
