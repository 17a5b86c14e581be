// Compares a gradient with central differences.

import type { Vector } from "./matrix.js";

export interface GradientCheck {
  /** |analytic − numeric| / max(1, |analytic| + |numeric|) at the worst coordinate; about 1e-9 for a correct gradient */
  error: number;
  /** the worst coordinate */
  index: number;
  /** the gradient of f there */
  analytic: number;
  /** the central difference there */
  numeric: number;
}

/**
 * Compares the gradient that f gives with (f(x + h e_i) − f(x − h e_i)) / 2h for each coordinate i, and reports the worst.
 * x is changed in place while f is evaluated, and restored, so that f may read x as a row of a matrix.
 * @param f the loss and its gradient ∂J/∂x, of the length of x
 * @param x the point
 * @param h the step. Default 1e-5: the error of the differences is then about 1e-10
 * @throws RangeError if x is empty or the gradient has another length
 */
export function checkGradient(
  f: (x: Vector) => { loss: number; gradient: Vector },
  x: Vector,
  h = 1e-5,
): GradientCheck {
  const { gradient } = f(x);
  if (x.length === 0 || gradient.length !== x.length)
    throw new RangeError(`the gradient expected length ${x.length}, at least 1, got ${gradient.length}`);
  let worst: GradientCheck | undefined;
  for (let index = 0; index < x.length; index++) {
    const value = x[index];
    x[index] = value + h;
    const up = f(x).loss;
    x[index] = value - h;
    const down = f(x).loss;
    x[index] = value;
    const analytic = gradient[index];
    const numeric = (up - down) / (2 * h);
    const error = Math.abs(analytic - numeric) / Math.max(1, Math.abs(analytic) + Math.abs(numeric));
    // a NaN is the worst of all
    if (worst === undefined || (!(error <= worst.error) && !Number.isNaN(worst.error)))
      worst = { error, index, analytic, numeric };
  }
  return worst!;
}
