// A tile of pairs: each context row is scored against its own target and the five noise rows that all pairs of the tile share.
// The rules of vector.ts hold: rows are f32, 16-byte aligned, `stride` bytes long; scalar gives the bits of simd.

import { assertRow, assertRows, DEBUG } from "./assertions";
import { Pair } from "./params";
import { add, constant, madd, mul, nmadd, splat } from "./lanes";
import { dot, fold } from "./vector";

/** z[12] = x0·t0, x0·y1 … x0·y5, x1·t1, x1·y1 … x1·y5. p, q: two pairs; ys: u32[6], pointers, of which the first is not used. */
export function dotsPairs(p: usize, q: usize, ys: usize, stride: usize, z: usize): void {
  if (DEBUG) {
    for (let pair = p, last = q; pair <= last; pair += Pair.size) {
      assertRow(load<u32>(pair, Pair.context), stride);
      assertRow(load<u32>(pair, Pair.target), stride);
    }
    assertRows(ys + 4, 5, stride);
  }
  if (!ASC_FEATURE_SIMD) {
    dotsPair(p, ys, stride, z);
    dotsPair(q, ys, stride, z + 24);
    return;
  }
  let x0: usize = load<u32>(p, Pair.context), x1: usize = load<u32>(q, Pair.context);
  let t0: usize = load<u32>(p, Pair.target), t1: usize = load<u32>(q, Pair.target);
  let y1: usize = load<u32>(ys, 4), y2: usize = load<u32>(ys, 8), y3: usize = load<u32>(ys, 12);
  let y4: usize = load<u32>(ys, 16), y5: usize = load<u32>(ys, 20);
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0;
  let b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0;
  let u = a0, v = a0, y = a0;
  // two vectors at a time: nine pointers move on half as often
  for (const end = x0 + (stride & ~31); x0 < end; ) {
    u = v128.load(x0);
    v = v128.load(x1);
    a0 = madd<v128>(u, v128.load(t0), a0); b0 = madd<v128>(v, v128.load(t1), b0);
    y = v128.load(y1);
    a1 = madd<v128>(u, y, a1); b1 = madd<v128>(v, y, b1);
    y = v128.load(y2);
    a2 = madd<v128>(u, y, a2); b2 = madd<v128>(v, y, b2);
    y = v128.load(y3);
    a3 = madd<v128>(u, y, a3); b3 = madd<v128>(v, y, b3);
    y = v128.load(y4);
    a4 = madd<v128>(u, y, a4); b4 = madd<v128>(v, y, b4);
    y = v128.load(y5);
    a5 = madd<v128>(u, y, a5); b5 = madd<v128>(v, y, b5);
    u = v128.load(x0, 16);
    v = v128.load(x1, 16);
    a0 = madd<v128>(u, v128.load(t0, 16), a0); b0 = madd<v128>(v, v128.load(t1, 16), b0);
    y = v128.load(y1, 16);
    a1 = madd<v128>(u, y, a1); b1 = madd<v128>(v, y, b1);
    y = v128.load(y2, 16);
    a2 = madd<v128>(u, y, a2); b2 = madd<v128>(v, y, b2);
    y = v128.load(y3, 16);
    a3 = madd<v128>(u, y, a3); b3 = madd<v128>(v, y, b3);
    y = v128.load(y4, 16);
    a4 = madd<v128>(u, y, a4); b4 = madd<v128>(v, y, b4);
    y = v128.load(y5, 16);
    a5 = madd<v128>(u, y, a5); b5 = madd<v128>(v, y, b5);
    x0 += 32; x1 += 32; t0 += 32; t1 += 32; y1 += 32; y2 += 32; y3 += 32; y4 += 32; y5 += 32;
  }
  if (stride & 16) {
    u = v128.load(x0);
    v = v128.load(x1);
    a0 = madd<v128>(u, v128.load(t0), a0); b0 = madd<v128>(v, v128.load(t1), b0);
    y = v128.load(y1);
    a1 = madd<v128>(u, y, a1); b1 = madd<v128>(v, y, b1);
    y = v128.load(y2);
    a2 = madd<v128>(u, y, a2); b2 = madd<v128>(v, y, b2);
    y = v128.load(y3);
    a3 = madd<v128>(u, y, a3); b3 = madd<v128>(v, y, b3);
    y = v128.load(y4);
    a4 = madd<v128>(u, y, a4); b4 = madd<v128>(v, y, b4);
    y = v128.load(y5);
    a5 = madd<v128>(u, y, a5); b5 = madd<v128>(v, y, b5);
  }
  v128.store(z, fold(a0, a1, a2, a3));
  v128.store(z, fold(a4, a5, b0, b1), 16);
  v128.store(z, fold(b2, b3, b4, b5), 32);
}

/** z[6] of one pair, without vectors. */
function dotsPair(p: usize, ys: usize, stride: usize, z: usize): void {
  const x: usize = load<u32>(p, Pair.context);
  store<f32>(z, dot(x, load<u32>(p, Pair.target), stride));
  for (let k: usize = 4; k < 24; k += 4) store<f32>(z + k, dot(x, load<u32>(ys + k), stride));
}

/**
 * One slice of all rows. With the noise rows from before: t −= g₀ x, y_k −= g_k x, x −= rate (g₀ t + Σ g_k y_k), pair after pair, each
 * from the t and x that the pair before left. pairs: Pair[…] to end; g: f32[…][6].
 */
