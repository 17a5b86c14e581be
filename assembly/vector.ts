// Dot products and updates of rows: x, y, e are f32 rows, 16-byte aligned, `stride` bytes long, a multiple of 16;
// their padding is zero and stays zero, since every operation here maps zeros to zeros.
// The scalar binary gives the bits of the SIMD one: a dot product without vectors keeps the four partial sums
// of a vector and folds them in its order. The relaxed binary rounds once in a·b + c, and so differs.

import { assertRow, assertRows, DEBUG } from "./assertions";
import { madd, nmadd, splat } from "./lanes";

/** Lane i is the sum of vi: (vi[0] + vi[2]) + (vi[1] + vi[3]). */
// @ts-ignore: decorator
@inline
export function fold(v0: v128, v1: v128, v2: v128, v3: v128): v128 {
  const low = f32x4.add(v128.shuffle<f32>(v0, v1, 0, 4, 1, 5), v128.shuffle<f32>(v0, v1, 2, 6, 3, 7));
  const high = f32x4.add(v128.shuffle<f32>(v2, v3, 0, 4, 1, 5), v128.shuffle<f32>(v2, v3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(low, high, 0, 1, 4, 5), v128.shuffle<f32>(low, high, 2, 3, 6, 7));
}

/** Σ x·y without vectors, in the order of fold. */
export function dot(x: usize, y: usize, stride: usize): f32 {
  let a: f32 = 0, b: f32 = 0, c: f32 = 0, d: f32 = 0;
  for (const end = x + stride; x < end; x += 16, y += 16) {
    a += load<f32>(x) * load<f32>(y);
    b += load<f32>(x, 4) * load<f32>(y, 4);
    c += load<f32>(x, 8) * load<f32>(y, 8);
    d += load<f32>(x, 12) * load<f32>(y, 12);
  }
  return a + c + (b + d);
}

/** z[6] = x·y0 …, of `count` rows, then zeros. */
function dots6(x: usize, ys: usize, count: usize, stride: usize, z: usize): void {
  for (let k: usize = 0; k < 6; k++) store<f32>(z + (k << 2), k < count ? dot(x, load<u32>(ys + (k << 2)), stride) : 0);
}

// @ts-ignore: decorator
@inline
function dots2(x0: usize, x1: usize, ys: usize, stride: usize, z: usize, half: bool): void {
  if (DEBUG) { assertRow(x0, stride); assertRow(x1, stride); assertRows(ys, half ? 3 : 6, stride); }
  if (!ASC_FEATURE_SIMD) {
    dots6(x0, ys, half ? 3 : 6, stride, z);
    dots6(x1, ys, half ? 3 : 6, stride, z + 24);
    return;
  }
  let y0: usize = load<u32>(ys);
  let y1: usize = load<u32>(ys, 4);
  let y2: usize = load<u32>(ys, 8);
  let y3 = y0, y4 = y0, y5 = y0;
  if (!half) {
    y3 = load<u32>(ys, 12);
    y4 = load<u32>(ys, 16);
    y5 = load<u32>(ys, 20);
  }
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0;
  let b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0;
  for (const end = x0 + stride; x0 < end; ) {
    const u = v128.load(x0);
    const v = v128.load(x1);
    let y = v128.load(y0);
    a0 = madd<v128>(u, y, a0); b0 = madd<v128>(v, y, b0);
    y = v128.load(y1);
    a1 = madd<v128>(u, y, a1); b1 = madd<v128>(v, y, b1);
    y = v128.load(y2);
    a2 = madd<v128>(u, y, a2); b2 = madd<v128>(v, y, b2);
    if (!half) {
      y = v128.load(y3);
      a3 = madd<v128>(u, y, a3); b3 = madd<v128>(v, y, b3);
      y = v128.load(y4);
      a4 = madd<v128>(u, y, a4); b4 = madd<v128>(v, y, b4);
      y = v128.load(y5);
      a5 = madd<v128>(u, y, a5); b5 = madd<v128>(v, y, b5);
      y3 += 16; y4 += 16; y5 += 16;
    }
    x0 += 16; x1 += 16; y0 += 16; y1 += 16; y2 += 16;
  }
  v128.store(z, fold(a0, a1, a2, a3));
  v128.store(z, fold(a4, a5, b0, b1), 16);
  v128.store(z, fold(b2, b3, b4, b5), 32);
}

/** z[12] = x0·y0 … x0·y5, x1·y0 … x1·y5. ys: u32[6], pointers of the six rows. */
export function dots2x6(x0: usize, x1: usize, ys: usize, stride: usize, z: usize): void {
  dots2(x0, x1, ys, stride, z, false);
}

/** The same for three rows: z[12] = x0·y0, x0·y1, x0·y2, 0, 0, 0, x1·y0, x1·y1, x1·y2, 0, 0, 0. */
export function dots2x3(x0: usize, x1: usize, ys: usize, stride: usize, z: usize): void {
  dots2(x0, x1, ys, stride, z, true);
}

// @ts-ignore: decorator
@inline
function dots1(x: usize, ys: usize, stride: usize, z: usize, half: bool): void {
  if (DEBUG) { assertRow(x, stride); assertRows(ys, half ? 3 : 6, stride); }
  if (!ASC_FEATURE_SIMD) {
    dots6(x, ys, half ? 3 : 6, stride, z);
    store<u64>(z, 0, 24);
    return;
  }
  let y0: usize = load<u32>(ys);
  let y1: usize = load<u32>(ys, 4);
  let y2: usize = load<u32>(ys, 8);
  let y3 = y0, y4 = y0, y5 = y0;
  if (!half) {
    y3 = load<u32>(ys, 12);
    y4 = load<u32>(ys, 16);
    y5 = load<u32>(ys, 20);
  }
  const zero = f32x4.splat(0);
  let a0 = zero, a1 = zero, a2 = zero, a3 = zero, a4 = zero, a5 = zero;
  for (const end = x + stride; x < end; ) {
    const u = v128.load(x);
    a0 = madd<v128>(u, v128.load(y0), a0);
    a1 = madd<v128>(u, v128.load(y1), a1);
    a2 = madd<v128>(u, v128.load(y2), a2);
    if (!half) {
      a3 = madd<v128>(u, v128.load(y3), a3);
      a4 = madd<v128>(u, v128.load(y4), a4);
      a5 = madd<v128>(u, v128.load(y5), a5);
      y3 += 16; y4 += 16; y5 += 16;
    }
    x += 16; y0 += 16; y1 += 16; y2 += 16;
  }
  v128.store(z, fold(a0, a1, a2, a3));
  v128.store(z, fold(a4, a5, zero, zero), 16);
}

/** z[8] = x·y0 … x·y5, 0, 0. ys: u32[6], pointers of the six rows. */
export function dots1x6(x: usize, ys: usize, stride: usize, z: usize): void {
  dots1(x, ys, stride, z, false);
}

/** The same for three rows: z[8] = x·y0, x·y1, x·y2, then zeros. */
export function dots1x3(x: usize, ys: usize, stride: usize, z: usize): void {
  dots1(x, ys, stride, z, true);
}

/**
 * One slice of the rows, of one vector or (wide) two, against three outputs: with the values from before,
 * y_k −= Σ_b g[b][k] x_b for k < 3, and x_b − Σ_k g[b][k] y_k goes on from, and back to, the row or `partial`.
 * Two vectors share the loads of gradients and pointers: relaxed, which is bound by them, gains 10% at dim 300.
 * xs: u32[n], ys: u32[3] row pointers; g: f32[n][6]; partial: T[n][2]; d: byte offset of the slice.
 */
// @ts-ignore: decorator
@inline
function sweep<T>(xs: usize, n: usize, ys: usize, g: usize, partial: usize, d: usize, first: bool, last: bool, wide: bool): void {
  const y0 = <usize>load<u32>(ys) + d;
  const y1 = <usize>load<u32>(ys, 4) + d;
  const y2 = <usize>load<u32>(ys, 8) + d;
  const old0 = load<T>(y0), old1 = load<T>(y1), old2 = load<T>(y2);
  let new0 = old0, new1 = old1, new2 = old2;
  let wideOld0 = old0, wideOld1 = old1, wideOld2 = old2;
  if (wide) {
    wideOld0 = load<T>(y0, sizeof<T>()); wideOld1 = load<T>(y1, sizeof<T>()); wideOld2 = load<T>(y2, sizeof<T>());
  }
  let wideNew0 = wideOld0, wideNew1 = wideOld1, wideNew2 = wideOld2;
  for (const end = xs + (n << 2); xs < end; xs += 4, g += 24, partial += 2 * sizeof<T>()) {
    const row = <usize>load<u32>(xs) + d;
    const x = load<T>(row);
    let next = first ? x : load<T>(partial);
    let wideX = x, wideNext = next;
    if (wide) {
      wideX = load<T>(row, sizeof<T>());
      wideNext = first ? wideX : load<T>(partial, sizeof<T>());
    }
    let w = splat<T>(g, 0);
    next = nmadd<T>(w, old0, next); new0 = nmadd<T>(w, x, new0);
    if (wide) { wideNext = nmadd<T>(w, wideOld0, wideNext); wideNew0 = nmadd<T>(w, wideX, wideNew0); }
    w = splat<T>(g, 4);
    next = nmadd<T>(w, old1, next); new1 = nmadd<T>(w, x, new1);
    if (wide) { wideNext = nmadd<T>(w, wideOld1, wideNext); wideNew1 = nmadd<T>(w, wideX, wideNew1); }
    w = splat<T>(g, 8);
    next = nmadd<T>(w, old2, next); new2 = nmadd<T>(w, x, new2);
    if (wide) { wideNext = nmadd<T>(w, wideOld2, wideNext); wideNew2 = nmadd<T>(w, wideX, wideNew2); }
    const to = last ? row : partial;
    store<T>(to, next);
    if (wide) store<T>(to, wideNext, sizeof<T>());
  }
  store<T>(y0, new0); store<T>(y1, new1); store<T>(y2, new2);
  if (wide) {
    store<T>(y0, wideNew0, sizeof<T>()); store<T>(y1, wideNew1, sizeof<T>()); store<T>(y2, wideNew2, sizeof<T>());
  }
}

/** A slice of the rows against all m outputs. */
// @ts-ignore: decorator
@inline
function updateSlice<T>(xs: usize, n: usize, ys: usize, m: usize, g: usize, gradientStride: usize, partial: usize, d: usize, wide: bool): void {
  const last = m - 3;
  sweep<T>(xs, n, ys, g, partial, d, true, false, wide);
  for (let k: usize = 3; k < last; k += 3) sweep<T>(xs, n, ys + (k << 2), g + k / 6 * gradientStride + k % 6 * 4, partial, d, false, false, wide);
  sweep<T>(xs, n, ys + (last << 2), g + last / 6 * gradientStride + last % 6 * 4, partial, d, false, true, wide);
}

// @ts-ignore: decorator
@inline
function updateRowsOf<T>(xs: usize, n: usize, ys: usize, m: usize, g: usize, gradientStride: usize, partial: usize, stride: usize): void {
  // one float at a time the scalar kernel would gain nothing
  const wide: usize = ASC_FEATURE_SIMD ? stride & ~(2 * sizeof<T>() - 1) : 0;
  let d: usize = 0;
  for (; d < wide; d += 2 * sizeof<T>()) updateSlice<T>(xs, n, ys, m, g, gradientStride, partial, d, true);
  for (; d < stride; d += sizeof<T>()) updateSlice<T>(xs, n, ys, m, g, gradientStride, partial, d, false);
}

/**
 * The update of n rows against m outputs, both sides from the values before:
 * x_b −= Σ_k g[b][k] y_k; y_k −= Σ_b g[b][k] x_b. (6.7) of docs/math.md.
 * No two xs and no two ys with a gradient other than 0 may be the same row. m: a multiple of 3, at least 6.
 */
export function updateRows(xs: usize, n: usize, ys: usize, m: usize, g: usize, gradientStride: usize, partial: usize, stride: usize): void {
  if (DEBUG) { assertRows(xs, n, stride); assertRows(ys, m, stride); }
  if (ASC_FEATURE_SIMD) updateRowsOf<v128>(xs, n, ys, m, g, gradientStride, partial, stride);
  else updateRowsOf<f32>(xs, n, ys, m, g, gradientStride, partial, stride);
}

// @ts-ignore: decorator
@inline
function updateRowOf<T>(x: usize, e: usize, ys: usize, g: usize, stride: usize, half: bool): void {
  if (DEBUG) { assertRow(x, stride); assertRow(e, stride); assertRows(ys, half ? 3 : 6, stride); }
  let y0: usize = load<u32>(ys);
  let y1: usize = load<u32>(ys, 4);
  let y2: usize = load<u32>(ys, 8);
  let y3 = y0, y4 = y0, y5 = y0;
  const g0 = splat<T>(g, 0), g1 = splat<T>(g, 4), g2 = splat<T>(g, 8);
  let g3 = g0, g4 = g0, g5 = g0;
  if (!half) {
    y3 = load<u32>(ys, 12);
    y4 = load<u32>(ys, 16);
    y5 = load<u32>(ys, 20);
    g3 = splat<T>(g, 12); g4 = splat<T>(g, 16); g5 = splat<T>(g, 20);
  }
  for (const end = x + stride; x < end; ) {
    const u = load<T>(x);
    let sum = load<T>(e);
    let y = load<T>(y0);
    sum = nmadd<T>(g0, y, sum); store<T>(y0, nmadd<T>(g0, u, y));
    y = load<T>(y1);
    sum = nmadd<T>(g1, y, sum); store<T>(y1, nmadd<T>(g1, u, y));
    y = load<T>(y2);
    sum = nmadd<T>(g2, y, sum); store<T>(y2, nmadd<T>(g2, u, y));
    if (!half) {
      y = load<T>(y3);
      sum = nmadd<T>(g3, y, sum); store<T>(y3, nmadd<T>(g3, u, y));
      y = load<T>(y4);
      sum = nmadd<T>(g4, y, sum); store<T>(y4, nmadd<T>(g4, u, y));
      y = load<T>(y5);
      sum = nmadd<T>(g5, y, sum); store<T>(y5, nmadd<T>(g5, u, y));
      y3 += sizeof<T>(); y4 += sizeof<T>(); y5 += sizeof<T>();
    }
    store<T>(e, sum);
    x += sizeof<T>(); e += sizeof<T>();
    y0 += sizeof<T>(); y1 += sizeof<T>(); y2 += sizeof<T>();
  }
}

/** One row against a tile of six outputs: e −= Σ_k g[k] y_k; y_k −= g[k] x. e may be x itself, if there is one tile. */
export function updateRow6(x: usize, e: usize, ys: usize, g: usize, stride: usize): void {
  if (ASC_FEATURE_SIMD) updateRowOf<v128>(x, e, ys, g, stride, false);
  else updateRowOf<f32>(x, e, ys, g, stride, false);
}

/** The same against three. */
export function updateRow3(x: usize, e: usize, ys: usize, g: usize, stride: usize): void {
  if (ASC_FEATURE_SIMD) updateRowOf<v128>(x, e, ys, g, stride, true);
  else updateRowOf<f32>(x, e, ys, g, stride, true);
}
