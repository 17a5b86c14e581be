// Classifiers in fastText's files: written for its command, read from it. docs/formats.md.

import type { ClassifierData, ClassifierRows } from "../classifier/classifier-data.js";
import { readFastTextData } from "../classifier/fasttext-data.js";
import { CompactMatrix, Negated, type RowMatrix } from "../format/fasttext/matrix.js";
import type { FastTextModel } from "../format/fasttext/model.js";
import { type QuantizeOptions, quantizeFastTextModel } from "../format/fasttext/quantize-model.js";
import { writeFastTextModel } from "../format/fasttext.js";
import { LABEL_PREFIX } from "../text/labels.js";
import type { ClassifierTraining } from "./classifier-training.js";
import { START } from "./loop/records.js";
import { CLASSIFIER_SETTINGS, type StoredClassifierSettings } from "./options/classifier-table.js";
import { resolve } from "./options/option.js";

/** Words between two changes of the learning rate, in fastText. */
const UPDATE_RATE = 100;

/**
 * The bytes of fastText's model.bin; quantized, of its .ftz.
 * @throws TypeError, RangeError for options, and for a classifier whose rows were pruned
 */
export async function* fastTextClassifierBytes(
  data: ClassifierData,
  settings: Pick<StoredClassifierSettings, "epochs" | "minCount" | "negatives">,
  quantize?: QuantizeOptions,
): AsyncGenerator<Uint8Array> {
  const model = fastTextModelOf(data, settings);
  if (quantize === undefined) return yield* writeFastTextModel(model);
  // buckets that no text has met are not worth a code
  const { cutoff = data.inputs.rows, ...others } = quantize;
  yield* writeFastTextModel(await quantizeFastTextModel(model, { cutoff, ...others }));
}

/** @throws RangeError for a classifier whose rows were pruned */
function fastTextModelOf(
  { args, words, counts, labels, labelCounts, rowBuckets, inputs, outputs }: ClassifierData,
  { epochs, minCount, negatives }: Pick<StoredClassifierSettings, "epochs" | "minCount" | "negatives">,
): FastTextModel {
  const { dim, loss, wordNgrams, minn, maxn } = args;
  if (args.isPruned)
    throw new RangeError(
      "the rows of the classifier were pruned, and cannot be again, nor be in model.bin: keep the .ftz, or save it without format",
    );
  const hasBuckets = maxn > 0 || wordNgrams > 1;
  const buckets = hasBuckets ? args.buckets : 0;
  const of = (rows: ClassifierRows): RowMatrix => ({ rows: rows.rows, dim, row: (index) => rows.row(index) });
  const rowOfBucket = new Map(Array.from(rowBuckets ?? [], (bucket, i) => [bucket, words.length + i]));
  return {
    args: {
      ...{ dim, loss, wordNgrams, minn, maxn, buckets, epochs, minCount, negatives },
      ...{ model: "supervised", window: 5, lrUpdateRate: UPDATE_RATE, subsample: 1e-4 },
    },
    ...{ words, wordCounts: counts, labels: labels.map((label) => LABEL_PREFIX + label), labelCounts },
    totalTokens: [...counts, ...labelCounts].reduce((sum, count) => sum + count, 0),
    inputs: rowBuckets && hasBuckets ? new CompactMatrix(words.length, buckets, of(inputs), rowOfBucket) : of(inputs),
    outputs: loss === "hierarchical-softmax" ? new Negated(of(outputs)) : of(outputs),
  };
}

/**
 * A classifier of fastText's, .bin or .ftz, and how its training stands: it has ended.
 * @throws FormatError for a file that is damaged, or holds vectors and no classifier
 */
export async function readFastTextClassifier(
  bytes: Uint8Array,
  name: string,
): Promise<{ data: ClassifierData; training: ClassifierTraining }> {
  const { args, data } = await readFastTextData(bytes, name);
  const { dim, loss, wordNgrams, minn, maxn, buckets, epochs, minCount, negatives } = args;
  const given = { dim, loss, wordNgrams, minn, maxn, buckets: Math.max(1, buckets), epochs, minCount, negatives };
  const stored = resolve(CLASSIFIER_SETTINGS, {}) as unknown as StoredClassifierSettings;
  return {
    data,
    training: {
      options: { ...stored, ...given },
      schedule: {
        ...{ epochs: 0, epochWords: 0, learningRate: 0, minLearningRate: 0, firstEpoch: 0 },
        learningRateSchedule: "constant",
      },
      ...{ position: { ...START }, mode: "none", random: [], text: "", history: [] },
    },
  };
}
