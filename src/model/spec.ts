// Which rows a model has: the one place that decides it. Memory, checkpoints and estimates take the counts from here.

import type { Shape, SubwordSizes } from "../kernel/shape.js";
import { exp } from "../math/power.js";
import type { NgramOptions } from "../text/ngrams.js";

/**
 * One row for each word on either side. With hierarchical softmax the output rows are those of the V − 1 inner nodes; the last
 * row is nobody's and stays 0, so that files hold as many output rows whatever the loss. Where words have subwords, these have rows besides.
 */
export function shapeOf({ size }: { size: number }, subwords?: SubwordSizes): Shape {
  return { words: size, inputRows: size, outputRows: size, subwords };
}

export interface SubwordOptions extends NgramOptions {
  /** Buckets that n-grams share, by their hash. */
  buckets: number;
  /** Whether each n-gram has a row of its own instead. */
  exactNgrams: boolean;
}

/** Whether words have subwords at all. */
export function hasSubwords({ maxn }: Pick<NgramOptions, "maxn">): boolean {
  return maxn > 0;
}

/**
 * Distinct n-grams of 1, 2, 3 … characters that V English words have: factor × V^exponent. Measured on vocabularies of 14,419 and 125,433
 * words, of 7.6 characters in the mean; longer n-grams are as those of 8.
 */
const DISTINCT: readonly (readonly [factor: number, exponent: number])[] = [
  [26, 0],
  [243, 0.093],
  [150, 0.373],
  [43.6, 0.632],
  [10.3, 0.836],
  [4.2, 0.941],
  [2.6, 0.985],
  [1.8, 1],
];

/** Characters of a word in the mean, with its two marks. */
const CHARACTERS = 9.6;

/** What the subwords of so many English words take, where the words are not known yet. */
export function estimateSubwords(words: number, options: SubwordOptions): SubwordSizes {
  let [listed, distinct] = [words, 0];
  for (let length = options.minn; length <= options.maxn; length++) {
    const each = words * Math.max(0, CHARACTERS - length + 1 - (length === 1 ? 2 : 0));
    const [factor, exponent] = DISTINCT[Math.min(length, DISTINCT.length) - 1];
    listed += each;
    distinct += Math.min(each, factor * words ** exponent);
  }
  const { buckets, exactNgrams } = options;
  // so many of the buckets have one of them
  const rows = exactNgrams ? distinct : buckets * (1 - exp(-distinct / buckets));
  return { count: words + Math.ceil(rows), listed: Math.ceil(listed) };
}
