// Words of a learning rate of their own: copies of their input rows learn in a window, and of what they learn the rows keep a
// share. (6.9) of docs/math.md.

import { assertShields, DEBUG } from "./assertions";
import { Param, Shield } from "./params";
import { addScaled, copyRow } from "./rows";

/** Puts copies in the place of those rows in the list xs, u32[n], one for each row; returns the end of the copies, 0 if there are none. */
export function shield(params: usize, xs: usize, n: u32): usize {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const rates: usize = load<u32>(params, Param.rates);
  const shields: usize = load<u32>(params, Param.shields);
  let end = shields;
  for (let p = xs, last = p + (<usize>n << 2); p < last; p += 4) {
    const row: usize = load<u32>(p);
    const rate = load<f32>(rates + ((row - inputs) / stride << 2));
    if (rate == 1) continue;
    let own = shields;
    while (own < end && load<u32>(own, Shield.row) != <u32>row) own += Shield.copy + stride;
    if (own == end) {
      store<u32>(own, <u32>row, Shield.row);
      store<f32>(own, rate, Shield.rate);
      copyRow(row, own + Shield.copy, stride);
      end += Shield.copy + stride;
      if (DEBUG) assertShields(params, end);
    }
    store<u32>(p, <u32>(own + Shield.copy));
  }
  return end == shields ? 0 : end;
}

/** row += rate × (copy − row) */
export function unshield(params: usize, end: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  for (let own: usize = load<u32>(params, Param.shields); own < end; own += Shield.copy + stride) {
    const rate = load<f32>(own, Shield.rate);
    if (rate != 0) addScaled(load<u32>(own, Shield.row), 1 - rate, own + Shield.copy, rate, stride);
  }
}
