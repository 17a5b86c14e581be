// Texts of a newcomer's first try: defaults that work, or a clear sentence why nothing was learnt.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type TrainOptions, train, Vocabulary } from "wasm2vec";
import { smallEpochs, smallMinCount, smallSubsample } from "../../src/train/options/small-text";
import { sampleText } from "../support/sample";

const lines = `the king rules the land
the queen rules the land
the king wears a crown
the queen wears a crown
the king lives in a castle
the queen lives in a castle
a dog chases a cat
a dog eats meat
a cat eats fish
a cat chases a mouse
the dog sleeps in the house
the cat sleeps in the house
apples and pears grow on trees
apples and pears taste sweet
i eat apples every morning
i eat pears every evening
rain falls from the clouds
snow falls from the clouds
the rain is cold
the snow is cold`;
const text = lines.split("\n").map((line) => line.split(" "));

describe("the first twenty lines", () => {
  it("have sensible neighbours by default, and with one thread the same each time", async () => {
    for (const options of [{ threads: 1 }, {}, { reproducible: true }] as TrainOptions[]) {
      const model = await train(text, options);
      expect(model.vectors.size).toBe(40);
      const nearest = (word: string) => model.vectors.mostSimilar(word, { topN: 4 }).map((found) => found.word);
      expect(nearest("king")).toContain("queen");
      expect(nearest("rain")).toContain("snow");
      expect(nearest("dog")).toContain("cat");
      expect(model.vectors.similarity("king", "queen")).toBeGreaterThan(model.vectors.similarity("king", "apples"));
    }
  });

  it("say what they were trained with; what is given stays", async () => {
    expect((await train(text, { threads: 1 })).options).toMatchObject({
      minCount: 1,
      epochs: 496,
      subsample: 10 / 101,
    });
    const given = { minCount: 2, epochs: 3, subsample: 0, threads: 1 };
    expect((await train(text, given)).options).toMatchObject(given);
  });

  it("may be two words", async () => {
    const { vectors, history } = await train([["hello", "world"]], { threads: 1 });
    expect(vectors.words).toEqual(["hello", "world"]);
    expect(history.at(-1)!.predictions).toBeGreaterThan(0);
  });
});

it("from 10,000 words on the defaults are as they are, and they meet there", async () => {
  expect([1, 3_999, 4_000, 9_999, 10_000, 1e9].map((words) => smallMinCount(words, 5))).toEqual([1, 1, 2, 4, 5, 5]);
  expect([100, 1_000, 10_000, 1e9].map((words) => smallSubsample(words, 1e-3))).toEqual([0.1, 0.01, 1e-3, 1e-3]);
  expect([2, 100, 1_000, 9_999, 10_000, 1e9].map((words) => smallEpochs(words, 5))).toEqual([500, 500, 50, 6, 5, 5]);
  const { options } = await train(sampleText(1200), { threads: 1, dim: 4 });
  expect(options).toMatchObject({ minCount: 5, epochs: 5, subsample: 1e-3 });
});

it("the counts of a vocabulary from elsewhere say nothing of the text", async () => {
  const vocabulary = new Vocabulary([...new Set(sampleText(500).flat())].map((word) => [word, 1]));
  const { options } = await train(sampleText(500), { threads: 1, dim: 4, vocabulary });
  expect(options).toMatchObject({ minCount: 5, epochs: 5, subsample: 1e-3 });
});

describe("nothing trained is an error, not a loss of 0", () => {
  it.each<[string, TrainOptions, string[][], RegExp]>([
    [
      "thinned out",
      { subsample: 1e-300 },
      text,
      /nothing was trained: "subsample" 1e-300 left \d+ of the 101 words of corpus, none beside another; give a larger one, or 0 for none/,
    ],
    [
      "sentences of a word",
      {},
      [["a"], ["b"], ["a"]],
      /nothing was trained: no sentence of corpus has two words of the vocabulary/,
    ],
    ["a vocabulary of a word", { maxVocabulary: 1 }, text, /"maxVocabulary" expected integer 2 to/],
  ])("%s", async (_, options, corpus, message) => {
    await expect(train(corpus, options)).rejects.toThrow(message);
  });

  it("and hardly anything is warned of", async () => {
    const warnings: string[] = [];
    const options = {
      subsample: 1e-7,
      epochs: 1,
      threads: 1,
      onWarning: (message: string) => void warnings.push(message),
    };
    await train(sampleText(20_000), options);
    expect(warnings[0]).toMatch(/"subsample" 1e-7 left \d+ of the \d+ words of corpus: vectors hardly move/);
  });
});

describe("a text that changes while it is trained on", () => {
  const passes = (...texts: string[][][]) => {
    let pass = 0;
    return () => texts[Math.min(pass++, texts.length - 1)];
  };
  async function warningsOf(corpus: () => string[][], options: TrainOptions = {}): Promise<string[]> {
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    await train(corpus, { epochs: 4, threads: 1, dim: 4, minCount: 1, subsample: 0, ...options, onWarning });
    return warnings;
  }

  it("is warned of once, when it grows and when it is cut off", async () => {
    for (const changed of [[...text, ...text], text.slice(0, 5)])
      expect(await warningsOf(passes(text, text, changed))).toEqual([
        `corpus changed while it was trained on: epoch 2 read ${changed.flat().length} words of the vocabulary, 101 were counted; the learning rate follows what was counted`,
      ]);
  });

  it("is not where it is as it was, nor where its order is drawn anew", async () => {
    expect(await warningsOf(passes(text))).toEqual([]);
    expect(await warningsOf(passes(text, text, [...text].reverse()))).toEqual([]);
  });

  it("is warned of where a file has as many words as before, but others", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wasm2vec-changing-"));
    const file = join(folder, "text");
    const write = (last: string) => writeFileSync(file, `${lines}\nthe ${last}\n`);
    write("king");
    const warnings: string[] = [];
    await train(file, {
      ...{ epochs: 3, threads: 1, dim: 4, minCount: 1, spool: false },
      onEpochEnd: (_, { epoch }) => epoch === 1 && write("dog"),
      onWarning: (message) => void warnings.push(message),
    });
    rmSync(folder, { recursive: true });
    expect(warnings).toEqual([
      `${file} changed while it was trained on: epoch 2 read other words than the epoch before, or the same in another order`,
    ]);
  });
});
