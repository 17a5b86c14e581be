// Further queries of gensim's KeyedVectors. They are functions, so that a page loads only those it uses.

import { checkInteger, checkKnown, checkNumber, checkOneOf, show } from "../base/check.js";
import { exp } from "../math/power.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { type Asked, type Query, termsOf } from "./query.js";
import { TopRows } from "./top.js";
import { MissingWordError, type Neighbour, type WordVectors } from "./vectors.js";

/** gensim's ε of 3CosMul. */
const EPSILON = 1e-6;

/** Cosine of the means of two lists of words. @throws MissingWordError; RangeError for an empty list */
export function nSimilarity(vectors: WordVectors, a: readonly string[], b: readonly string[]): number {
  return vectors.similarity(meanOf(vectors, a), meanOf(vectors, b));
}

/** Cosine distance of two words or vectors, 1 − cosine. @throws MissingWordError */
export function distance(vectors: WordVectors, a: Query, b: Query): number {
  return 1 - vectors.similarity(a, b);
}

/** Cosine distances, 1 − cosine, of a word or vector from others, or from all words in their order. @throws MissingWordError */
export function distances(vectors: WordVectors, query: Query, others?: readonly string[]): Float32Array {
  if (others === undefined) return vectors.cosines(query).map((cosine) => 1 - cosine);
  return Float32Array.from(others, (word) => distance(vectors, query, word));
}

/** Words closer to a than b is, in the order of the vocabulary. @throws MissingWordError */
export function closerThan(vectors: WordVectors, a: string, b: string): string[] {
  const cosines = vectors.cosines(a);
  const rowOfB = vectors.rowOrNone(b);
  const limit = rowOfB >= 0 ? cosines[rowOfB] : vectors.similarity(a, b);
  const rowOfA = vectors.rowOrNone(a);
  return vectors.words.filter((_, row) => row !== rowOfA && cosines[row] > limit);
}

/** The rank of b among the words nearest to a, from 1. @throws MissingWordError */
export function rank(vectors: WordVectors, a: string, b: string): number {
  return closerThan(vectors, a, b).length + 1;
}

/** Cosine of a and b, divided by the sum of cosines of a's `topN` (default 10) nearest words (Leeuwenberg et al. 2016). @throws MissingWordError */
export function relativeCosineSimilarity(vectors: WordVectors, a: string, b: string, topN = 10): number {
  const sum = vectors.mostSimilar(a, { topN }).reduce((total, { similarity }) => total + similarity, 0);
  return vectors.similarity(a, b) / sum;
}

export interface CosmulOptions {
  /** Default 10. */
  topN?: number;
  /** Searches only so many of the most frequent words. Default: all. */
  restrictVocabulary?: number;
}

/**
 * Words by 3CosMul for any number of positive and negative words (Levy and Goldberg 2014), with gensim's ε.
 * @param asked as in mostSimilar, without weights
 * @throws MissingWordError; TypeError, RangeError for queries and options
 */
export function mostSimilarCosmul(vectors: WordVectors, asked: Asked, options: CosmulOptions = {}): Neighbour[] {
  checkKnown("option", options, ["topN", "restrictVocabulary"]);
  const { topN = 10, restrictVocabulary = vectors.size } = options;
  const terms = termsOf(asked);
  if (terms.length === 0) throw new MissingWordError("mostSimilarCosmul was asked for no words");
  const weighted = terms.find(({ weight }) => Math.abs(weight) !== 1);
  if (weighted !== undefined)
    throw new RangeError(
      `3CosMul takes no weights, got ${Math.abs(weighted.weight)} for ${show(weighted.query)}: leave it out`,
    );
  const rows = Math.min(checkInteger("restrictVocabulary", restrictVocabulary, 0), vectors.size);
  const products = [1, -1].map((sign) => {
    const product = new Float64Array(rows).fill(1);
    for (const { query, weight } of terms) {
      if (weight !== sign) continue;
      const cosines = vectors.cosines(query);
      for (let row = 0; row < rows; row++) product[row] *= (1 + cosines[row]) / 2;
    }
    return product;
  });
  const excluded = new Set<number>(
    terms.map(({ query }) => (typeof query === "string" ? vectors.rowOrNone(query) : -1)),
  );
  return best(vectors, topN, rows, (row) =>
    excluded.has(row) ? Number.NaN : products[0][row] / (products[1][row] + EPSILON),
  );
}

/** The part of a model that prediction needs. */
export interface Predictor {
  vectors: WordVectors;
  outputVectors: WordVectors;
  options: { model: "skipgram" | "cbow"; cbowCombine: "mean" | "sum"; loss: string };
}

export interface PredictOptions {
  /** Default 10. */
  topN?: number;
}

