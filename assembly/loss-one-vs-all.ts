// One-vs-all: each output row alone says whether its label is one of the line's; (14.5) of docs/math.md.

import { scoreLabels, writeTargetSet } from "./output";
import { Param, TargetSet, Tile } from "./params";

/** Lists all output rows, with label 1 for those of labels, u32[n], and 0 for the others: f32[tiles × Tile.labels] in the set. */
export function listEach(params: usize, labels: usize, n: u32, set: usize): void {
  const rows = load<u32>(params, Param.outputRows);
  const tiles = (rows + Tile.outputs - 1) / Tile.outputs;
  const list = set + TargetSet.size;
  const end = list + <usize>tiles * (Tile.labels << 2);
  memory.fill(list, 0, end - list);
  // the two slots that fill the second vector of each tile, and what fills the last tile
  for (let tile = list; tile < end; tile += Tile.labels << 2) store<u64>(tile, 0x3f0000003f000000, Tile.outputs << 2);
  for (let row = rows; row < tiles * Tile.outputs; row++) store<f32>(placeOf(list, row), 0.5);
  for (const last = labels + (<usize>n << 2); labels < last; labels += 4) store<f32>(placeOf(list, load<u32>(labels)), 1);
  writeTargetSet(set, rows, rows, load<u32>(params, Param.allRows), <u32>list);
}

/** Where the label of a row lies. */
// @ts-ignore: decorator
@inline
function placeOf(list: usize, row: u32): usize {
  return list + (<usize>(row / Tile.outputs * Tile.labels + row % Tile.outputs) << 2);
}

/** Gradients and loss of n hidden rows xs, u32[n], each of which makes one prediction, of all labels. */
export function scoreEach(params: usize, xs: usize, n: u32, set: usize): void {
  scoreLabels(params, xs, n, set, n);
}
