// Negative sampling (Mikolov et al. 2013): the target with label 1 and K noise words with label 0; (4.1) of docs/math.md.
// Skip-gram trains it on the grid, whose pairs share their noise words: cell.ts.

import { scoreLabels, writeTargetSet } from "./output";
import { Param, TargetSet } from "./params";
import { drawNoise } from "./random";
import { hasRepeats, mergeOutputs } from "./repeats";

/**
 * The target and K noise words, u32[1 + K] in the set; the padding to whole tiles is the driver's.
 * A noise word equal to the target is skipped, not redrawn (as word2vec.c): the zero row takes its place.
 */
export function drawNegatives(params: usize, target: u32, set: usize): void {
  const outputs: usize = load<u32>(params, Param.outputs);
  const stride: usize = load<u32>(params, Param.stride);
  const alias: usize = load<u32>(params, Param.alias);
  const cells = load<u32>(params, Param.noiseWords);
  const zeroRow = load<u32>(params, Param.zeroRow);
  const listed = 1 + load<u32>(params, Param.negatives);
  let valid = listed;
  const ys = set + TargetSet.size;
  store<u32>(ys, <u32>(outputs + <usize>target * stride));
  for (let p = ys + 4, end = ys + (<usize>listed << 2); p < end; p += 4) {
    const id = drawNoise(params + Param.randomState, alias, cells);
    if (id == target) {
      store<u32>(p, zeroRow);
      valid--;
    } else {
      store<u32>(p, <u32>(outputs + <usize>id * stride));
    }
  }
  writeTargetSet(set, valid, listed, ys, load<u32>(params, Param.labels));
}

/** Gradients and loss of n hidden rows xs, u32[n]; each row that is scored is a prediction. */
export function scoreNegatives(params: usize, xs: usize, n: u32, set: usize): void {
  scoreLabels(params, xs, n, set, <i64>n * load<u32>(set, TargetSet.valid));
}

/** Sums the gradients of n hidden rows at noise words that were drawn twice. */
export function mergeNegatives(params: usize, n: u32, set: usize): void {
  const listed = load<u32>(set, TargetSet.listed);
  const ys: usize = load<u32>(set, TargetSet.rows);
  if (load<u32>(set, TargetSet.valid) < listed || hasRepeats(ys, listed)) mergeOutputs(params, n, ys, listed);
}