/**
 * The most probable words within a context: softmax over the products of output vectors with the mean (or sum) of the context's
 * vectors. Words of the context without a vector are skipped, as in gensim.
 * @returns probabilities as `similarity`
 * @throws RangeError for a model of hierarchical softmax; MissingWordError if no word of the context has a vector; TypeError for options
 */
export function predictOutputWord(
  model: Predictor,
  context: readonly string[],
  options: PredictOptions = {},
): Neighbour[] {
  checkKnown("option", options, ["topN"]);
  const { topN = 10 } = options;
  const { vectors, outputVectors: outputs } = model;
  const known = context.filter((word) => vectors.has(word));
  if (known.length === 0) throw new MissingWordError(`none of the ${context.length} words of the context has a vector`);
  const hidden = meanOf(vectors, known);
  if (model.options.model === "cbow" && model.options.cbowCombine === "sum")
    hidden.forEach((x, d) => (hidden[d] = x * known.length));
  const { matrix, stride, dim, size } = outputs;
  const scores = Float64Array.from({ length: size }, (_, row) => {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += matrix[row * stride + d] * hidden[d];
    return sum;
  });
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = scores.map((score) => (score - largest < -700 ? 0 : exp(score - largest)));
  const total = weights.reduce((a, b) => a + b, 0);
  return best(outputs, topN, size, (row) => weights[row] / total);
}

export interface DocumentOptions {
  /** "mean" (default), or "sif": weights a / (a + p(w)), without the first principal direction of all documents (Arora et al. 2017). */
  weighting?: "mean" | "sif";
  /** "sif": counts of the words. */
  vocabulary?: Vocabulary;
  /** "sif": a. Default 1e-3. */
  a?: number;
}

/**
 * A vector of dim floats for each document. Words without a vector are skipped; a document without any gets zeros.
 * @throws RangeError for options
 */
export function documentVectors(
  vectors: WordVectors,
  documents: readonly (readonly string[])[],
  options: DocumentOptions = {},
): Float32Array[] {
  checkKnown("option", options, ["weighting", "vocabulary", "a"]);
  const { weighting = "mean", vocabulary, a = 1e-3 } = options;
  checkOneOf("weighting", weighting, ["mean", "sif"]);
  checkNumber("a", a, Number.MIN_VALUE);
  if (weighting === "mean") {
    for (const name of ["vocabulary", "a"] as const)
      if (options[name] !== undefined)
        throw new RangeError(`"${name}" goes with weighting "sif": set that, or leave it out`);
    return documents.map((words) => weightedMean(vectors, words, () => 1));
  }
  if (vocabulary === undefined)
    throw new RangeError('weighting "sif" needs "vocabulary", the counts of the words: pass model.vocabulary');
  const weight = (word: string) => {
    const id = vocabulary.id(word);
    return a / (a + (id === undefined ? 0 : vocabulary.counts[id] / vocabulary.totalWords));
  };
  const all = documents.map((words) => weightedMean(vectors, words, weight));
  const direction = mainDirection(all, vectors.dim);
  for (const vector of all) {
    const share = dot(vector, direction);
    for (let d = 0; d < vector.length; d++) vector[d] -= share * direction[d];
  }
  return all;
}

function best(vectors: WordVectors, topN: number, rows: number, score: (row: number) => number): Neighbour[] {
  const top = new TopRows(checkInteger("topN", topN, 0));
  for (let row = 0; row < rows; row++) {
    const value = score(row);
    if (value > top.threshold) top.offer(row, value);
  }
  return top.sorted().map((entry) => ({ word: vectors.words[entry.row], similarity: entry.score }));
}

function meanOf(vectors: WordVectors, words: readonly string[]): Float32Array {
  if (words.length === 0) throw new RangeError(`expected at least one word, got ${show(words)}`);
  for (const word of words) if (!vectors.has(word)) vectors.row(word);
  return weightedMean(vectors, words, () => 1);
}

function weightedMean(vectors: WordVectors, words: readonly string[], weight: (word: string) => number): Float32Array {
  const mean = new Float32Array(vectors.dim);
  const known = words.filter((word) => vectors.has(word));
  for (const word of known) {
    const share = weight(word) / known.length;
    vectors.get(word).forEach((x, d) => (mean[d] += share * x));
  }
  return mean;
}

/** The first right singular vector, by power iteration; zeros for a matrix of zeros. */
function mainDirection(rows: readonly Float32Array[], dim: number): Float64Array {
  let direction = Float64Array.from({ length: dim }, (_, d) => 1 + d / dim);
  for (let round = 0; round < 100; round++) {
    const next = new Float64Array(dim);
    for (const row of rows) {
      const share = dot(row, direction);
      for (let d = 0; d < dim; d++) next[d] += share * row[d];
    }
    const norm = Math.sqrt(dot(next, next));
    if (norm === 0) return next;
    direction = next.map((x) => x / norm);
  }
  return direction;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}