// @ts-ignore: decorator
@inline
function updateSlice<T>(pairs: usize, end: usize, ys: usize, g: usize, d: usize, scaled: bool): void {
  const y1 = <usize>load<u32>(ys, 4) + d, y2 = <usize>load<u32>(ys, 8) + d, y3 = <usize>load<u32>(ys, 12) + d;
  const y4 = <usize>load<u32>(ys, 16) + d, y5 = <usize>load<u32>(ys, 20) + d;
  const old1 = load<T>(y1), old2 = load<T>(y2), old3 = load<T>(y3), old4 = load<T>(y4), old5 = load<T>(y5);
  let new1 = old1, new2 = old2, new3 = old3, new4 = old4, new5 = old5;
  for (let p = pairs; p < end; p += Pair.size, g += 24) {
    const context = <usize>load<u32>(p, Pair.context) + d;
    const target = <usize>load<u32>(p, Pair.target) + d;
    const x = load<T>(context);
    const t = load<T>(target);
    let w = splat<T>(g, 0);
    let next = nmadd<T>(w, t, scaled ? constant<T>(0) : x);
    store<T>(target, nmadd<T>(w, x, t));
    w = splat<T>(g, 4);
    next = nmadd<T>(w, old1, next); new1 = nmadd<T>(w, x, new1);
    w = splat<T>(g, 8);
    next = nmadd<T>(w, old2, next); new2 = nmadd<T>(w, x, new2);
    w = splat<T>(g, 12);
    next = nmadd<T>(w, old3, next); new3 = nmadd<T>(w, x, new3);
    w = splat<T>(g, 16);
    next = nmadd<T>(w, old4, next); new4 = nmadd<T>(w, x, new4);
    w = splat<T>(g, 20);
    next = nmadd<T>(w, old5, next); new5 = nmadd<T>(w, x, new5);
    store<T>(context, scaled ? add<T>(x, mul<T>(splat<T>(p, Pair.multiplier), next)) : next);
  }
  store<T>(y1, new1); store<T>(y2, new2); store<T>(y3, new3); store<T>(y4, new4); store<T>(y5, new5);
}

/** The same slice against six more noise rows. */
// @ts-ignore: decorator
@inline
function updateMoreSlice<T>(pairs: usize, end: usize, ys: usize, g: usize, d: usize, scaled: bool): void {
  const y0 = <usize>load<u32>(ys) + d, y1 = <usize>load<u32>(ys, 4) + d, y2 = <usize>load<u32>(ys, 8) + d;
  const y3 = <usize>load<u32>(ys, 12) + d, y4 = <usize>load<u32>(ys, 16) + d, y5 = <usize>load<u32>(ys, 20) + d;
  const old0 = load<T>(y0), old1 = load<T>(y1), old2 = load<T>(y2), old3 = load<T>(y3), old4 = load<T>(y4), old5 = load<T>(y5);
  let new0 = old0, new1 = old1, new2 = old2, new3 = old3, new4 = old4, new5 = old5;
  for (let p = pairs; p < end; p += Pair.size, g += 24) {
    const context = <usize>load<u32>(p, Pair.context) + d;
    const x = load<T>(context);
    let w = splat<T>(g, 0);
    let next = nmadd<T>(w, old0, scaled ? constant<T>(0) : x); new0 = nmadd<T>(w, x, new0);
    w = splat<T>(g, 4);
    next = nmadd<T>(w, old1, next); new1 = nmadd<T>(w, x, new1);
    w = splat<T>(g, 8);
    next = nmadd<T>(w, old2, next); new2 = nmadd<T>(w, x, new2);
    w = splat<T>(g, 12);
    next = nmadd<T>(w, old3, next); new3 = nmadd<T>(w, x, new3);
    w = splat<T>(g, 16);
    next = nmadd<T>(w, old4, next); new4 = nmadd<T>(w, x, new4);
    w = splat<T>(g, 20);
    next = nmadd<T>(w, old5, next); new5 = nmadd<T>(w, x, new5);
    store<T>(context, scaled ? add<T>(x, mul<T>(splat<T>(p, Pair.multiplier), next)) : next);
  }
  store<T>(y0, new0); store<T>(y1, new1); store<T>(y2, new2); store<T>(y3, new3); store<T>(y4, new4); store<T>(y5, new5);
}

// @ts-ignore: decorator
@inline
function updateOf<T>(pairs: usize, end: usize, ys: usize, g: usize, stride: usize, scaled: bool, more: bool): void {
  for (let d: usize = 0; d < stride; d += sizeof<T>()) {
    if (more) updateMoreSlice<T>(pairs, end, ys, g, d, scaled);
    else updateSlice<T>(pairs, end, ys, g, d, scaled);
  }
}

/**
 * The update of the pairs against their targets and the first five noise rows. No noise row may be a target of these pairs, and
 * none may stand twice with a gradient other than 0. scaled: each context row moves by its multiplier, see Pair.multiplier
 */
export function updatePairs(pairs: usize, end: usize, ys: usize, g: usize, stride: usize, scaled: bool): void {
  if (ASC_FEATURE_SIMD) {
    if (scaled) updateOf<v128>(pairs, end, ys, g, stride, true, false);
    else updateOf<v128>(pairs, end, ys, g, stride, false, false);
  } else {
    if (scaled) updateOf<f32>(pairs, end, ys, g, stride, true, false);
    else updateOf<f32>(pairs, end, ys, g, stride, false, false);
  }
}

/** The update of the context rows against six more noise rows. */
export function updateMore(pairs: usize, end: usize, ys: usize, g: usize, stride: usize, scaled: bool): void {
  if (ASC_FEATURE_SIMD) {
    if (scaled) updateOf<v128>(pairs, end, ys, g, stride, true, true);
    else updateOf<v128>(pairs, end, ys, g, stride, false, true);
  } else {
    if (scaled) updateOf<f32>(pairs, end, ys, g, stride, true, true);
    else updateOf<f32>(pairs, end, ys, g, stride, false, true);
  }
}
