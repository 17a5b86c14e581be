// Staged inputs of a window in the js kernel, as assembly/staging.ts.

import { Param } from "../../../assembly/params.js";
import type { Block } from "./js-block.js";

/** The staged input of a word: index of the copy in the floats of the memory, what it began as, and the numbers of its rows. */
interface Copy {
  copy: number;
  before: Float32Array;
  rows: Uint32Array;
}

export class Staging {
  private readonly D: number;
  private readonly inputs: number;
  /** of the first multiplier; 0 where all are 1 */
  private readonly multipliers: number;
  /** 0 where each word's list is its own row */
  private readonly starts: number;
  private readonly rowList: number;
  private readonly mean: boolean;
  private readonly divided: boolean;
  private readonly copies = new Map<number, Copy>();

  constructor(private readonly block: Block) {
    this.D = block.integer(Param.stride) / 4;
    this.inputs = block.integer(Param.inputs) / 4;
    this.multipliers = block.integer(Param.multipliers) / 4;
    this.starts = block.integer(Param.rowStarts) / 4;
    this.rowList = block.integer(Param.rowList) / 4;
    this.mean = block.integer(Param.rowsMean) !== 0;
    this.divided = block.integer(Param.rowsDivided) !== 0;
  }

  /** Index of a word's input in this window: its row, or its copy. */
  stage(word: number): number {
    const { inputs, D, multipliers, starts, copies } = this;
    if (multipliers === 0 && starts === 0) return inputs + word * D;
    const known = copies.get(word);
    if (known) return known.copy;
    const rows = this.listOf(word);
    if (rows.length === 1 && this.multiplierOf(rows[0]) === 1) return inputs + rows[0] * D;
    const copy = this.block.integer(Param.staged) / 4 + copies.size * D;
    copies.set(word, { copy, before: this.gather(rows, copy), rows });
    return copy;
  }

  /** Moves each row by multiplier × (copy − what the copy began as), and drops the copies. */
  unstage(): void {
    const { inputs, D, copies, divided } = this;
    if (copies.size === 0) return;
    const { f } = this.block;
    for (const { copy, before, rows } of copies.values()) {
      for (const id of rows) {
        const scale = divided ? this.multiplierOf(id) / rows.length : this.multiplierOf(id);
        const row = inputs + id * D;
        for (let d = 0; d < D; d++) f[row + d] += scale * (f[copy + d] - before[d]);
      }
    }
    copies.clear();
  }

  private listOf(word: number): Uint32Array {
    const { starts, rowList } = this;
    const { u } = this.block;
    return starts === 0 ? Uint32Array.of(word) : u.subarray(rowList + u[starts + word], rowList + u[starts + word + 1]);
  }

  private multiplierOf(row: number): number {
    return this.multipliers === 0 ? 1 : this.block.f[this.multipliers + row];
  }

  /** Writes the mean or the sum of the rows to a place; returns it. */
  private gather(rows: Uint32Array, to: number): Float32Array {
    const { inputs, D, mean } = this;
    const { f } = this.block;
    const n = mean ? rows.length : 1;
    for (let d = 0; d < D; d++) {
      let sum = 0;
      for (const id of rows) sum += f[inputs + id * D + d];
      f[to + d] = sum / n;
    }
    return f.slice(to, to + D);
  }
}
