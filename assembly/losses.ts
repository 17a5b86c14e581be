// Chooses among the losses by params.loss, once for a window: all that the rest of the kernels knows of them.

import { drawNegatives, mergeNegatives, scoreNegatives } from "./loss-negative";
import { listAll, scoreAll } from "./loss-softmax";
import { scoreEach } from "./loss-one-vs-all";
import { listPath, scorePath } from "./loss-tree";
import { Loss, Param } from "./params";

/** Writes the set of a target, a word or label, see TargetSet; with one-vs-all a line lists its labels itself. */
export function drawTargets(params: usize, target: u32, set: usize): void {
  const loss = load<u32>(params, Param.loss);
  if (loss == Loss.negativeSampling) drawNegatives(params, target, set);
  else if (loss == Loss.hierarchicalSoftmax) listPath(params, target, set);
  else listAll(params, target, set);
}

/** Scores n hidden rows xs, u32[n], against the rows of a set, leaves learning rate × ∂loss/∂z in the gradients and adds the loss. */
export function score(params: usize, xs: usize, n: u32, set: usize): void {
  const loss = load<u32>(params, Param.loss);
  if (loss == Loss.negativeSampling) scoreNegatives(params, xs, n, set);
  else if (loss == Loss.hierarchicalSoftmax) scorePath(params, xs, n, set);
  else if (loss == Loss.oneVsAll) scoreEach(params, xs, n, set);
  else scoreAll(params, xs, n, set);
}

/** Sums the gradients of output rows that a set lists twice, as only negative sampling does, in their first place: (4.3) of docs/math.md. */
export function mergeTargets(params: usize, n: u32, set: usize): void {
  if (load<u32>(params, Param.loss) == Loss.negativeSampling) mergeNegatives(params, n, set);
}
