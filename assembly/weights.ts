// Windows whose context words do not all weigh the same: (6.8) of docs/math.md. weights: f32[n], of the contexts in their order.

import { Param, Tile } from "./params";
import { addRows, addScaled, scatterAdd } from "./rows";

/** Multiplies the gradients of each of n contexts, f32[tiles][gradientStride / 4] = [context][6] in each tile, by its weight. */
export function scaleGradients(params: usize, n: u32, tiles: u32, weights: usize): void {
  let tile: usize = load<u32>(params, Param.gradients);
  for (let t: u32 = 0; t < tiles; t++, tile += load<u32>(params, Param.gradientStride)) {
    let g = tile;
    for (let b: u32 = 0; b < n; b++) {
      const weight = load<f32>(weights + (<usize>b << 2));
      for (const end = g + (Tile.outputs << 2); g < end; g += 4) store<f32>(g, weight * load<f32>(g));
    }
  }
}

function sumOf(weights: usize, n: usize): f32 {
  let sum: f32 = 0;
  for (const end = weights + (n << 2); weights < end; weights += 4) sum += load<f32>(weights);
  return sum;
}

/** hidden = Σ_b w_b x_b, for the mean over Σ_b w_b. */
export function gatherWeighted(xs: usize, n: usize, weights: usize, mean: bool, hidden: usize, stride: usize): void {
  memory.fill(hidden, 0, stride);
  addRows(xs, n, weights, 4, hidden, stride);
  if (mean) addScaled(hidden, 0, hidden, <f32>1 / sumOf(weights, n), stride);
}

/** x_b += w_b e, divided over Σ_b w_b. */
export function scatterAddWeighted(xs: usize, n: usize, weights: usize, e: usize, divided: bool, stride: usize): void {
  const scale = divided ? <f32>1 / sumOf(weights, n) : 1;
  for (const end = xs + (n << 2); xs < end; xs += 4, weights += 4) scatterAdd(xs, 1, e, scale * load<f32>(weights), stride);
}
