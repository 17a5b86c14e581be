// The defaults of the peers, and where input rows begin.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVectors, loadModel, type Model, type TrainOptions, train } from "wasm2vec";
import { loadCheckpoint } from "wasm2vec/files";
import { PRESETS, type PresetName } from "../../src/train/options/presets";
import { resolveOptions } from "../../src/train/train-options";
import { Workbench } from "../support/command";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";

const text = sampleText(1500);
const small: TrainOptions = { dim: 10, epochs: 2, threads: 1 };

/** What word2vec.c v0.1c, gensim 4.4 and fastText 0.9 have in common. */
const ALL = {
  loss: "negative-sampling",
  dim: 100,
  window: 5,
  windowLeft: 5,
  windowRight: 5,
  windowWeights: [],
  shrinkWindows: true,
  negatives: 5,
  sharedNegatives: false,
  cbowCombine: "mean",
  cbowGradient: "undivided",
  epochs: 5,
  learningRateSchedule: "linear",
  minCount: 5,
};

/** Of each peer, for the model that it has by default and the other. */
const PEERS: Record<PresetName, [own: object, other: object]> = {
  word2vec: [
    { model: "cbow", learningRate: 0.05, ...rest({}) },
    { model: "skipgram", learningRate: 0.025, ...rest({}) },
  ],
  gensim: [
    {
      model: "cbow",
      learningRate: 0.025,
      ...rest({ minLearningRate: 1e-4, initialRange: 1, maxSentenceLength: 10_000 }),
    },
    {
      model: "skipgram",
      learningRate: 0.025,
      ...rest({ minLearningRate: 1e-4, initialRange: 1, maxSentenceLength: 10_000 }),
    },
  ],
  fasttext: [
    { model: "skipgram", learningRate: 0.05, ...rest(fasttext()) },
    { model: "cbow", learningRate: 0.05, ...rest(fasttext()) },
  ],
};

/** word2vec.c's, where not told otherwise; it ends at a ten-thousandth of the rate, whatever that is. */
function rest(other: object): object {
  return {
    ...{
      minLearningRate: undefined,
      initialRange: 0.5,
      noiseExponent: 0.75,
      subsample: 1e-3,
      maxSentenceLength: 1_000,
    },
    ...other,
  };
}

function fasttext(): object {
  return {
    ...{ minLearningRate: 0, initialRange: 1, noiseExponent: 0.5, subsample: 1e-4, maxSentenceLength: 1_024 },
    ...{ maxn: 6, minn: 3, buckets: 2_000_000 },
  };
}

/** All that a training leaves, times left out. */
const traces = (model: Model<never>) => ({
  vectors: model.vectors.matrix.slice(),
  history: model.history.map(({ seconds: _, wordsPerSecond: __, ...record }) => record),
});

