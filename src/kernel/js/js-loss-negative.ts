// Negative sampling in the js kernel: as assembly/loss-negative.ts.

import { Param } from "../../../assembly/params.js";
import type { Block } from "./js-block.js";
import { mergeOutputs } from "./js-loss.js";
import { OutputLayer } from "./js-output.js";

export class NegativeSampling extends OutputLayer {
  private readonly negatives: number;
  private readonly words: number;
  private readonly alias: number;

  constructor(block: Block, contexts: number) {
    const negatives = block.integer(Param.negatives);
    super(block, contexts, 1 + negatives);
    this.negatives = negatives;
    this.words = block.integer(Param.noiseWords);
    this.alias = block.integer(Param.alias) / 4;
    this.labels[0] = 1;
  }

  /** The target and its noise words; one equal to the target is replaced by the zero row. */
  drawTargets(target: number): void {
    const { ys } = this;
    const { u, random } = this.block;
    ys[0] = this.outputs + target * this.D;
    for (let k = 1; k <= this.negatives; k++) {
      const cell = random.below(this.words);
      const entry = this.alias + 2 * cell;
      const word = random.next() < u[entry] ? cell : u[entry + 1];
      ys[k] = word === target ? this.zeroRow : this.outputs + word * this.D;
    }
  }

  protected toGradients(i: number): void {
    const { g, ys, labels, m, zeroRow } = this;
    this.predictions += this.loss.scoresToGradients(g, i, ys, labels, m, zeroRow, this.block.rate);
  }

  /** Repeated negatives accumulate. */
  protected override mergeTargets(n: number): void {
    mergeOutputs(this.g, n, this.ys, this.negatives, this.m, this.zeroRow);
  }
}
