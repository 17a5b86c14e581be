// The full softmax: all output rows; (3.4) of docs/math.md.

import { count, scoreRows, writeTargetSet } from "./output";
import { Param, TargetSet } from "./params";
import { softmaxToGradients } from "./softmax";

/** Lists all output rows, u32[tiles × Tile.outputs]: the same list for all targets. */
export function listAll(params: usize, target: u32, set: usize): void {
  const rows = load<u32>(params, Param.outputRows);
  writeTargetSet(set, rows, rows, load<u32>(params, Param.allRows), target);
}

/** Gradients and loss of n hidden rows xs, u32[n], each of which makes one prediction. */
export function scoreAll(params: usize, xs: usize, n: u32, set: usize): void {
  scoreRows(params, xs, n, set);
  softmaxToGradients(
    load<u32>(params, Param.gradients), load<u32>(params, Param.gradientStride), n,
    load<u32>(set, TargetSet.listed), load<u32>(set, TargetSet.labels), load<f32>(params, Param.learningRate), params + Param.lossLinear,
  );
  count(params, n, 0);
}
