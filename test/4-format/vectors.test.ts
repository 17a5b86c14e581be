import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random";
import { sizeOf } from "../../src/kernel/memory";
import { createVectors, type VectorKernelOptions } from "../../src/vectors/create";
import { evaluateAnalogies, evaluateWordPairs } from "../../src/vectors/evaluate";
import { documentVectors, mostSimilarCosmul, predictOutputWord } from "../../src/vectors/queries";
import { TopRows } from "../../src/vectors/top";
import { allocateVectors, MissingWordError, type WordVectors } from "../../src/vectors/vectors";
import { kernels } from "../support/kernels";

/** Random vectors of words w0, w1, … */
function randomVectors(words: number, dim: number, options?: VectorKernelOptions): Promise<WordVectors> {
  const random = Random.from(3, 0);
  const matrix = Float32Array.from({ length: words * dim }, () => random.next() / 2 ** 31 - 1);
  return createVectors(
    Array.from({ length: words }, (_, i) => `w${i}`),
    dim,
    matrix,
    options,
  );
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>) => Array.from(x).reduce((sum, v, d) => sum + v * y[d], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Neighbours by brute force in float64. */
function bruteForce(vectors: WordVectors, target: ArrayLike<number>, excluded: string[], topN: number) {
  return vectors.words
    .filter((word) => !excluded.includes(word))
    .map((word) => ({ word, similarity: cosine(vectors.get(word), target) }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, topN);
}

describe.each(kernels)("WordVectors with the %s kernel", (kernel) => {
  it.each([
    [7, 3],
    [50, 100],
    [5000, 10],
  ])("finds the nearest of %i words in %i dimensions as brute force does", async (words, dim) => {
    const vectors = await randomVectors(words, dim, { kernel });
    for (const word of ["w0", "w3", `w${words - 1}`]) {
      const expected = bruteForce(vectors, vectors.get(word), [word], 5);
      const found = vectors.mostSimilar(word, { topN: 5 });
      expect(found.map((n) => n.word)).toEqual(expected.map((n) => n.word));
      found.forEach((n, i) => expect(n.similarity).toBeCloseTo(expected[i].similarity, 5));
    }
    const queries = Array.from({ length: 70 }, (_, i) => vectors.unit(i % words));
    const nearest = vectors.nearestRows(
      queries,
      queries.map((_, i) => [i % words]),
      words,
    );
    nearest.forEach((row, i) => {
      const word = `w${i % words}`;
      expect(vectors.words[row]).toBe(bruteForce(vectors, vectors.get(word), [word], 1)[0].word);
    });
  });
});

/** Four directions, and mixtures. */
const directions = () =>
  createVectors(
    ["king", "queen", "man", "woman", "apple", "nil"],
    4,
    // royal, male, female, fruit
    [5, 1, 0, 0, 5, 0, 1, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0],
  );

describe("WordVectors", () => {
  it("gives copies, rows and similarities", async () => {
    const vectors = await directions();
    expect(vectors.size).toBe(6);
    expect(vectors.has("king")).toBe(true);
    expect(vectors.has("kong")).toBe(false);
    const king = vectors.get("king");
    expect([...king]).toEqual([5, 1, 0, 0]);
    king[0] = 0;
    expect([...vectors.get("king")]).toEqual([5, 1, 0, 0]);
    expect(vectors.similarity("king", "queen")).toBeCloseTo(25 / 26, 6);
    expect(vectors.similarity("king", [0, 0, 0, 9])).toBe(0);
  });

  it("answers analogies by 3CosAdd and 3CosMul", async () => {
    const vectors = await directions();
    expect(vectors.analogy("man", "king", "woman", { topN: 1 })[0].word).toBe("queen");
    const [best] = vectors.analogy("man", "king", "woman", { topN: 1, method: "3cosmul" });
    expect(best.word).toBe("queen");
    const half = (a: string, b: string) => (1 + vectors.similarity(a, b)) / 2;
    const score = (half("queen", "king") * half("queen", "woman")) / (half("queen", "man") + 0.001);
    expect(best.similarity).toBeCloseTo(score, 5);
    expect(() => vectors.analogy("man", "king", "woman", { method: "3cos" as never })).toThrow(RangeError);
  });

  it("takes vectors, lists, filters and a vocabulary limit", async () => {
    const vectors = await directions();
    const words = (neighbours: { word: string }[]) => neighbours.map((n) => n.word);
    expect(words(vectors.mostSimilar([0, 0, 0, 1], { topN: 1 }))).toEqual(["apple"]);
    expect(words(vectors.mostSimilar({ positive: ["king", "woman"], negative: ["man"] }, { topN: 1 }))).toEqual([
      "queen",
    ]);
    expect(words(vectors.mostSimilar("king", { filter: (word) => word.includes("man"), topN: 9 }))).toEqual([
      "man",
      "woman",
    ]);
    expect(words(vectors.mostSimilar("king", { restrictVocabulary: 2 }))).toEqual(["queen"]);
    expect(vectors.mostSimilar("king", { topN: 0 })).toEqual([]);
    // the zero vector has no direction: it is nobody's neighbour
    expect(words(vectors.mostSimilar("king", { topN: 9 }))).not.toContain("nil");
  });

  it("takes lists of words and vectors, each with a weight if it has one", async () => {
    const vectors = await directions();
    const [royal, female] = [vectors.unit(vectors.row("king")), vectors.unit(vectors.row("woman"))];
    const blend = (a: number, b: number) => royal.map((x, d) => a * x + b * female[d]);
    const none = { filter: (word: string) => !["king", "woman"].includes(word) };
    const near = (...[asked]: Parameters<WordVectors["mostSimilar"]>) => vectors.mostSimilar(asked, none);
    expect(near(["king", "woman"])).toEqual(near(blend(1, 1)));
    expect(near(["king", ["woman", 0.25]])).toEqual(near(blend(1, 0.25)));
    expect(near([["king", 0.5], vectors.get("woman")])).toEqual(near(blend(0.5, 1)));
    expect(near([vectors.get("king"), [vectors.get("woman"), -1]])).toEqual(near(blend(1, -1)));
    expect(near({ positive: ["king"], negative: [["woman", 0.5]] })).toEqual(near(blend(1, -0.5)));
    expect(near([[5, 1, 0, 0]])).toEqual(near([5, 1, 0, 0]));
    // words asked for are never among the answers, whatever they weigh
    const words = vectors.mostSimilar(["king", ["apple", 0.01]], { topN: 9 }).map(({ word }) => word);
    expect(words.filter((word) => ["king", "apple"].includes(word))).toEqual([]);
    expect(vectors.mostSimilar(["king", ["xyzzy", 2]], { missing: "skip" })).toEqual(vectors.mostSimilar("king"));
  });

  it.each<[string, unknown, string]>([
    [
      "a word and a number",
      ["king", 5],
      '"positive" expected words or vectors, got 5: a word with a weight is a pair in the list',
    ],
    ["a word that is none", [["king"], 7], "expected words or vectors, got 7"],
    ["a weight that is not finite", [["king", Number.NaN]], 'weight of "king" expected a finite number, got NaN'],
    [
      "a negative that is subtracted twice",
      { negative: [["man", -1]] },
      'weight of "man" expected a number >= 0, got -1',
    ],
    [
      "a list of another name",
      { positive: ["king"], negatives: [] },
      'unknown list "negatives": did you mean "negative"?',
    ],
    ["a word for a list", { positive: "king" }, '"positive" expected an array of words or vectors, got "king"'],
    ["nothing", undefined, "query expected a word or a vector, got undefined"],
    ["a number", 5, "query expected a word or a vector, got 5"],
    ["words in a vector", [1, "king", 3, 4], 'vector expected numbers, number 2 is "king"'],
    ["a vector that is not finite", [1, 2, Number.NaN, 4], "vector expected finite numbers, number 3 is NaN"],
    ["an empty list", [], "none of the words asked for has a vector"],
  ])("refuses %s", async (_, asked, message) => {
    const vectors = await directions();
    expect(() => vectors.mostSimilar(asked as never)).toThrow(message);
  });

  it("refuses options that are no object, unknown, of the wrong kind or without effect, in all queries", async () => {
    const vectors = await directions();
    const queries: ((options: never) => unknown)[] = [
      (options) => vectors.mostSimilar("king", options),
      (options) => vectors.mostSimilarBatch(["king"], options),
      (options) => vectors.analogy("man", "king", "woman", options),
      (options) => vectors.doesntMatch(["king", "man"], options),
      (options) => mostSimilarCosmul(vectors, "king", options),
      (options) => documentVectors(vectors, [["king"]], options),
      (options) => predictOutputWord({ vectors, outputVectors: vectors } as never, ["king"], options),
      (options) => evaluateAnalogies(vectors, [], options),
      (options) => evaluateWordPairs(vectors, [], options),
    ];
    for (const query of queries) {
      expect(() => query(5 as never), String(query)).toThrow("options expected an object, got 5");
      expect(() => query({ nothing: 5 } as never), String(query)).toThrow('unknown option "nothing"');
    }
    expect(() => vectors.mostSimilar("king", { filter: "man" } as never)).toThrow('"filter" expected a function');
    expect(() => vectors.mostSimilarBatch("king" as never)).toThrow('queries expected an array, got "king"');
    expect(() => vectors.doesntMatch("king" as never)).toThrow('words expected an array, got "king"');
    expect(() => vectors.analogy("man", "king", "woman", { method: "3cosmul", missing: "skip" })).toThrow(
      '"missing" "skip" goes with method "3cosadd"',
    );
    expect(() => documentVectors(vectors, [["king"]], { a: 1 })).toThrow('"a" goes with weighting "sif"');
    expect(() => evaluateAnalogies(vectors, [], { onProgress: 5 as never })).toThrow(
      '"onProgress" expected a function',
    );
  });

  it("is made anew from the matrix and words of another, as a worker sends them", async () => {
    const vectors = await randomVectors(5, 6);
    expect(vectors.stride).toBe(8);
    const sent = structuredClone({ words: vectors.words, matrix: vectors.matrix.slice() });
    const again = await createVectors(sent.words, 6, sent.matrix);
    for (const word of vectors.words) expect(again.get(word)).toEqual(vectors.get(word));
    // rows of 8 floats are not padded rows of 7
    const matrix = new Float32Array(40).fill(1);
    await expect(createVectors(sent.words, 7, matrix)).rejects.toThrow("matrix expected 5 × 7 = 35 floats, got 40");
  });

  it("is no JSON, and says what writes it", async () => {
    const vectors = await directions();
    expect(() => JSON.stringify({ vectors })).toThrow(TypeError);
    expect(() => JSON.stringify(vectors)).toThrow('saveVectors(vectors, path, { format: "json" })');
  });

  it("tells what memory it needs, in units that show it, and a remedy", () => {
    expect(() => allocateVectors(5_000_000, 300)).toThrow(
      '5000000 vectors of dim 300 needs 5.6 GB, WebAssembly memory ends at 4 GB: take fewer rows, for example with "limit"',
    );
    expect([4_500_000, 9e8, 1.5 * 2 ** 30].map(sizeOf)).toEqual(["4.3 MB", "858.3 MB", "1.5 GB"]);
    // what a search needs besides does not outgrow the vectors
    const { memory } = allocateVectors(1, 20_000_001);
    expect(memory.buffer.byteLength).toBeLessThan(4 * 80_000_004);
  });

  it("searches with very long vectors, few at a time", async () => {
    const vectors = await randomVectors(6, 2 ** 20);
    const found = vectors.mostSimilarBatch([...vectors.words], { topN: 5 });
    found.forEach((near, i) => {
      expect(near).toHaveLength(5);
      for (const { word, similarity } of near) expect(similarity).toBeCloseTo(vectors.similarity(`w${i}`, word), 5);
    });
  });

  it("finds the odd one out", async () => {
    const vectors = await directions();
    expect(vectors.doesntMatch(["king", "queen", "apple"])).toBe("apple");
    expect(() => vectors.doesntMatch(["king"])).toThrow(
      "doesntMatch expected at least 2 words with vectors, got 1 of 1",
    );
    expect(vectors.doesntMatch(["king", "kong", "queen", "apple"], { missing: "skip" })).toBe("apple");
  });

  it("names a missing word and the nearest known one, or skips it", async () => {
    const vectors = await directions();
    expect(() => vectors.get("kinf")).toThrow(MissingWordError);
    expect(() => vectors.get("kinf")).toThrow('"kinf" is not among the 6 words: did you mean "king"?');
    expect(() => vectors.get("zzzz")).toThrow(/^"zzzz" is not among the 6 words$/);
    expect(() => vectors.mostSimilar({ positive: ["king", "xyzzy"] })).toThrow('"xyzzy" is not among the 6 words');
    expect(vectors.mostSimilar({ positive: ["king", "xyzzy"] }, { missing: "skip", topN: 1 })[0].word).toBe("queen");
    expect(() => vectors.mostSimilar("xyzzy", { missing: "skip" })).toThrow("none of the words asked for has a vector");
  });

  it("refuses what it cannot use", async () => {
    const vectors = await directions();
    expect(() => vectors.mostSimilar([1, 2])).toThrow("vector expected 4 numbers, got 2");
    expect(() => vectors.mostSimilar("king", { topn: 3 } as never)).toThrow(
      'unknown option "topn": did you mean "topN"?',
    );
    expect(() => vectors.mostSimilar("king", { topN: -1 })).toThrow('"topN" expected integer >= 0, got -1');
    await expect(createVectors(["a"], 2, [1])).rejects.toThrow("matrix expected 1 × 2 = 2 floats, got 1");
    await expect(createVectors(["a", "a"], 1, [1, 2])).rejects.toThrow('word "a" is named twice');
  });

  it("sees changes of the matrix after refresh", async () => {
    const vectors = await directions();
    expect(vectors.mostSimilar("man", { topN: 1 })[0].word).toBe("king");
    vectors.matrix.set([0, 9, 0, 0], vectors.row("apple") * vectors.stride);
    vectors.refresh();
    expect(vectors.mostSimilar("man", { topN: 1 })[0]).toEqual({ word: "apple", similarity: 1 });
  });
});

it("TopRows keeps the best, of equal ones the first", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 100 }),
      fc.integer({ min: 0, max: 12 }),
      (scores, k) => {
        const top = new TopRows(k);
        scores.forEach((score, row) => {
          if (score > top.threshold) top.offer(row, score);
        });
        const expected = scores
          .map((score, row) => ({ row, score }))
          .sort((a, b) => b.score - a.score || a.row - b.row);
        expect(top.sorted()).toEqual(expected.slice(0, k));
      },
    ),
  );
});
