// Queries by their definitions; test/interop holds those that gensim has against gensim.

import highs from "highs";
import { describe, expect, it } from "vitest";
import { createVectors, MissingWordError, train, Vocabulary } from "wasm2vec";
import {
  closerThan,
  distance,
  distances,
  documentVectors,
  mostSimilarCosmul,
  nSimilarity,
  predictOutputWord,
  rank,
  relativeCosineSimilarity,
  relaxedWordMoversDistance,
  wordMoversDistance,
} from "wasm2vec/queries";
import { Random } from "../../src/base/random";
import { sampleText } from "../support/sample";

const random = Random.from(11, 0);
const words = Array.from({ length: 300 }, (_, i) => `w${i}`);
const vectors = await createVectors(
  words,
  7,
  Float32Array.from({ length: 2100 }, () => random.next() / 2 ** 31 - 1),
);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, d) => sum + x * b[d], 0);
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const mean = (...all: string[]) =>
  vectors.get("w0").map((_, d) => all.reduce((sum, w) => sum + vectors.get(w)[d], 0) / all.length);

describe("of words", () => {
  it("nSimilarity: the cosine of two means", () => {
    expect(nSimilarity(vectors, ["w1", "w2"], ["w3", "w4", "w5"])).toBeCloseTo(
      cosine(mean("w1", "w2"), mean("w3", "w4", "w5")),
      5,
    );
    expect(() => nSimilarity(vectors, [], ["w1"])).toThrow("at least one word");
    expect(() => nSimilarity(vectors, ["w1", "nope"], ["w1"])).toThrow(MissingWordError);
  });

  it("cosines and distances of all words, or of some", () => {
    const all = distances(vectors, "w9");
    expect(all).toHaveLength(300);
    for (const i of [0, 9, 299]) expect(all[i]).toBeCloseTo(1 - cosine(vectors.get("w9"), vectors.get(`w${i}`)), 5);
    expect([...distances(vectors, vectors.get("w9"), ["w0", "w299"])]).toEqual([
      expect.closeTo(all[0], 5),
      expect.closeTo(all[299], 5),
    ]);
    expect(distance(vectors, "w9", vectors.get("w0"))).toBeCloseTo(all[0], 5);
  });

  it("closerThan and rank agree with the list of neighbours", () => {
    const neighbours = vectors.mostSimilar("w5", { topN: 299 }).map(({ word }) => word);
    for (const place of [0, 3, 298]) {
      expect(rank(vectors, "w5", neighbours[place])).toBe(place + 1);
      expect(new Set(closerThan(vectors, "w5", neighbours[place]))).toEqual(new Set(neighbours.slice(0, place)));
    }
  });

  it("relativeCosineSimilarity: of the ten nearest they sum up to 1", () => {
    const near = vectors
      .mostSimilar("w7", { topN: 10 })
      .map(({ word }) => relativeCosineSimilarity(vectors, "w7", word));
    expect(near.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  it("mostSimilarCosmul: the product of shifted cosines", () => {
    const asked = { positive: ["w1", "w2"], negative: ["w3"] };
    const shifted = (a: string, b: string) => (1 + cosine(vectors.get(a), vectors.get(b))) / 2;
    const expected = words
      .filter((w) => !["w1", "w2", "w3"].includes(w))
      .map((word) => ({ word, score: (shifted(word, "w1") * shifted(word, "w2")) / (shifted(word, "w3") + 1e-6) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 5);
    const found = mostSimilarCosmul(vectors, asked, { topN: 5 });
    expect(found.map(({ word }) => word)).toEqual(expected.map(({ word }) => word));
    found.forEach(({ similarity }, i) => expect(similarity / expected[i].score).toBeCloseTo(1, 4));
    expect(
      mostSimilarCosmul(vectors, asked, { restrictVocabulary: 6 })
        .map(({ word }) => word)
        .sort(),
    ).toEqual(["w0", "w4", "w5"]);
    expect(() => mostSimilarCosmul(vectors, {})).toThrow("no words");
    expect(mostSimilarCosmul(vectors, ["w1", "w2"])).toEqual(mostSimilarCosmul(vectors, { positive: ["w1", "w2"] }));
    expect(() => mostSimilarCosmul(vectors, [["w1", 2]])).toThrow('3CosMul takes no weights, got 2 for "w1"');
  });

  it("mostSimilarBatch: the neighbours of each, for more queries than a block holds", () => {
    const queries = [...words.slice(0, 150), vectors.get("w3")];
    const found = vectors.mostSimilarBatch(queries, { topN: 3, restrictVocabulary: 200 });
    queries.forEach((query, i) => {
      const alone = vectors.mostSimilar(query, { topN: 3, restrictVocabulary: 200 });
      expect(found[i].map(({ word }) => word)).toEqual(alone.map(({ word }) => word));
    });
    expect(() => vectors.mostSimilarBatch(["w0", "nope"])).toThrow(MissingWordError);
    expect(vectors.mostSimilarBatch([])).toEqual([]);
    expect(() => vectors.mostSimilarBatch(["w0"], { missing: "skip" } as object)).toThrow('unknown option "missing"');
  });
});

describe("of documents", () => {
  it("means, words without a vector left out", () => {
    const [first, none] = documentVectors(vectors, [["w1", "nope", "w2"], ["nope"]]);
    first.forEach((x, d) => expect(x).toBeCloseTo(mean("w1", "w2")[d], 5));
    expect([...none]).toEqual(new Array(7).fill(0));
  });

  it("SIF: frequent words count less, and the direction that all share is gone", () => {
    const vocabulary = new Vocabulary(words.map((word, i) => [word, i === 0 ? 100_000 : 10]));
    const documents = Array.from({ length: 40 }, (_, i) => ["w0", `w${i + 1}`, `w${i + 2}`]);
    const all = documentVectors(vectors, documents, { weighting: "sif", vocabulary });
    // what is left has no share of w0's direction to speak of, though w0 is in all
    const shared =
      all.map((vector) => Math.abs(cosine(vector, vectors.get("w0")))).reduce((a, b) => a + b) / all.length;
    const plain = documentVectors(vectors, documents).map((vector) => cosine(vector, vectors.get("w0")));
    expect(shared).toBeLessThan(0.6 * (plain.reduce((a, b) => a + b) / plain.length));
    const weight = (count: number) => 1e-3 / (1e-3 + count / vocabulary.totalWords);
    const raw = documents.map((document) =>
      vectors
        .get("w0")
        .map(
          (_, d) =>
            document.reduce((sum, w) => sum + weight(vocabulary.counts[vocabulary.id(w)!]) * vectors.get(w)[d], 0) / 3,
        ),
    );
    // what was taken away is along one direction
    const removed = raw.map((vector, i) => vector.map((x, d) => x - all[i][d]));
    for (const vector of removed) expect(Math.abs(cosine(vector, removed[0]))).toBeCloseTo(1, 3);
    expect(() => documentVectors(vectors, documents, { weighting: "sif" })).toThrow('"sif" needs "vocabulary"');
  });
});

describe("Word Mover's Distance", async () => {
  const solver = await highs();
  const unit = (word: string) => vectors.unit(vectors.row(word));
  const distance = (a: string, b: string, of = (word: string) => vectors.get(word)) =>
    Math.sqrt(of(a).reduce((sum, x, d) => sum + (x - of(b)[d]) ** 2, 0));
  /** The cheapest way to pair the words of two documents of the same length: no flow that splits words is cheaper (Birkhoff). */
  const cheapest = (a: string[], b: string[], of?: (word: string) => Float32Array): number =>
    a.length === 0
      ? 0
      : Math.min(...b.map((word, i) => distance(a[0], word, of) + cheapest(a.slice(1), b.toSpliced(i, 1), of)));
  const documents = [
    ["w1", "w2", "w3", "w4", "w5"],
    ["w9", "w8", "w2", "w6", "w7"],
    ["w11", "w11", "w3", "w20", "w20"],
  ];

  it("is that of the cheapest pairing, and the relaxed bound is below it", () => {
    for (const a of documents) {
      for (const b of documents) {
        const exact = wordMoversDistance(vectors, a, b, solver);
        expect(exact).toBeCloseTo(cheapest(a, b) / 5, 6);
        expect(relaxedWordMoversDistance(vectors, a, b)).toBeLessThanOrEqual(exact + 1e-9);
        expect(relaxedWordMoversDistance(vectors, a, b)).toBeGreaterThan(0.8 * exact - 1e-9);
      }
    }
    const [a, b] = documents;
    expect(wordMoversDistance(vectors, a, b, solver, { normalize: true })).toBeCloseTo(cheapest(a, b, unit) / 5, 6);
  });

  it("splits words where documents are of different lengths", () => {
    const [one, two] = [["w1"], ["w2", "w3", "w3", "nope"]];
    const flow = (distance("w1", "w2") + 2 * distance("w1", "w3")) / 3;
    expect(wordMoversDistance(vectors, one, two, solver)).toBeCloseTo(flow, 6);
    expect(relaxedWordMoversDistance(vectors, one, two)).toBeCloseTo(flow, 6);
    // a word goes to three places, one of them shared
    const [three, four] = [
      ["w1", "w2"],
      ["w3", "w4", "w5"],
    ];
    const thirds = (words: string[]) => words.flatMap((word) => [word, word, word]);
    const halves = (words: string[]) => words.flatMap((word) => [word, word]);
    expect(wordMoversDistance(vectors, three, four, solver)).toBeCloseTo(cheapest(thirds(three), halves(four)) / 6, 6);
  });

  it("has an answer for documents that are the same, empty, or a solver that fails", () => {
    const [a, b] = documents;
    expect(wordMoversDistance(vectors, a, [...a].reverse(), solver)).toBeCloseTo(0, 9);
    expect(wordMoversDistance(vectors, a, ["nope"], solver)).toBe(Number.POSITIVE_INFINITY);
    expect(relaxedWordMoversDistance(vectors, [], a)).toBe(Number.POSITIVE_INFINITY);
    const failing = { solve: () => ({ Status: "Infeasible", ObjectiveValue: 0 }) };
    expect(() => wordMoversDistance(vectors, a, b, failing)).toThrow("no optimum");
    expect(() => wordMoversDistance(vectors, a, b, solver, { norm: true } as never)).toThrow('"norm"');
  });
});

it("predictOutputWord: probabilities of the words between those of a context", async () => {
  const model = await train(sampleText(6000), {
    dim: 20,
    minCount: 1,
    subsample: 0,
    threads: 1,
    model: "cbow",
    epochs: 10,
  });
  const found = predictOutputWord(model, ["topic3_0", "topic3_1", "nope"], { topN: model.vectors.size });
  expect(found.reduce((sum, { similarity }) => sum + similarity, 0)).toBeCloseTo(1, 6);
  expect(found.slice(0, 5).filter(({ word }) => word.startsWith("topic3_") || word.startsWith("common")).length).toBe(
    5,
  );
  expect(() => predictOutputWord(model, ["nope"])).toThrow(MissingWordError);
  const tree = await train(sampleText(500), { dim: 4, minCount: 1, threads: 1, loss: "hierarchical-softmax" });
  expect(() => predictOutputWord(tree, ["topic3_0"])).toThrow(/hierarchical-softmax/);
});
