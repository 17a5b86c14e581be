// Rung 2 and 3 of the ladder: every kernel and model against the pure losses. With learning rate 1 the change is the gradient.
// Skip-gram with negative sampling trains on the grid: cell.test.ts.

import { describe, expect, it } from "vitest";
import { Mark, Param } from "../../assembly/params";
import { Random } from "../../src/base/random";
import type { Trainer } from "../../src/kernel/kernel";
import type { KernelOptions } from "../../src/kernel/layout";
import type { Side, SubwordLists } from "../../src/kernel/shape";
import { huffmanTree } from "../../src/math/huffman";
import { LOSSES } from "../../src/model/losses/registry";
import { Parameters } from "../../src/model/parameters";
import { shapeOf } from "../../src/model/spec";
import { subwordParts } from "../../src/model/subword-rows";
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
  /** rows after those of words */
  more?: number;
  /** the subwords of words; others have their own row alone */
  subwords?: Record<number, number[]>;
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

const composed: Case = {
  ...{ dim: 9, words: 20, negatives: 5, window: 4, sentence: [17, 3, 17, 8, 3, 11, 5] },
  // rows of n-grams after those of words: one in several words, one twice in a word
  subwords: { 17: [17, 20, 21], 3: [3, 21, 26, 21], 5: [5, 22], 11: [11, 20, 23, 24, 25] },
};

