// Scores to gradients and loss, for the logistic loss of a prediction z with label y in {0, 1}:
//   loss = −log σ(z) for y = 1, −log σ(−z) for y = 0 = max((1 − 2y) z, 0) + log(1 + e^−|z|)
//   ∂loss/∂z = σ(z) − y                                                     (2.4), (2.5) of docs/math.md
// σ(z) is exact to float32 (word2vec.c's table is up to 0.009 off). The loss costs no logarithm: the factors
// 1 + e^−|z| are multiplied up in f64, their powers of two counted apart, and the driver takes one logarithm
// a batch. A slot without a prediction has z = 0 and label ½: gradient 0, loss ln 2, subtracted as a padding slot.

import { add, atLeast, constant, div, minusAbs, mul, sub, toExponent, whereNotNegative } from "./lanes";

/** e^−|z|, relative error below 2e-7; |z| is cut at 87, before e^−|z| leaves the normal range. */
// @ts-ignore: decorator
@inline
export function expMinusAbs<T>(z: T): T {
  // e^a = 2^n e^r with n = round(a / ln 2), |r| ≤ ln 2 / 2, ln 2 in two parts so that r is exact (Cody, Waite 1980).
  // Adding 1.5 × 2^23 + 127 rounds a / ln 2 to n and leaves n + 127 in the low bits: the exponent of 2^n.
  const a = atLeast<T>(minusAbs<T>(z), constant<T>(-87));
  const shifted = add<T>(mul<T>(a, constant<T>(1.44269504)), constant<T>(12583039));
  const n = sub<T>(shifted, constant<T>(12583039));
  const r = sub<T>(sub<T>(a, mul<T>(n, constant<T>(0.693359375))), mul<T>(n, constant<T>(-2.12194440e-4)));
  // The Taylor series of e^r to r^7 / 7!: the next term is below 6e-9.
  let p = constant<T>(1.0 / 5040);
  p = add<T>(mul<T>(p, r), constant<T>(1.0 / 720));
  p = add<T>(mul<T>(p, r), constant<T>(1.0 / 120));
  p = add<T>(mul<T>(p, r), constant<T>(1.0 / 24));
  p = add<T>(mul<T>(p, r), constant<T>(1.0 / 6));
  p = add<T>(mul<T>(p, r), constant<T>(0.5));
  p = add<T>(mul<T>(p, r), constant<T>(1));
  p = add<T>(mul<T>(p, r), constant<T>(1));
  return mul<T>(p, toExponent<T>(shifted));
}

/** σ(z), exact to float32. */
// @ts-ignore: decorator
@inline
export function sigmoid<T>(z: T): T {
  const e = expMinusAbs<T>(z);
  const one = constant<T>(1);
  return div<T>(whereNotNegative<T>(z, one, e), add<T>(one, e));
}

/** Replaces the scores at z by rate × (σ(z) − label); returns 1 + e^−|z|. */
// @ts-ignore: decorator
@inline
function scoreToGradient<T>(z: usize, label: T, rate: f32): T {
  const score = load<T>(z);
  const e = expMinusAbs<T>(score);
  const one = constant<T>(1);
  const factor = add<T>(one, e);
  const sigmoid = div<T>(whereNotNegative<T>(score, one, e), factor);
  store<T>(z, mul<T>(constant<T>(rate), sub<T>(sigmoid, label)));
  return factor;
}

/** max((1 − 2 label) z, 0), the part of the loss that is not in the factor. */
// @ts-ignore: decorator
@inline
function hingeTerm<T>(z: usize, label: T): T {
  const score = load<T>(z);
  return atLeast<T>(sub<T>(score, mul<T>(add<T>(label, label), score)), constant<T>(0));
}

/**
 * Scores of n contexts against a tile of six outputs, f32[n][6], to gradients, in place; adds their loss.
 * labels: f32[8], six labels and ½, ½. An odd last context reads and writes two slots more, which must hold 0.
 * loss: { linear f64[2], products f64[4], exponents i64[2] }; products grow by at most 2^(3n/2): n ≤ 512.
 * One loop, so that the constants of e^−|z| stay in registers or on the stack: V8 makes each anew in straight code.
 */
