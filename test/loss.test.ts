import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logSigmoid, negativeSamplingLossAndGradient, sigmoid, type Vector } from "../src/math/loss";

/** Central differences of f over the coordinates of x, which is changed and restored in place. */
function numericGradient(f: () => number, x: Vector): Vector {
  return x.map((value, d) => {
    const h = 1e-5;
    x[d] = value + h;
    const up = f();
    x[d] = value - h;
    const down = f();
    x[d] = value;
    return (up - down) / (2 * h);
  });
}

function relativeError(a: Vector, b: Vector): number {
  return Math.max(...a.map((value, d) => Math.abs(value - b[d]) / Math.max(1, Math.abs(value) + Math.abs(b[d]))));
}

const vector = (d: number) =>
  fc
    .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: d, maxLength: d })
    .map((a) => Float64Array.from(a));

const problem = fc
  .record({ d: fc.integer({ min: 1, max: 8 }), n: fc.integer({ min: 1, max: 6 }), k: fc.integer({ min: 0, max: 8 }) })
  .chain(({ d, n, k }) =>
    fc.record({
      center: vector(d),
      outside: fc.array(vector(d), { minLength: n, maxLength: n }),
      target: fc.integer({ min: 0, max: n - 1 }),
      negatives: fc.array(fc.integer({ min: 0, max: n - 1 }), { minLength: k, maxLength: k }),
    }),
  );

describe("negativeSamplingLossAndGradient", () => {
  it("gives the gradient that central differences give, for every parameter, repeated negatives included", () => {
    fc.assert(
      fc.property(problem, ({ center, outside, target, negatives }) => {
        const loss = () => negativeSamplingLossAndGradient(center, target, outside, negatives).loss;
        const { gradCenterVector, gradOutsideVectors } = negativeSamplingLossAndGradient(
          center,
          target,
          outside,
          negatives,
        );
        expect(relativeError(gradCenterVector, numericGradient(loss, center))).toBeLessThan(1e-6);
        outside.forEach((row, i) => {
          expect(relativeError(gradOutsideVectors[i], numericGradient(loss, row))).toBeLessThan(1e-6);
        });
      }),
    );
  });

  it("is exact for a case worked by hand", () => {
    // z = 0 for both: J = 2 ln 2, errors −½ and ½
    const { loss, gradCenterVector, gradOutsideVectors } = negativeSamplingLossAndGradient(
      Float64Array.of(1, 0),
      0,
      [Float64Array.of(0, 2), Float64Array.of(0, 4)],
      [1],
    );
    expect(loss).toBeCloseTo(2 * Math.LN2, 15);
    expect([...gradCenterVector]).toEqual([0, 1]);
    expect(gradOutsideVectors.map((row) => [...row])).toEqual([
      [-0.5, 0],
      [0.5, 0],
    ]);
  });
});

describe("sigmoid and logSigmoid", () => {
  it("are safe at ±1000", () => {
    expect(sigmoid(1000)).toBe(1);
    expect(sigmoid(-1000)).toBe(0);
    expect(logSigmoid(1000)).toBe(0);
    expect(logSigmoid(-1000)).toBe(-1000);
  });
});
