import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exp, log, power } from "../../src/math/power";

function close(a: number, b: number): void {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-13 * Math.abs(b));
}

describe("power", () => {
  it("agrees with Math.log, exp and pow to 13 digits", () => {
    const numbers = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(numbers(1e-300, 1e300), (x) => {
        // near 1 the logarithm is near 0: the error is that of x itself
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(1e-13 * Math.max(0.01, Math.abs(Math.log(x))));
      }),
    );
    fc.assert(fc.property(numbers(-600, 600), (x) => close(exp(x), Math.exp(x))));
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e9 }), numbers(-2, 2), (x, y) => close(power(x, y), x ** y)));
  });

  it("is exact where it can be", () => {
    expect(log(1)).toBe(0);
    expect(exp(0)).toBe(1);
    expect(power(12345, 1)).toBe(12345);
    expect(power(12345, 0)).toBe(1);
    expect([0.75, -0.5, 0].map((y) => power(0, y))).toEqual([0, 0, 1]);
  });

  it("gives the bits it gave, which the noise distribution and so every trained vector hangs on", () => {
    expect([power(10, 0.75), power(123456, 0.75), log(10)]).toMatchInlineSnapshot(`
      [
        5.62341325190349,
        6586.188423299727,
        2.3025850929940455,
      ]
    `);
  });
});
