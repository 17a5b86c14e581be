// Walks a batch of sentences: subsampling, windows, and the one update
//   rows → gather → hidden → output layer → gradient → rows
// for CBOW, and for skip-gram with the softmaxes. p, q: positions in the sentence kept, u32 word ids.

import { assertBatch, assertContexts, assertSet, DEBUG } from "./assertions";
import { trainLines } from "./lines";
import { drawTargets, mergeTargets, score } from "./losses";
import { tileCount, prefetchTargets } from "./output";
import { Mark, Model, Param, TargetSet, Tile } from "./params";
import { predict } from "./prediction";
import { below, random } from "./random";
import { mergeInputs } from "./repeats";
import { gatherSum, scatterAdd } from "./rows";
import { stage, prefetchInputs, unstage } from "./staging";
import { composeBatch, spreadBatch } from "./subwords";
import { updateRows } from "./vector";
import { gatherWeighted, scaleGradients, scatterAddWeighted } from "./weights";

/** Trains on params.ids: u32[length], whole sentences. Keep calls short: V8 does not swap in optimised code while a call runs. */
export function train(params: usize, length: u32): void {
  if (load<u32>(params, Param.model) == Model.lines) {
    trainLines(params, length);
    return;
  }
  if (DEBUG) assertBatch(params, length);
  const hasSubwords = load<u32>(params, Param.subwords) != 0;
  if (hasSubwords) composeBatch(params, length);
  let id: usize = load<u32>(params, Param.ids);
  const end = id + (<usize>length << 2);
  const kept: usize = load<u32>(params, Param.kept);
  const thresholds: usize = load<u32>(params, Param.keepThresholds);
  let last = kept;
  let trained: u32 = 0;
  for (; id < end; id += 4) {
    const word = load<u32>(id);
    if (word >= <u32>Mark.least) {
      // no window holds documents or labels
      if (word != Mark.sentenceEnd) continue;
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
  if (hasSubwords) spreadBatch(params);
}

/**
 * Trains on a sentence: u32[…] from first to last. Windows are drawn a group ahead, and their rows prefetched all at once:
 * rows come from far caches, and many loads under way together take hardly longer than one (skip-gram: +11%).
 */
function sentence(params: usize, first: usize, last: usize): void {
  const windows: usize = load<u32>(params, Param.windows);
  const windowStride: usize = load<u32>(params, Param.windowStride);
  const room = windows + <usize>load<u32>(params, Param.group) * windowStride;
  let prefetched = first;
  for (let p = first; p < last; ) {
    let end = windows;
    for (; end < room && p < last; p += 4) {
      if (drawWindow(params, first, p, last, end)) end += windowStride;
    }
    prefetched = prefetchInputs(params, prefetched, min(p + (<usize>load<u32>(params, Param.windowRight) << 2), last));
    for (let w = windows; w < end; w += windowStride) prefetchTargets(params, setOf(params, w));
    for (let w = windows; w < end; w += windowStride) {
      const staged = stage(params, idsOf(w), load<u32>(w), contextsOf(params, w));
      if (load<u32>(params, Param.model) == Model.cbow) cbow(params, w);
      else skipgram(params, w);
      if (staged) unstage(params, staged);
    }
  }
}

/** Parts of a window, see Param.windows. */
// @ts-ignore: decorator
@inline
function idsOf(w: usize): usize {
  return w + 4;
}

// @ts-ignore: decorator
@inline
function contextsOf(params: usize, w: usize): usize {
  return idsOf(w) + roomOf(params);
}

// @ts-ignore: decorator
@inline
function setOf(params: usize, w: usize): usize {
  return contextsOf(params, w) + roomOf(params);
}

/** 0 where all contexts weigh the same. */
// @ts-ignore: decorator
@inline
function weightsOf(params: usize, w: usize): usize {
  return load<u32>(params, Param.windowWeights) ? w + <usize>load<u32>(params, Param.windowStride) - roomOf(params) : 0;
}

/** Bytes of a list of the contexts that a window has at most. */
// @ts-ignore: decorator
@inline
function roomOf(params: usize): usize {
  return <usize>(load<u32>(params, Param.windowLeft) + load<u32>(params, Param.windowRight)) << 2;
}

/** Draws the radius and the output rows of position p, and writes the window to w; false if it has no context. */
function drawWindow(params: usize, first: usize, p: usize, last: usize, w: usize): bool {
  const window = load<u32>(params, Param.window);
  const radius = load<u32>(params, Param.shrinkWindows) ? 1 + below(params + Param.randomState, window) : window;
  const left = <usize>min(radius, load<u32>(params, Param.windowLeft)) << 2;
  const from = p - first < left ? first : p - left;
  const to = min(p + (<usize>min(radius, load<u32>(params, Param.windowRight)) << 2) + 4, last);
  const n = <u32>((to - from) >> 2) - 1;
  if (n == 0) return false;
  store<u32>(w, n);
  let ids = idsOf(w);
  for (let q = from; q < p; q += 4, ids += 4) store<u32>(ids, load<u32>(q));
  for (let q = p + 4; q < to; q += 4, ids += 4) store<u32>(ids, load<u32>(q));
  if (DEBUG) assertContexts(params, idsOf(w), n);
  if (load<u32>(params, Param.windowWeights)) drawWeights(params, w, from, p, to);
  drawTargets(params, load<u32>(p), setOf(params, w));
  if (DEBUG) assertSet(params, n, setOf(params, w));
  return true;
}

/** Lists the weights of the contexts from … p … to. */
function drawWeights(params: usize, w: usize, from: usize, p: usize, to: usize): void {
  const weights: usize = load<u32>(params, Param.windowWeights);
  let weight = weightsOf(params, w);
  for (let q = from; q < p; q += 4, weight += 4) store<f32>(weight, load<f32>(weights + (p - q) - 4));
  for (let q = p + 4; q < to; q += 4, weight += 4) store<f32>(weight, load<f32>(weights + (q - p) - 4));
}

/** Skip-gram, the pairs of a window together: each context row predicts the centre word (as word2vec.c pairs them). */
function skipgram(params: usize, w: usize): void {
  const n = load<u32>(w);
  const xs = contextsOf(params, w);
  const set = setOf(params, w);
  const m = max<u32>((load<u32>(set, TargetSet.listed) + 2) / 3 * 3, Tile.outputs);
  const weights = weightsOf(params, w);
  score(params, xs, n, set);
  if (weights) scaleGradients(params, n, tileCount(set), weights);
  mergeTargets(params, n, set);
  mergeInputs(params, xs, n, load<u32>(set, TargetSet.listed));
  updateRows(
    xs, n, load<u32>(set, TargetSet.rows), m,
    load<u32>(params, Param.gradients), load<u32>(params, Param.gradientStride), load<u32>(params, Param.partial), load<u32>(params, Param.stride),
  );
}

/** CBOW: the mean or sum of the context rows predicts the centre word. */
function cbow(params: usize, w: usize): void {
  const stride: usize = load<u32>(params, Param.stride);
  const hidden: usize = load<u32>(params, Param.hidden);
  const e: usize = load<u32>(params, Param.hiddenGradient);
  const n = load<u32>(w);
  const xs = contextsOf(params, w);
  const weights = weightsOf(params, w);
  const mean = load<u32>(params, Param.cbowMean) != 0;
  const divided = load<u32>(params, Param.cbowDivided) != 0;
  if (weights) gatherWeighted(xs, n, weights, mean, hidden, stride);
  else gatherSum(xs, n, mean ? <f32>1 / <f32>n : 1, hidden, stride);
  predict(params, params + Param.hidden, hidden, setOf(params, w));
  if (weights) scatterAddWeighted(xs, n, weights, e, divided, stride);
  else scatterAdd(xs, n, e, divided ? <f32>1 / <f32>n : 1, stride);
}
