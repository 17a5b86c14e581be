import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AliasTable, aliasTable } from "../../src/math/alias";

/** What the table draws, in units of 2^-32 of a cell. */
function drawn({ thresholds, aliases }: AliasTable): number[] {
  const quanta = new Array<number>(thresholds.length).fill(0);
  thresholds.forEach((threshold, i) => {
    const own = aliases[i] === i ? 2 ** 32 : threshold;
    quanta[i] += own;
    quanta[aliases[i]] += 2 ** 32 - own;
  });
  return quanta;
}

describe("aliasTable", () => {
  it("draws each word by its weight, to a quantum", () => {
    const weights = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(weights, (list) => {
        const total = list.reduce((a, b) => a + b, 0);
        const quanta = drawn(aliasTable(Float64Array.from(list)));
        expect(quanta.reduce((a, b) => a + b, 0)).toBe(list.length * 2 ** 32);
        quanta.forEach((q, i) => {
          // the first word takes what rounding down left of all
          const exact = (list[i] / total) * list.length * 2 ** 32;
          expect(Math.abs(q - exact)).toBeLessThanOrEqual(i === 0 ? list.length + 1 : 1);
        });
      }),
    );
  });

  it("never draws a word of weight 0", () => {
    expect(drawn(aliasTable(Float64Array.of(0, 3, 0, 1)))).toEqual([0, 3 * 2 ** 32, 0, 2 ** 32]);
  });

  it("holds for a vocabulary by Zipf's law", () => {
    const weights = Float64Array.from({ length: 100_000 }, (_, i) => (1e6 / (i + 1)) ** 0.75);
    const total = weights.reduce((a, b) => a + b, 0);
    const quanta = drawn(aliasTable(weights));
    expect(quanta.reduce((a, b) => a + b, 0)).toBe(weights.length * 2 ** 32);
    expect(
      Math.max(...quanta.map((q, i) => (i === 0 ? 0 : Math.abs(q - (weights[i] / total) * weights.length * 2 ** 32)))),
    ).toBeLessThan(2);
  });
});
