// Evaluation on rated word pairs and on analogies, with the figures of gensim 4.2's KeyedVectors for the same vectors.

import { checkBoolean, checkFunction, checkInteger, checkKnown } from "../base/check.js";
import type { AnalogySection, WordPair } from "./evaluation-sets.js";

/** The part of WordVectors that evaluation needs. */
export interface EvaluableVectors {
  /** by falling frequency */
  readonly words: readonly string[];
  /** Cosine of two rows. */
  cosine(a: number, b: number): number;
  /** A copy of a row, scaled to length 1. */
  unit(row: number): Float32Array;
  /** For each query, the row below `rows` with the largest cosine that is not excluded for it; −1 if there is none. */
  nearestRows(queries: readonly Float32Array[], excluded: readonly (readonly number[])[], rows: number): number[];
  /** Whether a word that is not one of `words` has a vector, composed of its subwords. */
  isComposed?(word: string): boolean;
  /** The vector of a word, scaled to length 1. */
  direction?(word: string): Float32Array;
}

export interface EvaluationOptions {
  /** Uses only so many of the most frequent words. Default 300,000. */
  restrictVocabulary?: number;
  /** Compares words in upper case; among words that are then equal the most frequent is used. Default true. */
  caseInsensitive?: boolean;
  /** Whether words that are not of the vocabulary are used where they are composed of subwords, as they are spelled. Default true. */
  composed?: boolean;
}

export interface AnalogyEvaluationOptions extends EvaluationOptions {
  /** Called after each batch with the number of questions answered so far, and the number of all. */
  onProgress?: (done: number, total: number) => void;
  /** Questions of a batch. Default 256. */
  batch?: number;
}

export interface WordPairScore {
  /** Spearman's rank correlation of ratings and cosines; equal values share the mean of their ranks. */
  spearman: number;
  /** Pearson's correlation of ratings and cosines. */
  pearson: number;
  /** Pairs compared. */
  pairs: number;
  /** Pairs of these with a word that is composed of subwords. */
  composed: number;
  /** Pairs skipped because a word is unknown. */
  skipped: number;
}

export interface AnalogyTally {
  correct: number;
  /** Questions asked. */
  total: number;
}

export interface AnalogySectionScore extends AnalogyTally {
  section: string;
  /** Questions asked in which a word is composed of subwords. */
  composed: number;
  /** Questions skipped because a word is unknown. */
  skipped: number;
}

export interface AnalogyScore extends AnalogyTally {
  sections: AnalogySectionScore[];
  composed: number;
  skipped: number;
  /** correct / total */
  accuracy: number;
  semantic: AnalogyTally;
  /** Sections whose name starts with "gram". */
  syntactic: AnalogyTally;
}

/** Candidates examined if the nearest words are other spellings of the words in the question: gensim's topn. */
const CANDIDATES = 5;

/**
 * Correlates cosines with people's ratings.
 * @throws RangeError if fewer than two pairs are known, or all ratings or all cosines are equal: no correlation is defined
 */
export function evaluateWordPairs(
  vectors: EvaluableVectors,
  pairs: readonly WordPair[],
  options: EvaluationOptions = {},
): WordPairScore {
  const lexicon = new Lexicon(vectors, options);
  const known = knownPairs(lexicon, pairs);
  const ratings = known.map(([, , score]) => score);
  const cosines = known.map(([a, b]) =>
    isRow(a) && isRow(b) ? vectors.cosine(a, b) : dot(lexicon.unit(a), lexicon.unit(b)),
  );
  checkVaried("cosines", cosines);
  return {
    spearman: correlation(ranks(ratings), ranks(cosines)),
    pearson: correlation(ratings, cosines),
    pairs: known.length,
    composed: known.filter(([a, b]) => !isRow(a) || !isRow(b)).length,
    skipped: pairs.length - known.length,
  };
}

/** @internal Refuses words of which evaluateWordPairs would know too few: see qualityProbe. @throws as that */
export function checkWordPairs(
  words: readonly string[],
  pairs: readonly WordPair[],
  options: EvaluationOptions = {},
): void {
  knownPairs(new Lexicon({ words }, options), pairs);
}

