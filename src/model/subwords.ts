// Which rows words are composed of, loaded where they are: a word's own, and one for each of its character n-grams. Bojanowski et al. 2017; (6.10) of docs/math.md.

import type { SubwordLists, SubwordSizes } from "../kernel/shape.js";
import { hashOf, ngramsOf } from "../text/ngrams.js";
import type { SubwordOptions } from "./spec.js";

/** Pairs from which on a word has found its place among the others, and its change says where that is: (6.11) of docs/math.md. */
const SETTLED = 300;

/**
 * The subwords of a vocabulary. Rows 0 … V − 1 are the words' own. Only buckets (or n-grams) of words of the vocabulary have a row, in the
 * order in which the words have them first: what no word has would learn nothing.
 */
export class Subwords implements SubwordSizes {
  /** u32[V + 1], and the numbers of rows: see SubwordLists */
  readonly starts: Uint32Array;
  readonly list: Uint32Array;
  /** the bucket or the n-gram of each row after the words' own */
  readonly keys: readonly (number | string)[];
  private readonly rows = new Map<number | string, number>();

  constructor(
    words: readonly string[],
    private readonly options: SubwordOptions,
  ) {
    const keys: (number | string)[] = [];
    this.starts = new Uint32Array(words.length + 1);
    let list = new Uint32Array(16 * words.length);
    let at = 0;
    words.forEach((word, id) => {
      const found = this.keysOf(word);
      if (at + found.length >= list.length) {
        const longer = new Uint32Array(2 * list.length + found.length);
        longer.set(list);
        list = longer;
      }
      list[at++] = id;
      for (const key of found) {
        let row = this.rows.get(key);
        if (row === undefined) {
          row = words.length + keys.push(key) - 1;
          this.rows.set(key, row);
        }
        list[at++] = row;
      }
      this.starts[id + 1] = at;
    });
    this.list = list.slice(0, at);
    this.keys = keys;
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
   * @param pairs that each word is trained in between two times that words are composed
   */
  listsFor(pairs: ArrayLike<number>): SubwordLists {
    const { starts, list } = this;
    const settled = new Float64Array(this.count);
    for (let word = 0; word < pairs.length; word++) {
      const share = Math.min(1, pairs[word] / SETTLED);
      for (const row of list.subarray(starts[word], starts[word + 1])) settled[row] += share;
    }
    return { starts, list, scales: Float32Array.from(settled, (sum) => 1 / Math.max(1, sum)) };
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

  private keysOf(word: string): (number | string)[] {
    const { options } = this;
    const ngrams = ngramsOf(word, options);
    return options.exactNgrams ? ngrams : ngrams.map((ngram) => hashOf(ngram) % options.buckets);
  }
}
