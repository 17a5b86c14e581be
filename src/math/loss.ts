// The losses of one prediction and their true gradients ∂J/∂x in float64, one function for each equation of docs/math.md.
// No state and no WebAssembly: the code reads like the equations. The tests compare every kernel with it.

import { addScaled, checkIndex, checkLength, checkRows, dot, type Matrix, type Vector, zerosLike } from "./matrix.js";

/** σ(x) = 1 / (1 + e^−x), without overflow: (2.1) of docs/math.md. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/** dσ/dx = σ(x) (1 − σ(x)): (2.2) of docs/math.md; 004 e. Exact where 1 − σ(x) would round to 0. */
export function sigmoidDerivative(x: number): number {
  return sigmoid(x) * sigmoid(-x);
}

/** log σ(x), exact to rounding for every x: (2.3) of docs/math.md. */
export function logSigmoid(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}

/** log Σ_i e^{z_i}, without overflow: (3.2) of docs/math.md. */
export function logSumExp(z: Vector): number {
  const largest = greatest(z);
  return largest + Math.log(z.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** ŷ_i = e^{z_i} / Σ_j e^{z_j}, without overflow: (3.1) of docs/math.md; 000 (1.2), 001 (3). */
export function softmax(z: Vector): Vector {
  const largest = greatest(z);
  const exponentials = z.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

function greatest(z: Vector): number {
  return z.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}

/**
 * −Σ_i y_i log ŷ_i with ŷ = softmax(z), from the scores z and so without log 0: (3.3) of docs/math.md; 000 (1.3), 001 (2).
 * @param target y: the index of the true class, or a distribution of the length of z
 */
export function crossEntropy(z: Vector, target: number | Vector): number {
  const normalizer = logSumExp(z);
  if (typeof target === "number") return normalizer - z[checkIndex("target", target, z.length)];
  checkLength("target", target, z.length);
  return target.reduce((sum, y, i) => (y === 0 ? sum : sum + y * (normalizer - z[i])), 0);
}

export interface WordLossAndGradient {
  /** J, in nats */
  loss: number;
  /** ∂J/∂v_c, shape (d) */
  gradCenterVector: Vector;
  /** ∂J/∂U, shape (n, d): a row for each outside word, zero for words that are not involved */
  gradOutsideVectors: Matrix;
}

/**
 * Naive softmax, (3.4) to (3.6) of docs/math.md: J = −log softmax(U v_c)_o; 001 a and b, 004 b to d.
 * ∂J/∂v_c = (ŷ − y) U and ∂J/∂u_k = (ŷ − y)_k v_c.
 * @param centerVector v_c, shape (d)
 * @param outsideIndex o
 * @param outsideVectors U, shape (n, d)
 * @throws RangeError for an index or a shape that does not fit
 */
export function naiveSoftmaxLossAndGradient(
  centerVector: Vector,
  outsideIndex: number,
  outsideVectors: Matrix,
): WordLossAndGradient {
  checkRows("outsideVectors", outsideVectors, centerVector.length);
  checkIndex("outsideIndex", outsideIndex, outsideVectors.length);
  const z = Float64Array.from(outsideVectors, (u) => dot(u, centerVector));
  const error = softmax(z);
  error[outsideIndex] -= 1;
  const gradCenterVector = new Float64Array(centerVector.length);
  outsideVectors.forEach((u, k) => addScaled(gradCenterVector, error[k], u));
  return {
    loss: crossEntropy(z, outsideIndex),
    gradCenterVector,
    gradOutsideVectors: outsideVectors.map((_, k) => centerVector.map((value) => error[k] * value)),
  };
}

/**
 * Negative sampling, (4.1) to (4.3) of docs/math.md: J = −log σ(u_o·v_c) − Σ_k log σ(−u_k·v_c); 001 c, 003, 004 f.
 * A negative that occurs m times counts m times, in the loss and in the gradient of its row (004 g).
 * @param centerVector v_c, shape (d)
 * @param outsideIndex o
 * @param outsideVectors U, shape (n, d)
 * @param negativeIndices the K noise words; see negativeSampler
 * @throws RangeError for an index or a shape that does not fit
 */
export function negativeSamplingLossAndGradient(
  centerVector: Vector,
  outsideIndex: number,
  outsideVectors: Matrix,
  negativeIndices: readonly number[],
): WordLossAndGradient {
  const n = outsideVectors.length;
  checkRows("outsideVectors", outsideVectors, centerVector.length);
  const labelled: Labelled[] = [[checkIndex("outsideIndex", outsideIndex, n), 1]];
  negativeIndices.forEach((index, k) => labelled.push([checkIndex(`negativeIndices[${k}]`, index, n), 0]));
  const { loss, gradCenterVector, gradRows } = logisticLossAndGradient(centerVector, labelled, outsideVectors);
  return { loss, gradCenterVector, gradOutsideVectors: gradRows };
}

/** The path from the root of a binary tree to a word. */
export interface Path {
  /** Inner nodes from the root on: rows of the inner vectors. */
  nodes: readonly number[];
  /** The branch taken at each: bit 0 or 1. */
  code: readonly number[];
}

/**
 * Hierarchical softmax, (5.1) to (5.4) of docs/math.md: J = −Σ_j log σ((1 − 2 d_j) u_{n_j}·v_c) over the nodes n_j and bits d_j
 * of the word's path (Morin and Bengio 2005; Mikolov et al. 2013; Rong 2014, section 3.1).
 * @param centerVector v_c, shape (d)
 * @param path of the word that is predicted; see huffmanTree
 * @param innerVectors rows of the inner nodes, shape (n − 1, d)
 * @throws RangeError for a node or a shape that does not fit
 */
export function hierarchicalSoftmaxLossAndGradient(
  centerVector: Vector,
  path: Path,
  innerVectors: Matrix,
): { loss: number; gradCenterVector: Vector; gradInnerVectors: Matrix } {
  checkRows("innerVectors", innerVectors, centerVector.length);
  checkLength("path.code", path.code, path.nodes.length);
  const labelled = path.nodes.map((node, j): Labelled => {
    return [checkIndex(`path.nodes[${j}]`, node, innerVectors.length), path.code[j] === 0 ? 1 : 0];
  });
  const { loss, gradCenterVector, gradRows } = logisticLossAndGradient(centerVector, labelled, innerVectors);
  return { loss, gradCenterVector, gradInnerVectors: gradRows };
}

/**
 * One-vs-all, (14.5) of docs/math.md: J = −Σ_{k in labels} log σ(u_k·h) − Σ_{k not in labels} log σ(−u_k·h), each label alone.
 * @param hiddenVector h, shape (d)
 * @param labels of the line; one that is listed twice counts once
 * @param labelVectors U, shape (n, d): a row for each label
 * @throws RangeError for an index or a shape that does not fit
 */
export function oneVsAllLossAndGradient(
  hiddenVector: Vector,
  labels: readonly number[],
  labelVectors: Matrix,
): WordLossAndGradient {
  checkRows("labelVectors", labelVectors, hiddenVector.length);
  labels.forEach((label, i) => checkIndex(`labels[${i}]`, label, labelVectors.length));
  const labelled = labelVectors.map((_, row): Labelled => [row, labels.includes(row) ? 1 : 0]);
  const { loss, gradCenterVector, gradRows } = logisticLossAndGradient(hiddenVector, labelled, labelVectors);
  return { loss, gradCenterVector, gradOutsideVectors: gradRows };
}

/** A row and its label in the logistic loss. */
type Labelled = [row: number, label: 0 | 1];

/** The sum of the logistic losses of rows, (2.4) and (2.5) of docs/math.md. A row that is listed again counts again. */
function logisticLossAndGradient(x: Vector, labelled: readonly Labelled[], rows: Matrix) {
  let loss = 0;
  const gradCenterVector = new Float64Array(x.length);
  const gradRows = zerosLike(rows);
  for (const [index, label] of labelled) {
    const z = dot(rows[index], x);
    loss -= logSigmoid(label === 1 ? z : -z);
    const error = sigmoid(z) - label;
    addScaled(gradCenterVector, error, rows[index]);
    addScaled(gradRows[index], error, x);
  }
  return { loss, gradCenterVector, gradRows };
}
