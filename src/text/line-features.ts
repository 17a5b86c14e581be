// The input rows of a line of text, as fastText's classifier has them: of its words, of their character n-grams, and of n-grams of words.

import { bucketsOf, END_OF_LINE, hashOf, type NgramOptions, wordNgramBuckets } from "./ngrams.js";

/** Which n-grams a line has. */
export interface FeatureOptions extends NgramOptions {
  /** words of an n-gram at most; 1: none */
  wordNgrams: number;
  /** numbers that n-grams are hashed to */
  buckets: number;
}

/** Rows of the buckets that a training text has: the others have none, so that memory goes by the text. */
export class BucketRows {
  /** row + 1 of each bucket */
  private readonly table: Int32Array;
  private readonly list: number[] = [];

  /** @param first the row of the first bucket @param given the bucket of each row, where they are known */
  constructor(
    buckets: number,
    private readonly first: number,
    given: Iterable<number> = [],
  ) {
    this.table = new Int32Array(buckets);
    for (const bucket of given) this.add(bucket);
  }

  /** The bucket of each row. */
  get buckets(): Uint32Array<ArrayBuffer> {
    return Uint32Array.from(this.list);
  }

  get size(): number {
    return this.list.length;
  }

  /** The row of a bucket; −1 if it has none. */
  rowOf(bucket: number): number {
    return this.table[bucket] - 1;
  }

  /** The row of a bucket, which gets one if it has none. */
  add(bucket: number): number {
    if (this.table[bucket] === 0) this.table[bucket] = this.first + this.list.push(bucket);
    return this.table[bucket] - 1;
  }
}

/** What a token adds to a line. */
export interface TokenFeatures {
  /** of the word and its character n-grams; −1 for a bucket without a row */
  rows: readonly number[];
  /** u32 */
  hash: number;
}

export class LineFeatures {
  private readonly hasNgrams: boolean;
  private readonly end: TokenFeatures;

  /**
   * @param words the row of each word
   * @param rowOf the row of a bucket
   */
  constructor(
    private readonly words: ReadonlyMap<string, number>,
    private readonly options: FeatureOptions,
    private readonly rowOf: (bucket: number) => number,
  ) {
    this.hasNgrams = options.maxn > 0;
    this.end = this.ofToken(END_OF_LINE);
  }

  /** A word without a row has its n-grams alone. */
  ofToken(token: string): TokenFeatures {
    const row = this.words.get(token);
    const rows = row === undefined ? [] : [row];
    if (this.hasNgrams)
      for (const bucket of bucketsOf(token, this.options, this.options.buckets)) rows.push(this.rowOf(bucket));
    return { rows, hash: hashOf(token) };
  }

  /** The rows of a line; its end counts as a word. −1 stands for a row of zeros. */
  ofLine(line: readonly TokenFeatures[]): number[] {
    const { wordNgrams, buckets } = this.options;
    const tokens = [...line, this.end];
    const rows: number[] = [];
    for (const token of tokens) for (const row of token.rows) rows.push(row);
    if (wordNgrams > 1) {
      const hashes = tokens.map(({ hash }) => hash);
      for (const bucket of wordNgramBuckets(hashes, wordNgrams, buckets)) rows.push(this.rowOf(bucket));
    }
    return rows;
  }
}
