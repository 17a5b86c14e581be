// Classifiers in fastText's files: written for its command, read from it. docs/formats.md.

import { FormatError } from "../base/errors.js";
import type { ClassifierData, ClassifierRows } from "../classifier/classifier-data.js";
import { CompactMatrix, Negated, type RowMatrix } from "../format/fasttext/matrix.js";
import type { FastTextModel } from "../format/fasttext/model.js";
import { readFastTextModel, writeFastTextModel } from "../format/fasttext.js";
import { LABEL_PREFIX, labelOf } from "../text/labels.js";
import type { ClassifierTraining } from "./classifier-training.js";
import { START } from "./loop/records.js";
import { CLASSIFIER_SETTINGS, type StoredClassifierSettings } from "./options/classifier-table.js";
import { resolve } from "./options/option.js";

/** Words between two changes of the learning rate, in fastText. */
const UPDATE_RATE = 100;

/** The bytes of fastText's model.bin. @throws RangeError for a classifier whose rows were pruned */
export function fastTextClassifierBytes(
  { args, words, counts, labels, labelCounts, rowBuckets, inputs, outputs }: ClassifierData,
  { epochs, minCount, negatives }: Pick<StoredClassifierSettings, "epochs" | "minCount" | "negatives">,
): Generator<Uint8Array<ArrayBuffer>> {
  const { dim, loss, wordNgrams, minn, maxn } = args;
  if (args.isPruned)
    throw new RangeError(
      "the rows of the classifier were pruned, as model.bin cannot have them: keep the .ftz, or save it without format",
    );
  const hasBuckets = maxn > 0 || wordNgrams > 1;
  const buckets = hasBuckets ? args.buckets : 0;
  const of = (rows: ClassifierRows): RowMatrix => ({ rows: rows.rows, dim, row: (index) => rows.row(index) });
  const rowOfBucket = new Map(Array.from(rowBuckets ?? [], (bucket, i) => [bucket, words.length + i]));
  return writeFastTextModel({
    args: {
      ...{ dim, loss, wordNgrams, minn, maxn, buckets, epochs, minCount, negatives },
      ...{ model: "supervised", window: 5, lrUpdateRate: UPDATE_RATE, subsample: 1e-4 },
    },
    ...{ words, wordCounts: counts, labels: labels.map((label) => LABEL_PREFIX + label), labelCounts },
    totalTokens: [...counts, ...labelCounts].reduce((sum, count) => sum + count, 0),
    inputs: rowBuckets && hasBuckets ? new CompactMatrix(words.length, buckets, of(inputs), rowOfBucket) : of(inputs),
    outputs: loss === "hierarchical-softmax" ? new Negated(of(outputs)) : of(outputs),
  });
}

/**
 * A classifier of fastText's, .bin or .ftz, and how its training stands: it has ended.
 * @throws FormatError for a file that is damaged, or holds vectors and no classifier
 */
export async function readFastTextClassifier(
  bytes: Uint8Array,
  name: string,
): Promise<{ data: ClassifierData; training: ClassifierTraining }> {
  const model = await readFastTextModel([bytes], { name });
  const { args } = model;
  if (args.model !== "supervised")
    throw new FormatError(
      `${name}: expected a classifier of fastText, got vectors of its ${args.model}: read them with loadVectors or loadFastText`,
    );
  const { dim, loss, wordNgrams, minn, maxn, buckets, epochs, minCount, negatives } = args;
  const given = { dim, loss, wordNgrams, minn, maxn, buckets: Math.max(1, buckets), epochs, minCount, negatives };
  const stored = resolve(CLASSIFIER_SETTINGS, {}) as unknown as StoredClassifierSettings;
  return {
    data: dataOf(model),
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

function dataOf({
  args,
  words,
  wordCounts,
  labels,
  labelCounts,
  pruned,
  inputs,
  outputs,
}: FastTextModel): ClassifierData {
  const { dim, loss, wordNgrams, minn, maxn, buckets } = args;
  return {
    args: { dim, loss, wordNgrams, minn, maxn, buckets, isPruned: pruned !== undefined, tokenize: {} },
    ...{ words, counts: Float64Array.from(wordCounts) },
    // another prefix, which fastText may have been told, is a part of the label
    labels: labels.map((label) => labelOf(label) ?? label),
    labelCounts: Float64Array.from(labelCounts),
    rowBuckets: pruned && bucketsOf(pruned),
    inputs,
    outputs: loss === "hierarchical-softmax" ? new Negated(outputs) : outputs,
  };
}

/** The bucket of each row after those of words. */
function bucketsOf(pruned: ReadonlyMap<number, number>): Uint32Array {
  const all = new Uint32Array(pruned.size);
  for (const [bucket, place] of pruned) all[place] = bucket;
  return all;
}
