// Lines with labels: where these stand, what n-grams lines have, and how a text is read once into rows.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Mark } from "../../assembly/params";
import { fileCorpus } from "../../src/platform/node/corpus";
import { exampleCorpus, labelledLines } from "../../src/text/examples";
import { LabelledText } from "../../src/text/labelled-text";
import { labelOf, tokensOfLine } from "../../src/text/labels";
import { BucketRows, LineFeatures } from "../../src/text/line-features";
import { textCorpus } from "../../src/text/lines";
import { bucketsOf, hashOf, wordNgramBuckets } from "../../src/text/ngrams";

const NONE = { wordNgrams: 1, minn: 0, maxn: 0, buckets: 100 };

async function read(source: Parameters<typeof exampleCorpus>[0]): Promise<LabelledText> {
  return LabelledText.read(exampleCorpus(source), () => {});
}

async function linesOf(source: Parameters<typeof exampleCorpus>[0], options = {}) {
  const lines: { words: string[]; labels: string[] }[] = [];
  for await (const some of labelledLines(exampleCorpus(source, "examples", options))) lines.push(...some);
  return lines;
}

const bytesOf = (text: string) => [new TextEncoder().encode(text)];

describe("n-grams of words", () => {
  /** as fastText's dictionary has them, in 64 bits */
  const slow = (hashes: number[], most: number, buckets: number) =>
    hashes.flatMap((first, from) => {
      let hash = BigInt.asUintN(64, BigInt(first | 0));
      return hashes.slice(from + 1, from + most).map((next) => {
        hash = BigInt.asUintN(64, hash * 116_049_371n + BigInt(next | 0));
        return Number(hash % BigInt(buckets));
      });
    });

  it.each([1, 7, 1000, 2_000_000, 2 ** 31 - 1])(
    "are numbered in halves of 32 bits as in 64, with %i buckets",
    (buckets) => {
      const hashes = Array.from({ length: 60 }, (_, i) => hashOf(`w${i * i}`));
      hashes.push(0, 0xffffffff, 0x80000000, 0x7fffffff, 1);
      for (const most of [1, 2, 3, 5])
        expect(wordNgramBuckets(hashes, most, buckets)).toEqual(slow(hashes, most, buckets));
    },
  );
});

