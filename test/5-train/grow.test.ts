// Models that do not begin from nothing.

import { describe, expect, it } from "vitest";
import { createVectors, type Model, type TrainOptions, train } from "wasm2vec";
import { textCorpus } from "../../src/text/lines";
import { SpooledText } from "../../src/text/spooled";
import { Vocabulary } from "../../src/text/vocabulary";
import { growVocabulary } from "../../src/train/grow";
import { sampleText } from "../support/sample";
import { unshared } from "../support/unshared";

const text = sampleText(4000);
const small: TrainOptions = { dim: 20, epochs: 2, minCount: 2, subsample: 0 };
const row = (model: Pick<Model<never>, "vectors">, word: string) => [...model.vectors.get(word)];

describe("updateVocabulary", () => {
  /** the same topics, and words that were not there */
  const more = sampleText(3000, 9).map((sentence) =>
    sentence.map((token) => token.replace("topic1_", "new_")).concat("rare".repeat(Number(sentence.length === 14))),
  );

  it.each<TrainOptions>([
    { threads: 1 },
    { threads: 2 },
    { worker: false },
    { threads: 2, wasm: unshared() },
    { threads: 1, model: "cbow" },
    { threads: 2, model: "cbow" },
    { threads: 1, loss: "softmax" },
    { threads: 1, loss: "hierarchical-softmax" },
    { threads: 1, kernel: "js" },
  ])("adds words, keeps the vectors there are, and learns: %o", async (options) => {
    const model = await train(text, { ...small, ...options });
    const { vectors, vocabulary } = model;
    const before = new Map(vocabulary.words.map((word) => [word, row(model, word)]));
    expect(model.vectors.has("new_0")).toBe(false);
    // a rate of 0: what is there can be seen
    await model.train(more, { updateVocabulary: true, epochs: 1, learningRate: 0 });
    for (const [word, values] of before) expect(row(model, word), word).toEqual(values);
    expect(model.vocabulary.size).toBeGreaterThan(vocabulary.size + 10);
    const added = row(model, "new_0");
    expect(Math.max(...added.map(Math.abs))).toBeLessThanOrEqual(0.5 / 20);
    expect(new Set(added).size).toBe(20);
    await model.train(more, { epochs: 8, learningRate: 0.05 });
    expect(model.history).toHaveLength(11);
    // of the words nearest to ten new ones most are new, where chance would make it one in nine
    const near = Array.from({ length: 10 }, (_, i) =>
      model.vectors.mostSimilar(`new_${i}`, { topN: 5, filter: (word) => !word.startsWith("common") }),
    ).flat();
    expect(near.filter(({ word }) => word.startsWith("new_")).length / near.length).toBeGreaterThan(0.5);
    // who holds the vectors from before has them as they were
    expect(vectors.size).toBe(vocabulary.size);
    expect([...vectors.get("topic0_0")]).toEqual(before.get("topic0_0"));
  });

  it("keeps output vectors and frozen words", async () => {
    const model = await train(text, { ...small, threads: 1, freeze: ["common3"] });
    const [frozen, output] = [row(model, "common3"), [...model.outputVectors.get("topic0_0")]];
    await model.train(more, { updateVocabulary: true, epochs: 1, learningRate: 0 });
    expect([...model.outputVectors.get("topic0_0")]).toEqual(output);
    await model.train(more, { epochs: 1 });
    expect(row(model, "common3")).toEqual(frozen);
    await model.train(more, { epochs: 1, freeze: [] });
    expect(row(model, "common3")).not.toEqual(frozen);
  });

  it("adds up counts; minCount, keep and maxVocabulary decide on new words only", async () => {
    const old = new Vocabulary([
      ["a", 5],
      ["b", 3],
    ]);
    const corpus = textCorpus(() => [new TextEncoder().encode("b c c c\nd d b x e e e e\nx x x x x\n")], "more");
    const more = new SpooledText(corpus, undefined, () => {});
    const options = { minCount: 2, maxVocabulary: 100, maxCountedWords: 100, keep: (word: string) => word !== "x" };
    const grown = await growVocabulary(old, more, options);
    const entries = (vocabulary: Vocabulary) => vocabulary.words.map((word, id) => `${word} ${vocabulary.counts[id]}`);
    expect(entries(grown)).toEqual(["a 5", "b 5", "e 4", "c 3", "d 2"]);
    expect(entries(await growVocabulary(old, more, { ...options, maxVocabulary: 3 }))).toEqual([
      ...["a 5", "b 5", "e 4"],
    ]);
    expect(old.size).toBe(2);
  });

  it("leaves the model as it was if the corpus cannot be read", async () => {
    const model = await train(text, { ...small, threads: 1, epochs: 1 });
    const { vectors } = model;
    const broken = () => {
      throw new Error("the network is down");
    };
    await expect(model.train(broken, { updateVocabulary: true })).rejects.toThrow("the network is down");
    expect(model.vectors).toBe(vectors);
    // @ts-expect-error: no boolean
    await expect(model.train(text, { updateVocabulary: 1 })).rejects.toThrow(
      /"updateVocabulary" expected true or false/,
    );
  });
});

