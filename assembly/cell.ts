// Trains the pairs of a cell: skip-gram with negative sampling, where the contexts are of one block of words, the targets and
// the noise words of another. (9.5) of docs/math.md.

import { assertBelow, assertCell, assertFits, DEBUG } from "./assertions";
import { Pair, Param, Tile, TileList } from "./params";
import { drawNoise } from "./random";
import { mergeOutputs } from "./repeats";
import { prefetch } from "./rows";
import { scoresToGradients } from "./sigmoid";
import { dotsPairs, updateMore, updatePairs } from "./tile";
import { dots1x6, dots2x6 } from "./vector";

/** The pairs that are still to be taken: lists of batches, one after the other. */
let list: usize = 0;
let listsEnd: usize = 0;
let listStep: usize = 0;
let next: usize = 0;
let end: usize = 0;

/**
 * Trains on the pairs that some batches have in a cell, in the order of the batches.
 * @param starts u32[batches][blocks² + 1], pointers: where the pairs of each cell begin; a cell's end where the next one's begin
 */
export function trainCell(params: usize, cell: u32, starts: usize, batches: u32): void {
  const blocks = load<u32>(params, Param.blocks);
  if (DEBUG) assertBelow(cell, blocks * blocks);
  listStep = (<usize>(blocks * blocks) + 1) << 2;
  list = starts + (<usize>cell << 2);
  listsEnd = list + <usize>batches * listStep;
  next = 0;
  end = 0;
  const tiles: usize = load<u32>(params, Param.tiles);
  const tileStride: usize = load<u32>(params, Param.tileStride);
  const room = tiles + <usize>load<u32>(params, Param.group) * tileStride;
  for (;;) {
    // tiles are drawn ahead, and their rows prefetched all at once: many loads from far caches take hardly longer than one
    let last = tiles;
    for (; last < room && hasNext(); last += tileStride) drawTile(params, last);
    if (last == tiles) return;
    for (let tile = tiles; tile < last; tile += tileStride) trainTile(params, tile);
  }
}

/** Whether a pair is left. */
function hasNext(): bool {
  while (next == end) {
    if (list == listsEnd) return false;
    next = load<u32>(list);
    end = load<u32>(list, 4);
    list += listStep;
  }
  return true;
}

/** Draws the noise words of a tile, and takes the pairs that share them. */
function drawTile(params: usize, tile: usize): void {
  const inputs: usize = load<u32>(params, Param.inputs);
  const outputs: usize = load<u32>(params, Param.outputs);
  const stride: usize = load<u32>(params, Param.stride);
  const alias: usize = load<u32>(params, Param.alias);
  const cells = load<u32>(params, Param.noiseWords);
  const multipliers: usize = load<u32>(params, Param.multipliers);
  const weighted = load<u32>(params, Param.windowWeights) != 0;
  const noise = tile + TileList.rows + 4;
  const noiseEnd = noise + (<usize>load<u32>(params, Param.negatives) << 2);
  let repeats = false;
  for (let p = noise; p < noiseEnd; p += 4) {
    const row = <u32>(outputs + <usize>drawNoise(params + Param.randomState, alias, cells) * stride);
    if (holds(noise, p, row)) repeats = true;
    else prefetch(row, stride);
    store<u32>(p, row);
  }
  const pairs: usize = load<u32>(tile, TileList.pairs);
  const room = pairs + <usize>load<u32>(params, Param.tile) * Pair.size;
  let clashes = false;
  let target: usize = 0;
  let pair = pairs;
  for (; pair < room && hasNext(); pair += Pair.size) {
    const entry = load<u32>(next);
    const word = <usize>(entry & 0xffff);
    if (DEBUG) assertCell(params, word, entry >> 16);
    const x = inputs + word * stride;
    const t = outputs + <usize>(entry >> 16) * stride;
    store<u32>(pair, <u32>x, Pair.context);
    store<u32>(pair, <u32>t, Pair.target);
    if (multipliers) store<f32>(pair, load<f32>(multipliers + (word << 2)), Pair.multiplier);
    if (weighted) store<f32>(pair, load<f32>(next, 4), Pair.weight);
    prefetch(x, stride);
    // pairs of a window follow each other
    if (t != target) {
      target = t;
      prefetch(t, stride);
      if (holds(noise, noiseEnd, <u32>t)) clashes = true;
    }
    next += weighted ? 8 : 4;
  }
  store<u32>(tile, <u32>pair, TileList.end);
  store<u32>(tile, u32(repeats), TileList.repeats);
  store<u32>(tile, u32(clashes), TileList.clashes);
}

// @ts-ignore: decorator
@inline
function holds(p: usize, end: usize, row: u32): bool {
  for (; p < end; p += 4) if (load<u32>(p) == row) return true;
  return false;
}

