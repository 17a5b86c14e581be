// Dot products, norms and a check for finite numbers, for queries and checks.

import { assertFits, assertRow, DEBUG } from "./assertions";
import { add, constant, mul } from "./lanes";
import { dots1x6, dots2x6 } from "./vector";

/**
 * out[q][r] = query q · row r. queries, rows: f32 rows, stride bytes apart;
 * scratch: 128 bytes; out: f32[count][outStride], outStride a multiple of 6, at least rowCount.
 */
export function scores(queries: usize, count: u32, rows: usize, rowCount: u32, stride: usize, scratch: usize, out: usize, outStride: u32): void {
  if (DEBUG) assertFits(rowCount, outStride / 6 * 6);
  const z = scratch + 32;
  const last = rowCount - 1;
  const pairs = count & ~1;
  for (let r: u32 = 0; r < rowCount; r += 6) {
    // the last tile repeats the last row
    for (let k: u32 = 0; k < 6; k++) store<u32>(scratch + (<usize>k << 2), <u32>(rows + <usize>min(r + k, last) * stride));
    let x = queries;
    let place = out + (<usize>r << 2);
    for (let q: u32 = 0; q < pairs; q += 2, x += 2 * stride, place += <usize>outStride << 3) {
      dots2x6(x, x + stride, scratch, stride, z);
      copySix(z, place);
      copySix(z + 24, place + (<usize>outStride << 2));
    }
    if (count & 1) {
      dots1x6(x, scratch, stride, z);
      copySix(z, place);
    }
  }
}

// @ts-ignore: decorator
@inline
function copySix(from: usize, to: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
}

/** out[r] = |row r|. out: f32[rowCount]. */
export function norms(rows: usize, rowCount: u32, stride: usize, out: usize): void {
  for (let r: u32 = 0; r < rowCount; r++, rows += stride, out += 4) {
    if (DEBUG) assertRow(rows, stride);
    if (ASC_FEATURE_SIMD) {
      const sum = sumOfSquares<v128>(rows, stride);
      const folded = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
      store<f32>(out, sqrt<f32>(f32x4.extract_lane(folded, 0) + f32x4.extract_lane(folded, 1)));
    } else {
      store<f32>(out, sqrt<f32>(sumOfSquares<f32>(rows, stride)));
    }
  }
}

// @ts-ignore: decorator
@inline
function sumOfSquares<T>(row: usize, stride: usize): T {
  let sum = constant<T>(0);
  for (const end = row + stride; row < end; row += sizeof<T>()) {
    const x = load<T>(row);
    sum = add<T>(sum, mul<T>(x, x));
  }
  return sum;
}

/** Whether all f32 in [start, start + bytes) are finite: x × 0 is 0 for a finite x, else NaN. */
export function allFinite(start: usize, bytes: usize): bool {
  if (ASC_FEATURE_SIMD) {
    const sum = sumOfZeros<v128>(start, bytes);
    return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)) == 0;
  }
  return sumOfZeros<f32>(start, bytes) == 0;
}

// @ts-ignore: decorator
@inline
function sumOfZeros<T>(start: usize, bytes: usize): T {
  let sum = constant<T>(0);
  const zero = constant<T>(0);
  for (const end = start + bytes; start < end; start += sizeof<T>()) sum = add<T>(sum, mul<T>(load<T>(start), zero));
  return sum;
}
