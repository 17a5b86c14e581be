// Rung 2 and 3 of the ladder: every kernel and model against the pure losses. With learning rate 1 the change is the gradient.
// Skip-gram with negative sampling trains on the grid: cell.test.ts.

import { describe, expect, it } from "vitest";
import { Mark, Param } from "../../assembly/params";
import { Random } from "../../src/base/random";
import type { Trainer } from "../../src/kernel/kernel";
import type { KernelOptions } from "../../src/kernel/layout";
import { checkLists, type RowLists, type Side } from "../../src/kernel/shape";
import { huffmanTree } from "../../src/math/huffman";
import { LOSSES } from "../../src/model/losses/registry";
import { Parameters } from "../../src/model/parameters";
import { shapeOf } from "../../src/model/spec";
import { Vocabulary } from "../../src/text/vocabulary";
import { step } from "../../src/train/execution/step";
import { startTested, type TestedKernel, testedKernels } from "../support/kernels";
import { type ReferenceOptions, type State, type Tables, trainSentence } from "../support/reference";

const architectures: Record<string, Partial<KernelOptions>> = {
  "skip-gram": {},
  "CBOW, mean": { model: "cbow" },
  "CBOW, sum": { model: "cbow", cbowCombine: "sum" },
  "CBOW, mean, divided": { model: "cbow", cbowGradient: "divided" },
};

const models: Record<string, Partial<ReferenceOptions>> = {};
for (const loss of LOSSES) {
  for (const [name, options] of Object.entries(architectures)) {
    if (loss !== "negative-sampling" || options.model === "cbow") models[`${loss}, ${name}`] = { ...options, loss };
  }
}

interface Case {
  dim: number;
  words: number;
  negatives: number;
  window: number;
  sentence: number[];
  /** noise is drawn from these words alone */
  noise?: number[];
  /** the shape of windows, where it is not `window` on both sides with drawn radii */
  shape?: Partial<Pick<KernelOptions, "windowLeft" | "windowRight" | "shrinkWindows" | "windowWeights">>;
  /** input rows that keep less than all of their steps, with their share */
  multipliers?: Record<number, number>;
  /** rows after those of words, and words that stand for other rows than their own */
  more?: number;
  lists?: { of: Record<number, number[]> } & Pick<RowLists, "combine" | "gradient">;
  /** counts that give the tree long codes */
  steep?: true;
}

