// The training of a sentence in float64, from the pure losses: what every kernel must do. For cells of the grid: cell-reference.ts.

import type { Random } from "../../src/base/random";
import type { KernelOptions } from "../../src/kernel/layout";
import type { SubwordLists } from "../../src/kernel/shape";
import type { AliasTable } from "../../src/math/alias";
import type { HuffmanTree } from "../../src/math/huffman";
import { naiveSoftmaxLossAndGradient, negativeSamplingLossAndGradient } from "../../src/math/loss";
import { addScaled, type Vector } from "../../src/math/matrix";
import { type WordLoss, withTree } from "../../src/math/window-loss";
import type { LossName } from "../../src/model/losses/registry";

export type ReferenceOptions = KernelOptions & { loss: LossName };

export interface State {
  inputs: Vector[];
  outputs: Vector[];
  random: Random;
  /** learning-rate multiplier of each input row */
  multipliers: readonly number[];
  /** what words are composed of, where they have subwords: (6.10) */
  subwords?: { rows: Vector[] } & Pick<SubwordLists, "starts" | "list">;
}

export interface Outcome {
  loss: number;
  predictions: number;
}

/** What the output layer is made of. */
export interface Tables {
  noise: AliasTable;
  tree: HuffmanTree;
}

/** A word of a window, and what it counts. */
interface Context {
  word: number;
  weight: number;
}

/** Trains on one sentence, a batch of its own, without subsampling, drawing in the order of assembly/train.ts. */
export function trainSentence(
  state: State,
  sentence: number[],
  options: ReferenceOptions,
  tables: Tables,
  rate: number,
): Outcome {
  const outcome = { loss: 0, predictions: 0 };
  const composed = compose(state, new Set(sentence));
  sentence.forEach((target, p) => {
    const contexts = contextsOf(state, sentence, p, options);
    if (contexts.length === 0) return;
    const words = { ...state, inputs: state.inputs.map((vector) => vector.slice()) };
    const wordLoss = outputLayer(state, options, tables, target, outcome);
    if (options.model === "cbow") cbow(words, contexts, target, wordLoss, options, rate, outcome);
    else window(words, contexts, target, wordLoss, rate, outcome);
    state.inputs.forEach((input, word) => {
      const moved = words.inputs[word].map((value, d) => value - input[d]);
      addScaled(input, state.multipliers[word], moved);
    });
  });
  spread(state, composed);
  return outcome;
}

/** Composes words of their subwords, unless they are frozen; returns what each began as. */
function compose(state: State, words: Iterable<number>): Map<number, Vector> {
  const composed = new Map<number, Vector>();
  if (state.subwords === undefined) return composed;
  for (const word of words) {
    const list = subwordsOf(state, word);
    if (list.length > 0 && state.multipliers[word] !== 0) {
      state.inputs[word].fill(0);
      for (const subword of list) addScaled(state.inputs[word], 1 / list.length, state.subwords.rows[subword]);
    }
    composed.set(word, state.inputs[word].slice());
  }
  return composed;
}

/** Adds what words have learnt to each of their subwords. */
function spread(state: State, composed: Map<number, Vector>): void {
  for (const [word, before] of composed) {
    const learnt = state.inputs[word].map((value, d) => value - before[d]);
    for (const subword of subwordsOf(state, word)) addScaled(state.subwords!.rows[subword], 1, learnt);
  }
}

function subwordsOf({ subwords }: State, word: number): number[] {
  return [...subwords!.list.slice(subwords!.starts[word], subwords!.starts[word + 1])];
}

function contextsOf({ random }: State, sentence: number[], p: number, options: ReferenceOptions): Context[] {
  const { windowLeft, windowRight, shrinkWindows, windowWeights } = options;
  const most = Math.max(windowLeft, windowRight);
  const radius = shrinkWindows ? 1 + random.below(most) : most;
  return sentence
    .map((word, q) => ({ word, distance: Math.abs(q - p), side: q < p ? windowLeft : windowRight }))
    .filter(({ distance, side }) => distance > 0 && distance <= Math.min(side, radius))
    .map(({ word, distance }) => ({ word, weight: windowWeights[distance - 1] ?? 1 }));
}

/** The loss of a word, with the noise words drawn that all its predictions share; each prediction is counted. */
function outputLayer(
  state: State,
  options: ReferenceOptions,
  { noise, tree }: Tables,
  target: number,
  outcome: Outcome,
): WordLoss {
  const negatives = options.loss === "negative-sampling" ? drawNegatives(state, options, noise, target) : [];
  const losses: Record<ReferenceOptions["loss"], WordLoss> = {
    "negative-sampling": (v, o, U) => negativeSamplingLossAndGradient(v, o, U, negatives),
    "hierarchical-softmax": withTree(tree),
    softmax: naiveSoftmaxLossAndGradient,
  };
  return (v, o, U) => {
    outcome.predictions += 1 + negatives.length;
    return losses[options.loss](v, o, U);
  };
}

function drawNegatives(
  { random }: State,
  { negatives }: ReferenceOptions,
  noise: AliasTable,
  target: number,
): number[] {
  return Array.from({ length: negatives }, () => {
    const cell = random.below(noise.thresholds.length);
    return random.next() < noise.thresholds[cell] ? cell : noise.aliases[cell];
  }).filter((word) => word !== target);
}

/** All gradients from the values before, then all steps. */
function window(
  { inputs, outputs }: State,
  contexts: Context[],
  target: number,
  wordLoss: WordLoss,
  rate: number,
  outcome: Outcome,
): void {
  const steps = contexts.map((context) => ({ ...context, ...wordLoss(inputs[context.word], target, outputs) }));
  for (const { word, weight, loss, gradCenterVector, gradOutsideVectors } of steps) {
    outcome.loss += loss;
    addScaled(inputs[word], -rate * weight, gradCenterVector);
    gradOutsideVectors.forEach((gradient, row) => addScaled(outputs[row], -rate * weight, gradient));
  }
}

function cbow(
  { inputs, outputs }: State,
  contexts: Context[],
  target: number,
  wordLoss: WordLoss,
  { cbowCombine, cbowGradient }: ReferenceOptions,
  rate: number,
  outcome: Outcome,
): void {
  const all = contexts.reduce((sum, { weight }) => sum + weight, 0);
  const hidden = inputs[0].map(
    (_, d) =>
      contexts.reduce((sum, { word, weight }) => sum + weight * inputs[word][d], 0) /
      (cbowCombine === "mean" ? all : 1),
  );
  const { loss, gradCenterVector, gradOutsideVectors } = wordLoss(hidden, target, outputs);
  outcome.loss += loss;
  for (const { word, weight } of contexts)
    addScaled(inputs[word], (-rate * weight) / (cbowGradient === "divided" ? all : 1), gradCenterVector);
  gradOutsideVectors.forEach((gradient, row) => addScaled(outputs[row], -rate, gradient));
}
