// The losses and their true gradients ∂J/∂x in float64, one function for each equation of docs/math.md.

/** A row vector. */
export type Vector = Float64Array;

/** σ(x) = 1 / (1 + e^−x), without overflow. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/** log σ(x), exact to rounding for every x. */
export function logSigmoid(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}

export interface WordLossAndGradient {
  /** J, in nats */
  loss: number;
  /** ∂J/∂v_c, shape (d) */
  gradCenterVector: Vector;
  /** ∂J/∂U, shape (n, d): a row for each outside word, zero for those that take no part */
  gradOutsideVectors: Vector[];
}

/**
 * Negative sampling, (3.1) to (3.3) of docs/math.md: J = −log σ(u_o·v_c) − Σ_k log σ(−u_k·v_c).
 * A negative that occurs m times counts m times, in the loss and in the gradient of its row.
 * @param centerVector v_c, shape (d)
 * @param outsideIndex o
 * @param outsideVectors U, shape (n, d)
 * @param negativeIndices the K noise words
 */
export function negativeSamplingLossAndGradient(
  centerVector: Vector,
  outsideIndex: number,
  outsideVectors: readonly Vector[],
  negativeIndices: readonly number[],
): WordLossAndGradient {
  let loss = 0;
  const gradCenterVector = new Float64Array(centerVector.length);
  const gradOutsideVectors = outsideVectors.map((row) => new Float64Array(row.length));
  const predict = (index: number, label: 0 | 1) => {
    const u = outsideVectors[index];
    const z = u.reduce((sum, value, d) => sum + value * centerVector[d], 0);
    loss -= logSigmoid(label === 1 ? z : -z);
    // ∂J/∂z = σ(z) − label
    const error = sigmoid(z) - label;
    for (let d = 0; d < u.length; d++) {
      gradCenterVector[d] += error * u[d];
      gradOutsideVectors[index][d] += error * centerVector[d];
    }
  };
  predict(outsideIndex, 1);
  for (const index of negativeIndices) predict(index, 0);
  return { loss, gradCenterVector, gradOutsideVectors };
}
