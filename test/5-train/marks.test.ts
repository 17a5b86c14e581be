// Documents and labels go the way of words, from the corpus to the kernels, and words are trained as without them.

import { describe, expect, it } from "vitest";
import { type TrainOptions, train } from "wasm2vec";
import { Mark } from "../../assembly/params";
import { Fingerprint } from "../../src/base/fingerprint";
import { openSpool } from "../../src/platform/node/spool";
import { firstWords } from "../../src/race/first-words";
import type { Corpus } from "../../src/text/corpus";
import { type Batch, batchCapacity, encode } from "../../src/text/encode";
import { Occurrences } from "../../src/text/occurrences";
import { sentencesOf } from "../../src/text/sentences";
import { SpooledText } from "../../src/text/spooled";
import { StringTable, type TokenChunk } from "../../src/text/tokens";
import type { Vocabulary } from "../../src/text/vocabulary";
import { type TrainOptions as Options, resolveOptions } from "../../src/train/train-options";
import { kernels } from "../support/kernels";
import { trainBatches } from "../support/runs";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";

/** words enough for two blocks, rare ones too */
const sentences = sampleText(2000, 1, 75);

/** @param marksOf what a sentence carries: a mark before its first word, and one after each third */
function corpusOf(marksOf: (sentence: number) => number[], isCounted = false): Corpus {
  async function* chunks(): AsyncGenerator<TokenChunk> {
    const table = new StringTable();
    const occurrences = new Occurrences();
    for (let first = 0; first < sentences.length; first += 300) {
      const numbers: number[] = [];
      sentences.slice(first, first + 300).forEach((sentence, i) => {
        const marks = marksOf(first + i);
        sentence.forEach((token, t) => {
          if (t % 3 === 0) numbers.push(...marks.splice(0, 1));
          numbers.push(table.numberOf(token));
        });
        numbers.push(...marks, Mark.sentenceEnd);
      });
      const all = Uint32Array.from(numbers);
      const counted = isCounted ? occurrences.of(all, table.tokens.length) : undefined;
      yield { numbers: all, tokens: table.tokens, occurrences: counted };
    }
  }
  return { name: "a test", isConstant: true, chunks };
}

const plain = corpusOf(() => []);
/** rows up to the largest; some sentences have none */
const marksOf = (sentence: number) =>
  sentence % 7 === 0 ? [] : [Mark.document | (sentence % 50), Mark.label | (2 ** 24 - 1 - (sentence % 3))];
const marked = corpusOf(marksOf);

const counting = { ...resolveOptions({ minCount: 4 }), maxCountedWords: 10_000 };

async function countedIn(corpus: Corpus): Promise<{ text: SpooledText; vocabulary: Vocabulary; tokens: number }> {
  const failed = (message: string) => {
    throw new Error(message);
  };
  // a megabyte stays in memory; nothing here is as long
  const text = new SpooledText(corpus, { memory: 0, open: openSpool }, failed);
  const { vocabulary, tokens } = await text.count(counting);
  return { text, vocabulary, tokens };
}

async function batchesOf(corpus: Corpus, vocabulary: Vocabulary, longest = 1000, words = 3000): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of encode(corpus, vocabulary, longest, words)) batches.push(batch);
  return batches;
}

const withoutMarks = (ids: Uint32Array) => ids.filter((id) => id < Mark.least || id === Mark.sentenceEnd);
const fingerprint = (batches: Batch[]) => batches.reduce((print, { ids }) => print.add(ids), new Fingerprint()).value;

/** The sentences of batches, each with what it carries in order. */
function split(batches: readonly Batch[]): { words: number[]; marks: number[] }[] {
  const all: { words: number[]; marks: number[] }[] = [];
  let now = { words: [] as number[], marks: [] as number[] };
  for (const id of batches.flatMap(({ ids }) => [...ids])) {
    if (id === Mark.sentenceEnd) {
      all.push(now);
      now = { words: [], marks: [] };
    } else (id < Mark.least ? now.words : now.marks).push(id);
  }
  return all;
}

