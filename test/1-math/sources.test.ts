// The errors of the source documents (docs/math.md, section 11): for each, the printed formula fails and the right one holds.
// A formula is held against central differences of the loss that the document itself gives.

import { describe, expect, it } from "vitest";
import { checkGradient } from "../../src/math/gradient";
import { logSigmoid, naiveSoftmaxLossAndGradient, sigmoid, softmax } from "../../src/math/loss";
import { addScaled, dot, type Matrix, type Vector } from "../../src/math/matrix";
import { skipGramLossAndGradient } from "../../src/math/window-loss";

const v = Float64Array.of(0.4, -0.7, 0.2);
const U = [
  Float64Array.of(0.3, 0.9, -0.4),
  Float64Array.of(-0.8, 0.1, 0.5),
  Float64Array.of(0.6, -0.2, 0.7),
  Float64Array.of(0.2, 0.4, 0.1),
];
/** The true word o and the noise words. */
const o = 0;
const noise = [1, 2];

/** (12) of 001, which 003 and 004 have too. */
const negativeSamplingLoss = () =>
  -logSigmoid(dot(U[o], v)) - noise.reduce((sum, k) => sum + logSigmoid(-dot(U[k], v)), 0);
const naiveSoftmaxLoss = () => -Math.log(softmax(Float64Array.from(U, (u) => dot(u, v)))[o]);

/** How far a formula is from the gradient of the loss with respect to x. */
const errorOf = (loss: () => number, x: Vector, gradient: Vector) =>
  checkGradient(() => ({ loss: loss(), gradient }), x).error;

/** Right formulas are at 1e-9; a wrong one is off by more than 0.01 at this point. */
function expectProof({ printed, right }: { printed: number; right: number }): void {
  expect(printed).toBeGreaterThan(0.01);
  expect(right).toBeLessThan(1e-9);
}

const scaled = (scale: number, row: Vector) => row.map((value) => scale * value);
const sum = (rows: Matrix) => rows.reduce((a, b) => a.map((value, d) => value + b[d]));

describe("001", () => {
  it("(4), (6): ∂z/∂v_c is V × D, not V × V, and has the rows u_i: (ŷ − y)[u_1 … u_V] has no shape", () => {
    const columns = Array.from(v, (_, d) => Float64Array.from(U, (u) => u[d]));
    // as printed: the u_i are the columns of a D × V matrix, which a 1 × V row cannot be multiplied with
    expect(columns.length).toBe(v.length);
    expect(columns.length).not.toBe(U.length);
    const error = softmax(Float64Array.from(U, (u) => dot(u, v)));
    error[o] -= 1;
    const right = sum(U.map((u, i) => scaled(error[i], u)));
    expect(errorOf(naiveSoftmaxLoss, v, right)).toBeLessThan(1e-9);
  });

  it("(10): the index of z must be k; with another i the derivative is zero", () => {
    const k = 2;
    const error = softmax(Float64Array.from(U, (u) => dot(u, v)));
    error[o] -= 1;
    // ∂z_i/∂u_k = v_c δ_ik, (9)
    const printed = (i: number) => scaled(error[i] * Number(i === k), v);
    expectProof({
      printed: errorOf(naiveSoftmaxLoss, U[k], printed(1)),
      right: errorOf(naiveSoftmaxLoss, U[k], printed(k)),
    });
  });

  it("(13): the gradient of a noise word has the sign + and σ(−u_k·v_c)", () => {
    const target = scaled(-(1 - sigmoid(dot(U[o], v))), U[o]);
    const printed = sum([target, ...noise.map((k) => scaled(-(1 - sigmoid(dot(U[k], v))), U[k]))]);
    const right = sum([target, ...noise.map((k) => scaled(1 - sigmoid(-dot(U[k], v)), U[k]))]);
    expectProof({
      printed: errorOf(negativeSamplingLoss, v, printed),
      right: errorOf(negativeSamplingLoss, v, right),
    });
    // either mend alone is not enough
    const signOnly = sum([target, ...noise.map((k) => scaled(1 - sigmoid(dot(U[k], v)), U[k]))]);
    const argumentOnly = sum([target, ...noise.map((k) => scaled(-(1 - sigmoid(-dot(U[k], v))), U[k]))]);
    for (const half of [signOnly, argumentOnly]) expect(errorOf(negativeSamplingLoss, v, half)).toBeGreaterThan(0.01);
  });

  it("(11), (14) and (15) hold", () => {
    const error = softmax(Float64Array.from(U, (u) => dot(u, v)));
    error[o] -= 1;
    U.forEach((u, k) => expect(errorOf(naiveSoftmaxLoss, u, scaled(error[k], v))).toBeLessThan(1e-9));
    expect(errorOf(negativeSamplingLoss, U[o], scaled(sigmoid(dot(U[o], v)) - 1, v))).toBeLessThan(1e-9);
    for (const k of noise)
      expect(errorOf(negativeSamplingLoss, U[k], scaled(1 - sigmoid(-dot(U[k], v)), v))).toBeLessThan(1e-9);
  });
});

