// Models of fastText: golden/fasttext holds what it has trained and quantized, and what it says of these models.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadFastText, loadVectors } from "wasm2vec/files";
import { FormatError } from "../../src/base/errors";
import { dataOf } from "../../src/classifier/fasttext-data";
import { Classifier } from "../../src/classifier/line-classifier";
import { readFastTextModel, writeFastTextModel } from "../../src/format/fasttext";
import { CompactMatrix } from "../../src/format/fasttext/matrix";
import type { FastTextModel } from "../../src/format/fasttext/model";
import { Subwords } from "../../src/format/fasttext/subwords";
import { readVectors } from "../../src/format/vectors";
import { decodeUtf8 } from "../../src/text/utf8";
import {
  ARGS,
  CLASSIFIERS,
  GOLDEN,
  golden,
  linesOf,
  numbersOf,
  probabilitiesOf,
  randomRows,
  tokensOf,
  untrained,
} from "../support/fasttext-models";
import { concat, cut, expectSound } from "../support/vector-files";

const stem = (name: string) => name.split(".")[0];
const read = (name: string) => readFastTextModel([golden(name)], { name });
const again = (model: FastTextModel) => readFastTextModel(writeFastTextModel(model));

/** Words and the numbers that fastText printed, words of invalid UTF-8 too. */
const printed = (name: string) => {
  const bytes = golden(`${stem(name)}.vectors.txt`);
  const lines: [string, number[]][] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const [word, ...numbers] = decodeUtf8(bytes.subarray(at, end)).trim().split(" ");
    lines.push([word, numbers.map(Number)]);
    at = end + 1;
  }
  return lines;
};

describe.each(GOLDEN)("%s", (name) => {
  it("gives the vectors that fastText prints, for words it has never seen too", async () => {
    const model = await read(name);
    const subwords = new Subwords(model);
    const { words } = model;
    const lines = printed(name);
    expect(lines.length).toBeGreaterThan(words.length / 5);
    expect(lines.some(([word]) => !words.includes(word))).toBe(true);
    for (const [word, numbers] of lines) {
      expect(numbers).toHaveLength(model.args.dim);
      // fastText takes a label for a word with a row that is none of its own
      if (!model.labels.includes(word)) subwords.get(word).forEach((x, d) => expectPrinted(x, numbers[d]));
    }
  });

  it("gives the same vectors as a file of vectors, told by its content and cut anywhere", async () => {
    const subwords = new Subwords(await read(name));
    const rows = await readVectors(cut(golden(name), 7));
    expect(rows.words).toEqual((await read(name)).words);
    rows.words.forEach((word, i) =>
      expect(rows.matrix.subarray(i * rows.stride, i * rows.stride + rows.dim)).toEqual(subwords.get(word)),
    );
    expect((await readVectors(cut(golden(name), 7), { limit: 3 })).words).toEqual(rows.words.slice(0, 3));
  });

  it("is written as the same bytes", async () => {
    const model = await readFastTextModel(cut(golden(name), 11));
    expect(concat(writeFastTextModel(model)).equals(golden(name))).toBe(true);
  });

  it("is refused wherever it is cut off, and if it goes on", async () => {
    const bytes = golden(name);
    for (let length = 0; length < bytes.length; length += length < 300 || length > bytes.length - 300 ? 1 : 97) {
      const short = [bytes.subarray(0, length)];
      await expect(readFastTextModel(short)).rejects.toBeInstanceOf(FormatError);
      await expect(readVectors(short, { format: "fasttext" })).rejects.toBeInstanceOf(FormatError);
    }
    for (const reading of [readFastTextModel([bytes, Uint8Array.of(0)]), readVectors([bytes, Uint8Array.of(0)])])
      await expect(reading).rejects.toThrow(/goes on after its last matrix/);
  });
});

/** fastText prints five digits. */
const expectPrinted = (x: number, number: number) =>
  expect(Math.abs(x - number)).toBeLessThanOrEqual(5.1e-5 * Math.abs(number) + 1e-9);