export function scoresToGradients(z: usize, n: usize, labels: usize, rate: f32, loss: usize): void {
  if (ASC_FEATURE_SIMD) scoresToGradientsSimd(z, n, labels, rate, loss);
  else scoresToGradientsScalar(z, n, labels, rate, loss);
}

// @ts-ignore: decorator
@inline
function scoresToGradientsSimd(z: usize, n: usize, labels: usize, rate: f32, loss: usize): void {
  // two contexts are three vectors: labels 0 1 2 3 | 4 5 0 1 | 2 3 4 5
  const first = v128.load(labels);
  const middle = v128.shuffle<f64>(v128.load(labels, 16), first, 0, 2);
  const last = v128.load(labels + 8);
  let low = v128.load(loss, 16);
  let high = v128.load(loss, 32);
  let linear = f32x4.splat(0);
  const end = z + n * 24;
  for (; z + 24 < end; z += 48) {
    linear = f32x4.add(linear, f32x4.add(f32x4.add(hingeTerm<v128>(z, first), hingeTerm<v128>(z + 16, middle)), hingeTerm<v128>(z + 32, last)));
    const factor = f32x4.mul(f32x4.mul(scoreToGradient<v128>(z, first, rate), scoreToGradient<v128>(z + 16, middle, rate)), scoreToGradient<v128>(z + 32, last, rate));
    low = f64x2.mul(low, f64x2.promote_low_f32x4(factor));
    high = f64x2.mul(high, f64x2.promote_low_f32x4(v128.shuffle<f64>(factor, factor, 1, 1)));
  }
  if (z < end) {
    const rest = v128.load(labels, 16);
    linear = f32x4.add(linear, f32x4.add(hingeTerm<v128>(z, first), hingeTerm<v128>(z + 16, rest)));
    const factor = f32x4.mul(scoreToGradient<v128>(z, first, rate), scoreToGradient<v128>(z + 16, rest, rate));
    low = f64x2.mul(low, f64x2.promote_low_f32x4(factor));
    high = f64x2.mul(high, f64x2.promote_low_f32x4(v128.shuffle<f64>(factor, factor, 1, 1)));
  }
  const mantissa = i64x2.splat(0x000fffffffffffff);
  v128.store(loss, v128.or(v128.and(low, mantissa), f64x2.splat(1)), 16);
  v128.store(loss, v128.or(v128.and(high, mantissa), f64x2.splat(1)), 32);
  const exponents = i64x2.add(i64x2.shr_u(low, 52), i64x2.shr_u(high, 52));
  v128.store(loss, i64x2.add(v128.load(loss, 48), i64x2.sub(exponents, i64x2.splat(2046))), 48);
  const sum = f64x2.add(f64x2.promote_low_f32x4(linear), f64x2.promote_low_f32x4(v128.shuffle<f64>(linear, linear, 1, 1)));
  v128.store(loss, f64x2.add(v128.load(loss), sum));
}

/** Lane i of the vectors has the scores i, i + 4, … */
// @ts-ignore: decorator
@inline
function scoresToGradientsScalar(z: usize, n: usize, labels: usize, rate: f32, loss: usize): void {
  const count = n * 6 + ((n & 1) << 1);
  for (let lane: usize = 0; lane < 4; lane++) {
    let factor: f64 = load<f64>(loss + (lane << 3), 16);
    let linear: f64 = 0;
    for (let i = lane; i < count; i += 4) {
      const label = load<f32>(labels + ((i < n * 6 ? i % 6 : 6) << 2));
      linear += hingeTerm<f32>(z + (i << 2), label);
      factor *= scoreToGradient<f32>(z + (i << 2), label, rate);
    }
    const bits = reinterpret<u64>(factor);
    store<u64>(loss + (lane << 3), (bits & 0x000fffffffffffff) | 0x3ff0000000000000, 16);
    store<i64>(loss, load<i64>(loss, 48) + <i64>(bits >> 52) - 1023, 48);
    store<f64>(loss, load<f64>(loss) + linear);
  }
}