describe("marks", () => {
  it("leave out no id, and are no id", () => {
    for (const kind of [Mark.document, Mark.label])
      for (const row of [0, 2 ** 24 - 1]) {
        const mark = kind | row;
        expect(mark >= Mark.least && mark < Mark.sentenceEnd).toBe(true);
        expect([mark >>> 24, mark & 0xffffff]).toEqual([kind >>> 24, row]);
      }
  });

  it("are not counted as words", async () => {
    const [a, ...others] = [plain, marked, corpusOf(marksOf, true)];
    const expected = await countedIn(a);
    for (const corpus of others) {
      const { text, vocabulary, tokens } = await countedIn(corpus);
      expect(vocabulary).toEqual(expected.vocabulary);
      expect(tokens).toBe(expected.tokens);
      await text.remove();
    }
    await expected.text.remove();
    const all: string[][] = [];
    for await (const some of sentencesOf(marked)) all.push(...some.map((sentence) => [...sentence]));
    expect(all).toEqual(sentences);
    const first: string[][] = [];
    for await (const some of sentencesOf(firstWords(marked, 1000))) first.push(...some.map((one) => [...one]));
    expect(first.flat()).toEqual(sentences.flat().slice(0, 1000));
  });

  it("go with their sentence into a batch, as many batches of as many words as without", async () => {
    const { vocabulary, text } = await countedIn(plain);
    await text.remove();
    for (const longest of [1000, 4]) {
      const [without, batches] = [
        await batchesOf(plain, vocabulary, longest),
        await batchesOf(marked, vocabulary, longest),
      ];
      expect(batches.map(({ words }) => words)).toEqual(without.map(({ words }) => words));
      expect(batches.length).toBeGreaterThan(3);
      batches.forEach(({ ids }, i) => expect(withoutMarks(ids)).toEqual(without[i].ids));
      for (const { ids } of batches) expect(ids.length).toBeLessThanOrEqual(batchCapacity(longest, 3000));
      // sentences that are cut, and what is left of them, carry the marks they have had so far
      const own = split(batches);
      const known = sentences.map((sentence, i) => ({
        words: sentence.flatMap((token) => vocabulary.id(token) ?? []),
        marks: marksOf(i),
      }));
      const expected = known.filter(({ words }) => words.length > 0);
      if (longest === 1000) expect(own).toEqual(expected);
      else expect(own.filter(({ marks }) => marks.length > 0).length).toBeGreaterThan(expected.length);
    }
  });

  it("come out of the spool as they went in, and a fingerprint tells one from another", async () => {
    const { text, vocabulary } = await countedIn(marked);
    const direct = await batchesOf(marked, vocabulary);
    const corpus = await text.words(vocabulary);
    for (let pass = 0; pass < 2; pass++) expect(await batchesOf(corpus, vocabulary)).toEqual(direct);
    await text.remove();
    // without the numbers of counting: the first pass is kept in ids
    const other = new SpooledText(marked, { memory: 0, open: openSpool }, () => {});
    const again = await other.words(vocabulary);
    for (let pass = 0; pass < 2; pass++) expect(await batchesOf(again, vocabulary)).toEqual(direct);
    await other.remove();
    const one = corpusOf((sentence) => (sentence === 1000 ? [Mark.document | 3] : marksOf(sentence)));
    const prints = [marked, plain, one].map(async (from) => fingerprint(await batchesOf(from, vocabulary)));
    expect(new Set(await Promise.all(prints)).size).toBe(3);
    expect(fingerprint(await batchesOf(marked, vocabulary))).toBe(await prints[0]);
  });

  it("end a batch early where they have no room, and are refused where a sentence has too many", async () => {
    const { vocabulary, text } = await countedIn(plain);
    await text.remove();
    const words = 100;
    const many = (count: number) => corpusOf((sentence) => new Array(count).fill(Mark.label | (sentence % 9)));
    const longest = 50;
    const most = batchCapacity(longest, words) - longest - 1;
    const batches = await batchesOf(many(most), vocabulary, longest, words);
    for (const { ids } of batches) expect(ids.length).toBeLessThanOrEqual(batchCapacity(longest, words));
    const plainWords = (await batchesOf(plain, vocabulary, longest, words)).flatMap(({ ids }) => [...ids]);
    expect(batches.flatMap(({ ids }) => [...withoutMarks(ids)])).toEqual(plainWords);
    await expect(batchesOf(many(most + 1), vocabulary, longest, words)).rejects.toThrow(
      /a sentence expected at most 149 documents and labels/,
    );
  });
});

describe("words are trained to the same bytes with marks as without", () => {
  const ways: Record<string, Options & { shared?: boolean }> = {
    "skip-gram on the grid": {},
    "skip-gram, a ring of workers": { worker: true, threads: 2 },
    "skip-gram, workers on one memory": { worker: true, threads: 2, shared: true },
    CBOW: { model: "cbow", subsample: 1e-2 },
    "CBOW in a worker": { model: "cbow", worker: true, threads: 1 },
    "skip-gram with hierarchical softmax": { loss: "hierarchical-softmax" },
  };

  it.each(kernels.flatMap((kernel) => Object.keys(ways).map((way) => [kernel, way] as const)))(
    "by kernel %s: %s",
    async (kernel, way) => {
      const { shared, ...own } = ways[way];
      const options = { dim: 6, window: 3, worker: false, epochs: 1, kernel, ...own };
      const { vocabulary, text } = await countedIn(plain);
      await text.remove();
      const runs = [plain, marked].map(async (corpus) => {
        const { parameters, results } = await trainBatches(options, vocabulary, await batchesOf(corpus, vocabulary), {
          shared,
        });
        const bits = (["inputs", "outputs"] as const).map(
          (side) => new Uint32Array(parameters.matrix(side).slice().buffer),
        );
        return { bits, results };
      });
      const [without, withMarks] = await Promise.all(runs);
      expect(withMarks).toEqual(without);
      expect(without.results[0].predictions).toBeGreaterThan(0);
    },
  );

  it.each<TrainOptions>([{ threads: 2 }, { threads: 1, model: "cbow" }, { worker: false, kernel: "js" }])(
    "by train: %o",
    async (options) => {
      const given = { dim: 6, minCount: 4, epochs: 2, ...options };
      const [a, b] = [await train(plain, given), await train(marked, given)];
      expect(b.vectors.matrix).toEqual(a.vectors.matrix);
      expect(b.history.map(({ words, loss }) => [words, loss])).toEqual(
        a.history.map(({ words, loss }) => [words, loss]),
      );
    },
  );

  it("but a training that began with other marks does not go on", async () => {
    const { write, read } = store();
    await train(marked, {
      dim: 6,
      minCount: 4,
      epochs: 2,
      worker: false,
      checkpoint: { write, every: "1epoch" },
    });
    const resume = read(0);
    await expect(train(plain, { resume, worker: false })).rejects.toThrow(/is not the corpus/);
  });
});
