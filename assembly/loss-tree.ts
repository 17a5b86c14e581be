// Hierarchical softmax (Morin, Bengio 2005): the inner nodes on the target's path, label 1 − bit; (5.2) of docs/math.md.

import { scoreLabels, writeTargetSet } from "./output";
import { Param, TargetSet, Tile } from "./params";

/**
 * The inner nodes from the root to the target and their labels, u32[tiles × Tile.outputs] and f32[tiles × Tile.labels] in the set;
 * the word of a vocabulary of one has no node, and gets a tile of padding.
 */
export function listPath(params: usize, target: u32, set: usize): void {
  const outputs: usize = load<u32>(params, Param.outputs);
  const stride: usize = load<u32>(params, Param.stride);
  const starts = <usize>load<u32>(params, Param.pathStarts) + (<usize>target << 2);
  const path: usize = load<u32>(params, Param.paths);
  const valid = load<u32>(starts, 4) - load<u32>(starts);
  const listed = max<u32>(valid, 1);
  const slots = (listed + Tile.outputs - 1) / Tile.outputs * Tile.outputs;
  const ys = set + TargetSet.size;
  const labels = ys + (<usize>slots << 2);
  let from = path + (<usize>load<u32>(starts) << 2);
  for (let k: u32 = 0; k < slots; k++, from += 4) {
    let row = load<u32>(params, Param.zeroRow);
    let label: f32 = 0.5;
    if (k < valid) {
      const entry = load<u32>(from);
      row = <u32>(outputs + <usize>(entry >> 1) * stride);
      label = (entry & 1) == 0 ? 1 : 0;
    }
    store<u32>(ys + (<usize>k << 2), row);
    const place = labels + (<usize>(k / Tile.outputs * Tile.labels + k % Tile.outputs) << 2);
    store<f32>(place, label);
    // the two slots that fill the second vector
    if (k % Tile.outputs == Tile.outputs - 1) store<u64>(place, 0x3f0000003f000000, 4);
  }
  writeTargetSet(set, valid, listed, ys, <u32>labels);
}

/** Gradients and loss of n hidden rows xs, u32[n], each of which makes one prediction. */
export function scorePath(params: usize, xs: usize, n: u32, set: usize): void {
  scoreLabels(params, xs, n, set, n);
}
