// Walks a batch of sentences: subsampling, windows, and the one update
//   rows → combine → hidden → output layer → gradient → rows
// for skip-gram and CBOW. p, q: positions in the sentence kept, u32 word ids.

import { drawTargets, isHalf, score, tileCount, wordOf } from "./output";
import { Loss, Mark, Model, Param, TargetSet, Tile } from "./params";
import { below, random } from "./random";
import { mergeRepeats } from "./repeats";
import { combine, copyRow, spread, touch } from "./rows";
import { updateRow3, updateRow6, updateRows } from "./vector";

/** Trains on params.ids: u32[length], whole sentences. Keep calls short: V8 does not replace running code by its optimised form. */
export function train(params: usize, length: u32): void {
  let id: usize = load<u32>(params, Param.ids);
  const end = id + (<usize>length << 2);
  const kept: usize = load<u32>(params, Param.kept);
  const thresholds: usize = load<u32>(params, Param.keepThresholds);
  // a part was thinned out when its rows were copied
  const gathered = load<u32>(params, Param.part) != 0;
  let last = kept;
  let trained: u32 = 0;
  for (; id < end; id += 4) {
    const word = load<u32>(id);
    if (word == Mark.sentenceEnd) {
      sentence(params, kept, last);
      last = kept;
      continue;
    }
    if (!gathered) {
      const threshold = load<u32>(thresholds + (<usize>word << 2));
      if (threshold != 0xffffffff && random(params + Param.randomState) >= threshold) continue;
    }
    store<u32>(last, word);
    last += 4;
    trained++;
  }
  store<i64>(params, load<i64>(params, Param.trained) + trained, Param.trained);
}

/**
 * Trains on a sentence: u32[…] from first to last. Windows are drawn a group ahead, and their rows touched all at once:
 * rows come from far caches, and many loads under way together take hardly longer than one (skip-gram: +11%).
 */
function sentence(params: usize, first: usize, last: usize): void {
  const windows: usize = load<u32>(params, Param.windows);
  const windowStride: usize = load<u32>(params, Param.windowStride);
  const room = windows + <usize>load<u32>(params, Param.group) * windowStride;
  let touched = first;
  for (let p = first; p < last; ) {
    let end = windows;
    for (; end < room && p < last; p += 4) {
      if (drawWindow(params, first, p, last, end)) end += windowStride;
    }
    touched = touchInputs(params, touched, min(p + (<usize>load<u32>(params, Param.window) << 2), last));
    if (load<u32>(params, Param.loss) != Loss.softmax) {
      for (let w = windows; w < end; w += windowStride) touchOutputs(params, w);
    }
    for (let w = windows; w < end; w += windowStride) {
      if (load<u32>(params, Param.frozen)) shield(params, w);
      if (load<u32>(params, Param.model) == Model.cbow) cbow(params, w);
      else if (load<u32>(params, Param.sharedNegatives)) skipgram(params, w);
      else skipgramPairs(params, w);
    }
  }
}

/** Parts of a window, see Param.windows. */
// @ts-ignore: decorator
@inline
function contextsOf(w: usize): usize {
  return w + 4;
}

// @ts-ignore: decorator
@inline
function setsOf(params: usize, w: usize): usize {
  return w + 4 + (<usize>load<u32>(params, Param.window) << 3);
}

/** Sets of output rows that a window of n context rows has: one, unless each pair draws its own noise words. */
// @ts-ignore: decorator
@inline
function setCount(params: usize, n: u32): u32 {
  const drawn = load<u32>(params, Param.loss) == Loss.negativeSampling && !load<u32>(params, Param.sharedNegatives);
  return drawn && load<u32>(params, Param.model) == Model.skipgram ? n : 1;
}

/** Draws the radius 1 … window and the output rows of position p, and writes the window to w; false if it has no context. */
function drawWindow(params: usize, first: usize, p: usize, last: usize, w: usize): bool {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const setStride: usize = load<u32>(params, Param.setStride);
  const radius = <usize>(1 + below(params + Param.randomState, load<u32>(params, Param.window))) << 2;
  const from = p - first < radius ? first : p - radius;
  const to = min(p + radius + 4, last);
  const n = <u32>((to - from) >> 2) - 1;
  if (n == 0) return false;
  store<u32>(w, n);
  let xs = contextsOf(w);
  for (let q = from; q < p; q += 4, xs += 4) store<u32>(xs, <u32>(inputs + <usize>load<u32>(q) * stride));
  for (let q = p + 4; q < to; q += 4, xs += 4) store<u32>(xs, <u32>(inputs + <usize>load<u32>(q) * stride));
  let set = setsOf(params, w);
  for (let k = setCount(params, n); k > 0; k--, set += setStride) drawTargets(params, load<u32>(p), set);
  return true;
}

