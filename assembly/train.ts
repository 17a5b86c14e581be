// Walks a batch of sentences: subsampling, windows, and the one update
//   rows → combine → hidden → output layer → gradient → rows
// for skip-gram and CBOW. p, q: positions in the sentence kept, u32 word ids.

import { Mark, Model, Param, Tile } from "./params";
import { drawTargets, mergeRepeats, score, tileCount } from "./output";
import { below, random } from "./random";
import { addScaled, combine, updateRow, updateRows } from "./vector";

/** Trains on params.ids: u32[length], whole sentences. Keep calls short: V8 does not replace running code by its optimised form. */
export function train(params: usize, length: u32): void {
  let id: usize = load<u32>(params, Param.ids);
  const end = id + (<usize>length << 2);
  const kept: usize = load<u32>(params, Param.kept);
  const thresholds: usize = load<u32>(params, Param.keepThresholds);
  let last = kept;
  let trained: u32 = 0;
  for (; id < end; id += 4) {
    const word = load<u32>(id);
    if (word == Mark.sentenceEnd) {
      sentence(params, kept, last);
      last = kept;
      continue;
    }
    const threshold = load<u32>(thresholds + (<usize>word << 2));
    if (threshold != 0xffffffff && random(params + Param.randomState) >= threshold) continue;
    store<u32>(last, word);
    last += 4;
    trained++;
  }
  store<i64>(params, load<i64>(params, Param.trained) + trained, Param.trained);
}

// @ts-ignore: decorator
@inline
function sentence(params: usize, first: usize, last: usize): void {
  if (load<u32>(params, Param.model) == Model.cbow) cbow(params, first, last);
  else if (load<u32>(params, Param.sharedNegatives)) skipgram(params, first, last);
  else skipgramPairs(params, first, last);
}

/** Draws the radius 1 … window and writes the input rows around p to xs; returns their number. */
function contexts(params: usize, first: usize, p: usize, last: usize, xs: usize): u32 {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const radius = <usize>(1 + below(params + Param.randomState, load<u32>(params, Param.window))) << 2;
  const from = p - first < radius ? first : p - radius;
  const to = min(p + radius + 4, last);
  for (let q = from; q < p; q += 4, xs += 4) store<u32>(xs, <u32>(inputs + <usize>load<u32>(q) * stride));
  for (let q = p + 4; q < to; q += 4, xs += 4) store<u32>(xs, <u32>(inputs + <usize>load<u32>(q) * stride));
  return <u32>((to - from) >> 2) - 1;
}

/**
 * Skip-gram, negatives shared by a window: each context row predicts the centre word (as word2vec.c pairs them).
 * The next window is drawn before this one's rows are updated: that work fills the time the gradients need to arrive.
 */
function skipgram(params: usize, first: usize, last: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const g: usize = load<u32>(params, Param.gradients);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  const partial: usize = load<u32>(params, Param.partial);
  const m = max<u32>((load<u32>(params, Param.negatives) + 3) / 3 * 3, Tile.outputs);
  let xs: usize = load<u32>(params, Param.contexts);
  let ys: usize = load<u32>(params, Param.targets);
  let nextXs: usize = load<u32>(params, Param.nextContexts);
  let nextYs: usize = load<u32>(params, Param.nextTargets);
  let n: u32 = 0;
  let real: u32 = 0;
  for (let p = first; ; ) {
    let nextN: u32 = 0;
    let nextReal: u32 = 0;
    for (; nextN == 0 && p < last; p += 4) {
      nextN = contexts(params, first, p, last, nextXs);
      if (nextN) nextReal = drawTargets(params, load<u32>(p), nextYs);
    }
    if (n) {
      mergeRepeats(params, xs, n, ys, real);
      updateRows(xs, n, ys, m, g, gradientStride, partial, stride);
    }
    if (nextN == 0) return;
    score(params, nextXs, nextN, nextYs, nextReal);
    const doneXs = xs;
    const doneYs = ys;
    xs = nextXs;
    ys = nextYs;
    nextXs = doneXs;
    nextYs = doneYs;
    n = nextN;
    real = nextReal;
  }
}

/** Skip-gram, fresh negatives for each pair, one pair after the other (as word2vec.c). */
function skipgramPairs(params: usize, first: usize, last: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const ys: usize = load<u32>(params, Param.targets);
  const xs: usize = load<u32>(params, Param.contexts);
  const e: usize = load<u32>(params, Param.hiddenGradient);
  for (let p = first; p < last; p += 4) {
    const end = xs + (<usize>contexts(params, first, p, last, xs) << 2);
    for (let q = xs; q < end; q += 4) {
      const x: usize = load<u32>(q);
      predict(params, q, x, load<u32>(p), ys);
      addScaled(x, e, 1, stride);
    }
  }
}

/** CBOW: the mean or sum of the context rows predicts the centre word. */
function cbow(params: usize, first: usize, last: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const xs: usize = load<u32>(params, Param.contexts);
  const ys: usize = load<u32>(params, Param.targets);
  const hidden: usize = load<u32>(params, Param.hidden);
  const e: usize = load<u32>(params, Param.hiddenGradient);
  const mean = load<u32>(params, Param.cbowMean);
  const divided = load<u32>(params, Param.cbowDivided);
  for (let p = first; p < last; p += 4) {
    const n = contexts(params, first, p, last, xs);
    if (n == 0) continue;
    combine(xs, n, mean ? <f32>1 / <f32>n : 1, hidden, stride);
    predict(params, params + Param.hidden, hidden, load<u32>(p), ys);
    const scale = divided ? <f32>1 / <f32>n : 1;
    for (let q = xs, end = xs + (<usize>n << 2); q < end; q += 4) addScaled(load<u32>(q), e, scale, stride);
  }
}

/** One prediction of the target from one hidden row: updates the output rows, leaves −learning rate × ∂loss/∂hidden in hiddenGradient. */
function predict(params: usize, hiddenPointer: usize, hidden: usize, target: u32, ys: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const e: usize = load<u32>(params, Param.hiddenGradient);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  let g: usize = load<u32>(params, Param.gradients);
  const real = drawTargets(params, target, ys);
  score(params, hiddenPointer, 1, ys, real);
  mergeRepeats(params, hiddenPointer, 1, ys, real);
  memory.fill(e, 0, stride);
  for (let t = tileCount(params); t > 0; t--, ys += Tile.outputs << 2, g += gradientStride) updateRow(hidden, e, ys, g, stride);
}
