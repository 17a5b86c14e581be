// Word vectors and their queries.

import { checkFunction, checkInteger, checkKnown, checkOneOf, nearest, show } from "../base/check.js";
import type { QueryKernel, WordId } from "../kernel/kernel.js";
import { Allocator, allocate, growTo, rowStride } from "../kernel/memory.js";
import { type Asked, type Query, type Term, termsOf } from "./query.js";
import { RowSearch, takeSearchSpace } from "./search.js";
import type { VectorStorage } from "./storage.js";
import { TopRows } from "./top.js";

export interface Neighbour {
  word: string;
  /** Cosine, or the score of 3CosMul. */
  similarity: number;
}

export interface SearchOptions {
  /** Neighbours to return. Default 10. */
  topN?: number;
  /** Returns only words for which it is true. */
  filter?: (word: string) => boolean;
  /** Searches only so many of the most frequent words. Default: all. */
  restrictVocabulary?: number;
  /** Searches these words alone; those that are not of the vocabulary are composed of subwords. Default: the vocabulary. */
  among?: readonly string[];
  /** A word without a vector is an error (default), or is skipped if another word is left. */
  missing?: "error" | "skip";
}

export interface AnalogyOptions extends Omit<SearchOptions, "among"> {
  /** 3CosAdd (Mikolov et al. 2013; default) or 3CosMul (Levy and Goldberg 2014). */
  method?: "3cosadd" | "3cosmul";
}

/** A query for a word that has no vector. */
export class MissingWordError extends RangeError {
  override name = "MissingWordError";
}

const BATCH_OPTIONS = ["topN", "filter", "restrictVocabulary"];
const ANALOGY_OPTIONS = [...BATCH_OPTIONS, "missing", "method"];
const SEARCH_OPTIONS = [...BATCH_OPTIONS, "missing", "among"];

/** The remedy for vectors that do not fit into memory. */
const LOAD_LESS = 'take fewer rows, for example with "limit"';

/** So many words are searched for a suggestion in an error message. */
const SUGGESTIONS = 50_000;

/** 3CosMul's ε, which keeps the quotient finite (Levy and Goldberg 2014, section 5). */
const EPSILON = 0.001;

/** Storage for vectors without a model. @throws RangeError if they do not fit into memory */
export function allocateVectors(rows: number, dim: number, shared = false): VectorStorage {
  const stride = rowStride(dim);
  const plan = new Allocator();
  const space = takeSearchSpace(plan, stride);
  const start = plan.take(rows * stride);
  const what = `${rows} vector${rows === 1 ? "" : "s"} of dim ${dim}`;
  return { memory: allocate(plan.end, shared, what, LOAD_LESS), start, stride, space };
}

/** Makes room for at least so many rows and keeps the contents. @throws RangeError if they do not fit into memory */
export function growVectors({ memory, start, stride }: VectorStorage, rows: number): void {
  growTo(memory, start + rows * stride, `${rows} vectors of ${stride / 4} floats`, LOAD_LESS);
}

/** Composes the vector of a word that has no row of its own: dim floats; undefined if it has no subwords. */
export type Composer = (word: string) => Float32Array | undefined;

/**
 * Vectors of words. Row i is the vector of words[i]; trained words are in the order of falling frequency.
 * All are in one Float32Array, `matrix`, in the memory of the kernel that scores them.
 */
export class WordVectors {
  private readonly ids: ReadonlyMap<string, WordId>;
  private readonly rows: RowSearch;
  private readonly storage: VectorStorage;

  /** @internal use train, loadVectors or createVectors */
  constructor(
    readonly words: readonly string[],
    /** floats of a vector */
    readonly dim: number,
    storage: VectorStorage,
    kernel: QueryKernel,
    /** the row of each word, where it is known already */
    ids: ReadonlyMap<string, WordId> = new Map(words.map((word, id) => [word, id as WordId])),
    /** for other words than these */
    private readonly composer?: Composer,
  ) {
    this.ids = ids;
    if (this.ids.size < words.length) {
      const repeated = words.find((word, id) => this.ids.get(word) !== id);
      throw new RangeError(`word ${show(repeated)} is named twice: each row needs its own word`);
    }
    this.storage = storage;
    const { memory, space, start, stride, away } = storage;
    this.rows = new RowSearch(kernel, memory, space, start, words.length, stride, dim, away?.bring);
  }

