// Predicts the labels of a text: (14.1) to (14.6) of docs/math.md. Nothing here needs WebAssembly, or the code that trains.

import { checkInteger, checkKnown, checkNumber, show } from "../base/check.js";
import { huffmanTree } from "../math/huffman.js";
import { expMinusAbs } from "../math/power.js";
import { tokenizerOf } from "../text/examples.js";
import { labelOf, tokensOfLine } from "../text/labels.js";
import { BucketRows, LineFeatures, type TokenFeatures } from "../text/line-features.js";
import type { Sentence } from "../text/tokens.js";
import type { ClassifierData, ClassifierLoss, ClassifierRows } from "./classifier-data.js";

export interface LabelProbability {
  label: string;
  probability: number;
}

export interface ClassifyOptions {
  /** Most labels, the most probable first; Infinity for all. Default 1. */
  k?: number;
  /** Least probability. Default 0. */
  threshold?: number;
}

/** Tokens whose rows are remembered. */
const REMEMBERED = 65_536;

/** A trained classifier: texts in, labels out. */
export class Classifier {
  private readonly tokenize: (text: string) => string[];
  private readonly features: LineFeatures;
  private readonly remembered = new Map<string, TokenFeatures>();
  private readonly probabilitiesOf: (hidden: Float64Array) => Float64Array;

  /** @internal use readClassifier, trainClassifier or loadClassifier */
  constructor(
    /** rows, words and labels, for files of other formats */
    readonly data: ClassifierData,
  ) {
    const { args, words, rowBuckets } = data;
    const rows = new Map(words.map((word, row) => [word, row]));
    const table = rowBuckets && new BucketRows(rowBuckets.length > 0 ? args.buckets : 0, words.length, rowBuckets);
    const rowOf = table === undefined ? (bucket: number) => words.length + bucket : bucketRow(table);
    this.tokenize = tokenizerOf(args.tokenize);
    this.features = new LineFeatures(rows, args, rowOf);
    this.probabilitiesOf = OUTPUTS[args.loss](data);
  }

  /** The labels that it knows, by falling count. */
  get labels(): readonly string[] {
    return this.data.labels;
  }

  /** The words that it knows, by falling count. */
  get words(): readonly string[] {
    return this.data.words;
  }

  /**
   * The most probable labels of a text, best first; none for a text without a known word or n-gram. With one-vs-all and negative sampling each
   * probability is of the label alone, else they add up to 1 over all labels.
   * @param text one line, or its tokens; labels that stand in it are passed over
   * @throws TypeError, RangeError
   */
  predict(text: string | Sentence, options: ClassifyOptions = {}): LabelProbability[] {
    const { k, threshold } = checkPredict(options);
    if (typeof text !== "string" && !Array.isArray(text))
      throw new TypeError(`predict expected a text or its tokens, got ${show(text)}`);
    const tokens = typeof text === "string" ? tokensOfLine(text, this.tokenize) : text;
    const best = this.best(
      tokens.filter((token) => labelOf(token) === undefined),
      k,
      threshold,
    );
    return best.map(({ row, probability }) => ({ label: this.labels[row], probability }));
  }

  /** The hidden vector of a text: the mean of its rows, dim floats; zeros where it has none. */
  vector(text: string): Float32Array {
    return Float32Array.from(this.hidden(tokensOfLine(text, this.tokenize)) ?? new Float64Array(this.data.args.dim));
  }

  /** @internal rows of the most probable labels of a line's words */
  best(words: readonly string[], k: number, threshold: number): { row: number; probability: number }[] {
    const hidden = this.hidden(words);
    if (hidden === undefined) return [];
    const probabilities = this.probabilitiesOf(hidden);
    const order = Array.from(probabilities, (_, row) => row).filter((row) => probabilities[row] >= threshold);
    order.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
    return order.slice(0, k).map((row) => ({ row, probability: probabilities[row] }));
  }

  /** The mean of the rows of a line, −1 for one of zeros; undefined where there are none. */
  private hidden(words: readonly string[]): Float64Array | undefined {
    const { args, inputs } = this.data;
    const all = this.features.ofLine(words.map((word) => this.ofToken(word)));
    const rows = args.isPruned ? all.filter((row) => row >= 0) : all;
    if (rows.length === 0) return undefined;
    const hidden = new Float64Array(args.dim);
    for (const row of rows) {
      if (row < 0) continue;
      const floats = inputs.row(row);
      for (let d = 0; d < hidden.length; d++) hidden[d] += floats[d];
    }
    for (let d = 0; d < hidden.length; d++) hidden[d] /= rows.length;
    return hidden;
  }

  private ofToken(token: string): TokenFeatures {
    const known = this.remembered.get(token);
    if (known !== undefined) return known;
    if (this.remembered.size >= REMEMBERED) this.remembered.clear();
    const found = this.features.ofToken(token);
    this.remembered.set(token, found);
    return found;
  }
}

/** @throws TypeError, RangeError */
export function checkPredict(options: ClassifyOptions): Required<ClassifyOptions> {
  checkKnown("option", options, ["k", "threshold"]);
  const { k = 1, threshold = 0 } = options;
  return {
    k: k === Number.POSITIVE_INFINITY ? k : checkInteger("k", k, 1),
    threshold: checkNumber("threshold", threshold, 0),
  };
}

function bucketRow(table: BucketRows): (bucket: number) => number {
  return table.size > 0 ? (bucket) => table.rowOf(bucket) : () => -1;
}

/** The probability of each label, from the hidden vector. */
type Output = (data: ClassifierData) => (hidden: Float64Array) => Float64Array;

const each: Output =
  ({ labels, outputs }) =>
  (hidden) =>
    Float64Array.from(labels, (_, row) => sigmoid(dot(outputs, row, hidden)));

const OUTPUTS: Record<ClassifierLoss, Output> = {
  softmax:
    ({ labels, outputs }) =>
    (hidden) => {
      const scores = Float64Array.from(labels, (_, row) => dot(outputs, row, hidden));
      const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const powers = scores.map((score) => expMinusAbs(score - largest));
      const sum = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / sum);
    },
  "hierarchical-softmax": ({ labels, labelCounts, outputs }) => {
    const tree = huffmanTree(labelCounts);
    const paths = labels.map((_, label) => tree.path(label));
    return (hidden) => {
      const nodes = Float64Array.from({ length: labels.length - 1 }, (_, node) => dot(outputs, node, hidden));
      return Float64Array.from(paths, ({ nodes: path, code }) =>
        path.reduce((product, node, j) => product * sigmoid(code[j] === 0 ? nodes[node] : -nodes[node]), 1),
      );
    };
  },
  "negative-sampling": each,
  "one-vs-all": each,
};

function dot(outputs: ClassifierRows, row: number, hidden: Float64Array): number {
  const floats = outputs.row(row);
  let sum = 0;
  for (let d = 0; d < hidden.length; d++) sum += floats[d] * hidden[d];
  return sum;
}

function sigmoid(z: number): number {
  const e = expMinusAbs(z);
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}