describe("labels among the words of a line", () => {
  it("are what begins with __label__", () => {
    expect(labelOf("__label__spam")).toBe("spam");
    expect(labelOf("label")).toBeUndefined();
    expect(labelOf("a__label__b")).toBeUndefined();
  });

  it("are kept from the tokenizer, wherever they stand", () => {
    const upper = (text: string) =>
      text
        .toUpperCase()
        .split(" ")
        .filter((token) => token !== "");
    expect(tokensOfLine("__label__a buy __label__b-c now a__label__d __label__e", upper)).toEqual([
      "__label__a",
      "__label__b-c",
      "__label__e",
      "BUY",
      "NOW",
      "A__LABEL__D",
    ]);
    expect(tokensOfLine("buy now", upper)).toEqual(["BUY", "NOW"]);
  });

  it("come from examples, lines of strings, JSON Lines and corpora alike", async () => {
    const expected = [
      { words: ["buy", "now"], labels: ["spam"] },
      { words: ["hello"], labels: ["ham", "short"] },
    ];
    expect(
      await linesOf([
        { text: "buy now", labels: "spam" },
        { text: ["hello"], labels: ["ham", "short"] },
      ]),
    ).toEqual(expected);
    expect(await linesOf(["__label__spam buy now", "hello __label__ham __label__short"])).toEqual(expected);
    const json = '{"a":{"t":"buy now"},"l":"spam"}\n\n{"a":{"t":["hello"]},"l":["ham","short"]}\n';
    const corpus = textCorpus(() => bytesOf(json), "mails", { jsonField: "a.t", labelField: "l" });
    const found = await linesOf(corpus);
    expect(found.filter(({ labels }) => labels.length > 0)).toEqual(expected);
    expect(
      await linesOf(textCorpus(() => bytesOf("__label__spam buy now\nhello __label__ham __label__short"))),
    ).toEqual(expected);
  });

  it("come from the columns of tables, several from a cell that a separator parts", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "wasm2vec-labels-")), "mails.csv");
    writeFileSync(path, 'tags,body\nspam,"buy now"\nham | short,hello\n,nothing\n');
    const table = { column: "body", labelColumn: "tags" };
    const found = await linesOf(fileCorpus(path, { ...table, labelSeparator: "|" }));
    expect(found).toEqual([
      { words: ["buy", "now"], labels: ["spam"] },
      { words: ["hello"], labels: ["ham", "short"] },
      { words: ["nothing"], labels: [] },
    ]);
    expect((await linesOf(fileCorpus(path, table)))[1].labels).toEqual(["ham | short"]);
    const numbers = { column: 2, labelColumn: 1, header: false };
    expect(await linesOf(fileCorpus(path, numbers))).toHaveLength(4);
    await expect(linesOf(fileCorpus(path, { column: "body", labelColumn: "tag" }))).rejects.toThrow(
      'expected a column "tag", got "tags", "body"',
    );
    expect(() => fileCorpus(path, { labelColumn: "tags" })).toThrow('"labelColumn" goes with "column"');
    expect(() => fileCorpus(path, { column: "body", labelSeparator: "|" })).toThrow(
      '"labelSeparator" goes with "labelColumn"',
    );
    expect(() => fileCorpus(path, { column: 1, labelColumn: "tags", header: false })).toThrow(
      'there is no column "tags"',
    );
  });

  it("may be a generator, for one pass is enough", async () => {
    function* examples() {
      yield { text: "A b", labels: "x" };
    }
    expect(await linesOf(examples(), { lowercase: true })).toEqual([{ words: ["a", "b"], labels: ["x"] }]);
  });

  it.each([
    [[{ text: 3, labels: "a" }], "examples: example 0 expected { text, labels }"],
    [
      [{ text: "a", labels: "x" }, { text: "a" }],
      "examples: example 1 expected labels that are strings, got undefined",
    ],
    [[{ text: "a", labels: ["x", ""] }], "examples: example 0 has an empty label"],
    ["text", "examples: expected an array of { text, labels }"],
  ])("refuses %j", async (source, message) => {
    await expect(linesOf(source as never)).rejects.toThrow(message);
  });

  it("names the row of JSON Lines without a label", async () => {
    const json = '{"t":"a","l":"x"}\n{"t":"b"}\n';
    const options = { jsonField: "t", labelField: "l" };
    await expect(linesOf(textCorpus(() => bytesOf(json), "mails", options))).rejects.toThrow(
      expect.objectContaining({
        name: "FormatError",
        message:
          'mails: line 2 expected a JSON object with the field "l", which has t: set "missingField" to "skip" to skip such rows',
      }),
    );
    const skipped = await linesOf(textCorpus(() => bytesOf(json), "mails", { ...options, missingField: "skip" }));
    expect(skipped).toEqual([{ words: ["a"], labels: ["x"] }]);
    expect(() => textCorpus(() => bytesOf(json), "mails", { labelField: "l" })).toThrow(
      '"labelField" goes with "jsonField"',
    );
  });
});

describe("rows of a line", () => {
  const words = new Map([
    ["</s>", 0],
    ["buy", 1],
    ["now", 2],
  ]);

  it("are those of its words and of its end", () => {
    const features = new LineFeatures(words, NONE, () => -1);
    const rows = (text: string) => features.ofLine(text.split(" ").map((token) => features.ofToken(token)));
    expect(rows("buy it now now")).toEqual([1, 2, 2, 0]);
    expect(features.ofLine([])).toEqual([0]);
  });

  it("are those of character n-grams too, of unknown words alone", () => {
    const options = { ...NONE, minn: 2, maxn: 3 };
    const features = new LineFeatures(words, options, (bucket) => 3 + bucket);
    const ngrams = (word: string) => bucketsOf(word, options, 100).map((bucket) => 3 + bucket);
    expect(features.ofLine(["buy", "it"].map((token) => features.ofToken(token)))).toEqual([
      1,
      ...ngrams("buy"),
      ...ngrams("it"),
      0,
    ]);
  });

  it("are those of n-grams of words, with unknown ones and the end among them", () => {
    const features = new LineFeatures(words, { ...NONE, wordNgrams: 2 }, (bucket) => 3 + bucket);
    const hashes = ["buy", "it", "</s>"].map(hashOf);
    const pairs = wordNgramBuckets(hashes, 2, 100).map((bucket) => 3 + bucket);
    expect(pairs).toHaveLength(2);
    expect(features.ofLine(["buy", "it"].map((token) => features.ofToken(token)))).toEqual([1, 0, ...pairs]);
  });

  it("of buckets are made as they come", () => {
    const rows = new BucketRows(10, 5);
    expect([7, 2, 7, 9].map((bucket) => rows.add(bucket))).toEqual([5, 6, 5, 7]);
    expect([2, 3].map((bucket) => rows.rowOf(bucket))).toEqual([6, -1]);
    expect([...rows.buckets]).toEqual([7, 2, 9]);
    expect(new BucketRows(10, 5, rows.buckets).rowOf(9)).toBe(7);
  });
});

