// Where everything lies in the one WebAssembly.Memory of a model. TypeScript owns the memory, the kernels allocate nothing.
//
//   0        nothing, so that no pointer is 0
//   1024     scratch of each lane, a thread:
//              parameter block           Param.size bytes, assembly/params.ts
//              zero row                  f32[stride / 4]
//              gradients                 f32[tiles][6 C + 4]
//              kept ids                  u32[batch capacity]
//              windows drawn ahead       { n u32, context words u32[C], pointers u32[C], TargetSet, weights f32[C] }[group]
//              partial sums              f32[C][8]
//              hidden, its gradient      f32[stride / 4] each
//              staged inputs             { Staged, f32[stride / 4] }[C]
//              batch of ids              u32[batch capacity]
//              words of the batch        u32[batch capacity], u8[V]          if words have subwords
//              rows of its own           f32[V][stride / 4] once or twice    if words have subwords, see Scratch
//            in the place of the last seven in the grid:
//              tiles drawn ahead         { TileList, u32[tiles × 6], Pair[C] }[group]
//              rows of a step            u32[tiles × 6]
//              rows that have a subword  u32[Touched.members]                if words have subwords
//            keep thresholds             u32[V]
//            multipliers of the rows     f32[rows of inputs]
//            lists of subwords           u32[rows of inputs + 1], u32[…]   if words have subwords
//            lists of their members      u32[subwords + 1], u32[…], scales f32[subwords]
//            weights of a window         f32[window]                   if contexts are weighted
//            weights of labels           f32[rows of outputs]          if lines are weighted by their labels
//            tables of the output layer  see model/losses
//            what only the grid has, see grid-layout.ts
//            input rows                  f32[rows of inputs][stride / 4]
//            output rows                 f32[rows of outputs][stride / 4]  of words, or of the V − 1 inner nodes
//            rows of subwords            f32[subwords][stride / 4]
//            origins of input rows       f32[rows of inputs][stride / 4]   if words have subwords, in the grid
//            marks of input rows         u8[rows of inputs]                the same
//   end
//
// V = words; in the grid the rows are those of all blocks, with their padding. C = contexts of a window at most, in the grid pairs of a tile, stride = bytes of a row, whole vectors of 16; tiles = ⌈m / 6⌉ for at most m output rows a prediction. Each part starts at a multiple of 64.

import {
  type Loss,
  Mark,
  Model,
  Pair,
  Param,
  Staged,
  TargetSet,
  Tile,
  TileList,
  Touched,
} from "../../assembly/params.js";
import { type Grid, type GridShape, rowsOfBlock, takeGrid, wordOfPlace } from "./grid-layout.js";
import { advance, type Ptr, ZERO } from "./kernel.js";
import { Allocator, rowStride } from "./memory.js";
import type { Region } from "./patch.js";
import type { Shape, Side, SubwordLists } from "./shape.js";

/** Tiles drawn ahead. */
const TILES = 8;

/** Windows drawn ahead: at most GROUP, or as many as have GROUP_BYTES of lists, so that their rows fit the second-level cache. */
const GROUP = 16;
const GROUP_BYTES = 65_536;

/** What the sizes depend on. */
export interface LayoutOptions
  extends Shape,
    Pick<KernelOptions, "windowLeft" | "windowRight" | "windowWeights" | "labelWeights"> {
  dim: number;
  output: OutputLayer;
  /** entries of the longest batch, see text/encode.ts */
  batchCapacity: number;
  /** threads: each has its scratch */
  lanes: number;
  /** for skip-gram with negative sampling */
  grid?: GridShape;
}

/** What an output layer needs in the memory: see model/losses. */
export interface OutputLayer {
  /** its number for the kernels */
  code: Loss;
  /** most output rows that a prediction is scored against */
  mostTargets: number;
  /** bytes that the lists of a prediction take, for each tile of six rows; 0 if all share one */
  listBytes: number;
  /** tables that all predictions share: the parameter that points to each, and its bytes */
  tables: readonly (readonly [pointer: Param, bytes: number])[];
}

/** What each lane has of its own. */
export interface Scratch {
  params: Ptr;
  zeroRow: Ptr;
  gradients: Ptr;
  kept: Ptr;
  /** 0 in the grid */
  windows: Ptr;
  partial: Ptr;
  hidden: Ptr;
  hiddenGradient: Ptr;
  staged: Ptr;
  ids: Ptr;
  /** where words have subwords: see Param.touched */
  touched: Ptr;
  /** outside the grid: marks of the words of a batch, … */
  touchedMarks: Ptr;
  /** … their rows, which are the model's where a lane trains alone, … */
  inputs: Ptr;
  /** … and what these were composed as */
  origins: Ptr;
  /** 0 elsewhere */
  tiles: Ptr;
  spareRows: Ptr;
}

