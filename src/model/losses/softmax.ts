// The full softmax: all output rows in each prediction. Kernels: assembly/loss-softmax.ts.

import { Loss, Param, Tile } from "../../../assembly/params.js";
import type { Layout, OutputLayer } from "../../kernel/layout.js";
import type { Shape } from "../../kernel/shape.js";
import { log } from "../../math/power.js";
import { softmaxLoss } from "../../math/scored-loss.js";
import type { OutputLoss } from "./output-loss.js";

/** Vocabularies larger than this get a warning of the cost. */
const COSTLY_WORDS = 2_000;

export const softmax: OutputLoss<"softmax"> = {
  name: "softmax",
  options: [],
  outputRowsOf: "words",
  fitsGrid: false,
  estimate: (_options, shape) => layerOfAll(shape, Loss.softmax),
  prepare: (_options, shape) => ({
    ...layerOfAll(shape, Loss.softmax),
    unlearntLoss: log(Math.max(2, shape.outputRows)),
    write: writeRows,
  }),
  rowsAtOnce: () => 1,
  drawing(_options, { size }) {
    const rows = Array.from({ length: size }, (_, word) => word);
    return (target) => ({ rows, predictions: 1, loss: (scores) => softmaxLoss(scores, target) });
  },
  // a dot product and two updates for every word of the vocabulary
  costWarning({ words, dim, predictions }) {
    if (words <= COSTLY_WORDS) return undefined;
    const macs = 3 * words * dim * predictions;
    return (
      `loss "softmax" scores all ${words} words in each prediction: ${(macs / 1e6).toPrecision(2)} million multiply-adds a word ` +
      `of text, some ${(macs / 5e6).toPrecision(2)} ms; "hierarchical-softmax" takes about ${Math.ceil(Math.log2(words))} rows ` +
      `instead of ${words}, "negative-sampling" 6`
    );
  },
};

/** An output layer that scores all rows. */
export function layerOfAll({ outputRows }: Shape, code: Loss): OutputLayer {
  const tiles = Math.ceil(outputRows / Tile.outputs);
  return {
    code,
    mostTargets: outputRows,
    listBytes: 0,
    tables: [[Param.allRows, tiles * Tile.outputs * 4]],
  };
}

/** Pointers of all output rows, u32[tiles × Tile.outputs], filled up with the zero row. */
export function writeRows(
  buffer: ArrayBufferLike,
  { tables, tiles, scratch, outputs, outputRows, stride }: Layout,
): void {
  const rows = new Uint32Array(buffer, tables[Param.allRows], tiles * Tile.outputs).fill(scratch[0].zeroRow);
  for (let row = 0; row < outputRows; row++) rows[row] = outputs + row * stride;
}
