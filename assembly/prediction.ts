// A prediction from one hidden vector, by the output layer that the losses make: of CBOW and of lines.

import { mergeTargets, score } from "./losses";
import { isHalf, tileCount } from "./output";
import { Param, TargetSet, Tile } from "./params";
import { updateRow3, updateRow6 } from "./vector";

/** One prediction from one hidden row: updates the output rows of the set, leaves −learning rate × ∂loss/∂hidden in hiddenGradient. */
export function predict(params: usize, hiddenPointer: usize, hidden: usize, set: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const e: usize = load<u32>(params, Param.hiddenGradient);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  let g: usize = load<u32>(params, Param.gradients);
  score(params, hiddenPointer, 1, set);
  mergeTargets(params, 1, set);
  memory.fill(e, 0, stride);
  let ys: usize = load<u32>(set, TargetSet.rows);
  const tiles = tileCount(set);
  for (let t: u32 = 0; t < tiles; t++, ys += Tile.outputs << 2, g += gradientStride) {
    if (isHalf(set, t)) updateRow3(hidden, e, ys, g, stride);
    else updateRow6(hidden, e, ys, g, stride);
  }
}
