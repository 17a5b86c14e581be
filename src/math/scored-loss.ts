// Losses of predictions from their scores, without gradients, and to the same bits on every engine; loss.ts has them as they are derived.

import type { Vector } from "./matrix.js";
import { exp, log } from "./power.js";

/** Above it e^−z is too small to matter, and exp would leave its range. */
const MOST = 700;

/**
 * Σ_k J(z_k, y_k), (2.4) of docs/math.md, with one logarithm for all, as in (10.2). z: at most 1,000 scores.
 * @param isLabelled whether y_k is 1
 */
export function logisticLoss(z: Vector, isLabelled: (k: number) => boolean): number {
  let linear = 0;
  let product = 1;
  for (let k = 0; k < z.length; k++) {
    linear += Math.max(isLabelled(k) ? -z[k] : z[k], 0);
    product *= 1 + exp(-Math.min(Math.abs(z[k]), MOST));
  }
  return linear + log(product);
}

/** log Σ_k e^{z_k} − z_o: (3.2) and (3.4) of docs/math.md. */
export function softmaxLoss(z: Vector, o: number): number {
  let largest = z[0];
  for (const score of z) largest = Math.max(largest, score);
  let sum = 0;
  for (const score of z) sum += exp(Math.max(score - largest, -MOST));
  return largest - z[o] + log(sum);
}