describe.each(PRESETS)("preset %s", (preset) => {
  const [own, other] = PEERS[preset] as [TrainOptions, TrainOptions];

  it("is that peer's defaults", () => {
    expect(resolveOptions({ preset })).toMatchObject({ ...ALL, ...own, open: [] });
    expect(resolveOptions({ preset, model: other.model })).toMatchObject({ ...ALL, ...other, open: [] });
  });

  it("gives way to options that are given", () => {
    const given: TrainOptions = {
      ...{ dim: 7, window: 3, negatives: 2, noiseExponent: 0.6, initialRange: 2, epochs: 9, minCount: 1, subsample: 0 },
      ...{ learningRate: 0.3, minLearningRate: 0.1, maxSentenceLength: 50, learningRateSchedule: "cosine" },
    };
    expect(resolveOptions({ preset, ...given })).toMatchObject(given);
    expect(resolveOptions({ preset, learningRate: "auto" }).learningRate).toBe("auto");
    expect(resolveOptions({ preset, maxn: 2 })).toMatchObject({ maxn: 2, minn: 2 });
    expect(() => resolveOptions({ preset, maxn: 2, minn: 3 })).toThrow('"minn" expected integer 1 to 2, got 3');
    expect(resolveOptions({ preset, windowLeft: 2 })).toMatchObject({ windowLeft: 2, windowRight: 5 });
    expect(resolveOptions({ preset, model: "skipgram", sharedNegatives: true }).sharedNegatives).toBe(true);
  });

  it("goes with each loss, and with schedules that do not fall", () => {
    for (const loss of ["hierarchical-softmax", "softmax"] as const)
      expect(resolveOptions({ preset, loss })).toMatchObject({ ...own, loss });
    expect(resolveOptions({ preset, learningRateSchedule: "constant" })).toMatchObject({
      learningRateSchedule: "constant",
    });
  });

  it("trains as its options do, on a small text too, and says at which rate", async () => {
    const model = await train(text, { preset, dim: 10, threads: 1 });
    const { minLearningRate: least = (own.learningRate as number) * 1e-4 } = own;
    const same = await train(text, {
      ...ALL,
      ...own,
      dim: 10,
      threads: 1,
      minLearningRate: least,
      ...inOrder(own),
    } as TrainOptions);
    expect(traces(model)).toEqual(traces(same));
    expect(model.history).toHaveLength(5);
    for (const { initialLearningRate } of model.history) expect(initialLearningRate).toBe(own.learningRate);
    expect(model.history[4].learningRate).toBeGreaterThanOrEqual(least);
  });

  it("does not suit itself to a small text", async () => {
    const tiny = [Array.from({ length: 20 }, (_, i) => `word${i % 2}`)];
    const { options } = await train(tiny, { preset, subsample: 0, threads: 1, dim: 4 });
    expect(options).toMatchObject({ epochs: 5, minCount: 5 });
  });

  it("is not in a checkpoint, which holds what it came to; resumes with it, without it, but not with another", async () => {
    const { write, read } = store();
    const whole = await train(text, { ...small, preset, checkpoint: { every: "1epoch", write } });
    const begun = read(0);
    expect(begun.options).not.toHaveProperty("preset");
    const { minLearningRate: _, ...stored } = own;
    expect(begun.options).toMatchObject(stored);
    expect(traces(await train(text, { resume: begun, preset, epochs: 2 }))).toEqual(traces(whole));
    expect(traces(await train(text, { resume: begun }))).toEqual(traces(whole));
    // the number of epochs was given, too
    await expect(train(text, { resume: begun, preset })).rejects.toThrow("was trained with epochs 2, got 5");
    for (const another of PRESETS.filter((name) => name !== preset))
      await expect(train(text, { resume: begun, preset: another })).rejects.toThrow('"preset" clashes with "resume"');
    // and trains on with the same rates
    const model = await loadModel(read(), {});
    await model.train(text, { epochs: 1 });
    expect(model.history.at(-1)).toMatchObject({ epoch: 3, initialLearningRate: own.learningRate });
    await model.save(write);
    const { learningRate, minLearningRate = (own.learningRate as number) * 1e-4 } = own;
    expect(read().schedule).toMatchObject({ learningRate, minLearningRate, isChosen: false });
  });
});

/** Options of CBOW are refused beside skip-gram, and those of skip-gram beside CBOW. */
function inOrder({ model }: TrainOptions): TrainOptions {
  return {
    ...(model === "cbow" ? { sharedNegatives: undefined } : { cbowCombine: undefined, cbowGradient: undefined }),
    ...{ windowWeights: undefined, window: undefined },
  };
}

describe("preset", () => {
  it.each<[unknown, typeof TypeError]>([
    ["glove", RangeError],
    ["toString", RangeError],
    [1, TypeError],
    [null, TypeError],
  ])("%j is none", (preset, kind) => {
    expect(() => resolveOptions({ preset } as TrainOptions)).toThrow(kind);
    expect(() => resolveOptions({ preset } as TrainOptions)).toThrow(
      '"preset" expected one of "word2vec", "gensim", "fasttext"',
    );
  });

  it("undefined is our own defaults", () => {
    expect(resolveOptions({ preset: undefined })).toEqual(resolveOptions());
  });
});

