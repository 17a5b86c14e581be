// What the grid needs of the memory: words in blocks whose rows lie together, and the chunks of text that are sorted into cells.
// (9.4) of docs/math.md.
//
//   places                 u32[V]                        block × 2¹⁶ + row of each word
//   control                i32[…]                        see train/execution/cells.ts
//   two chunks, of which one is filled while the other is trained on:
//     ids of the batches   u32[entries]
//     starts of the cells  u32[batches][B² + 1]
//     pairs                { u16, u16 }, with weights { u16, u16, f32 }

import type { Ptr } from "./kernel.js";
import type { Allocator } from "./memory.js";
import type { Shape, Side } from "./shape.js";

/** Rows of a block that a pair's 16 bits reach. */
export const BLOCK_ROWS = 65_536;

/** Rows of a block are a multiple of eight, so that each block begins at a multiple of 128 bytes. */
const ROWS = 8;

/** Pairs that share their noise words, at most. */
export const TILE_PAIRS = 16;

/** Learning rate times pairs of a tile, at most: above it what a noise word takes from all of them at once throws it too far. */
export const MOST_TAKEN = 0.4;

/** How a text is cut: see train/execution/cut.ts. */
export interface GridShape {
  blocks: number;
  /** pairs of a tile, which share their noise words */
  tile: number;
  /** words of a chunk, batches of it, and what these hold at most */
  chunkWords: number;
  batches: number;
  entries: number;
  pairs: number;
  /** bytes of a pair */
  pairSize: number;
  /** steps of a chunk that are one for who hands them in: 1, or all of them */
  stepsAtOnce: number;
  /**
   * what a memory has of it: that of a page which shares none has no chunks, its workers have room for some of the blocks; where one
   * chunk is trained before the next is sorted, there is room for one
   */
  holds: { chunks: boolean | 1; blocks: Record<Side, number> };
}

/** Chunks that a memory holds, if not one or none: one is filled while the other is trained on. */
export const CHUNKS = 2;

/** Where the parts of a chunk lie. */
export interface ChunkPlace {
  ids: Ptr;
  starts: Ptr;
  pairs: Ptr;
}

export interface Grid extends GridShape {
  /** rows of a block of each matrix, padding included */
  blockRows: Record<Side, number>;
  places: Ptr;
  /** i32[] */
  control: Ptr;
  /** where chunks begin; all workers have the same before it */
  tablesEnd: Ptr;
  /** none, one or two */
  chunks: readonly ChunkPlace[];
}

/**
 * Counters in control: tickets to sort, tickets to train, batches sorted; tickets to spread what words have learnt to their subwords,
 * and what of that is done; then steps done of each block of contexts and of targets.
 */
export const CONTROL = {
  sorting: 0,
  training: 1,
  sorted: 2,
  spreading: 3,
  spread: 4,
  contexts: 5,
};

export function takeGrid(memory: Allocator, shape: GridShape, { words, inputRows, outputRows }: Shape): Grid {
  const { blocks, batches, entries, pairs, pairSize, holds } = shape;
  const places = memory.take(words * 4);
  const control = memory.take((CONTROL.contexts + 2 * blocks) * 4);
  const tablesEnd = memory.end;
  const takeChunk = () => ({
    ids: memory.take(entries * 4),
    starts: memory.take(batches * (blocks * blocks + 1) * 4),
    pairs: memory.take(pairs * pairSize),
  });
  const rooms = holds.chunks === true ? CHUNKS : Number(holds.chunks);
  const chunks = Array.from({ length: rooms }, takeChunk);
  const blockRows = { inputs: rowsOfBlock(blocks, inputRows), outputs: rowsOfBlock(blocks, outputRows) };
  return { ...shape, blockRows, places, control, tablesEnd, chunks };
}

/** As many blocks of each matrix. */
export function evenly(blocks: number): Record<Side, number> {
  return { inputs: blocks, outputs: blocks };
}

/** Rows of a block, padding included. */
export function rowsOfBlock(blocks: number, rows: number): number {
  return Math.ceil(rows / blocks / ROWS) * ROWS;
}

/** Words of a block: those whose id modulo `blocks` is the block. */
export function blockSize(blocks: number, words: number, block: number): number {
  return Math.ceil((words - block) / blocks);
}

/** Where a row lies among those of all blocks. */
export function rowInBlocks({ blocks, blockRows }: Grid, side: Side, row: number): number {
  return (row % blocks) * blockRows[side] + Math.floor(row / blocks);
}

/** The word whose row lies there; one that there is not for what pads a block. */
export function wordOfPlace({ blocks, blockRows }: Grid, place: number): number {
  return (place % blockRows.inputs) * blocks + Math.floor(place / blockRows.inputs);
}