export interface Layout {
  stride: number;
  tiles: number;
  gradientStride: number;
  windowStride: number;
  tileStride: number;
  group: number;
  /** for each lane */
  scratch: Scratch[];
  keepThresholds: Ptr;
  multipliers: Ptr;
  subwordStarts: Ptr;
  subwordList: Ptr;
  memberStarts: Ptr;
  memberList: Ptr;
  subwordScales: Ptr;
  windowWeights: Ptr;
  labelWeights: Ptr;
  /** the number of the output layer, and its tables by the parameter that points to each */
  loss: Loss;
  tables: Partial<Record<Param, Ptr>>;
  grid?: Grid;
  /** rows of each matrix that lie here */
  inputRows: number;
  outputRows: number;
  inputs: Ptr;
  outputs: Ptr;
  /** rows of subwords; 0 where words have none */
  subwords: Ptr;
  subwordRows: number;
  /** of the grid; 0 where each lane has its own */
  origins: Ptr;
  touchedMarks: Ptr;
  /** bytes of all */
  size: Ptr;
}

export function layOut(shape: LayoutOptions): Layout {
  const { words, output, batchCapacity, windowWeights, labelWeights = [], subwords, grid: gridShape } = shape;
  const contexts = gridShape?.tile ?? shape.windowLeft + shape.windowRight;
  const stride = rowStride(shape.dim);
  const tiles = Math.ceil(output.mostTargets / Tile.outputs);
  // the two slots more of an odd last context, whose scores may be written twice, and whole vectors
  const gradientStride = Math.ceil((contexts * Tile.outputs + 6) / 4) * 16;
  const setStride = TargetSet.size + tiles * output.listBytes;
  const windowStride = 4 + contexts * 4 * (windowWeights.length > 0 ? 3 : 2) + setStride;
  const tileStride = TileList.rows + tiles * Tile.outputs * 4 + contexts * Pair.size;
  const group = gridShape ? TILES : Math.max(1, Math.min(GROUP, Math.floor(GROUP_BYTES / windowStride)));
  const rowsOf = (rows: number, blocks: number) => (gridShape ? rowsOfBlock(gridShape.blocks, rows) * blocks : rows);
  const inputRows = rowsOf(shape.inputRows, gridShape?.holds.blocks.inputs ?? 1);
  const outputRows = rowsOf(shape.outputRows, gridShape?.holds.blocks.outputs ?? 1);
  const memory = new Allocator();
  const nothing = {
    windows: ZERO,
    partial: ZERO,
    hidden: ZERO,
    hiddenGradient: ZERO,
    staged: ZERO,
    ids: ZERO,
    touched: ZERO,
    touchedMarks: ZERO,
    inputs: ZERO,
    origins: ZERO,
    tiles: ZERO,
    spareRows: ZERO,
  };
  const takeScratch = (): Scratch => ({
    ...nothing,
    params: memory.take(Param.size),
    zeroRow: memory.take(stride),
    gradients: memory.take(tiles * gradientStride),
    kept: memory.take(batchCapacity * 4),
    ...(gridShape ? takeTiles() : takeWindows()),
  });
  const takeTiles = () => ({
    tiles: memory.take(group * tileStride),
    spareRows: memory.take(tiles * Tile.outputs * 4),
    ...(subwords && { touched: memory.take(Touched.members * 4) }),
  });
  const takeWindows = () => ({
    windows: memory.take(group * windowStride),
    partial: memory.take(contexts * 32),
    hidden: memory.take(stride),
    hiddenGradient: memory.take(stride),
    staged: memory.take(contexts * (Staged.copy + stride)),
    ids: memory.take(batchCapacity * 4),
    ...(subwords && takeTouched()),
  });
  const takeTouched = () => ({
    touched: memory.take(batchCapacity * 4),
    touchedMarks: memory.take(words),
    // what one lane composes, another must not change meanwhile
    inputs: shape.lanes > 1 ? memory.take(words * stride) : ZERO,
    origins: memory.take(words * stride),
  });
  const scratch = Array.from({ length: shape.lanes }, takeScratch);
  const shared = {
    keepThresholds: memory.take(words * 4),
    multipliers: memory.take(rowsOf(shape.inputRows, gridShape?.blocks ?? 1) * 4),
    subwordStarts: memory.take(subwords ? (rowsOf(shape.inputRows, gridShape?.blocks ?? 1) + 1) * 4 : 0),
    subwordList: memory.take((subwords?.listed ?? 0) * 4),
    memberStarts: memory.take(subwords ? (subwords.count + 1) * 4 : 0),
    memberList: memory.take((subwords?.listed ?? 0) * 4),
    subwordScales: memory.take((subwords?.count ?? 0) * 4),
    windowWeights: memory.take(windowWeights.length * 4),
    labelWeights: memory.take(labelWeights.length * 4),
  };
  const tables: Layout["tables"] = {};
  for (const [pointer, bytes] of output.tables) tables[pointer] = memory.take(bytes);
  const grid = gridShape && takeGrid(memory, gridShape, shape);
  return {
    ...{ stride, tiles, gradientStride, windowStride, tileStride, group, scratch, ...shared, grid },
    ...{ loss: output.code, tables, inputRows, outputRows },
    inputs: memory.take(inputRows * stride),
    outputs: memory.take(outputRows * stride),
    subwords: subwords ? memory.take(subwords.count * stride) : ZERO,
    subwordRows: subwords?.count ?? 0,
    origins: subwords && gridShape ? memory.take(inputRows * stride) : ZERO,
    touchedMarks: subwords && gridShape ? memory.take(inputRows) : ZERO,
    size: memory.end,
  };
}

