// A text classifier as data: what files hold of it, and what predicts.

import type { FeatureOptions } from "../text/line-features.js";
import type { TokenizeOptions } from "../text/tokenize.js";

/** The output layer of a classifier. */
export type ClassifierLoss = "softmax" | "hierarchical-softmax" | "negative-sampling" | "one-vs-all";

/** What says how a text becomes rows, and scores become probabilities. */
export interface ClassifierArgs extends FeatureOptions {
  dim: number;
  loss: ClassifierLoss;
  /** Whether buckets without a row are passed over, as where fastText has pruned them; else they count as rows of zeros. */
  isPruned?: boolean;
  /** how texts are tokenized */
  tokenize: Omit<TokenizeOptions, "splitSentences">;
}

/** Rows that are asked for one by one, however they lie in memory. */
export interface ClassifierRows {
  readonly rows: number;
  /** Row `index`, f32[dim]. Valid until the next call; not to be changed. */
  row(index: number): Float32Array;
}

/** Rows in one array, `stride` floats apart, of which the first dim are used. */
export class DenseRows implements ClassifierRows {
  readonly rows: number;

  constructor(
    private readonly floats: Float32Array,
    private readonly dim: number,
    private readonly stride = dim,
  ) {
    this.rows = floats.length / stride;
  }

  row(index: number): Float32Array {
    return this.floats.subarray(index * this.stride, index * this.stride + this.dim);
  }
}

/** All rows as floats, a row after the other. */
export function floatsOf(matrix: ClassifierRows, dim: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(matrix.rows * dim);
  for (let row = 0; row < matrix.rows; row++) all.set(matrix.row(row), row * dim);
  return all;
}

export interface ClassifierData {
  readonly args: ClassifierArgs;
  /** words and how often each came, by falling count; the end of a line, </s>, is one of them */
  readonly words: readonly string[];
  readonly counts: Float64Array;
  /** labels, without the prefix that they have in lines of text, by falling count */
  readonly labels: readonly string[];
  readonly labelCounts: Float64Array;
  /** The bucket of each input row after those of words; the others are rows of zeros. undefined: each bucket has a row, in their order. */
  readonly rowBuckets?: Uint32Array;
  /** of words, then of buckets */
  readonly inputs: ClassifierRows;
  /**
   * of labels; with hierarchical softmax of the inner nodes of the tree, the last of them nobody's. There bit 0 has label 1: fastText's
   * rows have the other sign.
   */
  readonly outputs: ClassifierRows;
}
