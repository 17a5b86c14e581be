// The network of document 000: one hidden layer of sigmoids, softmax output, cross-entropy.

import { crossEntropy, sigmoid, softmax } from "./loss.js";
import { addScaled, checkLength, checkRows, dot, type Matrix, type Vector } from "./matrix.js";

/** Weights and biases; x W is a row vector times a matrix, so W1 has a row for each input. */
export interface NetworkParameters {
  /** W^(1), shape (D_x, H) */
  W1: Matrix;
  /** b^(1), shape (H) */
  b1: Vector;
  /** W^(2), shape (H, D_y) */
  W2: Matrix;
  /** b^(2), shape (D_y) */
  b2: Vector;
}

/**
 * The network h = σ(x W1 + b1), ŷ = softmax(h W2 + b2), J = −Σ_i t_i log ŷ_i and its gradients for every parameter and the input:
 * (7.1) to (7.8) of docs/math.md; 000 (1.1) to (1.12).
 * @param x shape (D_x)
 * @param target index of the true class, or a distribution t, shape (D_y)
 * @returns J, ŷ, h and the gradients, each in the shape of its parameter
 * @throws RangeError for a shape or an index that does not fit
 */
export function networkLossAndGradient(x: Vector, target: number | Vector, { W1, b1, W2, b2 }: NetworkParameters) {
  checkLength("W1", W1, x.length);
  checkRows("W1", W1, b1.length);
  checkLength("W2", W2, b1.length);
  checkRows("W2", W2, b2.length);
  const hidden = plusProduct(b1, x, W1).map(sigmoid);
  const z2 = plusProduct(b2, hidden, W2);
  const prediction = softmax(z2);
  const loss = crossEntropy(z2, target);
  // ∂J/∂z2 = ŷ − t
  const gradB2 = prediction.map((y, k) => y - (typeof target === "number" ? Number(k === target) : target[k]));
  // ∂J/∂z1 = (∂J/∂z2 W2ᵀ) ∘ h (1 − h)
  const gradB1 = hidden.map((h, j) => dot(gradB2, W2[j]) * h * (1 - h));
  return {
    loss,
    hidden,
    prediction,
    gradW1: outer(x, gradB1),
    gradB1,
    gradW2: outer(hidden, gradB2),
    gradB2,
    /** ∂J/∂x = ∂J/∂z1 W1ᵀ: (1.12) */
    gradX: x.map((_, i) => dot(gradB1, W1[i])),
  };
}

/** b + x W */
function plusProduct(b: Vector, x: Vector, W: Matrix): Vector {
  const z = b.slice();
  x.forEach((value, i) => addScaled(z, value, W[i]));
  return z;
}

/** aᵀ b */
function outer(a: Vector, b: Vector): Matrix {
  return Array.from(a, (value) => b.map((other) => value * other));
}
