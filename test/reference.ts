// The training of a sentence in float64, from the pure losses: what every kernel must do.

import type { KernelOptions } from "../src/kernel/memory";
import type { AliasTable } from "../src/math/alias";
import { negativeSamplingLossAndGradient } from "../src/math/loss";
import type { Vector } from "../src/math/matrix";
import type { Random } from "../src/math/random";

export interface State {
  inputs: Vector[];
  outputs: Vector[];
  random: Random;
}

export interface Outcome {
  loss: number;
  predictions: number;
}

/** Trains on one sentence without subsampling, drawing in the order of assembly/train.ts. */
export function trainSentence(
  state: State,
  sentence: number[],
  options: KernelOptions,
  noise: AliasTable,
  rate: number,
): Outcome {
  const outcome = { loss: 0, predictions: 0 };
  sentence.forEach((target, p) => {
    const radius = 1 + state.random.below(options.window);
    const contexts = sentence.filter((_, q) => q !== p && Math.abs(q - p) <= radius);
    if (contexts.length === 0) return;
    if (options.model === "cbow")
      cbow(state, contexts, target, drawNegatives(state, options, noise, target), options, rate, outcome);
    else if (options.sharedNegatives) {
      const negatives = drawNegatives(state, options, noise, target);
      window(state, contexts, target, negatives, rate, outcome);
    } else {
      for (const context of contexts)
        window(state, [context], target, drawNegatives(state, options, noise, target), rate, outcome);
    }
  });
  return outcome;
}

function drawNegatives({ random }: State, { negatives }: KernelOptions, noise: AliasTable, target: number): number[] {
  return Array.from({ length: negatives }, () => {
    const cell = random.below(noise.thresholds.length);
    return random.next() < noise.thresholds[cell] ? cell : noise.aliases[cell];
  }).filter((word) => word !== target);
}

/** All gradients from the values before, then all steps. */
function window(
  state: State,
  contexts: number[],
  target: number,
  negatives: number[],
  rate: number,
  outcome: Outcome,
): void {
  const { inputs, outputs } = state;
  const steps = contexts.map((context) => ({
    context,
    ...negativeSamplingLossAndGradient(inputs[context], target, outputs, negatives),
  }));
  for (const { context, loss, gradCenterVector, gradOutsideVectors } of steps) {
    outcome.loss += loss;
    outcome.predictions += 1 + negatives.length;
    subtract(inputs[context], gradCenterVector, rate);
    gradOutsideVectors.forEach((gradient, word) => subtract(outputs[word], gradient, rate));
  }
}

function cbow(
  { inputs, outputs }: State,
  contexts: number[],
  target: number,
  negatives: number[],
  { cbowCombine, cbowGradient }: KernelOptions,
  rate: number,
  outcome: Outcome,
): void {
  const n = contexts.length;
  const hidden = inputs[0].map(
    (_, d) => contexts.reduce((sum, word) => sum + inputs[word][d], 0) / (cbowCombine === "mean" ? n : 1),
  );
  const { loss, gradCenterVector, gradOutsideVectors } = negativeSamplingLossAndGradient(
    hidden,
    target,
    outputs,
    negatives,
  );
  outcome.loss += loss;
  outcome.predictions += 1 + negatives.length;
  for (const context of contexts)
    subtract(inputs[context], gradCenterVector, rate / (cbowGradient === "divided" ? n : 1));
  gradOutsideVectors.forEach((gradient, word) => subtract(outputs[word], gradient, rate));
}

function subtract(row: Vector, gradient: Vector, rate: number): void {
  for (let d = 0; d < row.length; d++) row[d] -= rate * gradient[d];
}
