// Rows that a window lists twice. Tiles load each row once and store it once, so a row may stand in one place only: the gradients
// of a repeated row are summed in its first place, its other places get gradient 0 and the zero row.

import { Param, Tile } from "./params";

/** Output rows ys, u32[m], that are listed twice, for n hidden rows: (4.3) of docs/math.md. */
export function mergeOutputs(params: usize, n: u32, ys: usize, m: u32): void {
  const zeroRow = load<u32>(params, Param.zeroRow);
  for (let k: u32 = 1; k < m; k++) {
    const row = load<u32>(ys + (<usize>k << 2));
    const first = row == zeroRow ? k : firstPlace(ys, k);
    if (first == k && row != zeroRow) continue;
    store<u32>(ys + (<usize>k << 2), zeroRow);
    for (let b: u32 = 0; b < n; b++) moveGradient(gradient(params, b, k), gradient(params, b, first), first != k);
  }
}

/** Hidden rows xs, u32[n], that are listed twice, against m output rows. */
export function mergeInputs(params: usize, xs: usize, n: u32, m: u32): void {
  if (!hasRepeats(xs, n)) return;
  for (let b: u32 = 1; b < n; b++) {
    const first = firstPlace(xs, b);
    if (first == b) continue;
    store<u32>(xs + (<usize>b << 2), load<u32>(params, Param.zeroRow));
    for (let k: u32 = 0; k < m; k++) moveGradient(gradient(params, b, k), gradient(params, first, k), true);
  }
}

// @ts-ignore: decorator
@inline
function gradient(params: usize, b: u32, k: u32): usize {
  return <usize>load<u32>(params, Param.gradients) + <usize>(k / Tile.outputs) * load<u32>(params, Param.gradientStride) + <usize>(b * Tile.outputs + k % Tile.outputs) * 4;
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

/** Whether a list, u32[n], holds a number twice. */
export function hasRepeats(list: usize, n: u32): bool {
  const end = list + (<usize>n << 2);
  for (let p = list; p < end; p += 4) {
    const value = load<u32>(p);
    for (let q = p + 4; q < end; q += 4) if (load<u32>(q) == value) return true;
  }
  return false;
}
