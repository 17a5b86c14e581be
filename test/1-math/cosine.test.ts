import { expect, it } from "vitest";
import { halfCosine } from "../../src/math/cosine";

it("halfCosine agrees with Math.cos, and falls all the way from 1 to 0", () => {
  const points = Array.from({ length: 10_001 }, (_, i) => i / 10_000);
  const values = points.map(halfCosine);
  for (const [i, x] of points.entries())
    expect(Math.abs(values[i] - (1 + Math.cos(Math.PI * x)) / 2)).toBeLessThanOrEqual(1e-15);
  expect([values[0], values[5000]]).toEqual([1, 0.5]);
  expect(values.every((value, i) => i === 0 || value < values[i - 1])).toBe(true);
});