/** word ids differ from positions in all of them */
const cases: Record<string, Case> = {
  "one window": { dim: 8, words: 20, negatives: 5, window: 1, sentence: [17, 3] },
  "a longer sentence": {
    dim: 100,
    words: 30,
    negatives: 5,
    window: 5,
    sentence: [7, 29, 3, 11, 18, 5, 22, 9, 14, 26, 1],
  },
  "dim 1": { dim: 1, words: 12, negatives: 5, window: 2, sentence: [9, 4, 11, 2] },
  "dim 3": { dim: 3, words: 12, negatives: 5, window: 2, sentence: [9, 4, 11, 2] },
  "dim 102": { dim: 102, words: 12, negatives: 5, window: 3, sentence: [9, 4, 11, 2, 7] },
  "dim 300": { dim: 300, words: 12, negatives: 5, window: 3, sentence: [9, 4, 11, 2, 7] },
  "1 negative": { dim: 8, words: 20, negatives: 1, window: 2, sentence: [17, 3, 8, 12] },
  "2 negatives": { dim: 8, words: 20, negatives: 2, window: 2, sentence: [17, 3, 8, 12] },
  "6 negatives, two tiles": { dim: 8, words: 40, negatives: 6, window: 3, sentence: [17, 3, 8, 12, 30] },
  "20 negatives": { dim: 8, words: 40, negatives: 20, window: 3, sentence: [17, 3, 8, 12, 30, 6] },
  "a negative drawn again and again": {
    dim: 8,
    words: 20,
    negatives: 5,
    window: 2,
    sentence: [17, 3, 8],
    noise: [6, 13],
  },
  "negatives equal to the target": { dim: 8, words: 20, negatives: 5, window: 2, sentence: [17, 3, 8], noise: [3, 8] },
  "no negative but the target": { dim: 8, words: 20, negatives: 5, window: 1, sentence: [3, 3], noise: [3] },
  "a word twice in the window": { dim: 8, words: 20, negatives: 5, window: 5, sentence: [17, 3, 17, 8, 3, 17, 5] },
  "frozen words": {
    dim: 9,
    words: 20,
    negatives: 5,
    window: 5,
    sentence: [17, 3, 17, 8, 3, 17, 5],
    multipliers: { 3: 0, 17: 0 },
  },
  "all words frozen": {
    dim: 8,
    words: 9,
    negatives: 5,
    window: 2,
    sentence: [7, 3, 0],
    multipliers: { 0: 0, 3: 0, 7: 0 },
  },
  "words that keep a part of their steps": {
    ...{ dim: 9, words: 20, negatives: 5, window: 5, sentence: [17, 3, 17, 8, 3, 17, 5, 3] },
    multipliers: { 3: 0.25, 17: 0, 5: 0.5 },
  },
  "windows that do not shrink": {
    ...{ dim: 12, words: 20, negatives: 5, window: 2, sentence: [17, 3, 17, 8, 3, 11, 5] },
    shape: { shrinkWindows: false },
  },
  "words before alone": {
    ...{ dim: 8, words: 20, negatives: 5, window: 3, sentence: [17, 3, 17, 8, 3, 11, 5] },
    shape: { windowRight: 0 },
  },
  "words after alone, all of them": {
    ...{ dim: 8, words: 20, negatives: 5, window: 4, sentence: [17, 3, 17, 8, 3, 11, 5] },
    shape: { windowLeft: 0, shrinkWindows: false },
  },
  "more words after than before": {
    ...{ dim: 8, words: 20, negatives: 7, window: 4, sentence: [17, 3, 17, 8, 3, 11, 5, 2] },
    shape: { windowLeft: 1 },
  },
  "weights by the distance": {
    ...{ dim: 9, words: 20, negatives: 5, window: 3, sentence: [17, 3, 17, 8, 3, 11, 5] },
    shape: { windowWeights: [1, 0.5, 0.25], shrinkWindows: false },
  },
  "weights, one side, drawn radii, a word with its own multiplier": {
    ...{ dim: 9, words: 20, negatives: 8, window: 3, sentence: [17, 3, 17, 8, 3, 11, 5] },
    shape: { windowWeights: [2, 0.5, 1.5], windowLeft: 2 },
    multipliers: { 17: 0.5 },
  },
  "a vocabulary of one": { dim: 8, words: 1, negatives: 5, window: 3, sentence: [0, 0, 0] },
  "codes of 29 bits": { dim: 8, words: 30, negatives: 5, window: 3, sentence: [29, 4, 28, 0, 13], steep: true },
  "an odd number of words": { dim: 8, words: 13, negatives: 5, window: 3, sentence: [12, 4, 9, 0, 6] },
  "whole tiles of words": { dim: 8, words: 12, negatives: 5, window: 3, sentence: [11, 4, 9, 0, 6] },
  "a vocabulary of two": { dim: 8, words: 2, negatives: 5, window: 3, sentence: [1, 0, 0, 1, 1] },
};

const listed: Case = {
  ...{ dim: 9, words: 20, negatives: 5, window: 4, more: 7, sentence: [17, 3, 17, 8, 3, 11, 5] },
  lists: {
    // a list of the word and others; a row that is another word's, a row twice, rows in two lists; another row alone
    of: { 17: [17, 20, 21], 3: [21, 8, 26, 21], 5: [22], 11: [20, 23, 24, 25, 11] },
    combine: "mean",
    gradient: "divided",
  },
};

Object.assign(cases, {
  "means of rows": listed,
  "means of rows, each with the whole gradient": { ...listed, lists: { ...listed.lists!, gradient: "undivided" } },
  // few windows: steps of sums of sums are so long that rounding grows manifold in each
  "sums of rows": {
    ...listed,
    lists: { ...listed.lists!, combine: "sum", gradient: "undivided" },
    sentence: [17, 3, 11, 17],
  },
  "means of rows, some frozen, some with a part of their steps": {
    ...listed,
    multipliers: { 3: 0, 8: 0.5, 17: 0, 20: 0.25, 21: 0, 22: 0.75 },
  },
  "sums of rows, weights, one side": {
    ...listed,
    lists: { ...listed.lists!, combine: "sum", gradient: "undivided" },
    shape: { windowWeights: [1, 0.5, 0.25, 2], windowRight: 0, shrinkWindows: false },
    sentence: [17, 3, 11, 5],
  },
  "rows that are not of words": { ...cases["a longer sentence"], more: 5 },
} satisfies Record<string, Case>);

interface Setup {
  kernel: Trainer;
  parameters: Parameters;
  options: ReferenceOptions;
  tables: Tables;
  state: State;
}