/** The rows and the rating of the pairs whose words are both known. @throws RangeError for fewer than two, or equal ratings */
function knownPairs(lexicon: Lexicon, pairs: readonly WordPair[]) {
  const known: [a: Place, b: Place, score: number][] = [];
  for (const [first, second, score] of pairs) {
    const a = lexicon.place(first);
    const b = lexicon.place(second);
    if (a !== undefined && b !== undefined) known.push([a, b, score]);
  }
  if (known.length < 2)
    throw new RangeError(
      `word pairs expected at least 2 with both words among the ${lexicon.rows} known, got ${known.length} of ${pairs.length}`,
    );
  checkVaried(
    "ratings",
    known.map(([, , score]) => score),
  );
  return known;
}

function checkVaried(what: string, values: readonly number[]): void {
  if (values.every((value) => value === values[0]))
    throw new RangeError(`${what} expected different values, got ${values.length} times ${values[0]}`);
}

/**
 * Counts the analogies that the vectors solve by 3CosAdd: d is the nearest word to b − a + c (each scaled to length 1), without a, b
 * and c. Questions with an unknown word are skipped. When you report a figure, state restrictVocabulary and the number of questions.
 * @throws TypeError, RangeError for options; RangeError if no question can be asked: no accuracy is defined
 */
export function evaluateAnalogies(
  vectors: EvaluableVectors,
  sections: readonly AnalogySection[],
  options: AnalogyEvaluationOptions = {},
): AnalogyScore {
  const lexicon = new Lexicon(vectors, options, ["onProgress", "batch"]);
  const onProgress = checkFunction("onProgress", options.onProgress);
  const batch = checkInteger("batch", options.batch ?? 256, 1);
  const scores = sections.map(({ section }) => ({ section, correct: 0, total: 0, composed: 0, skipped: 0 }));
  const asked: Question[] = [];
  sections.forEach(({ questions }, i) => {
    for (const words of questions) {
      // the answer is sought among the rows
      const places = words.map((word, n) => (n < 3 ? lexicon.place(word) : lexicon.row(word)));
      if (places.includes(undefined)) scores[i].skipped++;
      else asked.push(new Question(scores[i], words.map(lexicon.key), places as Place[]));
    }
  });
  if (asked.length === 0) throw noneKnown(lexicon, sections);
  for (let first = 0; first < asked.length; first += batch) {
    const group = asked.slice(first, first + batch);
    answer(group, vectors, lexicon);
    for (const { score, isComposed, isSolved } of group) {
      score.total++;
      if (isComposed) score.composed++;
      if (isSolved) score.correct++;
    }
    onProgress?.(first + group.length, asked.length);
  }
  const all = tally(scores);
  return {
    sections: scores,
    ...all,
    composed: scores.reduce((sum, { composed }) => sum + composed, 0),
    skipped: scores.reduce((sum, { skipped }) => sum + skipped, 0),
    accuracy: all.correct / all.total,
    semantic: tally(scores.filter((score) => !isSyntactic(score))),
    syntactic: tally(scores.filter(isSyntactic)),
  };
}

/** @internal Refuses words of which evaluateAnalogies could ask no question: see qualityProbe. @throws as that */
export function checkAnalogies(
  words: readonly string[],
  sections: readonly AnalogySection[],
  options: EvaluationOptions = {},
): void {
  const lexicon = new Lexicon({ words }, options);
  const isKnown = (word: string) => lexicon.row(word) !== undefined;
  if (!sections.some(({ questions }) => questions.some((question) => question.every(isKnown))))
    throw noneKnown(lexicon, sections);
}

function noneKnown({ rows }: Lexicon, sections: readonly AnalogySection[]): RangeError {
  const questions = sections.reduce((sum, { questions }) => sum + questions.length, 0);
  return new RangeError(
    `analogies expected at least 1 question with all four words among the ${rows} known, got 0 of ${questions}`,
  );
}

/** Where the vector of a word is: its row, or the word itself if it is composed. */
type Place = number | string;

function isRow(place: Place): place is number {
  return typeof place === "number";
}

