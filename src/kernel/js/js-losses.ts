// Chooses among the losses of the js kernel, once a batch: as assembly/losses.ts.

import { Loss, Param } from "../../../assembly/params.js";
import type { Block } from "./js-block.js";
import { NegativeSampling } from "./js-loss-negative.js";
import { OneVsAll } from "./js-loss-one-vs-all.js";
import { Softmax } from "./js-loss-softmax.js";
import { HierarchicalSoftmax } from "./js-loss-tree.js";
import type { OutputLayer } from "./js-output.js";

const LAYERS: Record<Loss, new (block: Block, contexts: number) => OutputLayer> = {
  [Loss.negativeSampling]: NegativeSampling,
  [Loss.hierarchicalSoftmax]: HierarchicalSoftmax,
  [Loss.softmax]: Softmax,
  [Loss.oneVsAll]: OneVsAll,
};

export function outputLayer(block: Block, contexts: number): OutputLayer {
  return new LAYERS[block.integer(Param.loss) as Loss](block, contexts);
}