describe("initialVectors", () => {
  const rows = (lists: number[][]) => Float32Array.from(lists.flat());
  const vectors = createVectors(
    ["topic0_0", "common1", "elsewhere"],
    5,
    rows([
      [1, 2, 3, 4, 5],
      [-1, 0, 0.5, 0, 1],
      [0, 0, 0, 0, 1],
    ]),
  );

  it("gives words that are there their vectors, and the model its dim", async () => {
    const model = await train(text, {
      minCount: 1,
      epochs: 1,
      threads: 1,
      initialVectors: await vectors,
      learningRate: 0,
    });
    const other = await train(text, { minCount: 1, epochs: 1, threads: 1, dim: 5, learningRate: 0 });
    expect(row(model, "topic0_0")).toEqual([1, 2, 3, 4, 5]);
    expect(row(model, "common1")).toEqual([-1, 0, 0.5, 0, 1]);
    expect(row(model, "topic1_0")).toEqual(row(other, "topic1_0"));
    expect(model.vectors.has("elsewhere")).toBe(false);
  });

  it("refuses another dim, and vectors of other words", async () => {
    await expect(train(text, { initialVectors: await vectors, dim: 6 })).rejects.toThrow(
      '"dim" 6 clashes with "initialVectors", whose dim is 5: leave dim out',
    );
    const foreign = await createVectors(["ailleurs"], 2, rows([[1, 2]]));
    await expect(train(text, { initialVectors: foreign })).rejects.toThrow(/none of the \d+ words of the corpus/);
    // @ts-expect-error: no vectors
    await expect(train(text, { initialVectors: [[1, 2]] })).rejects.toThrow(/"initialVectors" expected WordVectors/);
  });
});

describe("freeze", () => {
  it.each<TrainOptions>([
    { threads: 1 },
    { threads: 3 },
    { threads: 2, wasm: unshared() },
    { threads: 1, model: "cbow" },
    { threads: 3, model: "cbow" },
    { reproducible: true, loss: "hierarchical-softmax" },
    { worker: false, sharedNegatives: false },
  ])("keeps chosen words' vectors fixed to the bit while others learn: %o", async (options) => {
    const freeze = (word: string) => word.endsWith("_0") || word === "common0";
    const start = await train(text, { ...small, ...options, freeze, epochs: 1, learningRate: 0 });
    const model = await train(text, { ...small, ...options, freeze });
    let moved = 0;
    for (const word of model.vocabulary.words) {
      if (freeze(word)) expect(row(model, word), word).toEqual(row(start, word));
      else moved += Number(row(model, word).some((value, d) => value !== row(start, word)[d]));
    }
    expect(moved).toBe(model.vocabulary.words.filter((word) => !freeze(word)).length);
    expect(model.history[1].loss).toBeLessThan(start.history[0].loss - 0.1);
  });

  it("refuses a list without a word of the vocabulary, and what is no list", async () => {
    await expect(train(text, { ...small, freeze: ["none"] })).rejects.toThrow(/"freeze" lists none of the \d+ words/);
    // @ts-expect-error: a string
    await expect(train(text, { ...small, freeze: "common0" })).rejects.toThrow(/"freeze" expected an array/);
  });
});
