// Int8 codes of rows scaled to length 1, and bounds from them that rule out most rows of a search. The bounds hold strictly; see
// src/vectors/quantized.ts. params: see CodeParam.

import { CodeParam } from "./params";

/**
 * codes[r][d] = round(u_d / s) for u = row r / norms[r] and s = max |u_d| / 127; scales[r] = s; errors[r] = |u − s codes[r]|.
 * A row whose norm is not from 1e-15 to 1e15 gets scale NaN, so that its bounds are NaN.
 * Zeros fill the codes of a row after dim.
 */
export function encodeRows(params: usize): void {
  const stride: usize = load<u32>(params, CodeParam.stride);
  const dim: usize = load<u32>(params, CodeParam.dim);
  const codeStride: usize = load<u32>(params, CodeParam.codeStride);
  let rows: usize = load<u32>(params, CodeParam.rows);
  let norms: usize = load<u32>(params, CodeParam.norms);
  let codes: usize = load<u32>(params, CodeParam.codes);
  let scales: usize = load<u32>(params, CodeParam.scales);
  let errors: usize = load<u32>(params, CodeParam.errors);
  for (
    const last = norms + (<usize>load<u32>(params, CodeParam.rowCount) << 2);
    norms < last;
    norms += 4, rows += stride, codes += codeStride, scales += 4, errors += 4
  ) {
    const norm = load<f32>(norms);
    if (!(norm >= 1e-15 && norm <= 1e15)) {
      memory.fill(codes, 0, codeStride);
      store<f32>(scales, NaN);
      store<f32>(errors, NaN);
      continue;
    }
    const end = rows + (dim << 2);
    let largest: f32 = 0;
    for (let p = rows; p < end; p += 4) largest = max<f32>(largest, abs<f32>(load<f32>(p)));
    const step = largest / norm / 127;
    let error: f32 = 0;
    let to = codes;
    for (let p = rows; p < end; p += 4, to++) {
      const rounded = nearest<f32>(load<f32>(p) / largest * 127);
      store<i8>(to, <i8>rounded);
      const off = load<f32>(p) / norm - step * rounded;
      error += off * off;
    }
    store<f32>(scales, step);
    store<f32>(errors, sqrt<f32>(error));
  }
}

/** bounds[r] = scale × scales[r] × (query · codes[r]) + norm × errors[r] + slack. */
export function boundRows(params: usize): void {
  const query: usize = load<u32>(params, CodeParam.query);
  const codeStride: usize = load<u32>(params, CodeParam.codeStride);
  const scale = load<f32>(params, CodeParam.scale);
  const norm = load<f32>(params, CodeParam.norm);
  const slack = load<f32>(params, CodeParam.slack);
  let codes: usize = load<u32>(params, CodeParam.codes);
  let scales: usize = load<u32>(params, CodeParam.scales);
  let errors: usize = load<u32>(params, CodeParam.errors);
  let bounds: usize = load<u32>(params, CodeParam.bounds);
  for (
    const end = scales + (<usize>load<u32>(params, CodeParam.rowCount) << 2);
    scales < end;
    scales += 4, errors += 4, bounds += 4, codes += codeStride
  ) {
    const product = <f32>(ASC_FEATURE_SIMD ? dotWide(query, codes, codeStride) : dotNarrow(query, codes, codeStride));
    store<f32>(bounds, scale * load<f32>(scales) * product + norm * load<f32>(errors) + slack);
  }
}

// @ts-ignore: decorator
@inline
function dotWide(query: usize, codes: usize, codeStride: usize): i32 {
  let low = i32x4.splat(0), high = low;
  for (const end = codes + codeStride; codes < end; codes += 16, query += 32) {
    const row = v128.load(codes);
    low = i32x4.add(low, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(row), v128.load(query)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(row), v128.load(query, 16)));
  }
  const sum = i32x4.add(low, high);
  return i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
}

// @ts-ignore: decorator
@inline
function dotNarrow(query: usize, codes: usize, codeStride: usize): i32 {
  let sum: i32 = 0;
  for (const end = codes + codeStride; codes < end; codes++, query += 2) sum += <i32>load<i8>(codes) * <i32>load<i16>(query);
  return sum;
}