  get size(): number {
    return this.words.length;
  }

  /** Floats from one row of the matrix to the next: dim rounded up to a multiple of 4; the rest is 0. */
  get stride(): number {
    return this.storage.stride / 4;
  }

  /** All vectors, a live view. @throws RangeError if they lie in files, as with `blocks` */
  get matrix(): Float32Array {
    this.storage.checkUse?.();
    this.storage.away?.refuse();
    return new Float32Array(this.storage.memory.buffer, this.storage.start, this.size * this.stride);
  }

  /** @internal Each vector in turn, where they do not lie in memory. */
  get each(): (() => Iterable<Float32Array>) | undefined {
    this.storage.checkUse?.();
    return this.storage.away?.each;
  }

  private get search(): RowSearch {
    this.storage.checkUse?.();
    return this.rows;
  }

  /** Whether a word has a vector: one of `words`, or, with subwords, one that is composed. */
  has(word: string): boolean {
    return this.ids.has(word) || this.isComposed(word);
  }

  /** Whether a word is not one of `words`, but has a vector composed of its subwords. */
  isComposed(word: string): boolean {
    return !this.ids.has(word) && typeof word === "string" && this.composer?.(word) !== undefined;
  }

  /** @internal The row of a word; −1 if it has none. */
  rowOrNone(word: string): number {
    return this.ids.get(word) ?? -1;
  }

  /** The row of one of `words`. @throws MissingWordError for other words, even if they have a vector that is composed */
  row(word: string): WordId {
    const id = this.ids.get(word);
    if (id !== undefined) return id;
    if (typeof word !== "string") throw new TypeError(`word expected a string, got ${show(word)}`);
    const near = nearest(word, this.words.slice(0, SUGGESTIONS));
    throw new MissingWordError(
      `${show(word)} is not among the ${this.size} words${near === undefined ? "" : `: did you mean ${show(near)}?`}`,
    );
  }

  /** A copy of a word's vector, dim floats. @throws MissingWordError */
  get(word: string): Float32Array {
    const composed = typeof word === "string" && !this.ids.has(word) ? this.composer?.(word) : undefined;
    return composed ?? this.vector(this.row(word));
  }

  /** Cosine of two words or vectors. @throws MissingWordError */
  similarity(a: Query, b: Query): number {
    return dot(this.direction(a), this.direction(b));
  }

  /**
   * The words nearest to a word, a vector, or the weighted mean of several (each scaled to length 1; negative ones subtracted),
   * without the words of the query.
   * @throws MissingWordError; TypeError, RangeError for queries and options
   */
  mostSimilar(query: Asked, options: SearchOptions = {}): Neighbour[] {
    checkKnown("option", options, SEARCH_OPTIONS);
    const terms = this.present(termsOf(query), options);
    if (terms.length === 0) throw new MissingWordError("none of the words asked for has a vector");
    const sum = new Float32Array(this.dim);
    for (const term of terms) addTo(sum, this.direction(term.query), term.weight);
    if (options.among !== undefined) return this.nearestAmong(options.among, toUnit(sum), options, queriesOf(terms));
    const { topN, isWanted } = this.wanted(options, queriesOf(terms));
    return this.neighbours(this.search.nearest(toUnit(sum), this.rowsOf(options), topN, isWanted));
  }

  /** The words nearest to each of many words or vectors. Reads the rows once for 64 queries. @throws MissingWordError */
  mostSimilarBatch(queries: readonly Query[], options: Omit<SearchOptions, "missing" | "among"> = {}): Neighbour[][] {
    checkKnown("option", options, BATCH_OPTIONS);
    if (!Array.isArray(queries)) throw new TypeError(`queries expected an array, got ${show(queries)}`);
    const { norms } = this.search;
    const lists = queries.map((query) => this.list(options, [query]));
    const targets = queries.map((query) => this.direction(query));
    this.search.scan(targets, this.rowsOf(options), (q, first, scores) => {
      for (let i = 0; i < scores.length; i++) lists[q].offer(first + i, scores[i] / norms[first + i]);
    });
    return lists.map((list) => list.neighbours());
  }

