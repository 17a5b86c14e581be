// What a classifier of fastText says of a line, from its rows.

import { huffmanTree } from "../../math/huffman.js";
import type { FastTextLoss } from "./args.js";
import { meanOf } from "./matrix.js";
import type { FastTextModel } from "./model.js";

/** The probability of each label, from the rows of a line. */
export type LabelScorer = (rows: ArrayLike<number>) => Float64Array;

/**
 * A function that scores lines: hidden vector = mean of the rows, score of a label = hidden · its output row. Softmax and hierarchical
 * softmax give probabilities whose sum is 1, one-vs-all and negative sampling one for each label by itself.
 * fastText looks sigmoids up in a table and prints logarithms of p + 1e-5, so its figures differ from these by up to 0.01.
 * @throws RangeError unless the model is a classifier; with hierarchical softmax if its labels are not in the order of their counts
 */
export function labelScorer({ args, labels, labelCounts, inputs, outputs }: FastTextModel): LabelScorer {
  if (args.model !== "supervised")
    throw new RangeError(`"model" expected a classifier ("supervised"), got "${args.model}": it has no labels`);
  if (labels.length === 0) throw new RangeError('"labels" expected at least one label, got none');
  const probabilities = probabilitiesOf(args.loss, labelCounts);
  return (rows) => {
    const hidden = meanOf(inputs, rows);
    const scores = new Float64Array(labels.length);
    for (let label = 0; label < scores.length; label++) {
      const row = outputs.row(label);
      for (let d = 0; d < hidden.length; d++) scores[label] += hidden[d] * row[d];
    }
    return probabilities(scores);
  };
}

/** What makes probabilities of scores. */
function probabilitiesOf(loss: FastTextLoss, counts: ArrayLike<number>): (scores: Float64Array) => Float64Array {
  if (loss === "softmax") return softmax;
  if (loss === "hierarchical-softmax") return alongPaths(counts);
  return (scores) => scores.map(sigmoid);
}

function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

function softmax(scores: Float64Array): Float64Array {
  const most = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** Output row i is that of the inner node i; a branch 1 has the probability σ(score). The last row is of no node. */
function alongPaths(counts: ArrayLike<number>): (scores: Float64Array) => Float64Array {
  const tree = huffmanTree(counts);
  const paths = Array.from(counts, (_, label) => tree.path(label));
  return (scores) => {
    const right = scores.map(sigmoid);
    return Float64Array.from(paths, ({ nodes, code }) =>
      nodes.reduce((product, node, i) => product * (code[i] === 1 ? right[node] : 1 - right[node]), 1),
    );
  };
}