/** The words that an evaluation uses, by the keys that it compares. */
class Lexicon {
  /** number of words, including those that share a key */
  readonly rows: number;
  readonly key: (word: string) => string;
  private readonly rowOfKey = new Map<string, number>();
  private readonly composes: boolean;

  /** @param more options that are known besides */
  constructor(
    private readonly vectors: Pick<EvaluableVectors, "words"> & Partial<EvaluableVectors>,
    options: EvaluationOptions,
    more: readonly string[] = [],
  ) {
    checkKnown("option", options, ["restrictVocabulary", "caseInsensitive", "composed", ...more]);
    const { words } = vectors;
    const limit = checkInteger("restrictVocabulary", options.restrictVocabulary ?? 300_000, 1);
    this.rows = Math.min(limit, words.length);
    this.composes = checkBoolean("composed", options.composed ?? true);
    const caseInsensitive = checkBoolean("caseInsensitive", options.caseInsensitive ?? true);
    this.key = caseInsensitive ? (word) => word.toUpperCase() : (word) => word;
    for (let row = 0; row < this.rows; row++) {
      const key = this.key(words[row]);
      if (!this.rowOfKey.has(key)) this.rowOfKey.set(key, row);
    }
  }

  row(word: string): number | undefined {
    return this.rowOfKey.get(this.key(word));
  }

  place(word: string): Place | undefined {
    return this.row(word) ?? (this.composes && this.vectors.isComposed?.(word) ? word : undefined);
  }

  /** The vector, scaled to length 1. */
  unit(place: Place): Float32Array {
    return isRow(place) ? this.vectors.unit!(place) : this.vectors.direction!(place);
  }
}

class Question {
  /** rows that cannot be the answer */
  readonly excluded: number[];
  private answer: string | undefined;

  constructor(
    readonly score: AnalogySectionScore,
    /** of a, b, c, d */
    private readonly keys: readonly string[],
    private readonly places: readonly Place[],
  ) {
    this.excluded = places.slice(0, 3).filter(isRow);
  }

  /** Whether one of its words has no row. */
  get isComposed(): boolean {
    return !this.places.every(isRow);
  }

  get isSolved(): boolean {
    return this.answer === this.keys[3];
  }

  /** b − a + c */
  target(lexicon: Lexicon): Float32Array {
    const [a, b, c] = this.places.slice(0, 3).map((place) => lexicon.unit(place));
    return a.map((value, d) => b[d] - value + c[d]);
  }

  /** Takes the nearest word as the answer. If that is a, b or c in another case, takes the next nearest. */
  accept(row: number, key: string): boolean {
    this.answer = key;
    this.excluded.push(row);
    return !this.keys.slice(0, 3).includes(key);
  }
}

function answer(questions: readonly Question[], vectors: EvaluableVectors, lexicon: Lexicon): void {
  let open = questions;
  for (let candidate = 0; candidate < CANDIDATES && open.length > 0; candidate++) {
    const nearest = vectors.nearestRows(
      open.map((question) => question.target(lexicon)),
      open.map((question) => question.excluded),
      lexicon.rows,
    );
    open = open.filter((question, i) => {
      const row = nearest[i];
      return row >= 0 && !question.accept(row, lexicon.key(vectors.words[row]));
    });
  }
}

function isSyntactic({ section }: AnalogySectionScore): boolean {
  return section.startsWith("gram");
}

function tally(scores: readonly AnalogyTally[]): AnalogyTally {
  return {
    correct: scores.reduce((sum, { correct }) => sum + correct, 0),
    total: scores.reduce((sum, { total }) => sum + total, 0),
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, d) => sum + value * b[d], 0);
}

/** Ranks from 1; equal values share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
  const result = new Array<number>(values.length);
  for (let first = 0, end = 0; first < order.length; first = end) {
    while (end < order.length && values[order[end]] === values[order[first]]) end++;
    for (let i = first; i < end; i++) result[order[i]] = (first + 1 + end) / 2;
  }
  return result;
}

/** Pearson's r; neither x nor y is constant. */
function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(x);
  const meanY = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - meanX) * (y[i] - meanY);
    xx += (x[i] - meanX) ** 2;
    yy += (y[i] - meanY) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}
