// The same update in plain JavaScript: a fair rival, and an independent implementation for the tests. Arithmetic is double, rows are
// float32.
// D = floats in a row, n = context rows, m = output rows; numbers of rows are indices into the Float32Array of the whole memory.

import { Mark, Model, Param, Tile } from "../../../assembly/params.js";
import type { BatchPosition, QueryKernel, Trainer, WordId } from "../kernel.js";
import { Block } from "./js-block.js";
import { trainCell } from "./js-cell.js";
import { boundRows, encodeRows } from "./js-codes.js";
import { outputLayer } from "./js-losses.js";
import type { OutputLayer } from "./js-output.js";
import { sortPairs } from "./js-sort.js";
import { Staging } from "./js-staging.js";
import { SubwordMixer } from "./js-subwords.js";
import { dot } from "./js-vector.js";

export function createJsKernel(memory: WebAssembly.Memory): Trainer & QueryKernel {
  const floats = new Float32Array(memory.buffer);
  return {
    name: "js",
    train(params, length) {
      new BatchTrainer(new Block(memory.buffer, params)).train(length);
    },
    sortPairs: (params, length) => sortPairs(new Block(memory.buffer, params), length),
    trainCell(params, cell, starts, batches) {
      trainCell(new Block(memory.buffer, params), cell, starts, batches);
    },
    composeCell: (params, first, cell, starts, batches) =>
      new SubwordMixer(new Block(memory.buffer, params)).composeCell(first, cell, starts, batches),
    learntRows: (params, from, to) => new SubwordMixer(new Block(memory.buffer, params)).learntRows(from, to),
    spreadRows: (params, from, to) => new SubwordMixer(new Block(memory.buffer, params)).spreadRows(from, to),
    scores(queries, count, rows, rowCount, stride, _scratch, out, outStride) {
      for (let q = 0; q < count; q++) {
        for (let r = 0; r < rowCount; r++) {
          floats[out / 4 + q * outStride + r] = dot(
            floats,
            (queries + q * stride) / 4,
            (rows + r * stride) / 4,
            stride / 4,
          );
        }
      }
    },
    norms(rows, rowCount, stride, out) {
      for (let r = 0; r < rowCount; r++) {
        const row = (rows + r * stride) / 4;
        floats[out / 4 + r] = Math.sqrt(dot(floats, row, row, stride / 4));
      }
    },
    allFinite(start, bytes) {
      return floats.subarray(start / 4, (start + bytes) / 4).every(Number.isFinite);
    },
    encodeRows: (params) => encodeRows(memory.buffer, params),
    boundRows: (params) => boundRows(memory.buffer, params),
    fork: createJsKernel,
  };
}

class BatchTrainer {
  private readonly f: Float32Array;
  private readonly D: number;
  private readonly window: number;
  private readonly left: number;
  private readonly right: number;
  private readonly shrink: boolean;
  /** of the distances 1, 2 …; empty if all contexts weigh 1 */
  private readonly windowWeights: Float32Array;
  private readonly staging: Staging;
  private readonly output: OutputLayer;
  /** Input rows of a window. */
  private readonly xs: Int32Array;
  /** Their weights. */
  private readonly weights: Float64Array;
  private readonly partial: Float64Array;

  constructor(private readonly block: Block) {
    this.f = block.f;
    this.D = block.integer(Param.stride) / 4;
    this.window = block.integer(Param.window);
    this.left = block.integer(Param.windowLeft);
    this.right = block.integer(Param.windowRight);
    this.shrink = block.integer(Param.shrinkWindows) !== 0;
    this.windowWeights = block.list(Param.windowWeights, this.window);
    this.staging = new Staging(block);
    const contexts = this.left + this.right;
    this.xs = new Int32Array(contexts);
    this.weights = new Float64Array(contexts);
    this.partial = new Float64Array(contexts);
    this.output = outputLayer(block, contexts);
  }

  train(length: number): void {
    const ids = this.block.integer(Param.ids) / 4;
    const model = this.block.integer(Param.model);
    if (model === Model.lines) this.lines(ids, length);
    else this.sentences(ids, length, model === Model.cbow);
  }

