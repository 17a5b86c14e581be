// The output layer of the js kernel: lists the rows that a prediction meets and answers their scores, as assembly/output.ts.

import { Loss, Param, Tile } from "../../assembly/params.js";
import { expMinusAbs, log } from "../math/power.js";
import type { Random } from "../math/random.js";

/** The memory as numbers, and the parameter block. */
export interface Block {
  f: Float32Array;
  u: Uint32Array;
  integer(offset: Param): number;
  rate: number;
}

export class OutputLayer {
  /** Output rows in whole tiles of six, filled up with the zero row; `listed` of them were asked for. */
  readonly ys: Int32Array;
  listed = 0;
  m = 0;
  /** learning rate × ∂loss/∂z, [n][m] */
  readonly g: Float64Array;
  /** Σ −log p so far, without what is in `factor` */
  private loss = 0;
  private factor = 1;
  predictions = 0;
  private readonly labels: Uint8Array;
  private readonly kind: Loss;
  private readonly negatives: number;
  private readonly words: number;
  private readonly outputs: number;
  private readonly alias: number;
  private readonly zeroRow: number;
  private readonly D: number;
  private target = 0;

  constructor(
    private readonly block: Block,
    private readonly random: Random,
    contexts: number,
  ) {
    this.kind = block.integer(Param.loss);
    this.negatives = block.integer(Param.negatives);
    this.words = block.integer(Param.vocabularySize);
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
    if (this.kind === Loss.softmax) return words;
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
    for (let word = 0; word < this.words; word++) this.ys[word] = this.outputs + word * this.D;
    this.listed = this.words;
    this.m = this.ys.length;
  }

  /** The target and its noise words; one equal to the target is replaced by the zero row. */
  private drawNegatives(target: number): void {
    const { ys, random } = this;
    const { u } = this.block;
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
    const { ys, m } = this;
    for (let b = 0; b < n; b += 2) {
      for (let k = 0; k < m; k += Tile.outputs)
        this.dots(xs[b], xs[b + 1 < n ? b + 1 : b], ys, k, b * m + k, (b + 1) * m + k);
    }
    for (let b = 0; b < n; b++) {
      if (this.kind === Loss.softmax) this.answerSoftmax(b * m);
      else this.answer(b * m);
      if (this.factor > 1e100) this.takeLog();
    }
  }

  /** What each of n hidden rows answers counts by its weight. */
  scaleGradients(weights: Float64Array, n: number): void {
    const { g, m } = this;
    for (let b = 0; b < n; b++) for (let i = b * m; i < (b + 1) * m; i++) g[i] *= weights[b];
  }

  /** σ(z) − label; the loss is −log σ(±z). */
  private answer(row: number): void {
    const { g, ys, labels, m, zeroRow } = this;
    const { rate } = this.block;
    let { loss, factor } = this;
    let real = 0;
    for (let k = 0; k < m; k++) {
      const i = row + k;
      const z = g[i];
      g[i] = 0;
      if (ys[k] === zeroRow) continue;
      const e = expMinusAbs(z);
      const label = labels[k];
      g[i] = rate * ((z >= 0 ? 1 : e) / (1 + e) - label);
      const wrong = label === 1 ? -z : z;
      if (!(wrong <= 0)) loss += wrong;
      factor *= 1 + e;
      real++;
    }
    this.loss = loss;
    this.factor = factor;
    this.predictions += this.kind === Loss.negativeSampling ? real : 1;
  }

  /** ŷ − y; the loss is log Σ e^(z − largest) + largest − z of the target. */
  private answerSoftmax(row: number): void {
    const { g, words } = this;
    const { rate } = this.block;
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = row; i < row + words; i++) if (!(g[i] <= largest)) largest = g[i];
    this.loss += largest - g[row + this.target];
    let sum = 0;
    for (let i = row; i < row + words; i++) {
      g[i] = expMinusAbs(g[i] - largest);
      sum += g[i];
    }
    this.factor *= sum;
    for (let i = row; i < row + words; i++) g[i] *= rate / sum;
    g[row + this.target] -= rate;
    this.predictions++;
  }

  /** g[i …] = x · y_k …, g[j …] = z · y_k … for a tile: twelve sums, each row read once. j may lie past the last row. */
  private dots(x: number, z: number, ys: Int32Array, k: number, i: number, j: number): void {
    const { D, g } = this;
    const { f } = this.block;
    let [y0, y1, y2, y3, y4, y5] = [ys[k], ys[k + 1], ys[k + 2], ys[k + 3], ys[k + 4], ys[k + 5]];
    let [a0, a1, a2, a3, a4, a5] = [0, 0, 0, 0, 0, 0];
    let [b0, b1, b2, b3, b4, b5] = [0, 0, 0, 0, 0, 0];
    for (const end = x + D; x < end; ) {
      const u = f[x++];
      const v = f[z++];
      let y = f[y0++];
      a0 += u * y;
      b0 += v * y;
      y = f[y1++];
      a1 += u * y;
      b1 += v * y;
      y = f[y2++];
      a2 += u * y;
      b2 += v * y;
      y = f[y3++];
      a3 += u * y;
      b3 += v * y;
      y = f[y4++];
      a4 += u * y;
      b4 += v * y;
      y = f[y5++];
      a5 += u * y;
      b5 += v * y;
    }
    g[i] = a0;
    g[i + 1] = a1;
    g[i + 2] = a2;
    g[i + 3] = a3;
    g[i + 4] = a4;
    g[i + 5] = a5;
    g[j] = b0;
    g[j + 1] = b1;
    g[j + 2] = b2;
    g[j + 3] = b3;
    g[j + 4] = b4;
    g[j + 5] = b5;
  }

  /** Moves the product of factors so far to the loss: one logarithm for hundreds of predictions. */
  private takeLog(): void {
    this.loss += log(this.factor);
    this.factor = 1;
  }

  /** Σ −log p since the last call. */
  takeLoss(): number {
    this.takeLog();
    const { loss } = this;
    this.loss = 0;
    return loss;
  }

  /** Sums the gradients of a row that is listed twice in its first place: repeated negatives accumulate. */
  mergeRepeats(xs: Int32Array, n: number): void {
    const { g, ys, m } = this;
    if (this.kind === Loss.negativeSampling) {
      for (let k = 1; k <= this.negatives; k++) {
        const first = ys.indexOf(ys[k]);
        if (first === k || ys[k] === this.zeroRow) continue;
        ys[k] = this.zeroRow;
        for (let b = 0; b < n; b++) {
          g[b * m + first] += g[b * m + k];
          g[b * m + k] = 0;
        }
      }
    }
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