/** All that is trained, from the first byte to the last. */
export function matricesOf({ inputs, outputs, outputRows, subwords, subwordRows, stride }: Layout): Region {
  const end = subwords === ZERO ? outputs + outputRows * stride : subwords + subwordRows * stride;
  return [inputs, end - inputs];
}

/** Bytes of a block of the grid, padding included. */
export function blockBytes({ grid, stride }: Layout, side: Side): number {
  return grid!.blockRows[side] * stride;
}

/** Where the n-th block of those that a memory holds lies. */
export function blockPlace(layout: Layout, side: Side, slot: number): Ptr {
  return advance(layout[side], slot * blockBytes(layout, side));
}

/** Subwords that are moved between memories at a time. */
const SUBWORD_BLOCK = 4096;

/** Some of the rows of subwords; undefined after the last. */
export function subwordBlock({ subwords, subwordRows, stride }: Layout, block: number): Region | undefined {
  const rows = Math.min(SUBWORD_BLOCK, subwordRows - block * SUBWORD_BLOCK);
  return rows > 0 ? [advance(subwords, block * SUBWORD_BLOCK * stride), rows * stride] : undefined;
}

/** The options that the kernels read from the parameter block. */
export interface KernelOptions {
  /** "lines": lines of input rows predict their labels. */
  model: "skipgram" | "cbow" | "lines";
  /** Context words on each side at most; not both 0. */
  windowLeft: number;
  windowRight: number;
  /** Whether each radius is drawn from 1 … the larger of both, or is that. */
  shrinkWindows: boolean;
  /** Weight of a context word at distance 1, 2 … as far as the larger of both; empty if all weigh 1. */
  windowWeights: readonly number[];
  negatives: number;
  cbowCombine: "mean" | "sum";
  cbowGradient: "undivided" | "divided";
  /** Lines: what one counts by its label, for each output row; none or empty: all count 1. */
  labelWeights?: readonly number[];
}

const MODELS = { skipgram: Model.skipgram, cbow: Model.cbow, lines: Model.lines } as const;