  /** Cosines of a word or vector with all words, in their order. @throws MissingWordError */
  cosines(query: Query): Float32Array {
    const { norms } = this.search;
    const cosines = new Float32Array(this.size);
    this.search.scan([this.direction(query)], this.size, (_, first, scores) => {
      for (let i = 0; i < scores.length; i++) cosines[first + i] = scores[i] / norms[first + i];
    });
    return cosines;
  }

  /** Answers "a is to b as c is to ?". @throws MissingWordError */
  analogy(a: Query, b: Query, c: Query, options: AnalogyOptions = {}): Neighbour[] {
    checkKnown("option", options, ANALOGY_OPTIONS);
    const { method = "3cosadd", ...rest } = options;
    checkOneOf("method", method, ["3cosadd", "3cosmul"]);
    if (method === "3cosadd") return this.mostSimilar({ positive: [b, c], negative: [a] }, rest);
    if (rest.missing !== undefined && rest.missing !== "error")
      throw new RangeError(`"missing" ${show(rest.missing)} goes with method "3cosadd": leave one of them out`);
    const { norms } = this.search;
    const queries = [b, c, a].map((q) => this.direction(q));
    return this.best(rest, [a, b, c], (rows, offer) => {
      // the three scans of a block follow each other, so the numerator is kept until the denominator is known
      let product = new Float32Array(0);
      this.search.scan(queries, rows, (q, first, scores) => {
        if (q === 0) product = new Float32Array(scores.length).fill(1);
        for (let i = 0; i < scores.length; i++) {
          const positive = (1 + scores[i] / norms[first + i]) / 2;
          if (q < 2) product[i] *= positive;
          else offer(first + i, product[i] / (positive + EPSILON));
        }
      });
    });
  }

  /** The word farthest from the mean of all. @throws MissingWordError, RangeError for fewer than two words */
  doesntMatch(words: readonly string[], options: Pick<SearchOptions, "missing"> = {}): string {
    checkKnown("option", options, ["missing"]);
    if (!Array.isArray(words)) throw new TypeError(`words expected an array, got ${show(words)}`);
    const terms = words.map((word) => ({ query: word, weight: 1 }));
    const known = queriesOf(this.present(terms, options)) as string[];
    if (known.length < 2)
      throw new RangeError(
        `doesntMatch expected at least 2 words with vectors, got ${known.length} of ${words.length}`,
      );
    const sum = new Float32Array(this.dim);
    const units = known.map((word) => this.direction(word));
    for (const unit of units) addTo(sum, unit, 1);
    const scores = units.map((unit) => dot(unit, sum));
    return known[scores.indexOf(Math.min(...scores))];
  }

  /** Cosine of two rows. */
  cosine(a: number, b: number): number {
    return dot(this.unit(a), this.unit(b));
  }

  /** A copy of a row, scaled to length 1: dim floats. */
  unit(row: number): Float32Array {
    return toUnit(this.vector(row));
  }

