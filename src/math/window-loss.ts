// The losses of a window, over any word loss: skip-gram and CBOW.

import type { HuffmanTree } from "./huffman.js";
import {
  hierarchicalSoftmaxLossAndGradient,
  negativeSamplingLossAndGradient,
  type WordLossAndGradient,
} from "./loss.js";
import { addScaled, checkIndex, type Matrix, type Vector, zerosLike } from "./matrix.js";
import type { NegativeSampler } from "./sampler.js";

/** The loss of one prediction: naiveSoftmaxLossAndGradient, withNegatives(sampler) or withTree(tree). */
export type WordLoss = (centerVector: Vector, outsideIndex: number, outsideVectors: Matrix) => WordLossAndGradient;

/** Negative sampling as a word loss; each call draws its noise words. */
export function withNegatives(sampler: NegativeSampler): WordLoss {
  return (centerVector, outsideIndex, outsideVectors) =>
    negativeSamplingLossAndGradient(centerVector, outsideIndex, outsideVectors, sampler(outsideIndex));
}

/** Hierarchical softmax as a word loss: the outside vectors are the rows of the inner nodes. */
export function withTree(tree: HuffmanTree): WordLoss {
  return (centerVector, outsideIndex, innerVectors) => {
    const { loss, gradCenterVector, gradInnerVectors } = hierarchicalSoftmaxLossAndGradient(
      centerVector,
      tree.path(outsideIndex),
      innerVectors,
    );
    return { loss, gradCenterVector, gradOutsideVectors: gradInnerVectors };
  };
}

/**
 * Skip-gram, (6.1) to (6.3) of docs/math.md: J = Σ_{−m ≤ j ≤ m, j ≠ 0} J(v_c, w_{t+j}, U); 004 h.
 * @param centerIndex c, row of the center word
 * @param outsideIndices the words w_{t+j} around it; one that occurs twice counts twice
 * @param centerVectors V, shape (n, d)
 * @param outsideVectors U, shape (n, d)
 * @returns gradients for all of V, zero for every word but c, and of U
 * @throws RangeError for an index that does not fit
 */
export function skipGramLossAndGradient(
  centerIndex: number,
  outsideIndices: readonly number[],
  centerVectors: Matrix,
  outsideVectors: Matrix,
  wordLoss: WordLoss,
): { loss: number; gradCenterVectors: Matrix; gradOutsideVectors: Matrix } {
  checkIndex("centerIndex", centerIndex, centerVectors.length);
  let loss = 0;
  const gradCenterVectors = zerosLike(centerVectors);
  const gradOutsideVectors = zerosLike(outsideVectors);
  for (const outsideIndex of outsideIndices) {
    const word = wordLoss(centerVectors[centerIndex], outsideIndex, outsideVectors);
    loss += word.loss;
    addScaled(gradCenterVectors[centerIndex], 1, word.gradCenterVector);
    word.gradOutsideVectors.forEach((row, k) => addScaled(gradOutsideVectors[k], 1, row));
  }
  return { loss, gradCenterVectors, gradOutsideVectors };
}

/**
 * CBOW, (6.4) to (6.6) of docs/math.md: the mean or sum h of the context rows predicts the center word.
 * @param contextIndices rows of the words around it, at least one; one that occurs twice counts twice
 * @param centerIndex the word that is predicted
 * @param inputVectors shape (n, d): the rows that are combined
 * @param outputVectors shape (n, d): the rows that predict
 * @param combine "mean" (default): each context row takes ∂J/∂h / n; "sum": ∂J/∂h
 * @throws RangeError for an index that does not fit, or no context
 */
export function cbowLossAndGradient(
  contextIndices: readonly number[],
  centerIndex: number,
  inputVectors: Matrix,
  outputVectors: Matrix,
  wordLoss: WordLoss,
  combine: "mean" | "sum" = "mean",
): { loss: number; gradInputVectors: Matrix; gradOutputVectors: Matrix } {
  if (contextIndices.length === 0) throw new RangeError('"contextIndices" expected at least one word, got none');
  const scale = combine === "mean" ? 1 / contextIndices.length : 1;
  const hidden = new Float64Array(inputVectors[0].length);
  for (const index of contextIndices)
    addScaled(hidden, scale, inputVectors[checkIndex("contextIndices", index, inputVectors.length)]);
  const { loss, gradCenterVector, gradOutsideVectors } = wordLoss(hidden, centerIndex, outputVectors);
  const gradInputVectors = zerosLike(inputVectors);
  for (const index of contextIndices) addScaled(gradInputVectors[index], scale, gradCenterVector);
  return { loss, gradInputVectors, gradOutputVectors: gradOutsideVectors };
}
