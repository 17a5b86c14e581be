// Rung 1 of the ladder: every pure function against central differences, for every parameter.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkGradient } from "../../src/math/gradient";
import { networkLossAndGradient } from "../../src/math/hidden-layer";
import { huffmanTree } from "../../src/math/huffman";
import {
  crossEntropy,
  hierarchicalSoftmaxLossAndGradient,
  logSigmoid,
  logSumExp,
  naiveSoftmaxLossAndGradient,
  negativeSamplingLossAndGradient,
  oneVsAllLossAndGradient,
  sigmoid,
  sigmoidDerivative,
  softmax,
} from "../../src/math/loss";
import type { Matrix, Vector } from "../../src/math/matrix";
import { negativeSampler } from "../../src/math/sampler";
import {
  cbowLossAndGradient,
  skipGramLossAndGradient,
  type WordLoss,
  withNegatives,
  withTree,
} from "../../src/math/window-loss";
import { distribution, index, matrix, vector } from "../support/generators";

/** Relative error of central differences in float64, see checkGradient. */
const TOLERANCE = 1e-6;

function expectGradient(f: () => { loss: number; gradient: Vector }, x: Vector): void {
  const worst = checkGradient(f, x);
  expect(worst.error, JSON.stringify(worst)).toBeLessThan(TOLERANCE);
}

function expectGradients(f: () => { loss: number; gradients: Matrix }, rows: Matrix): void {
  rows.forEach((row, i) => {
    const rowGradient = () => {
      const { loss, gradients } = f();
      return { loss, gradient: gradients[i] };
    };
    expectGradient(rowGradient, row);
  });
}

const shape = fc.record({
  d: fc.integer({ min: 1, max: 8 }),
  n: fc.integer({ min: 2, max: 6 }),
  k: fc.integer({ min: 0, max: 8 }),
});

const problem = shape.chain(({ d, n, k }) =>
  fc.record({
    center: vector(d),
    outside: matrix(n, d),
    target: index(n),
    indices: fc.array(index(n), { minLength: k, maxLength: k }),
    counts: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: n, maxLength: n }),
  }),
);

