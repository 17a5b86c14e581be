// Which input rows a word has in a model of fastText, and the vector that they make.

import { bucketsOf } from "../../text/ngrams.js";
import { meanOf } from "./matrix.js";
import type { FastTextInputs } from "./model.js";

/** Words, n-grams and their rows, which give a vector for any word. */
export class Subwords {
  private readonly rowOfWord = new Map<string, number>();

  constructor(private readonly model: FastTextInputs) {
    // if a word is repeated, its first row counts
    model.words.forEach((word, row) => {
      if (!this.rowOfWord.has(word)) this.rowOfWord.set(word, row);
    });
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

  /** Adds the rows of buckets, of those that have one. */
  private add(rows: number[], buckets: readonly number[]): number[] {
    const { words, pruned } = this.model;
    for (const bucket of buckets) {
      const place = pruned ? pruned.get(bucket) : bucket;
      if (place !== undefined) rows.push(words.length + place);
    }
    return rows;
  }
}