async function setUp(name: TestedKernel, model: Partial<ReferenceOptions>, c: Case): Promise<Setup> {
  const options: ReferenceOptions = {
    model: "skipgram",
    loss: "negative-sampling",
    windowLeft: c.window,
    windowRight: c.window,
    shrinkWindows: true,
    windowWeights: [],
    ...c.shape,
    negatives: c.negatives,
    cbowCombine: "mean",
    cbowGradient: "undivided",
    ...model,
  };
  const count = (word: number) => (c.steep ? 2 ** (c.words - word) : 1000 - word);
  const vocabulary = new Vocabulary(Array.from({ length: c.words }, (_, word) => [`w${word}`, count(word)]));
  const parameters = new Parameters(
    vocabulary,
    { ...options, dim: c.dim, subsample: 0, noiseExponent: 0.75, seed: 7 },
    { batchCapacity: 1000, lanes: 1, shared: false },
    { ...shapeOf(vocabulary), inputRows: c.words + (c.more ?? 0), lists: listsOf(c) },
  );
  const { memory, layout } = parameters;
  const drawn = options.loss === "negative-sampling";
  const cells = new Uint32Array(memory.buffer, layout.tables[Param.alias], drawn ? 2 * c.words : 0);
  if (c.noise && drawn) {
    for (let i = 0; i < c.words; i++) {
      cells[2 * i] = 0;
      cells[2 * i + 1] = c.noise[i % c.noise.length];
    }
  }
  const random = Random.from(99, 0);
  for (const side of ["inputs", "outputs"] as const) {
    const matrix = parameters.matrix(side);
    for (let row = 0; row < matrix.length; row += layout.stride / 4)
      for (let d = 0; d < c.dim; d++) matrix[row + d] = (random.next() / 2 ** 32 - 0.5) * (2 / Math.sqrt(c.dim));
  }
  const multipliers = Array.from({ length: parameters.shape.inputRows }, (_, row) => c.multipliers?.[row] ?? 1);
  if (c.multipliers) parameters.multipliers = Float32Array.from(multipliers);
  return {
    kernel: await startTested(name, memory),
    parameters,
    options,
    tables: {
      noise: { thresholds: cells.filter((_, i) => i % 2 === 0), aliases: cells.filter((_, i) => i % 2 === 1) },
      tree: huffmanTree(vocabulary.counts),
    },
    state: {
      inputs: readRows(parameters, "inputs"),
      outputs: readRows(parameters, "outputs"),
      random: new Random(new Uint32Array(memory.buffer, layout.scratch[0].params + Param.randomState, 4)),
      multipliers,
      lists: parameters.shape.lists,
    },
  };
}

function listsOf({ words, lists }: Case): RowLists | undefined {
  if (lists === undefined) return undefined;
  const { of, combine, gradient } = lists;
  const all = Array.from({ length: words }, (_, word) => of[word] ?? [word]);
  const starts = Uint32Array.of(0, ...all.map((_, word) => all.slice(0, word + 1).flat().length));
  return { starts, rows: Uint32Array.from(all.flat()), combine, gradient };
}

function readRows(parameters: Parameters, side: Side): Float64Array[] {
  const matrix = parameters.matrix(side);
  const stride = parameters.layout.stride / 4;
  return Array.from({ length: matrix.length / stride }, (_, row) =>
    Float64Array.from(matrix.subarray(row * stride, row * stride + parameters.dim)),
  );
}

function largestDifference(a: Float64Array[], b: Float64Array[]): number {
  return Math.max(...a.flatMap((row, i) => [...row].map((value, d) => Math.abs(value - b[i][d]))));
}

function runSentence({ kernel, parameters }: Setup, sentence: number[], rate: number) {
  return step(
    kernel,
    parameters.memory,
    parameters.layout.scratch[0],
    Uint32Array.of(...sentence, Mark.sentenceEnd),
    rate,
  );
}

/**
 * Rounding of float32, 2^-24 of values below 4, grows over the hundreds of products and the windows of a sentence, each of
 * which starts from the rows that the one before left: at most 1300 such roundings.
 */
const TOLERANCE = 3e-4;

/** What windows of hundreds of words come to, by the reference: it takes seconds, and is the same for all kernels. */
let longWindows: ReturnType<typeof trainSentence> | undefined;

