// What the output layers of the js kernel share: the rows of a prediction, their scores and gradients, as assembly/output.ts.

import { Param, Tile } from "../../../assembly/params.js";
import type { Block } from "./js-block.js";
import { LossSum } from "./js-loss.js";
import { dots2x6 } from "./js-vector.js";

export abstract class OutputLayer {
  /** Output rows in whole tiles of six, filled up with the zero row; the first m are those of the prediction. */
  readonly ys: Int32Array;
  m: number;
  /** learning rate × ∂loss/∂z, [n][m] */
  readonly g: Float64Array;
  readonly loss = new LossSum();
  predictions = 0;
  /** Whether all labels of a line are its targets, or one of them. */
  readonly takesAllLabels: boolean = false;
  protected readonly labels: Uint8Array;
  protected readonly outputs: number;
  protected readonly zeroRow: number;
  protected readonly D: number;

  /** @param mostRows that a prediction is scored against */
  constructor(
    protected readonly block: Block,
    contexts: number,
    mostRows: number,
  ) {
    this.outputs = block.integer(Param.outputs) / 4;
    this.zeroRow = block.integer(Param.zeroRow) / 4;
    this.D = block.integer(Param.stride) / 4;
    this.m = toTiles(mostRows);
    this.ys = new Int32Array(this.m).fill(this.zeroRow);
    this.labels = new Uint8Array(mostRows);
    // room for a row more, where the scores of an odd last row go twice
    this.g = new Float64Array((contexts + 1) * this.m);
  }

  /** Lists the rows of a target. */
  abstract drawTargets(target: number): void;

  /** Lists the rows of a line's labels: of the only one, unless it takes all. */
  listLabels([target]: readonly number[]): void {
    this.drawTargets(target);
  }

  /** Scores g[i …] of a hidden row to rate × ∂loss/∂z; adds the loss and the predictions. */
  protected abstract toGradients(i: number): void;

  /** Sums the gradients of an output row that is listed twice, for n hidden rows. */
  protected mergeTargets(_n: number): void {}

  /** g = rate × ∂loss/∂z for n hidden rows; adds the loss. */
  score(xs: Int32Array, n: number): void {
    const { ys, m, g, D } = this;
    const { f } = this.block;
    for (let b = 0; b < n; b += 2) {
      // an odd last row goes twice
      const other = xs[b + 1 < n ? b + 1 : b];
      for (let k = 0; k < m; k += Tile.outputs)
        dots2x6(f, D, xs[b], other, ys[k], ys[k], ys, k, g, b * m + k, (b + 1) * m + k);
    }
    for (let b = 0; b < n; b++) this.toGradients(b * m);
  }

  /** Multiplies the gradients of each of n hidden rows by its weight. */
  scaleGradients(weights: Float64Array, n: number): void {
    const { g, m } = this;
    for (let b = 0; b < n; b++) for (let i = b * m; i < (b + 1) * m; i++) g[i] *= weights[b];
  }

  /** Sums the gradients of a row that is listed twice in its first place. */
  mergeRepeats(xs: Int32Array, n: number): void {
    const { g, m } = this;
    this.mergeTargets(n);
    for (let b = 1; b < n; b++) {
      const first = xs.indexOf(xs[b]);
      if (first === b) continue;
      xs[b] = this.zeroRow;
      for (let k = 0; k < m; k++) {
        g[first * m + k] += g[b * m + k];
        g[b * m + k] = 0;
      }
    }
  }
}

export function toTiles(rows: number): number {
  return Math.ceil(rows / Tile.outputs) * Tile.outputs;
}