  /** For each query, the row below `rows` with the largest cosine that is not excluded for it; −1 if there is none. */
  nearestRows(queries: readonly ArrayLike<number>[], excluded: readonly (readonly number[])[], rows: number): number[] {
    const { norms } = this.search;
    const best = queries.map(() => -1);
    const bestScores = queries.map(() => Number.NEGATIVE_INFINITY);
    this.search.scan([...queries], Math.min(rows, this.size), (q, first, scores) => {
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i] / norms[first + i];
        if (!(score > bestScores[q]) || excluded[q].includes(first + i)) continue;
        best[q] = first + i;
        bestScores[q] = score;
      }
    });
    return best;
  }

  /** Call this after you have changed the matrix, because lengths of rows are computed once and cached. */
  refresh(): void {
    this.rows.refresh();
  }

  private vector(row: number): Float32Array {
    const at = this.search.rowAt(row);
    return new Float32Array(this.storage.memory.buffer, at, this.dim).slice();
  }

  /**
   * The vector of a word, or a given vector, scaled to length 1: dim floats.
   * @throws MissingWordError; TypeError for a value that is not a vector; RangeError for another dim, or numbers that are not finite
   */
  direction(query: Query): Float32Array {
    if (typeof query === "string") return toUnit(this.get(query));
    if (query === null || typeof query !== "object" || typeof query.length !== "number")
      throw new TypeError(`query expected a word or a vector, got ${show(query)}`);
    const values = Array.from(query);
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0 && typeof values[wrong] !== "number")
      throw new TypeError(`vector expected numbers, number ${wrong + 1} is ${show(values[wrong])}`);
    if (values.length !== this.dim) throw new RangeError(`vector expected ${this.dim} numbers, got ${values.length}`);
    if (wrong >= 0) throw new RangeError(`vector expected finite numbers, number ${wrong + 1} is ${values[wrong]}`);
    return toUnit(Float32Array.from(values));
  }

  /** Refuses JSON.stringify, which would omit all numbers. @throws TypeError naming what writes vectors */
  toJSON(): never {
    throw new TypeError(
      'vectors are no JSON value: write them with saveVectors(vectors, path, { format: "json" }), in a page with writeVectors(vectors, "json")',
    );
  }

  /** The terms that have vectors, if others are to be skipped. */
  private present(terms: Term[], options: Pick<SearchOptions, "missing">): Term[] {
    if (checkOneOf("missing", options.missing ?? "error", ["error", "skip"]) === "error") return terms;
    return terms.filter(({ query }) => typeof query !== "string" || this.has(query));
  }

  /** Of some words, known or composed, those nearest to a direction. */
  private nearestAmong(
    among: readonly string[],
    direction: Float32Array,
    options: SearchOptions,
    asked: readonly Query[],
  ): Neighbour[] {
    const { topN = 10, restrictVocabulary } = options;
    if (!Array.isArray(among)) throw new TypeError(`"among" expected an array of words, got ${show(among)}`);
    if (restrictVocabulary !== undefined)
      throw new RangeError('"restrictVocabulary" does not go with "among", which says what is searched: leave it out');
    const filter = checkFunction("filter", options.filter);
    const terms = [...new Set(among)].map((query) => ({ query, weight: 1 }));
    const words = queriesOf(this.present(terms, options)) as string[];
    const top = new TopRows(checkInteger("topN", topN, 0));
    words.forEach((word, i) => {
      if (!asked.includes(word) && (filter === undefined || filter(word)))
        top.offer(i, dot(this.direction(word), direction));
    });
    return top.sorted().map(({ row, score }) => ({ word: words[row], similarity: score }));
  }

  private best(
    options: SearchOptions,
    asked: readonly Query[],
    scan: (rows: number, offer: (row: number, score: number) => void) => void,
  ): Neighbour[] {
    const list = this.list(options, asked);
    scan(this.rowsOf(options), list.offer);
    return list.neighbours();
  }

  private rowsOf({ restrictVocabulary = this.size }: SearchOptions): number {
    return Math.min(checkInteger("restrictVocabulary", restrictVocabulary, 0), this.size);
  }

  /** The best of the offered rows, without the words of the query. */
  private list(options: SearchOptions, asked: readonly Query[]) {
    const { topN, isWanted } = this.wanted(options, asked);
    const top = new TopRows(topN);
    return {
      offer: (row: number, score: number): void => {
        if (score > top.threshold && isWanted(row)) top.offer(row, score);
      },
      neighbours: () => this.neighbours(top),
    };
  }

  /** How many rows are sought, and which are allowed: not the words of the query. */
  private wanted({ topN = 10, filter }: SearchOptions, asked: readonly Query[]) {
    checkFunction("filter", filter);
    const excluded = new Set<number>(asked.map((query) => (typeof query === "string" ? this.rowOrNone(query) : -1)));
    const isWanted = (row: number) => !excluded.has(row) && (filter === undefined || filter(this.words[row]));
    return { topN: checkInteger("topN", topN, 0), isWanted };
  }

  private neighbours(top: TopRows): Neighbour[] {
    return top.sorted().map(({ row, score }) => ({ word: this.words[row], similarity: score }));
  }
}

function queriesOf(terms: readonly Term[]): Query[] {
  return terms.map(({ query }) => query);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

function addTo(sum: Float32Array, vector: Float32Array, weight: number): void {
  for (let d = 0; d < sum.length; d++) sum[d] += weight * vector[d];
}

/** Scales to length 1, in place; zeros stay zeros. */
function toUnit(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(dot(vector, vector));
  if (norm > 0) for (let d = 0; d < vector.length; d++) vector[d] /= norm;
  return vector;
}
