// Models of fastText: those of the golden files, and ones that no program has trained.

import { readFileSync } from "node:fs";
import { Random } from "../../src/base/random";
import type { Classifier } from "../../src/classifier/line-classifier";
import type { FastTextArgs } from "../../src/format/fasttext/args";
import { CompactMatrix, DenseMatrix, type RowMatrix } from "../../src/format/fasttext/matrix";
import type { FastTextModel } from "../../src/format/fasttext/model";

/** What golden/fasttext/make.py has made: a name, and how the file's name ends. */
export const GOLDEN = [
  ...(["skipgram.bin", "cbow.bin", "softmax.bin", "hs.bin", "ova.bin", "ns.bin", "ngrams.bin", "many.bin"] as const),
  ...(["quantized.ftz", "qnorm.ftz", "cutoff.ftz", "qout.ftz"] as const),
];

/** Those that have labels. */
export const CLASSIFIERS = GOLDEN.filter((name) => name !== "skipgram.bin" && name !== "cbow.bin");

export const golden = (name: string) => readFileSync(`test/golden/fasttext/${name}`);

/** A file's lines, its last newline apart. */
export const linesOf = (bytes: Buffer) => bytes.toString("utf8").replace(/\n$/, "").split("\n");

/** Tokens as fastText separates them. */
export const tokensOf = (line: string) => line.split(/[ \n\r\t\v\f\0]+/).filter((token) => token !== "");

export const ARGS: FastTextArgs = {
  ...{ dim: 6, window: 5, epochs: 5, minCount: 1, negatives: 5, wordNgrams: 1 },
  ...{
    loss: "negative-sampling",
    model: "skipgram",
    buckets: 50,
    minn: 2,
    maxn: 4,
    lrUpdateRate: 100,
    subsample: 1e-4,
  },
};

/** Rows of random numbers. */
export function randomRows(rows: number, dim: number, seed: number): DenseMatrix {
  const floats = new Float32Array(rows * dim);
  Random.from(seed).fill(floats, 1);
  return DenseMatrix.of(floats, rows, dim);
}

/** A model with random rows: of the words, and of every third bucket. */
export function untrained(args: Partial<FastTextArgs> = {}, labels: readonly string[] = []): FastTextModel {
  const all = { ...ARGS, ...args };
  const words = ["</s>", "cat", "dog", "Bär", "東京", "catalogue", "sat"];
  const given = Math.ceil(all.buckets / 3);
  const rowOfBucket = new Map(Array.from({ length: given }, (_, i) => [3 * i, words.length + i]));
  const falling = (names: readonly string[]) => names.map((_, i) => 1000 - i);
  return {
    args: all,
    ...{ words, wordCounts: falling(words), labels, labelCounts: falling(labels), totalTokens: 1234 },
    inputs: new CompactMatrix(words.length, all.buckets, randomRows(words.length + given, all.dim, 1), rowOfBucket),
    outputs: randomRows(all.model === "supervised" ? labels.length : words.length, all.dim, 2),
  };
}

/** Of the differences between two matrices. */
export function sumOfSquares(one: RowMatrix, other: RowMatrix): number {
  let sum = 0;
  for (let index = 0; index < one.rows; index++) {
    const row = other.row(index).slice();
    one.row(index).forEach((x, d) => {
      sum += (x - row[d]) ** 2;
    });
  }
  return sum;
}

/** All numbers of a matrix. */
export const numbersOf = (matrix: RowMatrix) =>
  Array.from({ length: matrix.rows }, (_, row) => Array.from(matrix.row(row)));

/** The probability of each label of a line, in the order of the labels. */
export function probabilitiesOf(classifier: Classifier, tokens: readonly string[]): number[] {
  const predicted = classifier.predict([...tokens], { k: Number.POSITIVE_INFINITY });
  const found = new Map(predicted.map(({ label, probability }) => [label, probability]));
  return classifier.labels.map((label) => found.get(label)!);
}
