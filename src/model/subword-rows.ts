// The rows that words are composed of, in the memory of a model: (6.10) of docs/math.md.

import { yieldToEventLoop } from "../base/event-loop.js";
import { type Layout, subwordBlock } from "../kernel/layout.js";
import type { SubwordLists } from "../kernel/shape.js";

/** Words composed between yields to the event loop. */
const AT_ONCE = 4096;

/** The subwords of a model that is to be laid out, and what makes their rows, which a model without subwords does not load. */
export interface SubwordParts {
  lists: SubwordLists;
  rowsIn(memory: WebAssembly.Memory, layout: Layout): SubwordRows;
}

/** @param lists of all words */
export function subwordParts(lists: SubwordLists): SubwordParts {
  return { lists, rowsIn: (memory, layout) => new SubwordRows(memory, layout, lists) };
}

/** Where words have subwords: one row of each word's own, then those that words share. */
export class SubwordRows {
  /** floats from one row to the next */
  private readonly stride: number;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly layout: Layout,
    private readonly lists: SubwordLists,
  ) {
    this.stride = layout.stride / 4;
  }

  /** All rows, with what pads them. */
  get all(): Float32Array {
    const { subwords, subwordRows } = this.layout;
    return new Float32Array(this.memory.buffer, subwords, subwordRows * this.stride);
  }

  /**
   * Composes words, as the kernels do, bit for bit. The event loop gets its turn every few ms.
   * @param isFrozen whether a word's input row stays
   */
  async compose(words: number, isFrozen: (word: number) => boolean): Promise<void> {
    const { all, layout, stride, memory } = this;
    for (let word = 0; word < words; word++) {
      const input = new Float32Array(memory.buffer, layout.inputs + word * layout.stride, stride);
      if (!isFrozen(word)) meanOf(this.rowsOf(word), all, input);
      if (word % AT_ONCE === AT_ONCE - 1) await yieldToEventLoop();
    }
  }

  /** Takes rows of a model with fewer words. @param rows the row here of each row there */
  take(before: SubwordRows, rows: readonly number[]): void {
    const { all, stride } = this;
    const others = before.all;
    for (const [from, to] of rows.entries()) all.set(others.subarray(from * stride, (from + 1) * stride), to * stride);
  }

  /** Has a word's own row make up for its others, so that the word is composed as `input`, of as many floats at least. */
  begin(word: number, input: Float32Array, dim: number): void {
    const { all, stride } = this;
    const others = this.rowsOf(word).subarray(1);
    for (let d = 0; d < dim; d++)
      all[word * stride + d] = others.reduce((own, row) => own - all[row * stride + d], (others.length + 1) * input[d]);
  }

  /** All rows, as patches (see kernel/patch.ts) for another memory of the grid. */
  *cut(layout: Layout): Generator<ArrayBuffer> {
    for (let block = 0; ; block++) {
      const [from, to] = [subwordBlock(this.layout, block), subwordBlock(layout, block)];
      if (from === undefined || to === undefined) return;
      const patch = new ArrayBuffer(12 + from[1]);
      new Uint32Array(patch, 0, 3).set([1, ...to]);
      new Uint8Array(patch, 12).set(new Uint8Array(this.memory.buffer, ...from));
      yield patch;
    }
  }

  /** Takes some of them back. */
  put(block: number, rows: ArrayBuffer): void {
    const [start] = subwordBlock(this.layout, block)!;
    new Uint8Array(this.memory.buffer, start, rows.byteLength).set(new Uint8Array(rows));
  }

  /** Numbers of a word's rows, its own first. */
  private rowsOf(word: number): Uint32Array {
    const { starts, list } = this.lists;
    return list.subarray(starts[word], starts[word + 1]);
  }
}

/** to = mean of the rows of a matrix that are listed, each sum and product rounded to a float as the kernels do. */
function meanOf(list: Uint32Array, matrix: Float32Array, to: Float32Array): void {
  to.fill(0);
  for (const row of list) for (let d = 0, from = row * to.length; d < to.length; d++) to[d] += matrix[from + d];
  const share = Math.fround(1 / list.length);
  for (let d = 0; d < to.length; d++) to[d] *= share;
}
