// Hierarchical softmax in the js kernel: as assembly/loss-tree.ts.

import { Param } from "../../../assembly/params.js";
import type { Block } from "./js-block.js";
import { OutputLayer, toTiles } from "./js-output.js";

export class HierarchicalSoftmax extends OutputLayer {
  private readonly starts: number;
  private readonly paths: number;

  constructor(block: Block, contexts: number) {
    const starts = block.integer(Param.pathStarts) / 4;
    const words = block.integer(Param.vocabularySize);
    let longest = 1;
    for (let i = starts; i < starts + words; i++) longest = Math.max(longest, block.u[i + 1] - block.u[i]);
    super(block, contexts, longest);
    this.starts = starts;
    this.paths = block.integer(Param.paths) / 4;
  }

  drawTargets(target: number): void {
    const { ys, starts, paths } = this;
    const { u } = this.block;
    const from = u[starts + target];
    const listed = u[starts + target + 1] - from;
    this.m = toTiles(Math.max(listed, 1));
    ys.fill(this.zeroRow, listed, this.m);
    for (let k = 0; k < listed; k++) {
      const entry = u[paths + from + k];
      ys[k] = this.outputs + (entry >>> 1) * this.D;
      this.labels[k] = 1 - (entry & 1);
    }
  }

  protected toGradients(i: number): void {
    const { g, ys, labels, m, zeroRow } = this;
    this.loss.scoresToGradients(g, i, ys, labels, m, zeroRow, this.block.rate);
    this.predictions++;
  }
}