describe("002", () => {
  const z = Float64Array.of(0.8);

  it("∂E/∂z of the true word is σ(z) − 1, without the factor σ(z) that the question has and the answer calls good", () => {
    const loss = () => -logSigmoid(z[0]);
    const printed = sigmoid(z[0]) * (sigmoid(z[0]) - 1);
    const right = sigmoid(z[0]) - 1;
    expectProof({
      printed: errorOf(loss, z, Float64Array.of(printed)),
      right: errorOf(loss, z, Float64Array.of(right)),
    });
  });

  it("∂E/∂z of a noise word is σ(z), without the factor σ(−z)", () => {
    const loss = () => -logSigmoid(-z[0]);
    const printed = sigmoid(z[0]) * sigmoid(-z[0]);
    const right = sigmoid(z[0]);
    expectProof({
      printed: errorOf(loss, z, Float64Array.of(printed)),
      right: errorOf(loss, z, Float64Array.of(right)),
    });
  });

  it("u_{w_I} is the vector of the input word: with that of the output word E does not depend on what is trained", () => {
    const input = Float64Array.of(0.5, 0.1, -0.3);
    const ofOutputWord = Float64Array.of(0.2, 0.2, 0.2);
    const loss = (u: Vector) => () => -logSigmoid(dot(U[o], u));
    const gradient = scaled(sigmoid(dot(U[o], input)) - 1, U[o]);
    expectProof({
      printed: errorOf(loss(ofOutputWord), input, gradient),
      right: errorOf(loss(input), input, gradient),
    });
  });

  it("the derivative it takes is by z_j = v'_{w_j}·u_{w_I}, not by v'_{w_O}·u_{w_j}: E does not contain that product", () => {
    const loss = () => -logSigmoid(dot(U[o], v));
    // u_{w_j} for a w_j that is not the input word
    const other = Float64Array.of(0.3, 0.3, 0.3);
    const gradient = scaled(sigmoid(dot(U[o], v)) - 1, U[o]);
    expectProof({ printed: errorOf(loss, other, gradient), right: errorOf(loss, v, gradient) });
  });
});

