// Lines and their labels: every kernel and loss against the float64 losses. With learning rate 1 the change is the gradient.

import { describe, expect, it } from "vitest";
import { Mark, Param } from "../../assembly/params";
import { Random } from "../../src/base/random";
import { type HuffmanTree, huffmanTree } from "../../src/math/huffman";
import {
  naiveSoftmaxLossAndGradient,
  negativeSamplingLossAndGradient,
  oneVsAllLossAndGradient,
} from "../../src/math/loss";
import { addScaled, type Matrix } from "../../src/math/matrix";
import { cbowLossAndGradient, type WordLoss, withTree } from "../../src/math/window-loss";
import { LABEL_LOSSES, type LabelLossName } from "../../src/model/losses/registry";
import { Parameters } from "../../src/model/parameters";
import { Vocabulary } from "../../src/text/vocabulary";
import { step } from "../../src/train/execution/step";
import { startTested, type TestedKernel, testedKernels } from "../support/kernels";

interface Case {
  dim: number;
  rows: number;
  labels: number;
  lines: { rows: number[]; labels: number[] }[];
  /** of each label */
  weights?: number[];
}

const some = (count: number, from: number, most: number) =>
  Array.from({ length: count }, (_, i) => (from + 7 * i * i + 3 * i) % most);

const cases: Record<string, Case> = {
  "one line": { dim: 8, rows: 9, labels: 3, lines: [{ rows: [4, 2, 7], labels: [1] }] },
  "a row alone": { dim: 5, rows: 4, labels: 2, lines: [{ rows: [3], labels: [0] }] },
  "a row twice, lines that share rows": {
    ...{ dim: 12, rows: 9, labels: 4 },
    lines: [
      { rows: [4, 2, 4, 7, 4], labels: [3] },
      { rows: [2, 2], labels: [0] },
      { rows: [7, 8, 4], labels: [3] },
    ],
  },
  "several labels": {
    ...{ dim: 16, rows: 30, labels: 7 },
    lines: [
      { rows: some(11, 2, 30), labels: [6, 0, 3] },
      { rows: some(5, 9, 30), labels: [2] },
      { rows: some(8, 17, 30), labels: [1, 5] },
      { rows: some(3, 4, 30), labels: [0, 1, 2, 3, 4, 5, 6] },
    ],
  },
  "lines without a label, or without a row": {
    ...{ dim: 8, rows: 9, labels: 3 },
    lines: [
      { rows: [1, 2], labels: [] },
      { rows: [], labels: [2] },
      { rows: [4, 1], labels: [2] },
      { rows: [], labels: [] },
    ],
  },
  "weights of labels": {
    ...{ dim: 9, rows: 12, labels: 3, weights: [0.25, 1.5, 0] },
    lines: [
      { rows: [4, 2, 7], labels: [1] },
      { rows: [4, 11, 7, 3], labels: [0, 1] },
      { rows: [5, 2], labels: [2] },
      { rows: [4, 9, 7], labels: [0] },
    ],
  },
  "whole tiles of labels": { dim: 8, rows: 9, labels: 12, lines: [{ rows: [1, 5, 3], labels: [11, 4] }] },
  "many labels, a long line": {
    dim: 100,
    rows: 400,
    labels: 77,
    lines: [{ rows: some(300, 5, 400), labels: [76, 30] }],
  },
};

async function setUp(kernel: TestedKernel, loss: LabelLossName, c: Case) {
  const vocabulary = new Vocabulary(Array.from({ length: c.labels }, (_, label) => [`l${label}`, 1000 - 9 * label]));
  const parameters = new Parameters(
    vocabulary,
    {
      ...{ model: "lines", windowLeft: 1, windowRight: 0, shrinkWindows: false, windowWeights: [] },
      ...{ cbowCombine: "mean", cbowGradient: "divided", negatives: 5, noiseExponent: 0.5, subsample: 0, seed: 7 },
      ...{ loss, dim: c.dim, labelWeights: c.weights },
    },
    { batchCapacity: 1000, lanes: 1, shared: false },
    { words: c.labels, inputRows: c.rows, outputRows: c.labels },
  );
  const { memory, layout } = parameters;
  const random = Random.from(99, 0);
  const stride = layout.stride / 4;
  for (const side of ["inputs", "outputs"] as const) {
    const matrix = parameters.matrix(side);
    for (let row = 0; row < matrix.length; row += stride)
      for (let d = 0; d < c.dim; d++) matrix[row + d] = (random.next() / 2 ** 32 - 0.5) * (4 / Math.sqrt(c.dim));
  }
  const rowsOf = (side: "inputs" | "outputs"): Matrix =>
    Array.from({ length: parameters.matrix(side).length / stride }, (_, row) =>
      Float64Array.from(parameters.matrix(side).subarray(row * stride, row * stride + c.dim)),
    );
  const cells = new Uint32Array(memory.buffer, layout.tables[Param.alias] ?? 0, 2 * c.labels);
  const state = () => new Uint32Array(memory.buffer, layout.scratch[0].params + Param.randomState, 4);
  const reference = {
    inputs: rowsOf("inputs"),
    outputs: rowsOf("outputs"),
    random: new Random(state()),
    tree: huffmanTree(vocabulary.counts),
    drawNoise(target: number): number[] {
      return Array.from({ length: 5 }, () => {
        const cell = this.random.below(c.labels);
        return this.random.next() < cells[2 * cell] ? cell : cells[2 * cell + 1];
      }).filter((label) => label !== target);
    },
  };
  return { parameters, trainer: await startTested(kernel, memory), rowsOf, state, reference };
}