describe.each(CLASSIFIERS)("%s, a classifier", (name) => {
  it("gives the probabilities that fastText prints", async () => {
    const model = await read(name);
    const classifier = new Classifier(dataOf(model));
    const lines = linesOf(golden(model.labels.length > 100 ? "lines-many.txt" : "lines.txt"));
    const predicted = linesOf(golden(`${stem(name)}.predicted.txt`));
    expect(predicted).toHaveLength(lines.length);
    lines.forEach((line, i) => {
      const fields = predicted[i].split(" ");
      const probabilities = probabilitiesOf(classifier, tokensOf(line));
      const expected = new Map<string, number>();
      for (let at = 0; at + 1 < fields.length; at += 2) expected.set(fields[at], Number(fields[at + 1]));
      expect(expected.size).toBe(model.labels.length);
      model.labels.forEach((label, of) =>
        expect(Math.abs(asPrinted(model, probabilities[of]) - expected.get(label)!)).toBeLessThan(1e-4),
      );
    });
  });
});

/** fastText adds 1e-5 before it takes logarithms, and rounds the score of a sigmoid down to a 32nd. */
function asPrinted({ args }: FastTextModel, probability: number): number {
  if (args.loss === "softmax" || args.loss === "hierarchical-softmax") return probability + 1e-5;
  const score = Math.log(probability / (1 - probability));
  if (Math.abs(score) > 8) return score > 0 ? 1 : 1e-5;
  return 1 / (1 + Math.exp(-Math.floor(score * 32) / 32)) + 1e-5;
}

describe("what is read", () => {
  it("has settings, counts and labels under their names", async () => {
    const { args, words, wordCounts, labels, totalTokens } = await read("skipgram.bin");
    expect(args).toEqual({
      ...{ dim: 6, window: 3, epochs: 3, minCount: 1, negatives: 5, wordNgrams: 1, loss: "negative-sampling" },
      ...{ model: "skipgram", buckets: 150, minn: 2, maxn: 4, lrUpdateRate: 100, subsample: Math.fround(0.01) },
    });
    expect(words).toContain("</s>");
    expect(words).toContain("caf\udce9");
    expect(Array.from(wordCounts).reduce((a, b) => a + b)).toBe(totalTokens);
    expect(labels).toEqual([]);
    const { labels: some, args: own } = await read("hs.bin");
    expect(some).toContain("__label__naïve");
    expect([own.model, own.loss, own.maxn]).toEqual(["supervised", "hierarchical-softmax", 3]);
    expect((await read("cutoff.ftz")).pruned?.size).toBeGreaterThan(100);
  });

  it("of version 11 is the same; its classifiers have no n-grams of characters", async () => {
    const older = async (name: string) => {
      const bytes = Buffer.from(golden(name));
      bytes.writeInt32LE(11, 4);
      return readFastTextModel([bytes]);
    };
    const vectors = await older("skipgram.bin");
    expect(numbersOf(vectors.inputs)).toEqual(numbersOf((await read("skipgram.bin")).inputs));
    expect(vectors.args.maxn).toBe(4);
    const classifier = await older("hs.bin");
    expect(classifier.args.maxn).toBe(0);
    const own = classifier.words.indexOf("cat");
    expect(new Subwords(classifier).get("cat")).toEqual(classifier.inputs.row(own));
  });

  it.each<[string, (bytes: Buffer) => void, RegExp]>([
    ["another magic number", (bytes) => bytes.writeInt32LE(7, 0), /its first bytes differ/],
    ["another version", (bytes) => bytes.writeInt32LE(13, 4), /expected version 11 or 12 .*, got 13: write it again/],
    ["dim 0", (bytes) => bytes.writeInt32LE(0, 8), /expected dim 1 to 16777216, got 0/],
    ["a huge dim", (bytes) => bytes.writeInt32LE(2 ** 30, 8), /expected dim 1 to 16777216/],
    [
      "an unknown loss",
      (bytes) => bytes.writeInt32LE(9, 32),
      /numbers 1 \(hierarchical-softmax\), .* for the loss, got 9/,
    ],
    ["an unknown model", (bytes) => bytes.writeInt32LE(0, 36), /for the model, got 0/],
    ["too few buckets", (bytes) => bytes.writeInt32LE(149, 40), /rows of words and 149 of n-grams, got \d+: damaged/],
    ["other sizes", (bytes) => bytes.writeInt32LE(5, 68), /as many entries as words and labels/],
    [
      "two billion words",
      (bytes) => bytes.fill(0x7f, 64, 68) && bytes.fill(0x7f, 68, 72),
      /has no end|expected type 0|ends within/,
    ],
    [
      "pruned, but dense",
      (bytes) => bytes.writeBigInt64LE(0n, 84),
      /expected a quantized matrix, since n-grams are pruned/,
    ],
  ])("is refused with %s", async (_, change, message) => {
    const bytes = Buffer.from(golden("skipgram.bin"));
    change(bytes);
    const error = await readFastTextModel([bytes], { name: "model.bin" }).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^model\.bin: /);
  });

  it("is refused if rows are claimed that do not follow, before there is memory for them", async () => {
    const model = await read("skipgram.bin");
    const bytes = Buffer.from(golden("skipgram.bin"));
    const buckets = 2 ** 31 - 1;
    bytes.writeInt32LE(buckets, 40);
    const rows = bytes.length - (model.inputs.rows + model.outputs.rows) * 24 - 1 - 16 - 16;
    expect(bytes.readBigInt64LE(rows)).toBe(BigInt(model.inputs.rows));
    bytes.writeBigInt64LE(BigInt(buckets + model.words.length), rows);
    await expect(readFastTextModel([bytes])).rejects.toThrow("the file ends within the input matrix: cut off");
    await expect(readVectors([bytes])).rejects.toBeInstanceOf(FormatError);
  });

  it("is refused with numbers that are not finite", async () => {
    const bytes = Buffer.from(golden("skipgram.bin"));
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    await expect(readFastTextModel([bytes])).rejects.toThrow(/output row \d+ expected finite floats, float 6 is NaN/);
    // vectors do not need that row
    expect((await readVectors([bytes])).words.length).toBeGreaterThan(10);
  });

  it("gives vectors of words named twice without the second, if it may", async () => {
    const { vectors } = await (async () => ({ vectors: await readVectors([golden("skipgram.bin")]) }))();
    const [one, other] = vectors.words.filter((word) => /^[a-z]{3}$/.test(word));
    const changed = Buffer.from(golden("skipgram.bin"));
    changed.write(one, changed.indexOf(`${other}\0`));
    await expect(readVectors([changed])).rejects.toThrow(`expected a new word, got "${one}"`);
    const lenient = await readVectors([changed], { lenient: true });
    expect(lenient.words).toEqual(vectors.words.filter((word) => word !== other));
  });

  it("comes from files by name", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wasm2vec-fasttext-"));
    const path = join(folder, "model.ftz");
    writeFileSync(path, golden("cutoff.ftz"));
    const { vectors, subwords } = await loadFastText(path);
    expect(vectors.get("cat")).toEqual(subwords.get("cat"));
    expect((await loadVectors(path)).words).toEqual(vectors.words);
    rmSync(folder, { recursive: true });
  });
});

