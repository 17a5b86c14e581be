// Classifiers of fastText's, .bin and quantized .ftz, as data that predicts here.

import { FormatError } from "../base/errors.js";
import type { FastTextArgs } from "../format/fasttext/args.js";
import { Negated } from "../format/fasttext/matrix.js";
import type { FastTextModel } from "../format/fasttext/model.js";
import { readFastTextModel } from "../format/fasttext.js";
import { labelOf } from "../text/labels.js";
import type { ClassifierData } from "./classifier-data.js";

/** @throws FormatError for a file that is damaged, or holds vectors and no classifier */
export async function readFastTextData(
  bytes: Uint8Array,
  name: string,
): Promise<{ args: FastTextArgs; data: ClassifierData }> {
  const model = await readFastTextModel([bytes], { name });
  const { args } = model;
  if (args.model !== "supervised")
    throw new FormatError(
      `${name}: expected a classifier of fastText, got vectors of its ${args.model}: read them with loadVectors or loadFastText`,
    );
  return { args, data: dataOf(model) };
}

/** A model that was read, as data that predicts here. */
export function dataOf({
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
