// Trains the pairs of a cell in plain JavaScript: as assembly/cell.ts.

import { Param, Tile } from "../../../assembly/params.js";
import type { Ptr } from "../kernel.js";
import type { Block } from "./js-block.js";
import { LossSum, mergeOutputs } from "./js-loss.js";
import { type Pairs, updateMore, updatePairs } from "./js-tile.js";
import { dots2x6 } from "./js-vector.js";

/** Trains on the pairs that some batches have in a cell; see Trainer.trainCell. */
export function trainCell(block: Block, cell: number, starts: Ptr, batches: number): void {
  new CellTrainer(block, cell, starts, batches).train();
}

class CellTrainer implements Pairs {
  readonly xs: Int32Array;
  readonly ts: Int32Array;
  readonly weights: Float64Array;
  readonly multipliers: Float64Array;
  private readonly D: number;
  private readonly inputs: number;
  private readonly outputs: number;
  private readonly alias: number;
  /** Words that noise is drawn from. */
  private readonly words: number;
  private readonly negatives: number;
  private readonly zeroRow: number;
  private readonly weighted: boolean;
  /** Where the multipliers of the block's words lie; 0 if all are 1. */
  private readonly blockMultipliers: number;
  /** Rows of the noise words of a tile. */
  private readonly noise: Int32Array;
  /** Output rows of a step in whole tiles of six, filled up with the zero row; the first stands for the pairs' own targets. */
  private readonly ys: Int32Array;
  private readonly labels: Uint8Array;
  private readonly g: Float64Array;
  private readonly loss = new LossSum();
  private predictions = 0;
  /** Where the next list of a batch stands, and where the last ends. */
  private list: number;
  private readonly listsEnd: number;
  private readonly listStep: number;
  /** The pairs of a list that are still to be taken. */
  private next = 0;
  private end = 0;

  constructor(
    private readonly block: Block,
    cell: number,
    starts: Ptr,
    batches: number,
  ) {
    const tile = block.integer(Param.tile);
    this.D = block.integer(Param.stride) / 4;
    this.inputs = block.integer(Param.inputs) / 4;
    this.outputs = block.integer(Param.outputs) / 4;
    this.alias = block.integer(Param.alias) / 4;
    this.words = block.integer(Param.noiseWords);
    this.negatives = block.integer(Param.negatives);
    this.zeroRow = block.integer(Param.zeroRow) / 4;
    this.weighted = block.integer(Param.windowWeights) !== 0;
    this.blockMultipliers = block.integer(Param.multipliers) / 4;
    this.xs = new Int32Array(tile);
    this.ts = new Int32Array(tile);
    this.weights = new Float64Array(tile);
    this.multipliers = new Float64Array(tile).fill(1);
    this.noise = new Int32Array(this.negatives);
    this.ys = new Int32Array(Math.ceil((1 + this.negatives) / Tile.outputs) * Tile.outputs);
    this.labels = new Uint8Array(this.ys.length);
    this.labels[0] = 1;
    // room for a pair more, where the scores of an odd last pair go twice
    this.g = new Float64Array((tile + 1) * this.ys.length);
    this.listStep = block.integer(Param.blocks) ** 2 + 1;
    this.list = starts / 4 + cell;
    this.listsEnd = this.list + batches * this.listStep;
  }

  train(): void {
    const { block, ts, noise } = this;
    while (this.hasNext()) {
      this.drawNoise();
      const n = this.takePairs();
      let first = 0;
      // pairs whose target is one of the noise words are trained each for itself, without it; those between them together
      for (let b = 0; b < n; b++) {
        if (!noise.includes(ts[b])) continue;
        if (first < b) this.trainPairs(first, b, this.zeroRow);
        this.trainPairs(b, b + 1, ts[b]);
        first = b + 1;
      }
      if (first < n) this.trainPairs(first, n, this.zeroRow);
    }
    block.report({ loss: this.loss.total, predictions: this.predictions, trained: 0 });
  }

  private hasNext(): boolean {
    const { u } = this.block;
    while (this.next === this.end) {
      if (this.list === this.listsEnd) return false;
      this.next = u[this.list] / 4;
      this.end = u[this.list + 1] / 4;
      this.list += this.listStep;
    }
    return true;
  }

  private drawNoise(): void {
    const { alias, words, noise, outputs, D } = this;
    const { u, random } = this.block;
    for (let k = 0; k < noise.length; k++) {
      const cell = random.below(words);
      const entry = alias + 2 * cell;
      noise[k] = outputs + (random.next() < u[entry] ? cell : u[entry + 1]) * D;
    }
  }

  /** Takes the pairs of a tile; returns their number. */
  private takePairs(): number {
    const { xs, ts, weights, multipliers, blockMultipliers, weighted, inputs, outputs, D } = this;
    const { f, u } = this.block;
    let n = 0;
    for (; n < xs.length && this.hasNext(); n++) {
      const entry = u[this.next++];
      const word = entry & 0xffff;
      xs[n] = inputs + word * D;
      ts[n] = outputs + (entry >>> 16) * D;
      if (blockMultipliers > 0) multipliers[n] = f[blockMultipliers + word];
      if (weighted) weights[n] = f[this.next++];
    }
    return n;
  }

  /** One step of the pairs first … last, without the noise row `skipped`; none of the others is a target of theirs. */
  private trainPairs(first: number, last: number, skipped: number): void {
    const { D, ys, g, noise, zeroRow, negatives } = this;
    const { f } = this.block;
    const m = ys.length;
    const n = last - first;
    ys.fill(zeroRow);
    // no row lies there
    ys[0] = 0;
    for (let k = 0; k < negatives; k++) if (noise[k] !== skipped) ys[k + 1] = noise[k];
    this.score(first, last);
    mergeOutputs(g, n, ys, negatives, m, zeroRow);
    updatePairs(f, D, this, first, last, ys, g, m);
    for (let k = Tile.outputs; k < m; k += Tile.outputs) updateMore(f, D, this, first, last, ys, k, g, m);
  }

  /** g = rate × weight × ∂loss/∂z; adds the loss. */
  private score(first: number, last: number): void {
    const { D, xs, ts, ys, g, labels, zeroRow, weights } = this;
    const { f, rate } = this.block;
    const m = ys.length;
    for (let b = first, i = 0; b < last; b += 2, i += 2 * m) {
      // an odd last pair goes twice
      const c = b + 1 < last ? b + 1 : b;
      dots2x6(f, D, xs[b], xs[c], ts[b], ts[c], ys, 0, g, i, i + m);
      for (let k = Tile.outputs; k < m; k += Tile.outputs)
        dots2x6(f, D, xs[b], xs[c], ys[k], ys[k], ys, k, g, i + k, i + m + k);
    }
    for (let b = first, i = 0; b < last; b++, i += m) {
      this.predictions += this.loss.scoresToGradients(g, i, ys, labels, m, zeroRow, rate);
      if (this.weighted) for (let k = 0; k < m; k++) g[i + k] *= weights[b];
    }
  }
}