describe("initialRange", () => {
  const rowsOf = async (options: TrainOptions) => {
    const { vectors } = await train(text, { ...small, epochs: 1, learningRate: 0, ...options });
    return vectors.words.flatMap((word) => [...vectors.get(word)!]);
  };

  it("is where rows begin: uniform in ± it / dim", async () => {
    for (const dim of [1, 10, 33])
      for (const initialRange of [0.1, 0.5, 1, 30]) {
        const rows = await rowsOf({ dim, initialRange });
        const largest = rows.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        expect(largest).toBeLessThanOrEqual(Math.fround(initialRange / dim));
        if (dim > 1) expect(largest).toBeGreaterThanOrEqual((0.97 * initialRange) / dim);
        if (dim > 1)
          expect(Math.abs(rows.reduce((sum, x) => sum + x, 0) / rows.length)).toBeLessThanOrEqual(
            (0.1 * initialRange) / dim,
          );
      }
  });

  it("0.5 is what it was before, and 1 twice that", async () => {
    const before = await rowsOf({});
    expect(await rowsOf({ initialRange: 0.5 })).toEqual(before);
    expect(await rowsOf({ initialRange: 1 })).toEqual(before.map((x) => 2 * x));
    expect(traces(await train(text, { ...small, initialRange: 0.5 }))).toEqual(traces(await train(text, small)));
  });

  it("holds for words that come later", async () => {
    const model = await train(text, { ...small, initialRange: 8, learningRate: 0 });
    await model.train([["new", "words", "come"]].concat(text), { updateVocabulary: true, epochs: 1, learningRate: 0 });
    const grown = await train(sampleText(1500, 2), {
      ...small,
      initialRange: 8,
      learningRate: 0,
      epochs: 1,
      minCount: 1,
    });
    await grown.train(
      Array.from({ length: 9 }, () => ["new", "words", "come"]),
      { updateVocabulary: true, epochs: 1, learningRate: 0 },
    );
    const row = [...["new", "words", "come"].flatMap((word) => [...grown.vectors.get(word)!])].map(Math.abs);
    expect(Math.max(...row)).toBeLessThanOrEqual(0.8);
    expect(Math.max(...row)).toBeGreaterThan(0.4);
  });

  it.each<[unknown, typeof TypeError]>([
    [-1, RangeError],
    [Number.NaN, RangeError],
    ["1", TypeError],
    [0, RangeError],
    [1e-50, RangeError],
  ])("%j is refused", async (initialRange, kind) => {
    const training = train(text, { initialRange } as TrainOptions);
    await expect(training).rejects.toThrow(kind);
    await expect(training).rejects.toThrow('"initialRange"');
  });
});

describe("rows that begin at 0", () => {
  const ways: TrainOptions[] = [
    {},
    { sharedNegatives: false },
    { model: "cbow" },
    { loss: "hierarchical-softmax" },
    { model: "cbow", loss: "softmax" },
  ];

  it.each(ways)("never move, as initialRange 0 says: %j", async (options) => {
    const { words } = (await train(text, { ...small, epochs: 1 })).vocabulary;
    const initialVectors = await createVectors(words, 10, new Float32Array(10 * words.length));
    const { vectors } = await train(text, { ...small, ...options, initialVectors });
    expect(vectors.matrix.every((x) => x === 0)).toBe(true);
    await expect(train(text, { ...small, ...options, initialRange: 0 })).rejects.toThrow(
      '"initialRange" 0 has all rows begin at 0, where no gradient ever moves them: give more than 0',
    );
  });

  it("learn from others that do not", async () => {
    const { words } = (await train(text, { ...small, epochs: 1 })).vocabulary;
    const half = words.slice(0, words.length / 2);
    const initialVectors = await createVectors(half, 10, new Float32Array(10 * half.length).fill(0.1));
    const { vectors } = await train(text, { ...small, initialVectors, initialRange: 0 });
    expect(vectors.get(words.at(-1)!)!.some((x) => x !== 0)).toBe(true);
  });
});

describe("the command line", () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = new Workbench();
  });
  afterAll(() => bench.remove());

  it.each<[PresetName, string[], number]>([
    ["word2vec", [], 0.05],
    ["word2vec", ["--model", "skipgram"], 0.025],
    ["gensim", [], 0.025],
    ["fasttext", [], 0.05],
    ["fasttext", ["--learning-rate", "0.01"], 0.01],
  ])("--preset %s %j", async (preset, more, rate) => {
    const [vectors, checkpoint] = ["vectors.bin", "training.ckpt"].map((name) => bench.path(name));
    const args = ["train", bench.corpus, "-o", vectors, "--preset", preset, "--dim", "8", "--threads", "1", ...more];
    const { code, stdout } = await bench.run([...args, "--json", "--checkpoint", checkpoint, "--restart"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ learningRate: rate });
    const { options } = await loadCheckpoint(checkpoint);
    const [own] = PEERS[preset] as [TrainOptions, TrainOptions];
    const { minLearningRate: _, ...stored } = {
      ...own,
      ...(more[0] === "--model" ? { model: "skipgram" } : {}),
      learningRate: rate,
    };
    expect(options).toMatchObject(stored);
  });

  it("--preset word2vec2 is refused", async () => {
    const { code, stderr } = await bench.run([
      "train",
      bench.corpus,
      "-o",
      bench.path("x.bin"),
      "--preset",
      "word2vec2",
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("word2vec, gensim, fasttext");
  });
});
