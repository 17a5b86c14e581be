// Sorts the pairs of a batch into cells in plain JavaScript: as assembly/sort.ts.

import { Mark, Param } from "../../../assembly/params.js";
import type { Ptr } from "../kernel.js";
import type { Block } from "./js-block.js";

/** Draws the windows of the batch in memory and sorts its pairs; see Trainer.sortPairs. */
export function sortPairs(block: Block, length: number): Ptr {
  const { u, random } = block;
  const kept = thinOut(block, length);
  const window = block.integer(Param.window);
  const shrinks = block.integer(Param.shrinkWindows) !== 0;
  const radii = new Uint32Array(kept.length).fill(window);
  let trained = 0;
  for (let p = 0; p < kept.length; p++) {
    if (kept[p] === Mark.sentenceEnd) continue;
    trained++;
    if (shrinks) radii[p] = 1 + random.below(window);
  }
  const cells = block.integer(Param.blocks) ** 2;
  const size = block.integer(Param.windowWeights) ? 2 : 1;
  const first = block.integer(Param.starts) / 4;
  const starts = u.subarray(first, first + cells + 1).fill(0);
  walk(block, kept, radii, starts, false);
  let at = block.integer(Param.pairs) / 4;
  for (let cell = 0; cell <= cells; cell++) {
    const count = starts[cell];
    starts[cell] = at;
    at += count * size;
  }
  walk(block, kept, radii, starts, true);
  // each start has moved on to where the next one was, and counts floats
  for (let cell = cells; cell > 0; cell--) starts[cell] = 4 * starts[cell - 1];
  starts[0] = block.integer(Param.pairs);
  block.report({ loss: 0, predictions: 0, trained });
  return (4 * at) as Ptr;
}

/** The places of the words that subsampling keeps, block × 2¹⁶ + row, and the ends of sentences. */
function thinOut(block: Block, length: number): Uint32Array {
  const { u, random } = block;
  const thresholds = block.integer(Param.keepThresholds) / 4;
  const places = block.integer(Param.places) / 4;
  const ids = block.integer(Param.ids) / 4;
  const kept = block.integer(Param.kept) / 4;
  let last = kept;
  for (let i = ids; i < ids + length; i++) {
    const word = u[i];
    if (word >= Mark.least) {
      if (word === Mark.sentenceEnd) u[last++] = word;
      continue;
    }
    const threshold = u[thresholds + word];
    // drawn for words that always stay too
    if (random.next() < threshold || threshold === 0xffffffff) u[last++] = u[places + word];
  }
  return u.subarray(kept, last);
}

/** Goes through all windows, and counts their pairs at `starts`, or writes them where those point. */
function walk(block: Block, kept: Uint32Array, radii: Uint32Array, starts: Uint32Array, writes: boolean): void {
  const { f, u } = block;
  const left = block.integer(Param.windowLeft);
  const right = block.integer(Param.windowRight);
  const blocks = block.integer(Param.blocks);
  const firstBlock = block.integer(Param.firstBlock);
  const lastBlock = block.integer(Param.lastBlock);
  const weights = block.integer(Param.windowWeights) / 4;
  for (let first = 0; first < kept.length; first++) {
    const last = kept.indexOf(Mark.sentenceEnd, first);
    for (let p = first; p < last; p++) {
      const target = kept[p];
      const from = Math.max(p - Math.min(radii[p], left), first);
      const to = Math.min(p + Math.min(radii[p], right) + 1, last);
      for (let q = from; q < to; q++) {
        const context = kept[q];
        const contextBlock = context >>> 16;
        if (q === p || contextBlock < firstBlock || contextBlock >= lastBlock) continue;
        const cell = contextBlock * blocks + (target >>> 16);
        if (!writes) {
          starts[cell]++;
          continue;
        }
        u[starts[cell]++] = (context & 0xffff) | (target << 16);
        if (weights > 0) f[starts[cell]++] = f[weights + Math.abs(q - p) - 1];
      }
    }
    first = last;
  }
}
