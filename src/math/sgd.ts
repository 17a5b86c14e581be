// Stochastic gradient descent on the pure losses: for toys and teaching.

import { addScaled, type Matrix } from "./matrix.js";

/** A function that sgd minimizes, for example the loss of a random window. */
export type Objective = (parameters: Matrix, iteration: number) => { loss: number; gradients: Matrix };

export interface SgdOptions {
  /** η, or a function of the iteration. */
  learningRate: number | ((iteration: number) => number);
  /** Steps, numbered from 1. */
  iterations: number;
  /** Called before each step. */
  onStep?: (step: { iteration: number; loss: number; learningRate: number; gradients: Matrix }) => void;
}

/**
 * x ← x − η ∂J/∂x, (8.1) of docs/math.md, on rows that are changed in place.
 * @param parameters rows of any lengths: word vectors, weights
 * @returns the loss before each step
 * @throws RangeError when the loss is no longer finite
 */
export function sgd(objective: Objective, parameters: Matrix, options: SgdOptions): number[] {
  const { iterations, onStep } = options;
  const losses: number[] = [];
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const learningRate =
      typeof options.learningRate === "number" ? options.learningRate : options.learningRate(iteration);
    const { loss, gradients } = objective(parameters, iteration);
    if (!Number.isFinite(loss))
      throw new RangeError(
        `sgd diverged at iteration ${iteration}: the loss is ${loss}; lower the learning rate (it was ${learningRate})`,
      );
    onStep?.({ iteration, loss, learningRate, gradients });
    gradients.forEach((row, i) => addScaled(parameters[i], -learningRate, row));
    losses.push(loss);
  }
  return losses;
}
