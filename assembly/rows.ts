// Sums, copies and changes of rows, element by element: rows are f32, 16-byte aligned, `stride` bytes long, a multiple of 16.

import { assertRow, assertRows, DEBUG } from "./assertions";
import { add, constant, madd, mul, splat, sub } from "./lanes";

/** hidden = scale × Σ_b x_b. xs: u32[n], row pointers, n > 0. */
export function gatherSum(xs: usize, n: usize, scale: f32, hidden: usize, stride: usize): void {
  if (DEBUG) { assertRows(xs, n, stride); assertRow(hidden, stride); }
  if (ASC_FEATURE_SIMD) gatherSumOf<v128>(xs, n, scale, hidden, stride);
  else gatherSumOf<f32>(xs, n, scale, hidden, stride);
}

/** One slice of 1 or 4 (wide) vectors: several sums at a time save loading the pointers of the rows. */
// @ts-ignore: decorator
@inline
function gatherSumSlice<T>(xs: usize, end: usize, scale: T, hidden: usize, d: usize, wide: bool): void {
  let row = <usize>load<u32>(xs) + d;
  let sum0 = load<T>(row), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  if (wide) {
    sum1 = load<T>(row, sizeof<T>()); sum2 = load<T>(row, 2 * sizeof<T>()); sum3 = load<T>(row, 3 * sizeof<T>());
  }
  for (let p = xs + 4; p < end; p += 4) {
    row = <usize>load<u32>(p) + d;
    sum0 = add<T>(sum0, load<T>(row));
    if (wide) {
      sum1 = add<T>(sum1, load<T>(row, sizeof<T>())); sum2 = add<T>(sum2, load<T>(row, 2 * sizeof<T>())); sum3 = add<T>(sum3, load<T>(row, 3 * sizeof<T>()));
    }
  }
  store<T>(hidden + d, mul<T>(scale, sum0));
  if (wide) {
    store<T>(hidden + d, mul<T>(scale, sum1), sizeof<T>()); store<T>(hidden + d, mul<T>(scale, sum2), 2 * sizeof<T>()); store<T>(hidden + d, mul<T>(scale, sum3), 3 * sizeof<T>());
  }
}

// @ts-ignore: decorator
@inline
function gatherSumOf<T>(xs: usize, n: usize, scale: f32, hidden: usize, stride: usize): void {
  const end = xs + (n << 2);
  const wide = stride & ~(4 * sizeof<T>() - 1);
  let d: usize = 0;
  for (; d < wide; d += 4 * sizeof<T>()) gatherSumSlice<T>(xs, end, constant<T>(scale), hidden, d, true);
  for (; d < stride; d += sizeof<T>()) gatherSumSlice<T>(xs, end, constant<T>(scale), hidden, d, false);
}

/** x_b += scale × e for each row. xs: u32[n], row pointers. */
export function scatterAdd(xs: usize, n: usize, e: usize, scale: f32, stride: usize): void {
  if (DEBUG) { assertRows(xs, n, stride); assertRow(e, stride); }
  if (ASC_FEATURE_SIMD) scatterAddOf<v128>(xs, n, e, scale, stride);
  else scatterAddOf<f32>(xs, n, e, scale, stride);
}

// @ts-ignore: decorator
@inline
function scatterAddSlice<T>(xs: usize, end: usize, e: usize, scale: T, d: usize, wide: bool): void {
  const e0 = mul<T>(scale, load<T>(e + d));
  let e1 = e0, e2 = e0, e3 = e0;
  if (wide) {
    e1 = mul<T>(scale, load<T>(e + d, sizeof<T>())); e2 = mul<T>(scale, load<T>(e + d, 2 * sizeof<T>())); e3 = mul<T>(scale, load<T>(e + d, 3 * sizeof<T>()));
  }
  for (let p = xs; p < end; p += 4) {
    const row = <usize>load<u32>(p) + d;
    store<T>(row, add<T>(load<T>(row), e0));
    if (wide) {
      store<T>(row, add<T>(load<T>(row, sizeof<T>()), e1), sizeof<T>());
      store<T>(row, add<T>(load<T>(row, 2 * sizeof<T>()), e2), 2 * sizeof<T>());
      store<T>(row, add<T>(load<T>(row, 3 * sizeof<T>()), e3), 3 * sizeof<T>());
    }
  }
}

