// The shape of windows and the rates of words, as options: what they resolve to, and that training heeds them. What kernels do
// with them is in kernel.test.ts.

import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TrainOptions, train, type WordVectors } from "wasm2vec";
import { loadVectors } from "wasm2vec/files";
import { meanContexts } from "../../src/train/options/window-shape";
import { type TrainOptions as Options, resolveOptions } from "../../src/train/train-options";
import { small as flags, Workbench } from "../support/command";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";

const text = sampleText(1500);
const small: TrainOptions = { dim: 10, minCount: 2, epochs: 2, threads: 1 };
const vectorsOf = async (options: TrainOptions) => (await train(text, { ...small, ...options })).vectors;

describe("options of windows", () => {
  const shape = (options: Options) => {
    const { window, windowLeft, windowRight, shrinkWindows, windowWeights } = resolveOptions(options);
    return [window, windowLeft, windowRight, shrinkWindows, windowWeights];
  };

  it("have the defaults of word2vec.c, and follow one another", () => {
    expect(shape({})).toEqual([5, 5, 5, true, []]);
    expect(shape({ window: 3 })).toEqual([3, 3, 3, true, []]);
    expect(shape({ windowLeft: 0 })).toEqual([5, 0, 5, true, []]);
    expect(shape({ windowLeft: 7, windowRight: 2 })).toEqual([7, 7, 2, true, []]);
    expect(shape({ window: 2, shrinkWindows: false })).toEqual([2, 2, 2, false, []]);
    expect(shape({ window: 3, windowWeights: "harmonic" })).toEqual([3, 3, 3, false, [1, 1 / 2, 1 / 3]]);
    expect(shape({ windowLeft: 1, windowRight: 2, windowWeights: "linear", shrinkWindows: true })).toEqual([
      2,
      1,
      2,
      true,
      [1, 1 / 2],
    ]);
  });

  it.each<[Options, RegExp]>([
    [{ window: 0 }, /"window" expected/],
    [{ windowLeft: -1 }, /"windowLeft" expected/],
    [{ windowRight: 1001 }, /"windowRight" expected/],
    [{ windowLeft: 0, windowRight: 0 }, /both 0: no word would have a context/],
    [{ window: 4, windowLeft: 2, windowRight: 3 }, /"window" says nothing where/],
    [{ windowWeights: [1, 1] }, /expected a number for each distance 1 … 5, got 2/],
    [{ window: 2, windowWeights: [1, 0] }, /"windowWeights\[1\]" is 0: make the window smaller/],
    [{ window: 2, windowWeights: [1e-50, 1] }, /"windowWeights\[0\]" expected/],
    [{ window: 2, windowWeights: [1, 1e300] }, /"windowWeights\[1\]" expected/],
    [{ window: 2, windowWeights: [1, Number.NaN] }, /"windowWeights\[1\]" expected/],
    [{ windowWeights: "square" as never }, /expected "harmonic", "linear" or an array/],
    [{ shrinkWindows: 1 as never }, /"shrinkWindows" expected/],
  ])("refuse %o", (options, message) => {
    expect(() => resolveOptions(options)).toThrow(message);
  });

  it("say how many contexts a word has on average", () => {
    for (const window of [1, 2, 5, 10, 999]) expect(meanContexts(resolveOptions({ window }))).toBe(window + 1);
    expect(meanContexts(resolveOptions({ window: 4, shrinkWindows: false }))).toBe(8);
    expect(meanContexts(resolveOptions({ windowLeft: 0, windowRight: 4, shrinkWindows: false }))).toBe(4);
    expect(meanContexts(resolveOptions({ window: 2, windowWeights: [1, 0.5] }))).toBe(3);
    // radius 1, 2 or 3, as likely: 1 word on the left, 1, 2 or 3 on the right
    expect(meanContexts(resolveOptions({ windowLeft: 1, windowRight: 3 }))).toBeCloseTo(1 + 2, 12);
  });
});