/** Fills the parameter block and the lists of a lane; the generator's state is the caller's. */
export function writeParams(
  buffer: ArrayBufferLike,
  layout: Layout,
  scratch: Scratch,
  { words, subwords }: Shape,
  options: KernelOptions,
): void {
  const view = new DataView(buffer, scratch.params, Param.size);
  const integers: [Param, number][] = [
    [Param.inputs, scratch.inputs || layout.inputs],
    [Param.outputs, layout.outputs],
    [Param.stride, layout.stride],
    [Param.vocabularySize, words],
    [Param.outputRows, layout.outputRows],
    [Param.subwords, layout.subwords],
    [Param.origins, subwords ? scratch.origins || layout.origins : 0],
    [Param.subwordStarts, layout.subwordStarts],
    [Param.subwordList, layout.subwordList],
    [Param.memberStarts, layout.memberStarts],
    [Param.memberList, layout.memberList],
    [Param.subwordScales, layout.subwordScales],
    [Param.touched, scratch.touched],
    [Param.touchedMarks, subwords ? scratch.touchedMarks || layout.touchedMarks : 0],
    [Param.model, MODELS[options.model]],
    [Param.loss, layout.loss],
    [Param.window, Math.max(options.windowLeft, options.windowRight)],
    [Param.windowLeft, options.windowLeft],
    [Param.windowRight, options.windowRight],
    [Param.shrinkWindows, Number(options.shrinkWindows)],
    [Param.windowWeights, options.windowWeights.length > 0 ? layout.windowWeights : 0],
    [Param.labelWeights, options.labelWeights?.length ? layout.labelWeights : 0],
    [Param.negatives, options.negatives],
    [Param.cbowMean, Number(options.cbowCombine === "mean")],
    [Param.cbowDivided, Number(options.cbowGradient === "divided")],
    [Param.keepThresholds, layout.keepThresholds],
    [Param.noiseWords, words],
    [Param.ids, scratch.ids],
    [Param.kept, scratch.kept],
    [Param.windows, scratch.windows],
    [Param.windowStride, layout.windowStride],
    [Param.tiles, scratch.tiles],
    [Param.tileStride, layout.tileStride],
    [Param.spareRows, scratch.spareRows],
    [Param.tile, layout.grid?.tile ?? 0],
    [Param.blocks, layout.grid?.blocks ?? 0],
    [Param.places, layout.grid?.places ?? 0],
    [Param.group, layout.group],
    [Param.gradients, scratch.gradients],
    [Param.gradientStride, layout.gradientStride],
    [Param.hidden, scratch.hidden],
    [Param.hiddenGradient, scratch.hiddenGradient],
    [Param.partial, scratch.partial],
    [Param.staged, scratch.staged],
    [Param.zeroRow, scratch.zeroRow],
  ];
  for (const [offset, value] of integers) view.setUint32(offset, value, true);
  for (const [pointer, start] of Object.entries(layout.tables)) view.setUint32(Number(pointer), start, true);

  // lists of output rows are filled up to whole tiles with the zero row
  if (layout.grid === undefined) {
    new Uint32Array(buffer, scratch.windows, (layout.group * layout.windowStride) / 4).fill(scratch.zeroRow);
    return;
  }
  for (let i = 0; i < layout.group; i++) {
    const tile = advance(scratch.tiles, i * layout.tileStride);
    const list = new Uint32Array(buffer, tile, layout.tileStride / 4).fill(scratch.zeroRow);
    list[TileList.pairs / 4] = tile + TileList.rows + layout.tiles * Tile.outputs * 4;
  }
}

/** Fills the lists that all lanes share; the matrices, thresholds and tables of the output layer are the caller's. */
export function writeLists(
  buffer: ArrayBufferLike,
  layout: Layout,
  { windowWeights, labelWeights = [] }: KernelOptions,
  lists?: SubwordLists,
): void {
  new Float32Array(buffer, layout.windowWeights, windowWeights.length).set(windowWeights);
  new Float32Array(buffer, layout.labelWeights, labelWeights.length).set(labelWeights);
  if (lists) writeSubwords(buffer, layout, lists);
}

/** The subwords of each input row, and the input rows that each subword is in, in their order. */
function writeSubwords(buffer: ArrayBufferLike, layout: Layout, { starts, list, scales }: SubwordLists): void {
  const { grid } = layout;
  const words = starts.length - 1;
  const rows = grid ? grid.blocks * grid.blockRows.inputs : words;
  const listed = (at: Ptr) => new Uint32Array(buffer, at, list.length);
  const [subwordStarts, subwordList] = [
    new Uint32Array(buffer, layout.subwordStarts, rows + 1),
    listed(layout.subwordList),
  ];
  const [memberStarts, memberList] = [
    new Uint32Array(buffer, layout.memberStarts, scales.length + 1),
    listed(layout.memberList),
  ];
  new Float32Array(buffer, layout.subwordScales, scales.length).set(scales);
  for (const subword of list) memberStarts[subword + 1]++;
  for (let subword = 0; subword < scales.length; subword++) memberStarts[subword + 1] += memberStarts[subword];
  const next = memberStarts.slice();
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const word = grid ? wordOfPlace(grid, row) : row;
    // what pads a block is no word
    if (word < words)
      for (const subword of list.subarray(starts[word], starts[word + 1])) {
        subwordList[at++] = subword;
        memberList[next[subword]++] = row;
      }
    subwordStarts[row + 1] = at;
  }
}

/** A probability in [0, 1] as a threshold: kept if random < threshold, always at 0xffffffff. */
export function toThreshold(probability: number): number {
  return probability >= 1 ? Mark.sentenceEnd : Math.floor(probability * 2 ** 32);
}
