// Staged inputs of a window in the js kernel, as assembly/staging.ts.

import { Param } from "../../../assembly/params.js";
import type { Block } from "./js-block.js";

export class Staging {
  private readonly D: number;
  private readonly inputs: number;
  /** of the first multiplier; 0 where all are 1 */
  private readonly multipliers: number;
  /** of each word with a copy, its index in the floats of the memory */
  private readonly copies = new Map<number, number>();

  constructor(private readonly block: Block) {
    this.D = block.integer(Param.stride) / 4;
    this.inputs = block.integer(Param.inputs) / 4;
    this.multipliers = block.integer(Param.multipliers) / 4;
  }

  /** Index of a word's input in this window: its row, or its copy. */
  stage(word: number): number {
    const { inputs, D, multipliers, copies, block } = this;
    const row = inputs + word * D;
    if (multipliers === 0 || block.f[multipliers + word] === 1) return row;
    const known = copies.get(word);
    if (known !== undefined) return known;
    const copy = block.integer(Param.staged) / 4 + copies.size * D;
    copies.set(word, copy);
    block.f.copyWithin(copy, row, row + D);
    return copy;
  }

  /** Moves each row by multiplier × (copy − row), and drops the copies. */
  unstage(): void {
    const { inputs, D, multipliers, copies } = this;
    if (copies.size === 0) return;
    const { f } = this.block;
    for (const [word, copy] of copies) {
      const row = inputs + word * D;
      for (let d = 0; d < D; d++) f[row + d] += f[multipliers + word] * (f[copy + d] - f[row + d]);
    }
    copies.clear();
  }
}