describe("003", () => {
  const cases = {
    "w_3 of the positive example": { w: U[0], label: 1 },
    "w_4 of the negative example": { w: U[1], label: 0 },
  };

  it.each(Object.entries(cases))(
    "the step of %s needs the gradient by itself, not ∇_{w_1} J, which is zero",
    (_, { w, label }) => {
      const loss = () => -logSigmoid(label === 1 ? dot(w, v) : -dot(w, v));
      // J of this example does not contain w_1: its gradient, and the step as printed, are zero
      const w1 = Float64Array.of(0.1, 0.2, 0.3);
      const gradientByW1 = new Float64Array(3);
      expect(errorOf(loss, w1, gradientByW1)).toBe(0);
      expectProof({
        printed: errorOf(loss, w, gradientByW1),
        right: errorOf(loss, w, scaled(sigmoid(dot(w, v)) - label, v)),
      });
    },
  );

  it("a negative example needs no step when y_14 = 0, whatever y_13 is", () => {
    const w3 = Float64Array.of(-900, 0, 0);
    const w4 = Float64Array.of(1, 0, 0);
    const x = Float64Array.of(1, 0, 0);
    const loss = (w: Vector) => () => -logSigmoid(-dot(w, x));
    const none = new Float64Array(3);
    // as printed: y_13 = 0, yet J has a gradient by w_4; right: it has none where y_14 = 0, as for w_4 = w_3
    expect(sigmoid(dot(x, w3))).toBe(0);
    expectProof({ printed: errorOf(loss(w4), w4, none), right: errorOf(loss(w3), w3, none) });
  });

  it("J of the negative example is that of a negative example", () => {
    const z = Float64Array.of(0.3);
    // the sentence under the symbols says: of this positive example
    const gradient = Float64Array.of(sigmoid(z[0]));
    expectProof({
      printed: errorOf(() => -logSigmoid(z[0]), z, gradient),
      right: errorOf(() => -logSigmoid(-z[0]), z, gradient),
    });
  });
});

