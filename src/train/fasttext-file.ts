// A trained model as fastText's file holds it, so that its command and gensim can use it. docs/formats.md.

import type { FastTextLoss } from "../format/fasttext/args.js";
import { CompactMatrix, DenseMatrix, Negated, type RowMatrix } from "../format/fasttext/matrix.js";
import type { FastTextModel } from "../format/fasttext/model.js";
import { writeFastTextModel } from "../format/fasttext.js";
import { hasSubwords } from "../model/spec.js";
import { Subwords } from "../model/subwords.js";
import type { Rows, Snapshot } from "./checkpoint/checkpoint.js";
import type { ResolvedOptions } from "./train-options.js";

/** Words between two changes of the learning rate, in fastText. */
const UPDATE_RATE = 100;

/**
 * The bytes of fastText's model.bin.
 * @throws RangeError for what that cannot hold: rows in files, n-grams with rows of their own
 */
export async function fastTextBytes(
  snapshot: Pick<Snapshot, "vocabulary" | "dim" | "inputs" | "outputs" | "subwords" | "multipliers" | "blocks">,
  options: ResolvedOptions,
): Promise<Generator<Uint8Array<ArrayBuffer>>> {
  if (options.exactNgrams)
    throw new RangeError('fastText\'s files number n-grams by their buckets: train without "exactNgrams"');
  const { inputs, outputs, subwords, vocabulary, dim } = snapshot;
  if (snapshot.blocks || !("data" in inputs) || !("data" in outputs))
    throw new RangeError(
      'fastText\'s files are written from rows in memory, got "blocks": load the model without them',
    );
  const { size, words, counts } = vocabulary;
  const { model, loss, window, epochs, minCount, negatives, minn, maxn, buckets, subsample } = options;
  const has = hasSubwords(options);
  const file: FastTextModel = {
    args: {
      ...{ dim, window, epochs, minCount, negatives, minn: has ? minn : 0, maxn, subsample, model },
      ...{ wordNgrams: 1, loss: loss as FastTextLoss, buckets: has ? buckets : 0, lrUpdateRate: UPDATE_RATE },
    },
    ...{ words, wordCounts: counts, labels: [], labelCounts: [], totalTokens: vocabulary.totalWords },
    inputs: subwords
      ? await composing(words, options, inputs, subwords, snapshot.multipliers, dim)
      : dense(inputs, size, dim),
    // its tree has the same nodes as ours, but asks the opposite of each
    outputs: loss === "hierarchical-softmax" ? new Negated(dense(outputs, size, dim)) : dense(outputs, size, dim),
  };
  return writeFastTextModel(file);
}

function dense({ data, stride }: Rows, rows: number, dim: number): RowMatrix {
  return DenseMatrix.of(data, rows, dim, stride);
}

/** The rows of words and buckets. */
async function composing(
  words: readonly string[],
  options: ResolvedOptions,
  inputs: Rows,
  subwords: Rows,
  multipliers: Float32Array | undefined,
  dim: number,
): Promise<RowMatrix> {
  const index = await Subwords.of(words, options);
  const given = dense(subwords, index.count, dim);
  const rowOfBucket = new Map(index.keys.map((key, i) => [key as number, words.length + i]));
  return new CompactMatrix(words.length, options.buckets, new Frozen(given, index, inputs, multipliers), rowOfBucket);
}

/** Rows of subwords, where the own row of a frozen word is such that its vector, which stayed, is the mean. */
class Frozen implements RowMatrix {
  readonly rows: number;
  readonly dim: number;

  constructor(
    private readonly given: RowMatrix,
    private readonly index: Subwords,
    private readonly inputs: Rows,
    private readonly multipliers: Float32Array | undefined,
  ) {
    ({ rows: this.rows, dim: this.dim } = given);
  }

  row(index: number): Float32Array {
    const { starts, list } = this.index;
    if (index >= starts.length - 1) return this.given.row(index);
    const own = this.given.row(index);
    if (this.multipliers?.[index] !== 0) return own;
    const rows = list.subarray(starts[index], starts[index + 1]);
    const at = index * this.inputs.stride;
    return own.map((x, d) => {
      const sum = rows.reduce((total, row) => total + this.given.row(row)[d], 0);
      return x + rows.length * this.inputs.data[at + d] - sum;
    });
  }
}
