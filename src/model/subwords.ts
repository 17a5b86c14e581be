// Which rows words are composed of, loaded where they are: a word's own, and one for each of its character n-grams. Bojanowski et al. 2017; (6.10) of docs/math.md.

import { yieldToEventLoop } from "../base/event-loop.js";
import type { SubwordSizes } from "../kernel/shape.js";
import { bucketsOf, ngramsOf } from "../text/ngrams.js";
import type { SubwordOptions } from "./spec.js";
import { type SubwordParts, subwordParts } from "./subword-rows.js";

/** Pairs from which on a word has found its place among the others, and its change says where that is: (6.11) of docs/math.md. */
const SETTLED = 300;

/** Words whose n-grams are found between yields to the event loop. */
const SLICE = 1024;

/** Subwords of a word that the list has room for at first. */
const USUAL = 16;

/**
 * The subwords of a vocabulary. Rows 0 … V − 1 are the words' own. Only buckets (or n-grams) of words of the vocabulary have a row, in the
 * order in which the words have them first: what no word has would learn nothing.
 */
export class Subwords implements SubwordSizes {
  /** the bucket or the n-gram of each row after the words' own */
  readonly keys: (number | string)[] = [];
  private readonly rows = new Map<number | string, number>();

  private constructor(
    private readonly options: SubwordOptions,
    /** u32[V + 1], and the numbers of rows: see SubwordLists */
    readonly starts: Uint32Array,
    public list: Uint32Array,
  ) {}

  /** The event loop gets its turn every few ms. */
  static async of(words: readonly string[], options: SubwordOptions): Promise<Subwords> {
    const { length } = words;
    const subwords = new Subwords(options, new Uint32Array(length + 1), new Uint32Array(USUAL * length));
    for (let id = 0; id < length; id++) {
      subwords.add(words[id], id);
      if (id % SLICE === SLICE - 1) await yieldToEventLoop();
    }
    subwords.list = subwords.list.slice(0, subwords.starts[length]);
    return subwords;
  }

  get count(): number {
    return this.starts.length - 1 + this.keys.length;
  }

  get listed(): number {
    return this.list.length;
  }

  /** Of a word that need not be known: the rows of its n-grams that have one, and how many n-grams it has. */
  private ngramRows(word: string): { rows: number[]; ngrams: number } {
    const keys = this.keysOf(word);
    return { rows: keys.flatMap((key) => this.rows.get(key) ?? []), ngrams: keys.length };
  }

  /**
   * The lists for training. Rows of many words take less than the sum of their changes, or all would go there at once: (6.11).
   * @param pairs that each word is trained in before its subwords take what it has learnt
   */
  partsFor(pairs: ArrayLike<number>): SubwordParts {
    const { starts, list } = this;
    const settled = new Float64Array(this.count);
    for (let word = 0; word < pairs.length; word++) {
      const share = Math.min(1, pairs[word] / SETTLED);
      for (const row of list.subarray(starts[word], starts[word + 1])) settled[row] += share;
    }
    const scales = Float32Array.from(settled, (sum) => 1 / Math.max(1, sum));
    return subwordParts({ starts, list, scales });
  }

  /** The vector of a word that need not be known: the mean over all its n-grams, of which those without a row count as zeros. */
  compose(word: string, matrix: Float32Array, stride: number, dim: number): Float32Array | undefined {
    const { rows, ngrams } = this.ngramRows(word);
    if (rows.length === 0) return undefined;
    const mean = new Float32Array(dim);
    for (const row of rows) for (let d = 0; d < dim; d++) mean[d] += matrix[row * stride + d];
    for (let d = 0; d < dim; d++) mean[d] /= ngrams;
    return mean;
  }

  /** The row of a bucket or an n-gram. */
  rowOf(key: number | string): number | undefined {
    return this.rows.get(key);
  }

  /** Lists the subwords of the next word. */
  private add(word: string, id: number): void {
    const keys = this.keysOf(word);
    let at = this.starts[id];
    if (at + keys.length >= this.list.length) {
      const longer = new Uint32Array(2 * this.list.length + keys.length);
      longer.set(this.list);
      this.list = longer;
    }
    this.list[at++] = id;
    for (const key of keys) {
      let row = this.rows.get(key);
      if (row === undefined) {
        row = this.starts.length - 2 + this.keys.push(key);
        this.rows.set(key, row);
      }
      this.list[at++] = row;
    }
    this.starts[id + 1] = at;
  }

  private keysOf(word: string): readonly (number | string)[] {
    const { options } = this;
    return options.exactNgrams ? ngramsOf(word, options) : bucketsOf(word, options, options.buckets);
  }
}