describe("004", () => {
  it("(b), last line: U (ŷ − y), not U (ŷ − v)", () => {
    const prediction = softmax(Float64Array.from(U, (u) => dot(u, v)));
    // v has D entries, ŷ has n: taken for the n entries it would need, v followed by zeros
    const minus = (y: (i: number) => number) => sum(U.map((u, i) => scaled(prediction[i] - y(i), u)));
    expectProof({
      printed: errorOf(
        naiveSoftmaxLoss,
        v,
        minus((i) => v[i] ?? 0),
      ),
      right: errorOf(
        naiveSoftmaxLoss,
        v,
        minus((i) => Number(i === o)),
      ),
    });
  });

  it("(d), second line: a row of n errors times v_c has no shape; v_c (ŷ − y)ᵀ has that of U", () => {
    const { gradOutsideVectors } = naiveSoftmaxLossAndGradient(v, o, U);
    const error = softmax(Float64Array.from(U, (u) => dot(u, v)));
    error[o] -= 1;
    // 1 × n times D × 1 needs n = D
    expect(error.length).not.toBe(v.length);
    gradOutsideVectors.forEach((row, k) => {
      row.forEach((value, d) => expect(value).toBeCloseTo(v[d] * error[k], 14));
      expect(errorOf(naiveSoftmaxLoss, U[k], row)).toBeLessThan(1e-9);
    });
  });

  it("(g): the loss that is differentiated lacks the true word: right only where no noise word equals it", () => {
    const withoutTrueWord = (words: number[]) => () => -words.reduce((sum, k) => sum + logSigmoid(-dot(U[k], v)), 0);
    const whole = (words: number[]) => () => -logSigmoid(dot(U[o], v)) + withoutTrueWord(words)();
    const gradient = (k: number, words: number[]) =>
      scaled(words.filter((word) => word === k).length * (1 - sigmoid(-dot(U[k], v))), v);
    const repeated = [1, 2, 1];
    expect(errorOf(withoutTrueWord(repeated), U[1], gradient(1, repeated))).toBeLessThan(1e-9);
    expect(errorOf(whole(repeated), U[1], gradient(1, repeated))).toBeLessThan(1e-9);
    const withTrueWord = [o, 2, o];
    const right = sum([gradient(o, withTrueWord), scaled(sigmoid(dot(U[o], v)) - 1, v)]);
    expectProof({
      printed: errorOf(whole(withTrueWord), U[o], gradient(o, withTrueWord)),
      right: errorOf(whole(withTrueWord), U[o], right),
    });
  });

  it("(h i): the sum goes over −m ≤ j ≤ m: −m < j < m leaves out the outermost words", () => {
    const sentence = [1, 0, 2, 3, 1];
    const t = 2;
    const m = 2;
    const window = (from: number, to: number) => sentence.filter((_, p) => p !== t && p - t >= from && p - t <= to);
    const V = [v, U[1], U[2], U[3]].map((row) => row.slice());
    const gradientOver = (words: number[]) =>
      skipGramLossAndGradient(sentence[t], words, V, U, naiveSoftmaxLossAndGradient);
    const loss = () => gradientOver(window(-m, m)).loss;
    expectProof({
      printed: errorOf(loss, U[1], gradientOver(window(1 - m, m - 1)).gradOutsideVectors[1]),
      right: errorOf(loss, U[1], gradientOver(window(-m, m)).gradOutsideVectors[1]),
    });
  });

  it("(h iii): zero for every w ≠ c, the words of the window included, and not for c", () => {
    const V = [v, U[1], U[2], U[3]].map((row) => row.slice());
    const c = 2;
    const f = () => skipGramLossAndGradient(c, [1, 3], V, U, naiveSoftmaxLossAndGradient);
    const zero = new Float64Array(3);
    // as printed, without a condition: fails for c
    expectProof({
      printed: errorOf(() => f().loss, V[c], zero),
      right: errorOf(() => f().loss, V[c], f().gradCenterVectors[c]),
    });
    // words 1 and 3 are in the window, 0 is not: zero for all, so "not in the window" is not the condition
    for (const w of [0, 1, 3]) expect(errorOf(() => f().loss, V[w], zero)).toBe(0);
  });

  it("2.1.1: the column of errors has K rows, not n", () => {
    const K = noise.length;
    expect(noise.map((k) => 1 - sigmoid(-dot(U[k], v))).length).toBe(K);
    expect(K).not.toBe(U.length);
  });

  it("2.1.1: log(sigmoid(z)) is −∞ from z = −746 on, where the loss is −z", () => {
    expect(Math.log(1 / (1 + Math.exp(1000)))).toBe(Number.NEGATIVE_INFINITY);
    expect(logSigmoid(-1000)).toBe(-1000);
  });

  it("(f) and (g) hold: the errors of a repeated noise word add up", () => {
    const repeated = [1, 2, 1];
    const loss = () => -logSigmoid(dot(U[o], v)) - repeated.reduce((total, k) => total + logSigmoid(-dot(U[k], v)), 0);
    const gradient = new Float64Array(3);
    for (const k of repeated) if (k === 1) addScaled(gradient, 1 - sigmoid(-dot(U[k], v)), v);
    expect(errorOf(loss, U[1], gradient)).toBeLessThan(1e-9);
  });
});

describe("000", () => {
  it("has no error that we found: (1.12) as printed is the gradient by the input", () => {
    const W1 = [Float64Array.of(0.2, -0.5), Float64Array.of(0.7, 0.3), Float64Array.of(-0.1, 0.4)];
    const W2 = [Float64Array.of(0.6, -0.2, 0.1), Float64Array.of(-0.4, 0.8, 0.3)];
    const times = (x: Vector, W: Matrix) => sum(W.map((row, i) => scaled(x[i], row)));
    const hidden = () => times(v, W1).map(sigmoid);
    const prediction = () => softmax(times(hidden(), W2));
    const c = 1;
    const h = hidden();
    const y = prediction();
    const printed = v.map((_, i) => {
      let total = 0;
      for (let j = 0; j < 2; j++)
        for (let k = 0; k < 3; k++) total += W1[i][j] * h[j] * (1 - h[j]) * W2[j][k] * (Number(k === c) - y[k]);
      return -total;
    });
    expect(errorOf(() => -Math.log(prediction()[c]), v, printed)).toBeLessThan(1e-9);
  });
});
