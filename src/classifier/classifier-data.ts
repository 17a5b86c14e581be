// A text classifier as data: what files hold of it, and what predicts.

import type { FeatureOptions } from "../text/line-features.js";
import type { TokenizeOptions } from "../text/tokenize.js";

/** The output layer of a classifier. */
export type ClassifierLoss = "softmax" | "hierarchical-softmax" | "negative-sampling" | "one-vs-all";

/** What says how a text becomes rows, and scores become probabilities. */
export interface ClassifierArgs extends FeatureOptions {
  dim: number;
  loss: ClassifierLoss;
  /** how texts are tokenized */
  tokenize: Omit<TokenizeOptions, "splitSentences">;
}

/** Rows of floats, `stride` floats apart, of which the first dim are used. */
export interface ClassifierRows {
  data: Float32Array;
  stride: number;
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