/** Trains each pair whose target is one of the noise words by itself, without that noise word; the pairs between them together. */
function trainTile(params: usize, tile: usize): void {
  const rows = tile + TileList.rows;
  const pairsEnd: usize = load<u32>(tile, TileList.end);
  const repeats = load<u32>(tile, TileList.repeats) != 0;
  let first: usize = load<u32>(tile, TileList.pairs);
  if (load<u32>(tile, TileList.clashes)) {
    const noiseEnd = rows + (<usize>(1 + load<u32>(params, Param.negatives)) << 2);
    for (let pair = first; pair < pairsEnd; pair += Pair.size) {
      const target = load<u32>(pair, Pair.target);
      if (!holds(rows + 4, noiseEnd, target)) continue;
      if (first < pair) trainPairs(params, first, pair, rows, repeats);
      const spare = copyRows(params, rows);
      const skipped = replace(spare, target, load<u32>(params, Param.zeroRow), load<u32>(params, Param.negatives));
      trainPairs(params, pair, pair + Pair.size, spare, true, skipped);
      first = pair + Pair.size;
    }
  }
  if (first < pairsEnd) trainPairs(params, first, pairsEnd, rows, repeats);
}

/** A copy of a list of output rows, which may be changed. */
function copyRows(params: usize, rows: usize): usize {
  const spare: usize = load<u32>(params, Param.spareRows);
  memory.copy(spare, rows, <usize>tileCount(params) * (Tile.outputs << 2));
  return spare;
}

/** Puts `by` in the place of a noise row; returns how often. */
function replace(rows: usize, row: u32, by: u32, negatives: u32): u32 {
  let count: u32 = 0;
  for (let p = rows + 4, last = p + (<usize>negatives << 2); p < last; p += 4) {
    if (load<u32>(p) != row) continue;
    store<u32>(p, by);
    count++;
  }
  return count;
}

/** Tiles of six output rows: the target and the noise words. */
// @ts-ignore: decorator
@inline
function tileCount(params: usize): u32 {
  return (load<u32>(params, Param.negatives) + Tile.outputs) / Tile.outputs;
}

/**
 * One step of some pairs that share noise rows, none of which is a target of theirs.
 * @param rows u32[tiles × 6]: the noise rows from the second on. merges: whether a row is listed twice, or the zero row `skipped` times
 */
function trainPairs(params: usize, pairs: usize, pairsEnd: usize, rows: usize, merges: bool, skipped: u32 = 0): void {
  const stride: usize = load<u32>(params, Param.stride);
  const gradients: usize = load<u32>(params, Param.gradients);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  const negatives = load<u32>(params, Param.negatives);
  const n = <u32>((pairsEnd - pairs) / Pair.size);
  const tiles = tileCount(params);
  if (DEBUG) assertFits(n, load<u32>(params, Param.tile));
  score(params, pairs, n, rows);
  const predictions = <i64>n * <i64>(1 + negatives - skipped);
  const slots = <i64>tiles * (<i64>n * Tile.outputs + (n & 1 ? 2 : 0));
  store<i64>(params, load<i64>(params, Param.predictions) + predictions, Param.predictions);
  store<i64>(params, load<i64>(params, Param.paddingSlots) + (slots - predictions), Param.paddingSlots);
  if (load<u32>(params, Param.windowWeights)) weigh(params, pairs, n);
  if (merges) {
    if (!skipped) rows = copyRows(params, rows);
    // the pairs' own targets stand in no list
    store<u32>(rows, 0);
    mergeOutputs(params, n, rows, 1 + negatives);
  }
  const scaled = load<u32>(params, Param.multipliers) != 0;
  updatePairs(pairs, pairsEnd, rows, gradients, stride, scaled);
  let g = gradients + gradientStride;
  for (let t: u32 = 1; t < tiles; t++, g += gradientStride) updateMore(pairs, pairsEnd, rows + <usize>t * (Tile.outputs << 2), g, stride, scaled);
}

/** Scores the pairs, leaves learning rate × ∂loss/∂z in the gradients, f32[tiles][n][6], and adds the loss. */
function score(params: usize, pairs: usize, n: u32, rows: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  const rate = load<f32>(params, Param.learningRate);
  const twosEnd = pairs + <usize>(n & ~1) * Pair.size;
  const tiles = tileCount(params);
  let g: usize = load<u32>(params, Param.gradients);
  let labels: usize = load<u32>(params, Param.labels);
  for (let t: u32 = 0; t < tiles; t++) {
    let z = g;
    let p = pairs;
    for (; p < twosEnd; p += 2 * Pair.size, z += 48) {
      if (t == 0) dotsPairs(p, p + Pair.size, rows, stride, z);
      else dots2x6(load<u32>(p), load<u32>(p, Pair.size), rows, stride, z);
    }
    if (n & 1) {
      if (t == 0) dotsPairs(p, p, rows, stride, z);
      else dots1x6(load<u32>(p), rows, stride, z);
      // the two slots that fill the last vector
      store<u64>(z, 0, 24);
    }
    scoresToGradients(g, n, labels, rate, params + Param.lossLinear);
    g += gradientStride;
    labels += Tile.labels << 2;
    rows += Tile.outputs << 2;
  }
}

/** Multiplies the gradients of each pair by its weight. */
function weigh(params: usize, pairs: usize, n: u32): void {
  let tile: usize = load<u32>(params, Param.gradients);
  for (let t = tileCount(params); t > 0; t--, tile += load<u32>(params, Param.gradientStride)) {
    let g = tile;
    for (let b: u32 = 0; b < n; b++) {
      const weight = load<f32>(pairs + <usize>b * Pair.size, Pair.weight);
      for (const last = g + (Tile.outputs << 2); g < last; g += 4) store<f32>(g, weight * load<f32>(g));
    }
  }
}