describe("what is written", () => {
  it("is read back, with rows for few buckets and zeros for the others", async () => {
    const model = untrained();
    const back = await again(model);
    expect(back).toMatchObject({
      args: model.args,
      words: model.words,
      wordCounts: model.wordCounts,
      totalTokens: 1234,
    });
    expect(numbersOf(back.inputs)).toEqual(numbersOf(model.inputs));
    expect(numbersOf(back.outputs)).toEqual(numbersOf(model.outputs));
    expect(back.inputs.row(model.words.length + 1).every((x) => x === 0)).toBe(true);
  });

  it("comes in pieces: two million buckets take no memory", () => {
    const model = untrained({ buckets: 2_000_000, dim: 3 });
    const few = {
      ...model,
      inputs: new CompactMatrix(
        7,
        2_000_000,
        randomRows(9, 3, 1),
        new Map([
          [5, 7],
          [1_999_999, 8],
        ]),
      ),
    };
    let [bytes, most, written] = [0, 0, 0];
    for (const chunk of writeFastTextModel(few)) {
      bytes += chunk.length;
      most = Math.max(most, chunk.length);
      // all but the first and the last are of buckets without a row
      if (chunk.some((byte) => byte !== 0)) written++;
    }
    expect(bytes).toBeGreaterThan(2_000_000 * 12);
    expect(most).toBeLessThan(2 ** 19);
    expect(written).toBe(2);
  });

  it("is read back, whatever the words and settings", async () => {
    const names = fc.uniqueArray(
      fc.string({ unit: "binary", minLength: 1, maxLength: 6 }).filter((word) => !/[\0\p{Surrogate}]/u.test(word)),
      { minLength: 7, maxLength: 7 },
    );
    const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    await fc.assert(
      fc.asyncProperty(
        names,
        int32,
        fc.double({ noNaN: true }),
        fc.nat(20),
        async (words, window, subsample, buckets) => {
          const model = { ...untrained({ window, subsample, buckets }), words };
          const back = await readFastTextModel(cut(concat(writeFastTextModel(model)), 13));
          expect(back.words).toEqual(words);
          expect(back.args).toEqual(model.args);
        },
      ),
    );
  });

  it.each<[string, (model: FastTextModel) => FastTextModel, string]>([
    [
      "rows of another dim",
      (model) => ({ ...model, args: { ...ARGS, dim: 5 } }),
      '"inputs" expected rows of dim 5, got 6',
    ],
    [
      "too few rows",
      (model) => ({ ...model, inputs: model.outputs }),
      '"inputs" expected 7 rows of words and 50 of n-grams, got 7',
    ],
    ["too many rows", (model) => ({ ...model, outputs: model.inputs }), '"outputs" expected 7 rows, got 57'],
    ["too few counts", (model) => ({ ...model, wordCounts: [1] }), '"wordCounts" expected 7 counts, got 1'],
    [
      "pruned rows that are not quantized",
      (model) => ({ ...model, pruned: new Map(), inputs: model.outputs }),
      "quantize the model",
    ],
    [
      "a setting that is no whole number",
      (model) => ({ ...model, args: { ...ARGS, window: 2.5 } }),
      '"window" expected a whole number of 32 bits',
    ],
    [
      "a count that is no whole number",
      (model) => ({ ...model, totalTokens: 0.5 }),
      '"totalTokens" expected integer >= 0, got 0.5',
    ],
    [
      "half a word",
      (model) => ({ ...model, wordCounts: [7, 6, 5, 4, 3, 2, 0.5] }),
      '"count" expected a whole number, got 0.5',
    ],
    [
      "less than no word",
      (model) => ({ ...model, wordCounts: [7, 6, 5, 4, 3, 2, -1] }),
      'count of "sat" expected at least 0, got -1',
    ],
    [
      "an unknown loss",
      (model) => ({ ...model, args: { ...ARGS, loss: "hinge" as never } }),
      '"loss" expected one of "hierarchical-softmax"',
    ],
    [
      "less than no n-gram",
      (model) => ({ ...model, args: { ...ARGS, minn: -1 } }),
      '"minn" expected integer >= 0, got -1',
    ],
    [
      "a word that ends itself",
      (model) => ({ ...model, words: model.words.map((word) => `${word}\0`) }),
      "holds a zero byte",
    ],
  ])("is never a file with %s", (_, change, message) => {
    expect(() => concat(writeFastTextModel(change(untrained())))).toThrow(message);
    expect(() => concat(writeFastTextModel(change(untrained())))).toThrow(RangeError);
  });

  it("is a model", () => {
    expect(() => writeFastTextModel(undefined as never)).toThrow("model expected a model of fastText, got undefined");
  });
});

