// The way back of rows that are too many to be copied: to the seed. (8.4) of docs/math.md.

import { afterEach, describe, expect, it, vi } from "vitest";
import { Random } from "../../src/base/random";
import { Vocabulary } from "../../src/text/vocabulary";
import { readCheckpoint } from "../../src/train/checkpoint/checkpoint";
import { DivergenceError } from "../../src/train/loop/epochs";
import type { Model } from "../../src/train/model";
import { trainOn } from "../../src/train/train";
import type { TrainOptions } from "../../src/train/train-options";
import { Word2vecObjective } from "../../src/train/word2vec-objective";
import { platformWith, spawnHere } from "../support/platform";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";

const text = sampleText(600, 1, 75);
const small: TrainOptions = { dim: 18, epochs: 4, minCount: 1, subsample: 2e-3, worker: false };

const train = (options: TrainOptions) => trainOn(platformWith(spawnHere), text, { ...small, ...options });

/** Far too high, from a progress on to another. */
const wild = (from: number, to = 1) => ({
  learningRateSchedule: (progress: number) => (progress < from || progress > to ? 1 : 1e5),
});

const traces = ({ vectors, history }: Model) => ({
  vectors: vectors.matrix.slice(),
  history: history.map(({ seconds: _, wordsPerSecond: __, discardedSeconds: ___, ...record }) => record),
});

/** Has all rows seem too many to be copied. */
function seemLarge(): void {
  const { snapshot } = Word2vecObjective.prototype;
  vi.spyOn(Word2vecObjective.prototype, "snapshot").mockImplementation(function (this: Word2vecObjective) {
    const all = snapshot.call(this);
    return { ...all, inputs: { ...all.inputs, data: { byteLength: 2 ** 30 + 1 } as Float32Array } };
  });
}

afterEach(() => vi.restoreAllMocks());

describe("rows of more than 1 GiB", () => {
  it.each<[string, TrainOptions]>([
    ["the grid", wild(0, 0.2)],
    ["the grid, after the first epoch of two", { epochs: 20, ...wild(0.04, 0.09) }],
    ["pair by pair", { ...wild(0, 0.2), sharedNegatives: false }],
    ["cbow", { ...wild(0, 0.2), model: "cbow" }],
    ["hierarchical softmax", { ...wild(0, 0.2), loss: "hierarchical-softmax" }],
    ["some words frozen", { ...wild(0, 0.2), freeze: text[0].slice(0, 1) }],
    ["the js kernel", { ...wild(0, 0.2), kernel: "js", dim: 6 }],
  ])("are begun anew by the seed, as a copy of their beginning would be: %s", async (_, options) => {
    const copied = await train(options);
    expect(copied.history.at(-1)!.lowered).toBeGreaterThan(0);
    seemLarge();
    const told: string[] = [];
    const begun = await train({ ...options, onWarning: (message) => void told.push(message) });
    expect(traces(begun)).toEqual(traces(copied));
    const { initialLearningRate, lowered } = begun.history.at(-1)!;
    const first = initialLearningRate * 4 ** (lowered! - 1);
    expect(told[0].endsWith(`: it goes on from epoch 1 with learningRate ${first}`)).toBe(true);
  });

  it.each<[string, TrainOptions, number]>([
    ["after a tenth of the epochs", wild(0.4), 0],
    ["with vectors from elsewhere", wild(0), 1],
  ])("are not trained again, and the error says what to do: %s", async (_, given, epochs) => {
    const initialVectors = epochs === 0 ? undefined : (await train({ epochs })).vectors;
    const options = { ...given, initialVectors };
    seemLarge();
    const error = await train(options).catch((error) => error);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.message).toMatch(
      /^training diverged in epoch \d .* at learning rate [\d.e+]+: lower "learningRate" \(it was 0\.1\) and begin anew: of rows of more than 1 GiB, or in files, no copy is kept to go back to$/,
    );
  });

  it("are not trained again, and the error says so instead of what else it would say", async () => {
    seemLarge();
    const { write } = store();
    const given = { ...wild(0.4), negatives: 60, checkpoint: { write, every: "1epoch", name: "kept.ckpt" } };
    await expect(train(given)).rejects.toThrow(
      /: lower "learningRate" \(it was [\d.]+\) and begin anew: of rows of more than 1 GiB, or in files, no copy is kept to go back to$/,
    );
  });

  it("are begun anew by who goes on from a checkpoint of the first tenth of the epochs, too", async () => {
    const { files, write } = store();
    const abort = new AbortController();
    const interrupted = train({
      epochs: 40,
      ...wild(2),
      signal: abort.signal,
      checkpoint: { write, every: "1epoch" },
      onEpochEnd: (_, { epoch }) => void (epoch === 3 && abort.abort(new Error("interrupted"))),
    });
    await expect(interrupted).rejects.toThrow("interrupted");
    seemLarge();
    const resume = readCheckpoint(files.at(-1)!, "stored");
    const { history } = await train({ ...wild(0.06, 0.09), epochs: undefined, resume });
    expect(history).toHaveLength(40);
    expect(history[0].lowered).toBeGreaterThan(0);
  });

  it("are not begun anew where they had learnt before", async () => {
    seemLarge();
    const model = await train({ epochs: 1 });
    await expect(model.train(text, { epochs: 2, ...wild(0) })).rejects.toThrow("no copy is kept to go back to");
  });

  it("that grow, but stay numbers, are no error where there is no way back", async () => {
    const given: TrainOptions = { model: "cbow", epochs: 2, subsample: 2e-3 };
    const { learningRate } = (await train(given)).history[0];
    const schedule = { learningRateSchedule: (progress: number) => (progress < 0.5 ? 1 : 0.8 / learningRate) };
    const back = await train({ ...given, ...schedule });
    expect(back.history[1].lowered).toBeGreaterThan(0);
    seemLarge();
    const { history } = await train({ ...given, ...schedule });
    expect(history[1].lowered).toBe(undefined);
    expect(history[1].loss).toBeGreaterThan(Math.LN2);
  });
});

