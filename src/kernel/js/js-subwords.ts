// Words that are composed of subwords in the js kernel, as assembly/subwords.ts.

import { Mark, Param } from "../../../assembly/params.js";
import type { Ptr } from "../kernel.js";
import type { Block } from "./js-block.js";

export class SubwordMixer {
  private readonly D: number;
  private readonly inputs: number;
  private readonly origins: number;
  private readonly subwords: number;
  private readonly starts: number;
  private readonly list: number;
  private readonly scales: number;
  private readonly multipliers: number;
  /** index of the marks of the grid's rows among the bytes of the memory */
  private readonly marks: number;
  /** words of a batch */
  private readonly touched = new Set<number>();

  constructor(private readonly block: Block) {
    this.D = block.integer(Param.stride) / 4;
    this.inputs = block.integer(Param.inputs) / 4;
    this.origins = block.integer(Param.origins) / 4;
    this.subwords = block.integer(Param.subwords) / 4;
    this.starts = block.integer(Param.subwordStarts) / 4;
    this.list = block.integer(Param.subwordList) / 4;
    this.scales = block.integer(Param.subwordScales) / 4;
    this.multipliers = block.integer(Param.multipliers) / 4;
    this.marks = block.integer(Param.touchedMarks);
  }

  /** Whether words have subwords. */
  get isUsed(): boolean {
    return this.subwords !== 0;
  }

  /** Composes the input rows that some batches have pairs of in a cell, and marks them; see Trainer.composeCell. */
  composeCell(first: number, cell: number, starts: Ptr, batches: number): void {
    const { block, marks } = this;
    const { u, bytes } = block;
    const step = block.integer(Param.blocks) ** 2 + 1;
    const size = block.integer(Param.windowWeights) === 0 ? 1 : 2;
    for (let batch = 0, list = starts / 4 + cell; batch < batches; batch++, list += step)
      for (let pair = u[list] / 4; pair < u[list + 1] / 4; pair += size) {
        const p = first + (u[pair] & 0xffff);
        if (bytes[marks + p] !== 0) continue;
        bytes[marks + p] = 1;
        this.compose(p);
      }
  }

  /** Composes the words of a batch, from index ids to end of the integers of the memory. */
  composeBatch(ids: number, end: number): void {
    const { u } = this.block;
    for (let i = ids; i < end; i++) {
      if (u[i] >= Mark.least || this.touched.has(u[i])) continue;
      this.touched.add(u[i]);
      this.compose(u[i]);
    }
  }

  /** Adds what the words of the batch have learnt to their subwords. */
  spreadBatch(): void {
    const { D, inputs, origins, subwords } = this;
    const { f } = this.block;
    for (const word of this.touched) {
      const row = word * D;
      for (const subword of this.subwordsOf(word)) {
        const to = subwords + subword * D;
        const scale = f[this.scales + subword];
        for (let d = 0; d < D; d++) f[to + d] += scale * (f[inputs + row + d] - f[origins + row + d]);
      }
    }
    this.touched.clear();
  }

  /** Writes to origins what the marked ones of the input rows from … to have learnt. */
  learntRows(from: number, to: number): void {
    const { D, inputs, origins, marks } = this;
    const { f, bytes } = this.block;
    for (let p = from; p < to; p++)
      if (bytes[marks + p] !== 0)
        for (let i = p * D; i < (p + 1) * D; i++) f[origins + i] = f[inputs + i] - f[origins + i];
  }

  /** Adds what the marked input rows have learnt, which lies in origins, to the subwords from … to. */
  spreadRows(from: number, to: number): void {
    const { D, origins, subwords, marks } = this;
    const { f, u, bytes } = this.block;
    const starts = this.block.integer(Param.memberStarts) / 4;
    const list = this.block.integer(Param.memberList) / 4;
    for (let subword = from; subword < to; subword++) {
      const members = u
        .subarray(list + u[starts + subword], list + u[starts + subword + 1])
        .filter((p) => bytes[marks + p] !== 0);
      const row = subwords + subword * D;
      for (let d = 0; d < D; d++) {
        let sum = 0;
        for (const p of members) sum += f[origins + p * D + d];
        f[row + d] += f[this.scales + subword] * sum;
      }
    }
  }

  private compose(p: number): void {
    const { D, multipliers } = this;
    const { f } = this.block;
    const rows = this.subwordsOf(p);
    if (rows.length === 0) return;
    const isFrozen = multipliers !== 0 && f[multipliers + p] === 0;
    for (let d = 0; d < D; d++) {
      let sum = 0;
      for (const subword of rows) sum += f[this.subwords + subword * D + d];
      if (!isFrozen) f[this.inputs + p * D + d] = sum / rows.length;
      f[this.origins + p * D + d] = f[this.inputs + p * D + d];
    }
  }

  private subwordsOf(p: number): Uint32Array {
    const { starts, list } = this;
    const { u } = this.block;
    return u.subarray(list + u[starts + p], list + u[starts + p + 1]);
  }
}