describe.each(testedKernels)("kernel %s", (name) => {
  describe.each(Object.keys(models))("%s", (model) => {
    it.each(Object.keys(cases))("takes the true gradient as its step: %s", async (which) => {
      const c = cases[which];
      const setup = await setUp(name, models[model], c);
      const { parameters, state } = setup;
      const before = state.inputs.map((row) => [...row]);
      const result = runSentence(setup, c.sentence, 1);
      const expected = trainSentence(setup.state, c.sentence, setup.options, setup.tables, 1);
      const after = readRows(parameters, "inputs");
      state.multipliers.forEach((multiplier, word) => {
        if (multiplier === 0) expect([...after[word]]).toEqual(before[word]);
      });
      expect(largestDifference(after, state.inputs)).toBeLessThan(TOLERANCE);
      expect(largestDifference(readRows(parameters, "outputs"), state.outputs)).toBeLessThan(TOLERANCE);
      expect(result.predictions).toBe(expected.predictions);
      expect(result.trained).toBe(c.sentence.length);
      expect(Math.abs(result.loss - expected.loss)).toBeLessThan(2e-6 * expected.predictions + 1e-5 * expected.loss);
      // the generator has drawn as often
      const state4 = new Uint32Array(
        parameters.memory.buffer,
        parameters.layout.scratch[0].params + Param.randomState,
        4,
      );
      expect([...state4]).toEqual([...state.random.state]);
    });

    it("follows the float64 reference for ten sentences", async () => {
      const c: Case = { ...cases["a longer sentence"], dim: 25 };
      const setup = await setUp(name, models[model], c);
      for (let i = 0; i < 10; i++) {
        const sentence = c.sentence.map((word) => (word + 3 * i) % c.words);
        const result = runSentence(setup, sentence, 0.1);
        const expected = trainSentence(setup.state, sentence, setup.options, setup.tables, 0.1);
        expect(Math.abs(result.loss - expected.loss)).toBeLessThan(1e-5 * expected.loss);
      }
    });

    it("keeps the padding of rows and the zero row at 0", async () => {
      const c: Case = { ...listed, dim: 5, noise: [6, 13] };
      const setup = await setUp(name, models[model], c);
      runSentence(setup, c.sentence, 1);
      const { memory, layout } = setup.parameters;
      for (const side of ["inputs", "outputs"] as const) {
        const matrix = setup.parameters.matrix(side);
        for (let row = 0; row < matrix.length; row += 8) expect([...matrix.slice(row + 5, row + 8)]).toEqual([0, 0, 0]);
      }
      expect([...new Float32Array(memory.buffer, layout.scratch[0].zeroRow, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    });
  });

  it.each(LOSSES)("keeps the loss of scores of hundreds: %s", async (loss) => {
    const c: Case = { dim: 8, words: 20, negatives: 5, window: 3, sentence: [17, 3, 8, 12, 0] };
    const setup = await setUp(name, { model: "cbow", cbowCombine: "sum", loss }, c);
    const { memory, matrices } = setup.parameters;
    const rows = new Float32Array(memory.buffer, matrices[0], matrices[1] / 4);
    rows.forEach((value, i) => {
      rows[i] = 40 * value;
    });
    for (const side of ["inputs", "outputs"] as const)
      readRows(setup.parameters, side).forEach((row, i) => setup.state[side][i].set(row));
    const result = runSentence(setup, c.sentence, 0);
    const expected = trainSentence(setup.state, c.sentence, setup.options, setup.tables, 0);
    expect(expected.loss / expected.predictions).toBeGreaterThan(20);
    expect(Math.abs(result.loss / expected.loss - 1)).toBeLessThan(1e-6);
  });

  it("subsamples by the thresholds and the generator", async () => {
    const setup = await setUp(name, { model: "cbow" }, cases["one window"]);
    const { memory, layout } = setup.parameters;
    const thresholds = new Uint32Array(memory.buffer, layout.keepThresholds, 20).fill(2 ** 31);
    thresholds[4] = 0xffffffff;
    const random = new Random(setup.state.random.state);
    // one-word sentences: every draw is one of subsampling or of the radius
    const sentences = Array.from({ length: 200 }, (_, i) => i % 10);
    let kept = 0;
    for (const word of sentences) {
      if (word !== 4 && random.next() >= 2 ** 31) continue;
      kept++;
      random.next();
    }
    const ids = Uint32Array.from(sentences.flatMap((word) => [word, Mark.sentenceEnd]));
    expect(step(setup.kernel, memory, layout.scratch[0], ids, 0.1).trained).toBe(kept);
  });

  it("finds numbers that are not finite", async () => {
    const { kernel, parameters } = await setUp(name, { model: "cbow" }, cases["one window"]);
    const [start, length] = parameters.matrices;
    expect(kernel.allFinite(start, length)).toBe(true);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const floats = new Float32Array(parameters.memory.buffer, start, length / 4);
      floats[floats.length - 3] = bad;
      expect(kernel.allFinite(start, length)).toBe(false);
    }
  });

  it("adds up the loss of windows of hundreds of words", async () => {
    const c: Case = { dim: 4, words: 20, negatives: 5, window: 1000, sentence: [] };
    // more than the 512 whose scores become gradients at a time, see assembly/output.ts
    c.sentence = Array.from({ length: 600 }, (_, i) => (i * i) % 20);
    const setup = await setUp(name, { loss: "hierarchical-softmax" }, c);
    const result = runSentence(setup, c.sentence, 0);
    longWindows ??= trainSentence(setup.state, c.sentence, setup.options, setup.tables, 0);
    expect(result.predictions).toBe(longWindows.predictions);
    expect(Math.abs(result.loss / longWindows.loss - 1)).toBeLessThan(1e-6);
  });

  it("reports a loss that is not finite when parameters are not", async () => {
    const setup = await setUp(name, { model: "cbow" }, cases["one window"]);
    new Float32Array(setup.parameters.memory.buffer, setup.parameters.layout.inputs).fill(Number.NaN, 0, 160);
    expect(runSentence(setup, [17, 3], 1).loss).toBeNaN();
  });
});

it("simd and scalar give the same bits", async () => {
  for (const model of Object.values(models)) {
    for (const c of Object.values(cases)) {
      const [a, b] = await Promise.all((["simd", "scalar"] as const).map((name) => setUp(name, model, c)));
      for (const setup of [a, b]) for (let i = 0; i < 5; i++) runSentence(setup, c.sentence, 0.3);
      const bytes = (s: Setup) =>
        new Uint32Array(s.parameters.memory.buffer, s.parameters.matrices[0], s.parameters.matrices[1] / 4);
      const other = bytes(b);
      expect(bytes(a).every((value, i) => value === other[i])).toBe(true);
    }
  }
});

describe("lists of rows", () => {
  /** one window: the second word is predicted from the first, which stands for rows 17, 20, 21, 21 */
  const c: Case = {
    ...{ dim: 4, words: 20, negatives: 3, window: 1, more: 2, sentence: [17, 3] },
    shape: { windowRight: 0 },
  };
  const lists = { 17: [17, 20, 21, 21] };

  it.each<[string, NonNullable<Case["lists"]>]>([
    ["mean, divided", { of: lists, combine: "mean", gradient: "divided" }],
    ["sum, undivided", { of: lists, combine: "sum", gradient: "undivided" }],
  ])("learn by the gradient of the loss, as central differences have it: %s", async (_, own) => {
    for (const [name, model] of Object.entries(models)) {
      const setUpListed = () => setUp("simd", model, { ...c, lists: own });
      const { state, options, tables, ...setup } = await setUpListed();
      const lossAt = async (row: number, d: number, change: number) => {
        const { state: other } = await setUpListed();
        other.inputs[row][d] += change;
        return trainSentence(other, c.sentence, options, tables, 0).loss;
      };
      runSentence({ state, options, tables, ...setup }, c.sentence, 1);
      const after = readRows(setup.parameters, "inputs");
      for (const row of [17, 20, 21])
        for (let d = 0; d < c.dim; d++) {
          const slope = ((await lossAt(row, d, 1e-4)) - (await lossAt(row, d, -1e-4))) / 2e-4;
          expect(Math.abs(state.inputs[row][d] - after[row][d] - slope), `${name}, row ${row}`).toBeLessThan(1e-5);
        }
    }
  });

  it("of the words themselves give the bytes of none", async () => {
    for (const name of testedKernels)
      for (const model of Object.values(models)) {
        const long = { ...cases["a word twice in the window"], multipliers: { 3: 0.5 } };
        const own = { ...long, lists: { of: {}, combine: "mean", gradient: "divided" } } as const;
        const [plain, listed] = [await setUp(name, model, long), await setUp(name, model, own)];
        for (const setup of [plain, listed]) runSentence(setup, long.sentence, 0.3);
        for (const side of ["inputs", "outputs"] as const)
          expect(listed.parameters.matrix(side)).toEqual(plain.parameters.matrix(side));
      }
  });

  it.each<[number[], number[], RegExp]>([
    [[0, 1], [0, 1], /expected 3 starts from 0 to 2, got 2 from 0 to 1/],
    [[0, 1, 1], [0], /got none for word 1/],
    [[0, 1, 2], [0, 5], /expected rows below 5, got 5/],
  ])("refuse starts %j of rows %j", (starts, rows, message) => {
    const own: RowLists = {
      ...{ starts: Uint32Array.from(starts), rows: Uint32Array.from(rows) },
      ...{ combine: "mean", gradient: "divided" },
    };
    expect(() => checkLists({ words: 2, inputRows: 5, outputRows: 2, lists: own })).toThrow(message);
  });
});