describe("a state that was kept", () => {
  // two words, of which a vocabulary says that the text has three: the first epoch is as one step, whose loss shows nothing of its end
  const random = Random.from(1, 0);
  const word = () => (random.below(100) < 60 ? "a" : "b");
  const lines = Array.from({ length: 4 }, () => Array.from({ length: 20 }, word));
  const repeated = Array.from({ length: 35 }, () => lines[random.below(4)]);
  const given: TrainOptions = {
    vocabulary: new Vocabulary([
      ["a", 2],
      ["b", 1],
    ]),
    ...{ window: 37, negatives: 2, noiseExponent: -0.12, sharedNegatives: false, subsample: 0, minCount: 1, epochs: 5 },
    ...{ seed: 1, worker: false },
  };

  const ways = (told: readonly string[]) =>
    told.map((message) => /it goes on from (.*)$/.exec(message)?.[1]).filter((way) => way !== undefined);

  it("and is not a good one is given up for the beginning, at less than the rate that led to it", async () => {
    const told: string[] = [];
    const onWarning = (message: string) => void told.push(message);
    const { history } = await trainOn(platformWith(spawnHere), repeated, { ...given, onWarning });
    expect(ways(told)).toEqual([
      "epoch 2 with learningRate 0.025",
      "epoch 1 with learningRate 0.025",
      "epoch 2 with learningRate 0.00625",
      "epoch 1 with learningRate 0.00625",
    ]);
    expect(history.map(({ lowered }) => lowered)).toEqual([2, 2, 2, 2, 2]);
    // what four tries took is told once
    expect(history[0].discardedSeconds).toBeGreaterThan(0);
    expect(history.slice(1).every(({ discardedSeconds }) => discardedSeconds === undefined)).toBe(true);
  });

  it("is given up for the beginning by who goes on from a checkpoint of it, too", async () => {
    const { files, write } = store();
    const abort = new AbortController();
    const first = trainOn(platformWith(spawnHere), repeated, {
      ...given,
      signal: abort.signal,
      checkpoint: { write, every: "1epoch" },
      onWarning: () => abort.abort(new Error("interrupted")),
    });
    await expect(first).rejects.toThrow("interrupted");
    const resume = readCheckpoint(files.at(-1)!, "stored");
    const told: string[] = [];
    const onWarning = (message: string) => void told.push(message);
    const { history } = await trainOn(platformWith(spawnHere), repeated, {
      ...given,
      vocabulary: undefined,
      resume,
      onWarning,
    });
    expect(ways(told).slice(0, 2)).toEqual(["epoch 2 with learningRate 0.025", "epoch 1 with learningRate 0.025"]);
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
  });
});
