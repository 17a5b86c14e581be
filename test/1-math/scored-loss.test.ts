import fc from "fast-check";
import { expect, it } from "vitest";
import { crossEntropy, logSigmoid } from "../../src/math/loss";
import { logisticLoss, softmaxLoss } from "../../src/math/scored-loss";

const scores = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 20 });
function close(a: number, b: number): void {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(b)));
}

it("the logistic loss of scores is the sum of −log σ", () => {
  fc.assert(
    fc.property(scores, fc.nat(19), (z, labelled) => {
      const expected = z.reduce((sum, score, k) => sum - logSigmoid(k % 20 === labelled ? score : -score), 0);
      close(
        logisticLoss(Float64Array.from(z), (k) => k === labelled),
        expected,
      );
    }),
  );
  // as many noise words as there can be
  close(
    logisticLoss(new Float64Array(1_001), () => false),
    1_001 * Math.LN2,
  );
  expect(logisticLoss(new Float64Array(0), () => true)).toBe(0);
});

it("the softmax loss of scores is their cross-entropy", () => {
  fc.assert(
    fc.property(scores, fc.nat(19), (z, target) =>
      close(
        softmaxLoss(Float64Array.from(z), target % z.length),
        crossEntropy(Float64Array.from(z), target % z.length),
      ),
    ),
  );
});