  /** Trains on whole sentences. @param ids index of the first entry of the batch */
  private sentences(ids: number, length: number, isCbow: boolean): void {
    const { block, output } = this;
    const { u, random } = block;
    const kept = (block.integer(Param.kept) / 4) as BatchPosition;
    const thresholds = block.integer(Param.keepThresholds) / 4;
    const mixer = new SubwordMixer(block);
    if (mixer.isUsed) mixer.composeBatch(ids, ids + length);
    let last = kept;
    let trained = 0;
    for (let i = ids; i < ids + length; i++) {
      const word = u[i];
      if (word >= Mark.least) {
        if (word !== Mark.sentenceEnd) continue;
        if (isCbow) this.cbow(kept, last);
        else this.skipgram(kept, last);
        trained += last - kept;
        last = kept;
        continue;
      }
      const threshold = u[thresholds + word];
      if (threshold !== 0xffffffff && random.next() >= threshold) continue;
      u[last++] = word;
    }
    if (mixer.isUsed) mixer.spreadBatch();
    block.report({ loss: output.loss.total, predictions: output.predictions, trained });
  }

  private skipgram(first: BatchPosition, last: BatchPosition): void {
    for (let p = first; p < last; p++) {
      const n = this.contexts(first, p, last);
      if (n === 0) continue;
      this.predict(this.xs, n, this.block.word(p), this.weights);
      this.staging.unstage();
    }
  }

  /** n rows predict the target: one step of the output rows and of the rows `to`. */
  private predict(xs: Int32Array, n: number, target: WordId, weights: Float64Array | undefined, to = xs): void {
    this.output.drawTargets(target);
    this.step(xs, n, weights, to);
  }

  /** The same once the targets are drawn. */
  private step(xs: Int32Array, n: number, weights: Float64Array | undefined, to: Int32Array): void {
    this.output.score(xs, n);
    if (weights && this.windowWeights.length > 0) this.output.scaleGradients(weights, n);
    this.output.mergeRepeats(xs, n);
    this.update(xs, n, to);
  }

  private cbow(first: BatchPosition, last: BatchPosition): void {
    const { block, f, D, xs, weights } = this;
    const hidden = block.integer(Param.hidden) / 4;
    const change = block.integer(Param.hiddenGradient) / 4;
    const mean = block.integer(Param.cbowMean);
    const divided = block.integer(Param.cbowDivided);
    const hiddenRow = Int32Array.of(hidden);
    const changeRow = Int32Array.of(change);
    for (let p = first; p < last; p++) {
      const n = this.contexts(first, p, last);
      if (n === 0) continue;
      let all = 0;
      for (let b = 0; b < n; b++) all += weights[b];
      for (let d = 0; d < D; d++) {
        let sum = 0;
        for (let b = 0; b < n; b++) sum += weights[b] * f[xs[b] + d];
        f[hidden + d] = mean ? sum / all : sum;
      }
      f.fill(0, change, change + D);
      this.predict(hiddenRow, 1, block.word(p), undefined, changeRow);
      for (let b = 0; b < n; b++) {
        const scale = divided ? weights[b] / all : weights[b];
        for (let d = 0; d < D; d++) f[xs[b] + d] += scale * f[change + d];
      }
      this.staging.unstage();
    }
  }

  /** Trains on whole lines, as assembly/lines.ts. @param ids index of the first entry of the batch */
  private lines(ids: number, length: number): void {
    const { block, output, D } = this;
    const inputs = block.integer(Param.inputs) / 4;
    const labelWeights = block.list(Param.labelWeights, block.integer(Param.outputRows));
    let rows: number[] = [];
    let labels: number[] = [];
    let trained = 0;
    for (let i = ids; i < ids + length; i++) {
      const entry = block.u[i];
      if (entry < Mark.least) rows.push(inputs + entry * D);
      else if (entry === Mark.sentenceEnd) {
        if (rows.length > 0 && labels.length > 0) {
          this.line(rows, labels, labelWeights);
          trained += rows.length;
        }
        rows = [];
        labels = [];
      } else if (entry >>> 24 === Mark.label >>> 24) labels.push(entry & 0xffffff);
    }
    block.report({ loss: output.loss.total, predictions: output.predictions, trained });
  }