describe("word losses against central differences", () => {
  it("naive softmax", () => {
    fc.assert(
      fc.property(problem, ({ center, outside, target }) => {
        const f = () => naiveSoftmaxLossAndGradient(center, target, outside);
        expectGradient(() => ({ loss: f().loss, gradient: f().gradCenterVector }), center);
        expectGradients(() => ({ loss: f().loss, gradients: f().gradOutsideVectors }), outside);
      }),
    );
  });

  it("one-vs-all, for any set of labels", () => {
    fc.assert(
      fc.property(problem, ({ center, outside, indices }) => {
        const f = () => oneVsAllLossAndGradient(center, indices, outside);
        expectGradient(() => ({ loss: f().loss, gradient: f().gradCenterVector }), center);
        expectGradients(() => ({ loss: f().loss, gradients: f().gradOutsideVectors }), outside);
      }),
    );
  });

  it("negative sampling, repeated negatives and the true word among them included", () => {
    fc.assert(
      fc.property(problem, ({ center, outside, target, indices }) => {
        const f = () => negativeSamplingLossAndGradient(center, target, outside, indices);
        expectGradient(() => ({ loss: f().loss, gradient: f().gradCenterVector }), center);
        expectGradients(() => ({ loss: f().loss, gradients: f().gradOutsideVectors }), outside);
      }),
    );
  });

  it("hierarchical softmax over Huffman paths", () => {
    fc.assert(
      fc.property(problem, ({ center, outside, target, counts }) => {
        const path = huffmanTree(counts.sort((a, b) => b - a)).path(target);
        const inner = outside.slice(1);
        const f = () => hierarchicalSoftmaxLossAndGradient(center, path, inner);
        expectGradient(() => ({ loss: f().loss, gradient: f().gradCenterVector }), center);
        expectGradients(() => ({ loss: f().loss, gradients: f().gradInnerVectors }), inner);
      }),
    );
  });

  it("hierarchical softmax is a distribution: the probabilities of all words have sum 1", () => {
    fc.assert(
      fc.property(problem, ({ center, outside, counts }) => {
        const tree = huffmanTree(counts.sort((a, b) => b - a));
        const p = counts.map((_, word) =>
          Math.exp(-hierarchicalSoftmaxLossAndGradient(center, tree.path(word), outside.slice(1)).loss),
        );
        expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      }),
    );
  });

  it("negative sampling is exact for a case worked by hand", () => {
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

  it("name an index or a shape that does not fit", () => {
    const rows = [Float64Array.of(0, 1), Float64Array.of(1, 0)];
    expect(() => naiveSoftmaxLossAndGradient(rows[0], 2, rows)).toThrow(
      '"outsideIndex" expected an index from 0 to 1, got 2',
    );
    expect(() => negativeSamplingLossAndGradient(rows[0], 0, rows, [1, -1])).toThrow('"negativeIndices[1]" expected');
    expect(() => naiveSoftmaxLossAndGradient(Float64Array.of(1), 0, rows)).toThrow(
      '"outsideVectors[0]" expected length 1, got 2',
    );
    expect(() => hierarchicalSoftmaxLossAndGradient(rows[0], { nodes: [0], code: [] }, rows)).toThrow(
      '"path.code" expected length 1, got 0',
    );
  });
});

describe("windows against central differences", () => {
  const wordLosses: Record<string, (counts: number[]) => WordLoss> = {
    "naive softmax": () => naiveSoftmaxLossAndGradient,
    // a fresh sampler each time draws the same noise words
    "negative sampling": (counts) => (v, o, U) => withNegatives(negativeSampler(counts, 4, o))(v, o, U),
    "hierarchical softmax": (counts) => withTree(huffmanTree(counts)),
  };
  const rows = (outside: Matrix, name: string) => (name === "hierarchical softmax" ? outside.slice(1) : outside);
  const windowProblem = problem.chain((p) => matrix(p.outside.length, p.center.length).map((V) => ({ ...p, V })));

  it.each(Object.keys(wordLosses))("skip-gram over %s", (name) => {
    fc.assert(
      fc.property(windowProblem, ({ V, outside, target, indices, counts }) => {
        const wordLoss = wordLosses[name](counts.sort((a, b) => b - a));
        const U = rows(outside, name);
        const f = () => skipGramLossAndGradient(target, indices, V, U, wordLoss);
        expectGradients(() => ({ loss: f().loss, gradients: f().gradCenterVectors }), V);
        expectGradients(() => ({ loss: f().loss, gradients: f().gradOutsideVectors }), U);
        // (6.3): zero for every centre vector but that of c
        f().gradCenterVectors.forEach((row, word) => {
          if (word !== target) expect(row.every((value) => value === 0)).toBe(true);
        });
      }),
    );
  });

  describe.each(["mean", "sum"] as const)("CBOW, %s", (combine) => {
    it.each(Object.keys(wordLosses))("over %s", (name) => {
      fc.assert(
        fc.property(windowProblem, ({ V, outside, target, indices, counts }) => {
          fc.pre(indices.length > 0);
          const wordLoss = wordLosses[name](counts.sort((a, b) => b - a));
          const U = rows(outside, name);
          const f = () => cbowLossAndGradient(indices, target, V, U, wordLoss, combine);
          expectGradients(() => ({ loss: f().loss, gradients: f().gradInputVectors }), V);
          expectGradients(() => ({ loss: f().loss, gradients: f().gradOutputVectors }), U);
        }),
      );
    });
  });

  it("CBOW asks for a context", () => {
    const rows = [Float64Array.of(1)];
    expect(() => cbowLossAndGradient([], 0, rows, rows, naiveSoftmaxLossAndGradient)).toThrow('"contextIndices"');
  });
});

describe("networkLossAndGradient", () => {
  const network = fc
    .record({
      dx: fc.integer({ min: 1, max: 5 }),
      h: fc.integer({ min: 1, max: 5 }),
      dy: fc.integer({ min: 1, max: 5 }),
    })
    .chain(({ dx, h, dy }) =>
      fc.record({
        x: vector(dx),
        parameters: fc.record({ W1: matrix(dx, h), b1: vector(h), W2: matrix(h, dy), b2: vector(dy) }),
        target: fc.oneof(index(dy), distribution(dy)),
      }),
    );

  it("gives the gradients that central differences give, for weights, biases and input", () => {
    fc.assert(
      fc.property(network, ({ x, parameters, target }) => {
        const f = () => networkLossAndGradient(x, target, parameters);
        expectGradients(() => ({ loss: f().loss, gradients: f().gradW1 }), parameters.W1);
        expectGradient(() => ({ loss: f().loss, gradient: f().gradB1 }), parameters.b1);
        expectGradients(() => ({ loss: f().loss, gradients: f().gradW2 }), parameters.W2);
        expectGradient(() => ({ loss: f().loss, gradient: f().gradB2 }), parameters.b2);
        expectGradient(() => ({ loss: f().loss, gradient: f().gradX }), x);
      }),
    );
  });

  it("names the shape that does not fit", () => {
    const one = Float64Array.of(1);
    const parameters = { W1: [one], b1: one, W2: [one, one], b2: one };
    expect(() => networkLossAndGradient(one, 0, parameters)).toThrow('"W2" expected length 1, got 2');
    expect(() => networkLossAndGradient(one, 1, { ...parameters, W2: [one] })).toThrow('"target" expected an index');
  });
});

describe("sigmoid, softmax and cross-entropy", () => {
  it("are safe at ±1000", () => {
    expect(sigmoid(1000)).toBe(1);
    expect(sigmoid(-1000)).toBe(0);
    expect(sigmoidDerivative(1000)).toBe(0);
    expect(sigmoidDerivative(-1000)).toBe(0);
    expect(logSigmoid(1000)).toBe(0);
    expect(logSigmoid(-1000)).toBe(-1000);
    const extremes = Float64Array.of(1000, -1000, 0);
    expect(logSumExp(extremes)).toBe(1000);
    expect([...softmax(extremes)]).toEqual([1, 0, 0]);
    expect(crossEntropy(extremes, 0)).toBe(0);
    expect(crossEntropy(extremes, 1)).toBe(2000);
    expect(crossEntropy(extremes, Float64Array.of(0, 0.5, 0.5))).toBe(1500);
    expect([...softmax(Float64Array.of(-1000, -1000))]).toEqual([0.5, 0.5]);
  });

  it("sigmoidDerivative is the derivative of sigmoid, and keeps its digits where 1 − σ(x) has none", () => {
    fc.assert(
      fc.property(vector(1), (x) => {
        expectGradient(() => ({ loss: sigmoid(x[0]), gradient: Float64Array.of(sigmoidDerivative(x[0])) }), x);
      }),
    );
    expect(sigmoidDerivative(40) / Math.exp(-40)).toBeCloseTo(1, 12);
  });

  it("cross-entropy of softmax has the gradient ŷ − y, for classes and distributions", () => {
    const classes = fc
      .integer({ min: 1, max: 6 })
      .chain((n) => fc.record({ z: vector(n), target: fc.oneof(index(n), distribution(n)) }));
    fc.assert(
      fc.property(classes, ({ z, target }) => {
        const y = typeof target === "number" ? z.map((_, i) => Number(i === target)) : target;
        expectGradient(() => ({ loss: crossEntropy(z, target), gradient: softmax(z).map((p, i) => p - y[i]) }), z);
      }),
    );
  });
});

describe("checkGradient", () => {
  const square = (x: Vector) => ({ loss: x[0] ** 2 + 3 * x[1], gradient: Float64Array.of(2 * x[0], 3) });

  it("accepts a right gradient, leaves x as it was", () => {
    const x = Float64Array.of(0.5, -2);
    expect(checkGradient(square, x).error).toBeLessThan(1e-9);
    expect([...x]).toEqual([0.5, -2]);
  });

  it("reports the worst coordinate of a wrong one", () => {
    const wrong = (x: Vector) => ({ loss: square(x).loss, gradient: Float64Array.of(2 * x[0], -3) });
    const { error, index: at, analytic, numeric } = checkGradient(wrong, Float64Array.of(0.5, -2));
    expect(at).toBe(1);
    expect(analytic).toBe(-3);
    expect(numeric).toBeCloseTo(3, 8);
    expect(error).toBeCloseTo(1, 6);
    const nan = (x: Vector) => ({ loss: square(x).loss, gradient: Float64Array.of(Number.NaN, 3) });
    expect(checkGradient(nan, Float64Array.of(0.5, -2))).toMatchObject({ index: 0, error: Number.NaN });
  });

  it("asks for a gradient of the length of x", () => {
    expect(() => checkGradient(square, Float64Array.of(1, 2, 3))).toThrow("expected length 3, at least 1, got 2");
  });
});