describe("training", () => {
  const same = (a: WordVectors, b: WordVectors) => a.matrix.every((value, i) => value === b.matrix[i]);

  it("heeds each option, and takes names of weights for the weights", async () => {
    const plain = await vectorsOf({});
    expect(same(plain, await vectorsOf({ windowLeft: 5, windowRight: 5 }))).toBe(true);
    for (const options of [
      { windowLeft: 0 },
      { windowRight: 2 },
      { shrinkWindows: false },
      { windowWeights: "linear" },
    ])
      expect(same(plain, await vectorsOf(options as TrainOptions))).toBe(false);
    const harmonic = await vectorsOf({ window: 3, windowWeights: "harmonic" });
    expect(same(harmonic, await vectorsOf({ window: 3, windowWeights: [1, 1 / 2, 1 / 3] }))).toBe(true);
    // weights of 1 are no weights
    const even = await vectorsOf({ window: 3, windowWeights: [1, 1, 1] });
    expect(same(even, await vectorsOf({ window: 3, shrinkWindows: false }))).toBe(true);
  });

  it("predicts from one side alone where the other has no width", async () => {
    // b follows a, and d follows c, at once: what stands before a word tells it, what stands after tells nothing of b and d
    const pairs = Array.from({ length: 3000 }, (_, i) => [`x${i % 7}`, i % 2 ? "a" : "c", i % 2 ? "b" : "d"]);
    const { vectors, outputVectors } = await train(pairs, {
      ...{ dim: 8, minCount: 1, subsample: 0, epochs: 10, threads: 1, windowLeft: 1, windowRight: 0 },
    });
    const score = (context: string, word: string) =>
      vectors.get(context).reduce((sum, x, d) => sum + x * outputVectors.get(word)[d], 0);
    expect(score("a", "b")).toBeGreaterThan(score("a", "d") + 2);
    expect(score("a", "b")).toBeGreaterThan(score("b", "a") + 2);
  });

  it.each<TrainOptions>([{}, { threads: 2 }, { worker: false }, { threads: 1, model: "cbow" }])(
    "scales the steps of a word's vector by its rate: %o",
    async (options) => {
      const begin = await vectorsOf({ ...options, learningRate: 0 });
      const step = async (rate: number) => {
        const wordRates = new Map([["topic0_1", rate]]);
        const vectors = await vectorsOf({ ...options, wordRates, epochs: 1 });
        return Math.hypot(...vectors.get("topic0_1").map((value, d) => value - begin.get("topic0_1")[d]));
      };
      const [none, some, all] = [await step(0), await step(0.2), await step(1)];
      expect(none).toBeLessThan(1e-6);
      expect(some).toBeGreaterThan(none + 0.01);
      expect(some).toBeLessThan(0.7 * all);
      expect(same(await vectorsOf(options), await vectorsOf({ ...options, wordRates: () => 1 }))).toBe(true);
    },
  );

  it("names a rate that is none, and a list of words that are not there", async () => {
    await expect(vectorsOf({ wordRates: new Map([["topic0_1", 2]]) })).rejects.toThrow(/wordRates of topic0_1/);
    await expect(vectorsOf({ wordRates: { a: 1 } as never })).rejects.toThrow(/"wordRates" expected a Map/);
    await expect(vectorsOf({ wordRates: new Map([["nope", 0.5]]) })).rejects.toThrow(/"wordRates" lists none/);
  });

  it("goes on from a checkpoint with the shape and the rates that it began with", async () => {
    const options: TrainOptions = {
      ...small,
      windowLeft: 2,
      windowWeights: "linear",
      wordRates: (w) => (w < "t" ? 0.5 : 1),
    };
    const whole = await train(text, options);
    const { write, read } = store();
    await train(text, { ...options, checkpoint: { every: "1epoch", write } });
    const resume = read(0);
    expect(resume.history).toHaveLength(1);
    expect(same(whole.vectors, (await train(text, { resume })).vectors)).toBe(true);
    expect(same(whole.vectors, (await train(text, { resume, windowWeights: "linear", windowLeft: 2 })).vectors)).toBe(
      true,
    );
    await expect(train(text, { resume, windowWeights: "harmonic", windowLeft: 2 })).rejects.toThrow(
      /clashes with "resume"/,
    );
  });
});

describe("on the command line", () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = new Workbench();
  });
  afterAll(() => bench.remove());

  it("the flags are the options", async () => {
    writeFileSync(bench.path("rates.txt"), "common1 0.25\n\ncommon2\t0\n");
    const rates = new Map(Object.entries({ common1: 0.25, common2: 0 }));
    const ways: [string[], TrainOptions][] = [
      [
        ["--window-left", "1", "--window-right", "3", "--window-weights", "1,0.5,0.25", "--spool"],
        { windowLeft: 1, windowRight: 3, windowWeights: [1, 0.5, 0.25] },
      ],
      [["--no-shrink-windows", "--no-spool"], { shrinkWindows: false }],
      [["--spool-memory", "0.5K"], {}],
      [["--window-weights", "linear", "--word-rates", "rates.txt"], { windowWeights: "linear", wordRates: rates }],
    ];
    const options: TrainOptions = { dim: 16, epochs: 2, minCount: 1, subsample: 0.01, threads: 1 };
    for (const [names, more] of ways) {
      const run = await bench.run(["train", bench.corpus, "-o", "a.bin", ...flags, ...names, "--epochs", "2"]);
      expect(run.code, run.stderr).toBe(0);
      const { vectors } = await train(bench.corpus, { ...options, ...more });
      const read = await loadVectors(bench.path("a.bin"));
      for (const word of read.words) expect(read.get(word)).toEqual(vectors.get(word));
    }
  });

  it.each([
    [["--window-weights", "1,x"], "Expected a number"],
    [["--spool-memory", "many"], "Expected bytes, such as 268435456, 256M or 1G"],
    [["--window-weights", "1,2"], "expected a number for each distance 1 … 5, got 2"],
    [["--window-left", "0", "--window-right", "0"], "both 0"],
    [["--word-rates", "bad.txt"], 'bad.txt, line 2: expected a word, a space and a number from 0 to 1, got "b two"'],
  ])("%o is a mistake of usage", async (more, message) => {
    writeFileSync(bench.path("bad.txt"), "a 0.5\nb two\n");
    const run = await bench.run(["train", bench.corpus, "-o", "d.bin", "--epochs", "1", ...more]);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
