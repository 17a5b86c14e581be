// fastText and gensim use the models that we write, and we those that they write of them.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type TrainOptions, train } from "wasm2vec";
import { dataOf } from "../../src/classifier/fasttext-data";
import { Classifier } from "../../src/classifier/line-classifier";
import { readFastTextModel, writeFastTextModel } from "../../src/format/fasttext";
import type { FastTextModel } from "../../src/format/fasttext/model";
import { quantizeFastTextModel } from "../../src/format/fasttext/quantize-model";
import { Subwords } from "../../src/format/fasttext/subwords";
import {
  golden,
  linesOf,
  probabilitiesOf,
  randomRows,
  sumOfSquares,
  tokensOf,
  untrained,
} from "../support/fasttext-models";
import { FASTTEXT, PYTHON, pathOf } from "../support/programs";

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-peers-"));
afterAll(() => rmSync(folder, { recursive: true }));

function save(model: FastTextModel, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([...writeFastTextModel(model)]));
  return path;
}

function run(command: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const fasttext = (args: readonly string[], input?: string) => run(pathOf(FASTTEXT), args, input);

const WORDS = ["cat", "Bär", "東京", "cats", "unheard", "</s>"];

/** The vectors that fastText prints are ours. */
function expectSameVectors(model: FastTextModel, name: string) {
  const lines = fasttext(["print-word-vectors", save(model, name)], WORDS.join("\n"))
    .trim()
    .split("\n");
  const subwords = new Subwords(model);
  lines.forEach((line, i) => {
    const [word, ...numbers] = line.trim().split(" ");
    expect(word).toBe(WORDS[i]);
    expect(numbers).toHaveLength(model.args.dim);
    subwords.get(word).forEach((x, d) => expect(Math.abs(x - Number(numbers[d]))).toBeLessThan(1e-5));
  });
}

describe("fastText", () => {
  it.each<[string, FastTextModel | Promise<FastTextModel>]>([
    ["of words and few buckets", untrained()],
    ["without n-grams", untrained({ maxn: 0, minn: 0, buckets: 0 })],
    ["of CBOW and a softmax", untrained({ model: "cbow", loss: "softmax", dim: 3 })],
    [
      "quantized, which fastText itself refuses to do to vectors",
      quantizeFastTextModel(untrained({ buckets: 900 }), { qnorm: true }),
    ],
    ["quantized and pruned", quantizeFastTextModel(untrained({ buckets: 900, dim: 5 }), { cutoff: 300 })],
  ])("prints the vectors of a model %s, as we have them", async (_, model) => {
    expectSameVectors(await model, "ours.bin");
  });

  it("finds the nearest words", () => {
    const model = untrained();
    const subwords = new Subwords(model);
    const unit = (word: string) => {
      const vector = subwords.get(word);
      const length = Math.hypot(...vector);
      return vector.map((x) => x / length);
    };
    const lines = fasttext(["nn", save(model, "nn.bin"), "3"], "cats\n").split("\n");
    // the first line begins with the prompt
    const found = lines.slice(0, 3).map((line) => line.replace("Query word? ", "").split(" "));
    const cosines = model.words
      .filter((word) => word !== "</s>")
      .map((word) => [word, unit(word).reduce((sum, x, d) => sum + x * unit("cats")[d], 0)] as const)
      .sort((a, b) => b[1] - a[1]);
    for (const [i, [word, cosine]] of found.filter(([word]) => word !== "</s>").entries()) {
      expect(word).toBe(cosines[i][0]);
      expect(Number(cosine)).toBeCloseTo(cosines[i][1], 4);
    }
  });

  it.each<[string, (model: FastTextModel) => FastTextModel | Promise<FastTextModel>]>([
    ["as it was read", (model) => model],
    ["quantized", (model) => quantizeFastTextModel(model)],
    ["quantized, with lengths apart and pruned", (model) => quantizeFastTextModel(model, { qnorm: true, cutoff: 300 })],
    ["quantized on both sides", (model) => quantizeFastTextModel(model, { qnorm: true, qout: true, dsub: 3 })],
  ])("predicts and tests with a classifier %s", async (_, change) => {
    const model = await change(await readFastTextModel([golden("ngrams.bin")]));
    const path = save(model, "classifier.ftz");
    const text = golden("lines.txt").toString();
    const lines = linesOf(golden("lines.txt"));
    const input = join(folder, "lines.txt");
    writeFileSync(input, text);
    const predicted = fasttext(["predict-prob", path, input, "1"]).trim().split("\n");
    const classifier = new Classifier(dataOf(model));
    const best = lines.map((line) => {
      const probabilities = probabilitiesOf(classifier, tokensOf(line));
      const most = probabilities.indexOf(Math.max(...probabilities));
      return [model.labels[most], probabilities[most]] as const;
    });
    expect(predicted).toHaveLength(lines.length);
    predicted.forEach((line, i) => {
      const [label, probability] = line.split(" ");
      expect(label).toBe(best[i][0]);
      expect(Math.abs(Number(probability) - 1e-5 - best[i][1])).toBeLessThan(1e-4);
    });
    // each line with the label that we predict
    writeFileSync(input, lines.map((line, i) => `${best[i][0]} ${line.replace(/__label__\S+ /, "")}\n`).join(""));
    expect(fasttext(["test", path, input])).toMatch(/P@1\s+1\b/);
  });
});

it("fastText quantizes what we write, with no smaller error than ours", async () => {
  const labels = Array.from({ length: 300 }, (_, i) => `__label__${i}`);
  const settings = { model: "supervised", loss: "softmax", dim: 5, buckets: 3000 } as const;
  const few = untrained(settings, labels);
  const model = { ...few, inputs: randomRows(few.inputs.rows, 5, 3) };
  const path = save(model, "large.bin");
  for (const [flags, options] of [
    [[], {}],
    [["-qnorm"], { qnorm: true }],
    [["-dsub", "3", "-qout"], { dsub: 3, qout: true }],
  ] as const) {
    fasttext(["quantize", "-input", path, "-output", path.replace(".bin", ""), ...flags]);
    const theirs = await readFastTextModel([readFileSync(path.replace(".bin", ".ftz"))]);
    const ours = await quantizeFastTextModel(model, options);
    for (const side of ["inputs", "outputs"] as const)
      expect(sumOfSquares(model[side], ours[side])).toBeLessThanOrEqual(
        1.02 * sumOfSquares(model[side], theirs[side]) + 1e-9,
      );
  }
});

const GENSIM = `
import sys, json
from gensim.models.fasttext import load_facebook_model, save_facebook_model
from gensim.models import FastText
ours, theirs, words = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
model = load_facebook_model(ours)
vectors = {word: model.wv[word].tolist() for word in words}
sentences = [["cat", "sat", "dog"], ["newcomer", "sat", "cat"]] * 20
model.build_vocab(sentences, update=True)
model.train(sentences, total_examples=len(sentences), epochs=2)
save_facebook_model(model, theirs)
after = {word: model.wv[word].tolist() for word in [*words, "newcomer"]}
print(json.dumps({"before": vectors, "after": after, "bucket": model.wv.bucket, "sg": model.sg, "hs": model.hs}))
`;

describe("gensim", () => {
  it.each([
    ["skipgram", "negative-sampling"],
    ["cbow", "hierarchical-softmax"],
  ] as const)(
    "has the vectors of a model of %s with %s, trains on, and we read what it then writes",
    async (kind, loss) => {
      const model = untrained({ model: kind, loss, subsample: 1 });
      const theirs = join(folder, "gensim.bin");
      // gensim takes </s> for a word
      const words = WORDS.filter((word) => word !== "</s>");
      const args = ["-c", GENSIM, save(model, "for-gensim.bin"), theirs, JSON.stringify(words)];
      const { before, after, ...options } = JSON.parse(run(pathOf(PYTHON), args));
      expect(options).toEqual({
        bucket: 50,
        sg: Number(kind === "skipgram"),
        hs: Number(loss !== "negative-sampling"),
      });
      const ours = new Subwords(model);
      for (const word of words) ours.get(word).forEach((x, d) => expect(before[word][d]).toBeCloseTo(x, 5));
      const back = await readFastTextModel([readFileSync(theirs)]);
      expect(back.words).toContain("newcomer");
      expect(back.args).toMatchObject({ model: kind, loss, buckets: 50, minn: 2, maxn: 4 });
      const trained = new Subwords(back);
      for (const word of [...words, "newcomer"])
        trained.get(word).forEach((x, d) => expect(after[word][d]).toBeCloseTo(x, 5));
      expect(before.cat).not.toEqual(after.cat);
      // what gensim has written is written again
      expect(Buffer.concat([...writeFastTextModel(back)]).equals(readFileSync(theirs))).toBe(true);
    },
  );
});

describe("a model of subwords that wasm2vec has trained", () => {
  const corpus = Array.from({ length: 300 }, (_, i) => `cats and dogs play${i % 7} in the garden`.split(" "));
  const small: TrainOptions = { dim: 8, minCount: 1, epochs: 2, maxn: 4, buckets: 1000 };
  const unseen = "catsdog";

  it.each<[string, TrainOptions]>([
    ["skip-gram", {}],
    ["CBOW, a frozen word", { model: "cbow", freeze: ["cats"] }],
    ["hierarchical softmax", { loss: "hierarchical-softmax" }],
    ["without subwords", { maxn: 0, buckets: undefined }],
  ])("has the same vectors in fastText: %s", async (_, options) => {
    const model = await train(corpus, { ...small, ...options });
    const path = join(folder, "trained.bin");
    await model.save(path, { format: "fasttext" });
    const words = [...model.vocabulary.words, ...(options.maxn === 0 ? [] : [unseen])];
    const lines = fasttext(["print-word-vectors", path], words.join("\n")).trim().split("\n");
    lines.forEach((line, i) => {
      const [word, ...numbers] = line.trim().split(" ");
      expect(word).toBe(words[i]);
      model.vectors.get(word).forEach((x, d) => expect(Math.abs(x - Number(numbers[d])), word).toBeLessThan(5e-5));
    });
  });

  it("is trained further by gensim", async () => {
    const model = await train(corpus, small);
    const path = join(folder, "gensim.bin");
    await model.save(path, { format: "fasttext" });
    const program = `
from gensim.models.fasttext import load_facebook_model
model = load_facebook_model(${JSON.stringify(path)})
before = model.wv["${unseen}"]
print(*before)
text = [["cats", "and", "dogs"], ["dogs", "play1"]] * 50
model.build_vocab(text, update=True)
model.train(text, total_examples=len(text), epochs=1)
print(abs(model.wv["cats"] - before).max() > 0)`;
    const [vector, moved] = run(pathOf(PYTHON), ["-c", program]).trim().split("\n");
    const numbers = vector.split(" ").map(Number);
    model.vectors.get(unseen).forEach((x, d) => expect(Math.abs(x - numbers[d])).toBeLessThan(1e-5));
    expect(moved).toBe("True");
  });

  it("is refused where fastText's file cannot hold it", async () => {
    const model = await train(corpus, { ...small, buckets: undefined, exactNgrams: true });
    await expect(model.save(join(folder, "exact.bin"), { format: "fasttext" })).rejects.toThrow(
      /without "exactNgrams"/,
    );
  });
});
