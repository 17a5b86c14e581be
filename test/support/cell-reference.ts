// The training of a cell in float64, from the pure loss: what every kernel must do.

import type { Random } from "../../src/base/random";
import type { AliasTable } from "../../src/math/alias";
import { negativeSamplingLossAndGradient } from "../../src/math/loss";
import { addScaled, dot, type Vector, zerosLike } from "../../src/math/matrix";
import type { CellPair } from "./grid-memory";

export interface Cell {
  /** rows of the contexts' block, of the targets' block */
  inputs: Vector[];
  outputs: Vector[];
  /** learning-rate multiplier of each input row */
  multipliers: readonly number[];
}

/** Pairs that are one step, and the noise words they meet; undefined where that word is left out. */
export interface Step {
  pairs: CellPair[];
  noise: (number | undefined)[];
}

/** Draws the tiles of the pairs, noise words first, and divides them into steps. */
export function drawSteps(
  random: Random,
  table: AliasTable,
  pairs: readonly CellPair[],
  tile: number,
  negatives: number,
): Step[] {
  const steps: Step[] = [];
  for (let first = 0; first < pairs.length; first += tile) {
    const noise = Array.from({ length: negatives }, () => {
      const cell = random.below(table.thresholds.length);
      return random.next() < table.thresholds[cell] ? cell : table.aliases[cell];
    });
    let together: CellPair[] = [];
    const close = () => {
      if (together.length > 0) steps.push({ pairs: together, noise });
      together = [];
    };
    for (const pair of pairs.slice(first, first + tile)) {
      if (!noise.includes(pair.target)) {
        together.push(pair);
        continue;
      }
      close();
      steps.push({ pairs: [pair], noise: noise.map((word) => (word === pair.target ? undefined : word)) });
    }
    close();
  }
  return steps;
}

const drawn = (noise: Step["noise"]) => noise.filter((word) => word !== undefined);

/** Trains the steps one after the other. */
export function trainSteps(cell: Cell, steps: readonly Step[], rate: number): { loss: number; predictions: number } {
  const outcome = { loss: 0, predictions: 0 };
  for (const step of steps) {
    outcome.loss += trainStep(cell, step, rate);
    outcome.predictions += step.pairs.length * (1 + drawn(step.noise).length);
  }
  return outcome;
}

/** All gradients from the values before; the pairs' own rows then take their steps one after the other, noise rows all at once. */
function trainStep({ inputs, outputs, multipliers }: Cell, { pairs, noise }: Step, rate: number): number {
  let loss = 0;
  const before = outputs.map((row) => row.slice());
  const answers = pairs.map(({ context, target, weight }) => {
    // the loss as a function of its scores: with a hidden vector of 1 the gradient of an output "row" is ∂loss/∂z
    const scores = outputs.map((row) => Float64Array.of(dot(inputs[context], row)));
    const answer = negativeSamplingLossAndGradient(Float64Array.of(1), target, scores, drawn(noise));
    loss += answer.loss;
    return answer.gradOutsideVectors.map(([g]) => rate * weight * g);
  });
  // six rows at a time, the target the first; a word drawn twice belongs where it was drawn first
  for (let group = 0; group <= noise.length; group += 6) {
    const words = noise.filter((word, k) => {
      return word !== undefined && noise.indexOf(word) === k && k + 1 >= group && k + 1 < group + 6;
    }) as number[];
    pairs.forEach(({ context, target }, b) => {
      const x = inputs[context].slice();
      const move = new Float64Array(x.length);
      for (const word of words) {
        addScaled(move, answers[b][word], before[word]);
        addScaled(outputs[word], -answers[b][word], x);
      }
      if (group === 0) {
        addScaled(move, answers[b][target], outputs[target]);
        addScaled(outputs[target], -answers[b][target], x);
      }
      addScaled(inputs[context], -multipliers[context], move);
    });
  }
  return loss;
}

/** The true gradient of the summed loss of all steps, each input row's times its share. */
export function gradientOf(cell: Cell, steps: readonly Step[]): { inputs: Vector[]; outputs: Vector[] } {
  const gradient = { inputs: zerosLike(cell.inputs), outputs: zerosLike(cell.outputs) };
  for (const { pairs, noise } of steps) {
    for (const { context, target, weight } of pairs) {
      const answer = negativeSamplingLossAndGradient(cell.inputs[context], target, cell.outputs, drawn(noise));
      addScaled(gradient.inputs[context], weight * cell.multipliers[context], answer.gradCenterVector);
      answer.gradOutsideVectors.forEach((row, word) => {
        addScaled(gradient.outputs[word], weight, row);
      });
    }
  }
  return gradient;
}