  /** The mean of the rows of a line predicts its labels. */
  private line(rows: readonly number[], labels: readonly number[], labelWeights: Float32Array): void {
    const { block, output, f, D } = this;
    const { rate } = block;
    const isDrawn = !output.takesAllLabels && labels.length > 1;
    const targets = isDrawn ? [labels[block.random.below(labels.length)]] : labels;
    output.listLabels(targets);
    const hidden = block.integer(Param.hidden) / 4;
    const change = block.integer(Param.hiddenGradient) / 4;
    for (let d = 0; d < D; d++) {
      let sum = 0;
      for (const row of rows) sum += f[row + d];
      f[hidden + d] = sum / rows.length;
    }
    f.fill(0, change, change + D);
    if (labelWeights.length > 0) {
      const sum = targets.reduce((weights, label) => weights + labelWeights[label], 0);
      block.rate = (rate * sum) / targets.length;
    }
    this.step(Int32Array.of(hidden), 1, undefined, Int32Array.of(change));
    block.rate = rate;
    for (const row of rows) for (let d = 0; d < D; d++) f[row + d] += f[change + d] / rows.length;
  }

  /** Draws the radius, lists the input rows around position p and their weights; returns their number. */
  private contexts(first: BatchPosition, p: BatchPosition, last: BatchPosition): number {
    const { windowWeights } = this;
    const { block } = this;
    const radius = this.shrink ? 1 + block.random.below(this.window) : this.window;
    const to = Math.min(p + Math.min(radius, this.right) + 1, last);
    let n = 0;
    for (let q = Math.max(p - Math.min(radius, this.left), first) as BatchPosition; q < to; q++) {
      if (q === p) continue;
      this.weights[n] = windowWeights.length > 0 ? windowWeights[Math.abs(q - p) - 1] : 1;
      this.xs[n++] = this.staging.stage(block.word(q));
    }
    return n;
  }

  /**
   * to_b −= Σ_k g[b][k] y_k and y_k −= Σ_b g[b][k] x_b, both from the values before: float by float, a tile of six
   * outputs at a time; what a row becomes goes from tile to tile in `partial`.
   */
  private update(xs: Int32Array, n: number, to: Int32Array): void {
    const { f, D, partial } = this;
    const { g, ys, m } = this.output;
    for (let d = 0; d < D; d++) {
      for (let k = 0; k < m; k += Tile.outputs) {
        const first = k === 0;
        const last = k + Tile.outputs === m;
        const p0 = ys[k] + d;
        const p1 = ys[k + 1] + d;
        const p2 = ys[k + 2] + d;
        const p3 = ys[k + 3] + d;
        const p4 = ys[k + 4] + d;
        const p5 = ys[k + 5] + d;
        const y0 = f[p0];
        const y1 = f[p1];
        const y2 = f[p2];
        const y3 = f[p3];
        const y4 = f[p4];
        const y5 = f[p5];
        let n0 = y0;
        let n1 = y1;
        let n2 = y2;
        let n3 = y3;
        let n4 = y4;
        let n5 = y5;
        for (let b = 0, i = k; b < n; b++, i += m) {
          const x = f[xs[b] + d];
          let next = first ? f[to[b] + d] : partial[b];
          let w = g[i];
          n0 -= w * x;
          next -= w * y0;
          w = g[i + 1];
          n1 -= w * x;
          next -= w * y1;
          w = g[i + 2];
          n2 -= w * x;
          next -= w * y2;
          w = g[i + 3];
          n3 -= w * x;
          next -= w * y3;
          w = g[i + 4];
          n4 -= w * x;
          next -= w * y4;
          w = g[i + 5];
          n5 -= w * x;
          next -= w * y5;
          if (last) f[to[b] + d] = next;
          else partial[b] = next;
        }
        f[p0] = n0;
        f[p1] = n1;
        f[p2] = n2;
        f[p3] = n3;
        f[p4] = n4;
        f[p5] = n5;
      }
    }
  }
}
