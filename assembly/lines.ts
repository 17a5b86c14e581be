// Lines of text predict their labels, as fastText's classifier (Joulin et al. 2017): the mean of a line's rows is the hidden vector,
// and each row takes its share of the gradient. (14.1) to (14.4) of docs/math.md.

import { assertLines, assertSet, DEBUG } from "./assertions";
import { drawTargets } from "./losses";
import { listEach } from "./loss-one-vs-all";
import { Loss, Mark, Param } from "./params";
import { predict } from "./prediction";
import { below } from "./random";
import { gatherSum, scatterAdd } from "./rows";

/** Trains on params.ids: u32[length], whole lines of input rows and labels. Lines without a row, or without a label, train nothing. */
export function trainLines(params: usize, length: u32): void {
  if (DEBUG) assertLines(params, length);
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const xs: usize = load<u32>(params, Param.kept);
  const top = xs + (<usize>length << 2);
  let id: usize = load<u32>(params, Param.ids);
  let last = xs;
  let labels = top;
  let trained: u32 = 0;
  for (const end = id + (<usize>length << 2); id < end; id += 4) {
    const entry = load<u32>(id);
    if (entry < <u32>Mark.least) {
      store<u32>(last, <u32>(inputs + <usize>entry * stride));
      last += 4;
    } else if (entry == Mark.sentenceEnd) {
      const n = <u32>((last - xs) >> 2);
      if (n > 0 && labels < top) {
        line(params, xs, n, labels, <u32>((top - labels) >> 2));
        trained += n;
      }
      last = xs;
      labels = top;
    } else if ((entry & 0xff000000) == Mark.label) {
      labels -= 4;
      store<u32>(labels, entry & 0x00ffffff);
    }
  }
  store<i64>(params, load<i64>(params, Param.trained) + trained, Param.trained);
}

/**
 * One line: its rows, pointers xs u32[n], predict its labels, u32[m], the last of them first. One-vs-all takes all labels, the other
 * losses one that is drawn.
 */
function line(params: usize, xs: usize, n: u32, labels: usize, m: u32): void {
  const stride: usize = load<u32>(params, Param.stride);
  const hidden: usize = load<u32>(params, Param.hidden);
  const set: usize = load<u32>(params, Param.windows);
  if (load<u32>(params, Param.loss) == Loss.oneVsAll) {
    listEach(params, labels, m, set);
  } else {
    if (m > 1) labels += <usize>(m - 1 - below(params + Param.randomState, m)) << 2;
    m = 1;
    drawTargets(params, load<u32>(labels), set);
  }
  if (DEBUG) assertSet(params, 1, set);
  gatherSum(xs, n, <f32>1 / <f32>n, hidden, stride);
  const rate = load<f32>(params, Param.learningRate);
  store<f32>(params, rate * weightOf(params, labels, m), Param.learningRate);
  predict(params, params + Param.hidden, hidden, set);
  store<f32>(params, rate, Param.learningRate);
  scatterAdd(xs, n, load<u32>(params, Param.hiddenGradient), <f32>1 / <f32>n, stride);
}

/** What a line counts: the mean weight of the labels that it is trained on, u32[m]. */
function weightOf(params: usize, labels: usize, m: u32): f32 {
  const weights: usize = load<u32>(params, Param.labelWeights);
  if (!weights) return 1;
  let sum: f32 = 0;
  for (const end = labels + (<usize>m << 2); labels < end; labels += 4) sum += load<f32>(weights + (<usize>load<u32>(labels) << 2));
  return sum / <f32>m;
}
