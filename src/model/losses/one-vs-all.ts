// One-vs-all, for lines with any number of labels: each output row alone. Kernels: assembly/loss-one-vs-all.ts.

import { Loss, Tile } from "../../../assembly/params.js";
import type { Shape } from "../../kernel/shape.js";
import { logisticLoss } from "../../math/scored-loss.js";
import type { OutputLoss } from "./output-loss.js";
import { layerOfAll, writeRows } from "./softmax.js";

export const oneVsAll: OutputLoss<"one-vs-all"> = {
  name: "one-vs-all",
  options: [],
  outputRowsOf: "words",
  fitsGrid: false,
  estimate: (_options, shape) => layerOf(shape),
  prepare: (_options, shape) => ({
    ...layerOf(shape),
    unlearntLoss: Math.LN2 * shape.outputRows,
    write: writeRows,
  }),
  rowsAtOnce: () => 1,
  drawing(_options, { size }) {
    const rows = Array.from({ length: size }, (_, label) => label);
    return (target) => ({ rows, predictions: 1, loss: (scores) => logisticLoss(scores, (label) => label === target) });
  },
};

/** As the softmax, with the labels of each line. */
function layerOf(shape: Shape) {
  return { ...layerOfAll(shape, Loss.oneVsAll), listBytes: Tile.labels * 4 };
}