/** Reads a float of each cache line of the input rows of the words from p to end; returns end. */
function touchInputs(params: usize, p: usize, end: usize): usize {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  for (; p < end; p += 4) touch(inputs + <usize>load<u32>(p) * stride, stride);
  return end;
}

/** The same for the output rows of a window. */
function touchOutputs(params: usize, w: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const setStride: usize = load<u32>(params, Param.setStride);
  let set = setsOf(params, w);
  for (let k = setCount(params, load<u32>(w)); k > 0; k--, set += setStride) {
    let ys: usize = load<u32>(set, TargetSet.rows);
    for (const end = ys + (<usize>load<u32>(set, TargetSet.listed) << 2); ys < end; ys += 4) touch(load<u32>(ys), stride);
  }
}

/** Puts copies in the place of frozen words' rows: what they would have learnt is lost with them. */
function shield(params: usize, w: usize): void {
  const inputs: usize = load<u32>(params, Param.inputs);
  const stride: usize = load<u32>(params, Param.stride);
  const frozen: usize = load<u32>(params, Param.frozen);
  const part: usize = load<u32>(params, Param.part);
  let copy: usize = load<u32>(params, Param.shields);
  for (let p = contextsOf(w), end = p + (<usize>load<u32>(w) << 2); p < end; p += 4) {
    const row: usize = load<u32>(p);
    if (!load<u8>(frozen + wordOf(part, <u32>((row - inputs) / stride)))) continue;
    copyRow(row, copy, stride);
    store<u32>(p, <u32>copy);
    copy += stride;
  }
}

/** Skip-gram, the pairs of a window together: each context row predicts the centre word (as word2vec.c pairs them). */
function skipgram(params: usize, w: usize): void {
  const n = load<u32>(w);
  const xs = contextsOf(w);
  const set = setsOf(params, w);
  const m = max<u32>((load<u32>(set, TargetSet.listed) + 2) / 3 * 3, Tile.outputs);
  score(params, xs, n, set);
  mergeRepeats(params, xs, n, set);
  updateRows(
    xs, n, load<u32>(set, TargetSet.rows), m,
    load<u32>(params, Param.gradients), load<u32>(params, Param.gradientStride), load<u32>(params, Param.partial), load<u32>(params, Param.stride),
  );
}

/** Skip-gram, one pair after the other (as word2vec.c), with noise words of its own. */
function skipgramPairs(params: usize, w: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const e: usize = load<u32>(params, Param.hiddenGradient);
  const n = load<u32>(w);
  const setStep: usize = setCount(params, n) < n ? 0 : load<u32>(params, Param.setStride);
  let set = setsOf(params, w);
  for (let p = contextsOf(w), end = p + (<usize>n << 2); p < end; p += 4, set += setStep) {
    predict(params, p, load<u32>(p), set);
    spread(p, 1, e, 1, stride);
  }
}

/** CBOW: the mean or sum of the context rows predicts the centre word. */
function cbow(params: usize, w: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const hidden: usize = load<u32>(params, Param.hidden);
  const e: usize = load<u32>(params, Param.hiddenGradient);
  const n = load<u32>(w);
  const xs = contextsOf(w);
  combine(xs, n, load<u32>(params, Param.cbowMean) ? <f32>1 / <f32>n : 1, hidden, stride);
  predict(params, params + Param.hidden, hidden, setsOf(params, w));
  spread(xs, n, e, load<u32>(params, Param.cbowDivided) ? <f32>1 / <f32>n : 1, stride);
}

/** One prediction from one hidden row: updates the output rows of the set, leaves −learning rate × ∂loss/∂hidden in hiddenGradient. */
function predict(params: usize, hiddenPointer: usize, hidden: usize, set: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const e: usize = load<u32>(params, Param.hiddenGradient);
  const gradientStride: usize = load<u32>(params, Param.gradientStride);
  let g: usize = load<u32>(params, Param.gradients);
  score(params, hiddenPointer, 1, set);
  mergeRepeats(params, hiddenPointer, 1, set);
  memory.fill(e, 0, stride);
  let ys: usize = load<u32>(set, TargetSet.rows);
  const tiles = tileCount(set);
  for (let t: u32 = 0; t < tiles; t++, ys += Tile.outputs << 2, g += gradientStride) {
    if (isHalf(set, t)) updateRow3(hidden, e, ys, g, stride);
    else updateRow6(hidden, e, ys, g, stride);
  }
}
