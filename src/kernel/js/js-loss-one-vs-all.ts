// One-vs-all in the js kernel: as assembly/loss-one-vs-all.ts.

import { Param } from "../../../assembly/params.js";
import type { Block } from "./js-block.js";
import { OutputLayer } from "./js-output.js";

export class OneVsAll extends OutputLayer {
  override readonly takesAllLabels = true;

  constructor(block: Block, contexts: number) {
    const rows = block.integer(Param.outputRows);
    super(block, contexts, rows);
    for (let row = 0; row < rows; row++) this.ys[row] = this.outputs + row * this.D;
  }

  /** All rows are listed. */
  drawTargets(target: number): void {
    this.listLabels([target]);
  }

  override listLabels(targets: readonly number[]): void {
    this.labels.fill(0);
    for (const target of targets) this.labels[target] = 1;
  }

  protected toGradients(i: number): void {
    const { g, ys, labels, m, zeroRow } = this;
    this.loss.scoresToGradients(g, i, ys, labels, m, zeroRow, this.block.rate);
    this.predictions++;
  }
}