describe("a text that is read once", () => {
  const lines = ["__label__b x y x", "y __label__a", "", "z z", "__label__b __label__a x", "__label__c q"];

  it("counts words, ends of lines among them, and labels", async () => {
    const text = await read(lines);
    expect(text.lines).toBe(6);
    const words = text.wordsOf(2);
    expect(words.words).toEqual(["</s>", "x", "y", "z"]);
    expect([...words.counts]).toEqual([6, 3, 2, 2]);
    const labels = text.labelsOf(2);
    expect(labels.words).toEqual(["a", "b"]);
    expect([...labels.counts]).toEqual([2, 2]);
  });

  it("becomes batches of rows and labels; lines without a label are left out", async () => {
    const text = await read(lines);
    const [words, labels] = [text.wordsOf(2), text.labelsOf(2)];
    const encoded = await text.encode(words, labels, NONE);
    const label = (name: string) => Mark.label | labels.id(name)!;
    const id = (word: string) => words.id(word)!;
    expect(encoded.batches.flatMap(({ ids }) => [...ids])).toEqual([
      ...[id("x"), id("y"), id("x"), id("</s>"), label("b"), Mark.sentenceEnd],
      ...[id("y"), id("</s>"), label("a"), Mark.sentenceEnd],
      ...[id("x"), id("</s>"), label("b"), label("a"), Mark.sentenceEnd],
    ]);
    expect(encoded.lines).toBe(3);
    expect(encoded.words).toBe(8);
  });

  it("is shuffled by a seed, whole lines each", async () => {
    const text = await read(Array.from({ length: 300 }, (_, i) => `__label__${i % 2} v${i} v${i}`));
    const [words, labels] = [text.wordsOf(1), text.labelsOf(1)];
    const order = async (seed?: number) => {
      const { batches } = await text.encode(words, labels, NONE, seed);
      const all = batches.flatMap(({ ids }) => [...ids]);
      return Array.from({ length: 300 }, (_, line) => {
        const [first, second, end, mark] = all.slice(5 * line, 5 * line + 5);
        expect([second, end]).toEqual([first, words.id("</s>")]);
        const number = Number(words.words[first].slice(1));
        expect(mark).toBe(Mark.label | labels.id(String(number % 2))!);
        return number;
      });
    };
    const [natural, one, again, other] = [await order(), await order(1), await order(1), await order(2)];
    expect(natural).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
    expect([...one].sort((a, b) => a - b)).toEqual(natural);
    expect(one.filter((number, i) => number === i).length).toBeLessThan(15);
  });

  it("gives rows to the buckets that it has, and to no other", async () => {
    const text = await read(lines);
    const words = text.wordsOf(1);
    const { buckets, batches } = await text.encode(words, text.labelsOf(1), { ...NONE, wordNgrams: 2, buckets: 1e6 });
    const rows = batches.flatMap(({ ids }) => [...ids].filter((id) => id < Mark.least));
    // x y, y x, x </s> | y </s> | x </s> | q </s>
    expect(buckets).toHaveLength(5);
    expect(Math.max(...rows)).toBe(words.size + 4);
  });

  it("is cut at lines into batches that no thread waits long for", async () => {
    const many = Array.from({ length: 5000 }, (_, i) => `__label__${i % 3} ${"w ".repeat(i % 11)}v${i % 50}`);
    const text = await read(many);
    const encoded = await text.encode(text.wordsOf(1), text.labelsOf(1), NONE);
    expect(encoded.batches.length).toBeGreaterThan(40);
    for (const { ids } of encoded.batches) {
      expect(ids.at(-1)).toBe(Mark.sentenceEnd);
      expect(ids.length).toBeLessThanOrEqual(encoded.longest);
    }
    expect(encoded.batches.reduce((sum, { words }) => sum + words, 0)).toBe(encoded.words);
  });

  it.each([
    [["x y"], "the examples has no labels"],
    [["__label__a x"], 'expected at least two labels, got 1 of 1 with "minCountLabel" 1: give examples of others too'],
  ])("refuses %j", async (source, message) => {
    const text = await LabelledText.read(exampleCorpus(source, "the examples"), () => {});
    expect(() => text.labelsOf(1)).toThrow(message);
  });
});
