// The output layer of the js kernel: lists the rows that a prediction meets and answers their scores, as assembly/output.ts.

import { Loss, Param, Tile } from "../../../assembly/params.js";
import { expMinusAbs } from "../../math/power.js";
import type { Block } from "./js-block.js";
import { LossSum, mergeOutputs } from "./js-loss.js";
import { dots2x6 } from "./js-vector.js";

export class OutputLayer {
  /** Output rows in whole tiles of six, filled up with the zero row; `listed` of them were asked for. */
  readonly ys: Int32Array;
  listed = 0;
  m = 0;
  /** learning rate × ∂loss/∂z, [n][m] */
  readonly g: Float64Array;
  readonly loss = new LossSum();
  predictions = 0;
  private readonly labels: Uint8Array;
  private readonly kind: Loss;
  private readonly negatives: number;
  private readonly words: number;
  /** What the softmax chooses from. */
  private readonly classes: number;
  private readonly outputs: number;
  private readonly alias: number;
  private readonly zeroRow: number;
  private readonly D: number;
  private target = 0;

  constructor(
    private readonly block: Block,
    contexts: number,
  ) {
    this.kind = block.integer(Param.loss);
    this.negatives = block.integer(Param.negatives);
    this.words = block.integer(Param.vocabularySize);
    this.classes = block.integer(Param.outputRows);
    this.outputs = block.integer(Param.outputs) / 4;
    this.alias = block.integer(Param.alias) / 4;
    this.zeroRow = block.integer(Param.zeroRow) / 4;
    this.D = block.integer(Param.stride) / 4;
    const most = this.mostRows();
    this.ys = new Int32Array(toTiles(most)).fill(this.zeroRow);
    this.labels = new Uint8Array(most);
    // room for a row more, where the scores of an odd last row go twice
    this.g = new Float64Array((contexts + 1) * this.ys.length);
    if (this.kind === Loss.softmax) this.listAll();
  }

  private mostRows(): number {
    const { words, block } = this;
    if (this.kind === Loss.negativeSampling) return 1 + this.negatives;
    if (this.kind === Loss.softmax) return this.classes;
    const starts = block.integer(Param.pathStarts) / 4;
    let most = 1;
    for (let i = starts; i < starts + words; i++) most = Math.max(most, block.u[i + 1] - block.u[i]);
    return most;
  }

  drawTargets(target: number): void {
    this.target = target;
    if (this.kind === Loss.negativeSampling) this.drawNegatives(target);
    else if (this.kind === Loss.hierarchicalSoftmax) this.listPath(target);
  }

  private listAll(): void {
    for (let row = 0; row < this.classes; row++) this.ys[row] = this.outputs + row * this.D;
    this.listed = this.classes;
    this.m = this.ys.length;
  }

  /** The target and its noise words; one equal to the target is replaced by the zero row. */
  private drawNegatives(target: number): void {
    const { ys } = this;
    const { u, random } = this.block;
    ys[0] = this.outputs + target * this.D;
    this.labels[0] = 1;
    for (let k = 1; k <= this.negatives; k++) {
      const cell = random.below(this.words);
      const entry = this.alias + 2 * cell;
      const word = random.next() < u[entry] ? cell : u[entry + 1];
      ys[k] = word === target ? this.zeroRow : this.outputs + word * this.D;
    }
    this.listed = 1 + this.negatives;
    this.m = ys.length;
  }

  private listPath(target: number): void {
    const { ys, block } = this;
    const starts = block.integer(Param.pathStarts) / 4 + target;
    const paths = block.integer(Param.paths) / 4;
    const from = block.u[starts];
    this.listed = block.u[starts + 1] - from;
    this.m = toTiles(Math.max(this.listed, 1));
    ys.fill(this.zeroRow, this.listed, this.m);
    for (let k = 0; k < this.listed; k++) {
      const entry = block.u[paths + from + k];
      ys[k] = this.outputs + (entry >>> 1) * this.D;
      this.labels[k] = 1 - (entry & 1);
    }
  }

  /** g = rate × ∂loss/∂z for n hidden rows; adds the loss. */
  score(xs: Int32Array, n: number): void {
    const { ys, m, g, D, labels, zeroRow } = this;
    const { f, rate } = this.block;
    for (let b = 0; b < n; b += 2) {
      // an odd last row goes twice
      const other = xs[b + 1 < n ? b + 1 : b];
      for (let k = 0; k < m; k += Tile.outputs)
        dots2x6(f, D, xs[b], other, ys[k], ys[k], ys, k, g, b * m + k, (b + 1) * m + k);
    }
    for (let b = 0; b < n; b++) {
      if (this.kind === Loss.softmax) {
        this.answerSoftmax(b * m);
        continue;
      }
      const real = this.loss.answer(g, b * m, ys, labels, m, zeroRow, rate);
      this.predictions += this.kind === Loss.negativeSampling ? real : 1;
    }
  }

  /** What each of n hidden rows answers counts by its weight. */
  scaleGradients(weights: Float64Array, n: number): void {
    const { g, m } = this;
    for (let b = 0; b < n; b++) for (let i = b * m; i < (b + 1) * m; i++) g[i] *= weights[b];
  }

  /** ŷ − y; the loss is log Σ e^(z − largest) + largest − z of the target. */
  private answerSoftmax(row: number): void {
    const { g, classes } = this;
    const { rate } = this.block;
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = row; i < row + classes; i++) if (!(g[i] <= largest)) largest = g[i];
    const wrong = largest - g[row + this.target];
    let sum = 0;
    for (let i = row; i < row + classes; i++) {
      g[i] = expMinusAbs(g[i] - largest);
      sum += g[i];
    }
    this.loss.add(wrong, sum);
    for (let i = row; i < row + classes; i++) g[i] *= rate / sum;
    g[row + this.target] -= rate;
    this.predictions++;
  }

  /** Sums the gradients of a row that is listed twice in its first place: repeated negatives accumulate. */
  mergeRepeats(xs: Int32Array, n: number): void {
    const { g, ys, m } = this;
    if (this.kind === Loss.negativeSampling) mergeOutputs(g, n, ys, this.negatives, m, this.zeroRow);
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

function toTiles(rows: number): number {
  return Math.ceil(rows / Tile.outputs) * Tile.outputs;
}