it.each(["skipgram.bin", "cutoff.ftz", "qout.ftz"])(
  "10,000 changed files of %s give a FormatError or a result",
  async (name) => {
    const model = golden(name);
    // as far as the dictionary goes, which is changed more often than the floats
    const { words } = await read(name);
    const head = model.indexOf(`${words[words.length - 1]}\0`);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(model.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat({ max: 6 }),
        fc.boolean(),
        async (at, byte, kind, lenient) => {
          const changed = Buffer.from(model);
          let bytes: Uint8Array = changed;
          if (kind === 0) bytes = changed.subarray(0, at);
          else if (kind === 1) for (let i = 0; i < 4; i++) changed[(at + i) % changed.length] = byte;
          else if (kind === 2) bytes = Buffer.concat([changed.subarray(0, at), changed.subarray(at + 3)]);
          else changed[kind === 3 ? at : at % head] = byte;
          const refuse = (error: unknown) => {
            if (!(error instanceof FormatError)) throw error;
            refused++;
          };
          if (kind === 5)
            await readFastTextModel([bytes]).then(
              (back) => expect(back.words.length).toBe(back.wordCounts.length),
              refuse,
            );
          else await readVectors([bytes], { format: "fasttext", lenient }).then(expectSound, refuse);
        },
      ),
      { numRuns: 10_000 },
    );
    expect(refused).toBeGreaterThan(1000);
  },
  240_000,
);
