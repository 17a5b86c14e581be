// How well a classifier predicts: precision and recall at k as fastText's test has them, of each label, and which label is taken for which.

import type { Corpus } from "../text/corpus.js";
import { labelledLines } from "../text/examples.js";
import type { Classifier } from "./line-classifier.js";

/** Of the predictions of one label. */
export interface LabelScore {
  label: string;
  /** share of the lines where it was predicted that have it; 0 if it never was */
  precision: number;
  /** share of the lines that have it where it was predicted; 0 if none has it */
  recall: number;
  /** harmonic mean of both; 0 if both are */
  f1: number;
  /** lines that have it, and lines where it was predicted */
  examples: number;
  predicted: number;
}

export interface ClassifierScore {
  /** lines with a label that the classifier knows */
  examples: number;
  /** lines without one, or without a known word: they count for nothing, as in fastText */
  skipped: number;
  k: number;
  /** P@k: share of all predictions, at most k a line, that are labels of the line */
  precision: number;
  /** R@k: share of all labels of lines that are among the predictions */
  recall: number;
  /** by falling count in the training text */
  labels: LabelScore[];
  /**
   * confusion[i][j]: lines with label i whose most probable label is j, in the order of `labels`; a line with several counts for each.
   * Left out where there are more than 1,000 labels.
   */
  confusion?: number[][];
}

/** Labels that a confusion matrix has at most. */
const MOST_CONFUSED = 1_000;

/** Predicts the lines of a corpus. @param k most labels of a line @param threshold least probability */
export async function scoreClassifier(
  classifier: Classifier,
  corpus: Corpus,
  k: number,
  threshold: number,
): Promise<ClassifierScore> {
  const { labels } = classifier;
  const rowOf = new Map(labels.map((label, row) => [label, row]));
  const [right, predicted, real] = [0, 0, 0].map(() => new Float64Array(labels.length));
  const confusion = labels.length <= MOST_CONFUSED ? labels.map(() => labels.map(() => 0)) : undefined;
  let examples = 0;
  let skipped = 0;
  for await (const lines of labelledLines(corpus)) {
    for (const line of lines) {
      const known = line.labels.map((label) => rowOf.get(label)).filter((row) => row !== undefined);
      const found = known.length > 0 ? classifier.best(line.words, Math.max(k, 1), 0) : [];
      if (found.length === 0) {
        skipped++;
        continue;
      }
      examples++;
      const taken = found.slice(0, k).filter(({ probability }) => probability >= threshold);
      for (const { row } of taken) {
        predicted[row]++;
        if (known.includes(row)) right[row]++;
      }
      for (const row of known) {
        real[row]++;
        if (confusion) confusion[row][found[0].row]++;
      }
    }
  }
  const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
  const sum = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0);
  return {
    ...{ examples, skipped, k },
    precision: ratio(sum(right), sum(predicted)),
    recall: ratio(sum(right), sum(real)),
    labels: labels.map((label, row) => {
      const precision = ratio(right[row], predicted[row]);
      const recall = ratio(right[row], real[row]);
      const f1 = ratio(2 * precision * recall, precision + recall);
      return { label, precision, recall, f1, examples: real[row], predicted: predicted[row] };
    }),
    confusion,
  };
}
