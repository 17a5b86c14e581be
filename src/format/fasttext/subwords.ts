// Which input rows a word or a line has in a model of fastText, and the vectors that they make.

import { bucketsOf, END_OF_LINE, hashOf, wordNgramBuckets } from "../../text/ngrams.js";
import { meanOf } from "./matrix.js";
import type { FastTextInputs } from "./model.js";

/** What labels begin with; files do not say it. */
const LABEL = "__label__";

/** Words, n-grams and their rows, which give a vector for any word. */
export class Subwords {
  private readonly rowOfWord = new Map<string, number>();
  private readonly labels: ReadonlySet<string>;

  constructor(private readonly model: FastTextInputs) {
    // if a word is repeated, its first row counts
    model.words.forEach((word, row) => {
      if (!this.rowOfWord.has(word)) this.rowOfWord.set(word, row);
    });
    this.labels = new Set(model.labels);
  }

  /** The mean of the rows of a word and its n-grams, or of its n-grams alone; zeros if it has none. */
  get(word: string): Float32Array {
    return meanOf(this.model.inputs, this.rowsOf(word));
  }

  /** The rows of a word, if it has one, and of its n-grams. */
  rowsOf(word: string): number[] {
    const { args } = this.model;
    const own = this.rowOfWord.get(word);
    const rows = own === undefined ? [] : [own];
    return args.buckets === 0 ? rows : this.add(rows, bucketsOf(word, args, args.buckets));
  }

  /**
   * The rows of a line, as a classifier of fastText takes them: of its words and of what ends it, then of the n-grams of words.
   * Labels are left out.
   * @param tokens of the line, without what ends it
   */
  rowsOfLine(tokens: readonly string[]): number[] {
    const { wordNgrams, buckets } = this.model.args;
    const words = [...tokens, END_OF_LINE].filter((token) => !this.isLabel(token));
    const rows = words.flatMap((word) => this.rowsOf(word));
    if (wordNgrams < 2 || buckets === 0) return rows;
    return this.add(rows, wordNgramBuckets(words.map(hashOf), wordNgrams, buckets));
  }

  /** Adds the rows of buckets, of those that have one. */
  private add(rows: number[], buckets: readonly number[]): number[] {
    const { words, pruned } = this.model;
    for (const bucket of buckets) {
      const place = pruned ? pruned.get(bucket) : bucket;
      if (place !== undefined) rows.push(words.length + place);
    }
    return rows;
  }

  private isLabel(token: string): boolean {
    return !this.rowOfWord.has(token) && (this.labels.has(token) || token.startsWith(LABEL));
  }
}
