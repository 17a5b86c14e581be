// The full softmax in the js kernel: as assembly/loss-softmax.ts.

import { Param } from "../../../assembly/params.js";
import { expMinusAbs } from "../../math/power.js";
import type { Block } from "./js-block.js";
import { OutputLayer } from "./js-output.js";

export class Softmax extends OutputLayer {
  /** What is chosen from. */
  private readonly classes: number;
  private target = 0;

  constructor(block: Block, contexts: number) {
    const classes = block.integer(Param.outputRows);
    super(block, contexts, classes);
    this.classes = classes;
    for (let row = 0; row < classes; row++) this.ys[row] = this.outputs + row * this.D;
  }

  /** All rows are listed. */
  drawTargets(target: number): void {
    this.target = target;
  }

  /** ŷ − y; the loss is log Σ e^(z − largest) + largest − z of the target. */
  protected toGradients(i: number): void {
    const { g, classes, target } = this;
    const { rate } = this.block;
    const end = i + classes;
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = i; k < end; k++) if (!(g[k] <= largest)) largest = g[k];
    const wrong = largest - g[i + target];
    let sum = 0;
    for (let k = i; k < end; k++) {
      g[k] = expMinusAbs(g[k] - largest);
      sum += g[k];
    }
    this.loss.add(wrong, sum);
    for (let k = i; k < end; k++) g[k] *= rate / sum;
    g[i + target] -= rate;
    this.predictions++;
  }
}
