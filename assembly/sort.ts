// Sorts the pairs of a batch into cells: (context, target) of blocks i and j to cell i × blocks + j. What it writes depends on the
// batch and the generator alone. (9.4) of docs/math.md.

import { assertBatch, DEBUG } from "./assertions";
import { Mark, Param } from "./params";
import { below, random } from "./random";

/**
 * Subsamples the batch of `length` ids at params.ids, draws its windows, and writes the pairs whose contexts are in the blocks
 * from params.firstBlock up to lastBlock: { row of the context in its block u16, row of the target u16, weight f32 if there are
 * weights } from params.pairs on, and where the pairs of each cell begin to params.starts. Returns where the pairs end.
 */
export function sortPairs(params: usize, length: u32): usize {
  if (DEBUG) assertBatch(params, length);
  const kept: usize = load<u32>(params, Param.kept);
  const keptEnd = thinOut(params, length);
  const blocks = load<u32>(params, Param.blocks);
  const cells = <usize>(blocks * blocks);
  const starts: usize = load<u32>(params, Param.starts);
  const size: usize = load<u32>(params, Param.windowWeights) ? 8 : 4;
  memory.fill(starts, 0, (cells + 1) << 2);
  const state = params + Param.randomState;
  const low = load<u64>(state), high = load<u64>(state, 8);
  walk(params, kept, keptEnd, false);
  let at: usize = load<u32>(params, Param.pairs);
  for (let start = starts, end = starts + (cells << 2); start < end; start += 4) {
    const count: usize = load<u32>(start);
    store<u32>(start, <u32>at);
    at += count * size;
  }
  store<u32>(starts + (cells << 2), <u32>at);
  // the same radii again
  store<u64>(state, low);
  store<u64>(state, high, 8);
  walk(params, kept, keptEnd, true);
  // writing has moved each start on to where the next one was
  memory.copy(starts + 4, starts, cells << 2);
  store<u32>(starts, load<u32>(params, Param.pairs));
  return at;
}

/** Writes the places of the words that subsampling keeps, block × 2¹⁶ + row, to params.kept; returns where they end. */
function thinOut(params: usize, length: u32): usize {
  const thresholds: usize = load<u32>(params, Param.keepThresholds);
  const places: usize = load<u32>(params, Param.places);
  let last: usize = load<u32>(params, Param.kept);
  let trained: i64 = load<i64>(params, Param.trained);
  let id: usize = load<u32>(params, Param.ids);
  for (const end = id + (<usize>length << 2); id < end; id += 4) {
    const word = load<u32>(id);
    if (word >= <u32>Mark.least) {
      // no pair holds documents or labels
      if (word != Mark.sentenceEnd) continue;
      store<u32>(last, word);
      last += 4;
      continue;
    }
    const threshold = load<u32>(thresholds + (<usize>word << 2));
    store<u32>(last, load<u32>(places + (<usize>word << 2)));
    // no branch: it would be guessed wrong for every third frequent word
    const stays = u32(random(params + Param.randomState) < threshold) | u32(threshold == 0xffffffff);
    last += <usize>stays << 2;
    trained += stays;
  }
  store<i64>(params, trained, Param.trained);
  return last;
}

/** Goes through all windows, and counts their pairs at `starts`, or writes them where those point. */
// @ts-ignore: decorator
@inline
function walk(params: usize, kept: usize, keptEnd: usize, writes: bool): void {
  const window = load<u32>(params, Param.window);
  const left = <usize>load<u32>(params, Param.windowLeft) << 2;
  const right = <usize>load<u32>(params, Param.windowRight) << 2;
  const shrinks = load<u32>(params, Param.shrinkWindows) != 0;
  const starts: usize = load<u32>(params, Param.starts);
  const row = <usize>load<u32>(params, Param.blocks) << 2;
  const firstBlock = load<u32>(params, Param.firstBlock);
  const blockCount = load<u32>(params, Param.lastBlock) - firstBlock;
  const weights: usize = load<u32>(params, Param.windowWeights);
  for (let first = kept; first < keptEnd; first += 4) {
    let last = first;
    while (load<u32>(last) != Mark.sentenceEnd) last += 4;
    for (let p = first; p < last; p += 4) {
      const radius = <usize>(shrinks ? 1 + below(params + Param.randomState, window) : window) << 2;
      const before = min(radius, left);
      const from = p - first < before ? first : p - before;
      const to = min(p + min(radius, right) + 4, last);
      const target = load<u32>(p);
      const column = starts + (<usize>(target >> 16) << 2);
      for (let q: usize = from; q < to; q += 4) {
        if (q == p) continue;
        const context = load<u32>(q);
        const block = context >> 16;
        if (block - firstBlock >= blockCount) continue;
        const cell = column + <usize>block * row;
        const at: usize = load<u32>(cell);
        if (writes) {
          store<u32>(at, (context & 0xffff) | (target << 16));
          if (weights) store<f32>(at, load<f32>(weights + (q < p ? p - q : q - p) - 4), 4);
          store<u32>(cell, <u32>at + (weights ? 8 : 4));
        } else {
          store<u32>(cell, <u32>at + 1);
        }
      }
    }
    first = last;
  }
}