Object.assign(cases, {
  "words composed of subwords": composed,
  "subwords, of more floats than a slice": { ...composed, dim: 37 },
  "subwords, words that are frozen or keep a part of their steps": {
    ...composed,
    multipliers: { 3: 0, 8: 0.5, 17: 0.25 },
  },
  "subwords, weights, one side": {
    ...composed,
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
  const lists = listsOf(c);
  const subwords = lists && { count: lists.scales.length, listed: lists.list.length };
  const parameters = new Parameters(
    vocabulary,
    { ...options, dim: c.dim, subsample: 0, noiseExponent: 0.75, seed: 7 },
    { batchCapacity: 1000, lanes: 1, shared: false },
    { ...shapeOf(vocabulary, subwords), inputRows: c.words + (c.more ?? 0) },
    lists && subwordParts(lists),
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
  const subwordRows = parameters.subwords?.all;
  for (const matrix of [parameters.matrix("inputs"), parameters.matrix("outputs"), subwordRows ?? []]) {
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
      subwords: lists && subwordRows && { ...lists, rows: rowsOf(parameters, subwordRows) },
    },
  };
}

function listsOf({ words, subwords }: Case): SubwordLists | undefined {
  if (subwords === undefined) return undefined;
  const all = Array.from({ length: words }, (_, word) => subwords[word] ?? [word]);
  const starts = Uint32Array.of(0, ...all.map((_, word) => all.slice(0, word + 1).flat().length));
  const list = Uint32Array.from(all.flat());
  return { starts, list, scales: new Float32Array(Math.max(...list) + 1).fill(1) };
}

function readRows(parameters: Parameters, side: Side): Float64Array[] {
  return rowsOf(parameters, parameters.matrix(side));
}

function rowsOf({ layout, dim }: Parameters, matrix: Float32Array): Float64Array[] {
  const stride = layout.stride / 4;
  return Array.from({ length: matrix.length / stride }, (_, row) =>
    Float64Array.from(matrix.subarray(row * stride, row * stride + dim)),
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
      if (state.subwords)
        expect(largestDifference(rowsOf(parameters, parameters.subwords!.all), state.subwords.rows)).toBeLessThan(
          TOLERANCE,
        );
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
      const c: Case = { ...composed, dim: 5, noise: [6, 13] };
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

describe("subwords", () => {
  /** one window: the second word is predicted from the first, which is composed of rows 17, 20, 21, 21 */
  const c: Case = {
    ...{ dim: 4, words: 20, negatives: 3, window: 1, sentence: [17, 3] },
    ...{ shape: { windowRight: 0 }, subwords: { 17: [17, 20, 21, 21] } },
  };

  it("learn by the gradient of the loss, times the number of subwords, as central differences have it", async () => {
    for (const [name, model] of Object.entries(models)) {
      const { state, options, tables, ...setup } = await setUp("simd", model, c);
      const lossAt = async (row: number, d: number, change: number) => {
        const { state: other } = await setUp("simd", model, c);
        other.subwords!.rows[row][d] += change;
        return trainSentence(other, c.sentence, options, tables, 0).loss;
      };
      runSentence({ state, options, tables, ...setup }, c.sentence, 1);
      const after = rowsOf(setup.parameters, setup.parameters.subwords!.all);
      for (const row of [17, 20, 21])
        for (let d = 0; d < c.dim; d++) {
          const slope = ((await lossAt(row, d, 1e-4)) - (await lossAt(row, d, -1e-4))) / 2e-4;
          const step = state.subwords!.rows[row][d] - after[row][d];
          expect(Math.abs(step - 4 * slope), `${name}, row ${row}`).toBeLessThan(4e-5);
        }
    }
  });

  it.each(testedKernels)("are composed and take what words have learnt, each scaled: %s", async (name) => {
    const { kernel, parameters } = await setUp(name, { model: "cbow" }, { ...composed, multipliers: { 5: 0 } });
    const { memory, layout } = parameters;
    const { params } = layout.scratch[0];
    new Float32Array(memory.buffer, layout.subwordScales, 27)[21] = 0.25;
    const means = (rows: Float64Array[], list: number[]) =>
      rows[0].map((_, d) => list.reduce((sum, row) => sum + rows[row][d], 0) / list.length);
    const frozen = readRows(parameters, "inputs")[5];
    // of words as if they were a block of the grid: a list of pairs, and the marks of another word
    const pairs = [11, 17, 5, 3, 17];
    const view = new DataView(memory.buffer, params, Param.size);
    view.setUint32(Param.blocks, 1, true);
    const { ids, touchedMarks } = layout.scratch[0];
    const firstPair = ids + 8;
    new Uint32Array(memory.buffer, ids, 2 + pairs.length).set([firstPair, firstPair + 4 * pairs.length, ...pairs]);
    const marks = new Uint8Array(memory.buffer, touchedMarks, 20);
    const stale = readRows(parameters, "inputs")[7];
    kernel.composeCell(params, 0, 0, ids, 1);
    expect([...marks.keys()].filter((word) => marks[word] !== 0)).toEqual([3, 5, 11, 17]);
    const before = readRows(parameters, "inputs");
    const rows = rowsOf(parameters, parameters.subwords!.all);
    expect([...before[5]]).toEqual([...frozen]);
    expect([...before[7]]).toEqual([...stale]);
    for (const [word, list] of Object.entries(composed.subwords!))
      if (word !== "5") expect(largestDifference([before[Number(word)]], [means(rows, list)])).toBeLessThan(1e-6);
    const inputs = parameters.matrix("inputs");
    const stride = layout.stride / 4;
    // what is not marked has learnt nothing
    for (const word of [3, 17, 11, 8]) for (let d = 0; d < 9; d++) inputs[word * stride + d] += word + d;
    kernel.learntRows(params, 0, 20);
    kernel.spreadRows(params, 0, 27);
    const after = rowsOf(parameters, parameters.subwords!.all);
    const learnt: Record<number, (d: number) => number> = {
      ...{ 3: (d) => 3 + d, 17: (d) => 17 + d, 20: (d) => 28 + 2 * d },
      // twice in word 3, once in word 17
      21: (d) => 0.25 * (23 + 3 * d),
    };
    for (const [row, of] of Object.entries(learnt))
      for (let d = 0; d < 9; d++) expect(after[Number(row)][d] - rows[Number(row)][d]).toBeCloseTo(of(d), 4);
    expect([...after[22]]).toEqual([...rows[22]]);
  });

  it("of the words alone give the rows of none", async () => {
    const plain = { ...cases["a word twice in the window"], multipliers: { 3: 0.5 } };
    for (const name of testedKernels)
      for (const model of Object.values(models)) {
        const [own, alone] = [await setUp(name, model, { ...plain, subwords: {} }), await setUp(name, model, plain)];
        own.parameters.subwords!.all.set(own.parameters.matrix("inputs"));
        for (const setup of [own, alone]) runSentence(setup, plain.sentence, 0.3);
        for (const side of ["inputs", "outputs"] as const)
          expect(own.parameters.matrix(side)).toEqual(alone.parameters.matrix(side));
        expect(
          largestDifference(rowsOf(own.parameters, own.parameters.subwords!.all), readRows(own.parameters, "inputs")),
        ).toBeLessThan(1e-6);
      }
  });
});