// @ts-ignore: decorator
@inline
function scatterAddOf<T>(xs: usize, n: usize, e: usize, scale: f32, stride: usize): void {
  const end = xs + (n << 2);
  const wide = stride & ~(4 * sizeof<T>() - 1);
  let d: usize = 0;
  for (; d < wide; d += 4 * sizeof<T>()) scatterAddSlice<T>(xs, end, e, constant<T>(scale), d, true);
  for (; d < stride; d += sizeof<T>()) scatterAddSlice<T>(xs, end, e, constant<T>(scale), d, false);
}

// @ts-ignore: decorator
@inline
function addRowsSlice<T>(xs: usize, end: usize, g: usize, step: usize, sum: usize, d: usize, wide: bool): void {
  let s0 = load<T>(sum + d), s1 = s0, s2 = s0, s3 = s0;
  if (wide) {
    s1 = load<T>(sum + d, sizeof<T>()); s2 = load<T>(sum + d, 2 * sizeof<T>()); s3 = load<T>(sum + d, 3 * sizeof<T>());
  }
  for (let p = xs; p < end; p += 4, g += step) {
    const row = <usize>load<u32>(p) + d;
    const w = splat<T>(g);
    s0 = madd<T>(w, load<T>(row), s0);
    if (wide) {
      s1 = madd<T>(w, load<T>(row, sizeof<T>()), s1); s2 = madd<T>(w, load<T>(row, 2 * sizeof<T>()), s2); s3 = madd<T>(w, load<T>(row, 3 * sizeof<T>()), s3);
    }
  }
  store<T>(sum + d, s0);
  if (wide) {
    store<T>(sum + d, s1, sizeof<T>()); store<T>(sum + d, s2, 2 * sizeof<T>()); store<T>(sum + d, s3, 3 * sizeof<T>());
  }
}

/** sum += Σ_i g_i x_i. xs: u32[n], row pointers; g: the first weight, the next `step` bytes on. */
export function addRows(xs: usize, n: usize, g: usize, step: usize, sum: usize, stride: usize): void {
  if (DEBUG) { assertRows(xs, n, stride); assertRow(sum, stride); }
  if (ASC_FEATURE_SIMD) addRowsOf<v128>(xs, n, g, step, sum, stride);
  else addRowsOf<f32>(xs, n, g, step, sum, stride);
}

// @ts-ignore: decorator
@inline
function addRowsOf<T>(xs: usize, n: usize, g: usize, step: usize, sum: usize, stride: usize): void {
  const end = xs + (n << 2);
  const wide = stride & ~(4 * sizeof<T>() - 1);
  let d: usize = 0;
  for (; d < wide; d += 4 * sizeof<T>()) addRowsSlice<T>(xs, end, g, step, sum, d, true);
  for (; d < stride; d += sizeof<T>()) addRowsSlice<T>(xs, end, g, step, sum, d, false);
}

// @ts-ignore: decorator
@inline
function addScaledOf<T>(row: usize, keep: f32, x: usize, scale: f32, stride: usize): void {
  for (const end = row + stride; row < end; row += sizeof<T>(), x += sizeof<T>()) {
    store<T>(row, add<T>(mul<T>(constant<T>(keep), load<T>(row)), mul<T>(constant<T>(scale), load<T>(x))));
  }
}

/** row = keep × row + scale × x */
export function addScaled(row: usize, keep: f32, x: usize, scale: f32, stride: usize): void {
  if (DEBUG) { assertRow(row, stride); assertRow(x, stride); }
  if (ASC_FEATURE_SIMD) addScaledOf<v128>(row, keep, x, scale, stride);
  else addScaledOf<f32>(row, keep, x, scale, stride);
}

/** to = row, 16 bytes at a time: memory.copy takes longer to begin than such a row to copy. */
export function copyRow(row: usize, to: usize, stride: usize): void {
  if (DEBUG) { assertRow(row, stride); assertRow(to, stride); }
  for (const end = row + stride; row < end; row += 16, to += 16) {
    store<u64>(to, load<u64>(row));
    store<u64>(to, load<u64>(row, 8), 8);
  }
}

/** Reads a byte of each cache line of a row. */
// @ts-ignore: decorator
@inline
export function prefetch(row: usize, stride: usize): void {
  for (const end = row + stride; row < end; row += 64) load<u8>(row);
}
