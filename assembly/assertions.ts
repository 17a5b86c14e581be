// Assertions of what the kernels assume of the memory that TypeScript lays out. Only the debug binary (asconfig.json) has them:
// `if (DEBUG) assert…` leaves nothing in a binary that is built with noAssert.
// A failed assertion traps. Nothing is inlined in the debug binary, so the error's stack names the assertion and its caller.
// The value found and the limit it broke are u32 at Seen.value and Seen.limit.

import { Mark, Param, Seen, TargetSet, Tile } from "./params";

/** Whether this binary asserts. */
// @ts-ignore: decorator
@inline
export const DEBUG = !ASC_NO_ASSERT;

/** Where scratch begins, see src/kernel/layout.ts: no pointer is lower. */
const LOWEST: usize = 1024;

function check(holds: bool, value: usize, limit: usize): void {
  if (holds) return;
  store<u32>(Seen.value, <u32>value);
  store<u32>(Seen.limit, <u32>limit);
  unreachable();
}

/** An index or id is one of `count`. */
export function assertBelow(index: u32, count: u32): void {
  check(index < count, index, count);
}

/** A number of entries fits the room for them. */
export function assertFits(entries: usize, room: usize): void {
  check(entries <= room, entries, room);
}

/** A row lies at a multiple of 16, is made of whole vectors, and ends within the memory. */
export function assertRow(row: usize, stride: usize): void {
  check((row & 15) == 0, row, 16);
  check((stride & 15) == 0, stride, 16);
  check(row >= LOWEST, row, LOWEST);
  check(<u64>row + stride <= <u64>memory.size() << 16, row, <usize>memory.size() << 16);
}

/** The same for each of a list. list: u32[n], row pointers. */
export function assertRows(list: usize, n: usize, stride: usize): void {
  check((list & 3) == 0, list, 4);
  for (const end = list + (n << 2); list < end; list += 4) assertRow(load<u32>(list), stride);
}

/** A pointer is that of a row of a matrix of so many rows. */
function assertRowOf(row: usize, matrix: usize, rows: u32, stride: usize): void {
  assertRow(row, stride);
  check(row >= matrix, row, matrix);
  check((row - matrix) % stride == 0, row, stride);
  check((row - matrix) / stride < rows, row, matrix + rows * stride);
}

/** A batch holds ids of words and marks, and ends with the end of a sentence. Its ids: u32[length] at params.ids. */
export function assertBatch(params: usize, length: u32): void {
  const ids: usize = load<u32>(params, Param.ids);
  const words = load<u32>(params, Param.vocabularySize);
  check((ids & 3) == 0, ids, 4);
  for (let i: u32 = 0; i < length; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    check(id < words || id >= <u32>Mark.least, id, words);
  }
  if (length > 0) check(load<u32>(ids + (<usize>(length - 1) << 2)) == Mark.sentenceEnd, length, Mark.sentenceEnd);
}

/** A batch of lines holds input rows, labels and other marks, and ends with the end of a line. Its ids: u32[length] at params.ids. */
export function assertLines(params: usize, length: u32): void {
  const ids: usize = load<u32>(params, Param.ids);
  const inputs: usize = load<u32>(params, Param.inputs);
  const rows = <u32>((<usize>load<u32>(params, Param.outputs) - inputs) / <usize>load<u32>(params, Param.stride));
  const labels = load<u32>(params, Param.outputRows);
  check((ids & 3) == 0, ids, 4);
  for (let i: u32 = 0; i < length; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    check(id < rows || id >= <u32>Mark.least, id, rows);
    if ((id & 0xff000000) == Mark.label) assertBelow(id & 0x00ffffff, labels);
  }
  if (length > 0) check(load<u32>(ids + (<usize>(length - 1) << 2)) == Mark.sentenceEnd, length, Mark.sentenceEnd);
}

/** A window has as many contexts as there is room for, each a word. ids: u32[n]. */
export function assertContexts(params: usize, ids: usize, n: u32): void {
  assertFits(n, load<u32>(params, Param.windowLeft) + load<u32>(params, Param.windowRight));
  for (const end = ids + (<usize>n << 2); ids < end; ids += 4) assertBelow(load<u32>(ids), load<u32>(params, Param.vocabularySize));
}

/** The output rows of a set are the zero row or of the output matrix, and gradients have room for n hidden rows. */
export function assertSet(params: usize, n: u32, set: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const listed: usize = load<u32>(set, TargetSet.listed);
  assertFits(load<u32>(set, TargetSet.valid), listed);
  assertFits(<usize>(n * Tile.outputs + (n & 1 ? 2 : 0)) << 2, load<u32>(params, Param.gradientStride));
  let ys: usize = load<u32>(set, TargetSet.rows);
  check((ys & 3) == 0, ys, 4);
  for (const end = ys + ((listed + Tile.outputs - 1) / Tile.outputs * Tile.outputs << 2); ys < end; ys += 4) {
    const row: usize = load<u32>(ys);
    if (<u32>row == load<u32>(params, Param.zeroRow)) assertRow(row, stride);
    else assertRowOf(row, load<u32>(params, Param.outputs), load<u32>(params, Param.outputRows), stride);
  }
}

/** Copies that stand in for rows, of `size` bytes each, end within the room for one of each context. */
export function assertStaged(params: usize, end: usize, size: usize): void {
  const contexts: usize = load<u32>(params, Param.windowLeft) + load<u32>(params, Param.windowRight);
  assertFits(end, load<u32>(params, Param.staged) + contexts * size);
}

/** Rows of a cell: that of the context and that of the target lie in their blocks. */
export function assertCell(params: usize, context: usize, target: usize): void {
  const blocks = load<u32>(params, Param.blocks);
  // the first block is the largest
  assertBelow(<u32>context, (load<u32>(params, Param.vocabularySize) + blocks - 1) / blocks);
  assertBelow(<u32>target, load<u32>(params, Param.noiseWords));
}