type Reference = Awaited<ReturnType<typeof setUp>>["reference"];

/** The lines in float64, in the order in which the kernels draw. */
function trainLines(to: Reference, loss: LabelLossName, { lines, weights }: Case, rate: number) {
  const total = { loss: 0, predictions: 0, trained: 0 };
  for (const { rows, labels } of lines) {
    if (rows.length === 0 || labels.length === 0) continue;
    const isDrawn = loss !== "one-vs-all" && labels.length > 1;
    const targets = isDrawn ? [labels[to.random.below(labels.length)]] : labels;
    const noise = loss === "negative-sampling" ? to.drawNoise(targets[0]) : [];
    const wordLoss = lossOf(loss, targets, noise, to.tree);
    const line = cbowLossAndGradient(rows, targets[0], to.inputs, to.outputs, wordLoss);
    const weight = weights ? targets.reduce((sum, label) => sum + weights[label], 0) / targets.length : 1;
    line.gradInputVectors.forEach((gradient, row) => addScaled(to.inputs[row], -rate * weight, gradient));
    line.gradOutputVectors.forEach((gradient, row) => addScaled(to.outputs[row], -rate * weight, gradient));
    total.loss += line.loss;
    total.predictions += 1 + noise.length;
    total.trained += rows.length;
  }
  return total;
}

function lossOf(loss: LabelLossName, targets: readonly number[], noise: readonly number[], tree: HuffmanTree) {
  const losses: Record<LabelLossName, WordLoss> = {
    softmax: naiveSoftmaxLossAndGradient,
    "hierarchical-softmax": withTree(tree),
    "negative-sampling": (v, o, U) => negativeSamplingLossAndGradient(v, o, U, noise),
    "one-vs-all": (v, _, U) => oneVsAllLossAndGradient(v, targets, U),
  };
  return losses[loss];
}

function batchOf({ lines }: Case): Uint32Array {
  // a document's mark is nobody's row
  const entries = lines.flatMap(({ rows, labels }, i) => [
    ...(i % 2 === 0 ? [Mark.document | 3] : []),
    ...labels.slice(0, 1).map((label) => Mark.label | label),
    ...rows,
    ...labels.slice(1).map((label) => Mark.label | label),
    Mark.sentenceEnd,
  ]);
  return Uint32Array.from(entries);
}

function largestDifference(a: Matrix, b: Matrix): number {
  return Math.max(...a.flatMap((row, i) => [...row].map((value, d) => Math.abs(value - b[i][d]))));
}

describe.each(testedKernels)("kernel %s", (kernel) => {
  describe.each(LABEL_LOSSES)("%s", (loss) => {
    it.each(Object.keys(cases))("takes the true gradient as its step: %s", async (which) => {
      const c = cases[which];
      const { parameters, trainer, rowsOf, state, reference } = await setUp(kernel, loss, c);
      const before = rowsOf("inputs");
      const result = step(trainer, parameters.memory, parameters.layout.scratch[0], batchOf(c), 1);
      const expected = trainLines(reference, loss, c, 1);
      expect(largestDifference(rowsOf("inputs"), reference.inputs)).toBeLessThan(1e-4);
      expect(largestDifference(rowsOf("outputs"), reference.outputs)).toBeLessThan(1e-4);
      expect(largestDifference(rowsOf("inputs"), before)).toBeGreaterThan(1e-3);
      expect(result.predictions).toBe(expected.predictions);
      expect(result.trained).toBe(expected.trained);
      expect(Math.abs(result.loss - expected.loss)).toBeLessThan(1e-5 * (1 + expected.loss));
      expect([...state()]).toEqual([...reference.random.state]);
    });
  });
});
