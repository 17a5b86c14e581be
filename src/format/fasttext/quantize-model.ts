// Makes a model of fastText small: prunes features by the length of their rows, and quantizes. Joulin et al. 2016, "FastText.zip".

import { checkBoolean, checkInteger, checkKnown } from "../../base/check.js";
import { Random } from "../../base/random.js";
import { END_OF_LINE } from "../../text/ngrams.js";
import { ChosenRows, type RowMatrix, squaredNorm } from "./matrix.js";
import type { FastTextModel } from "./model.js";
import { QuantizedMatrix, quantizeMatrix } from "./quantized.js";

export interface QuantizeOptions {
  /** Input rows that are kept, words' and n-grams': the longest, and that of what ends a line. Default: all. */
  cutoff?: number;
  /** Numbers of a row that share a byte. Default 2. */
  dsub?: number;
  /** Quantizes the lengths of rows apart, a byte more a row: rows come back better. Default false. */
  qnorm?: boolean;
  /** Quantizes output rows, too, two numbers a byte. Default false. */
  qout?: boolean;
  /** Of the generator that chooses rows to learn from. Default 1. */
  seed?: number;
}

/**
 * A quantized model, the same for the same options: what writeFastTextModel writes of it is a `.ftz`. The model given stays as it is.
 * @throws TypeError, RangeError for options, a model that is quantized already, and rows that are not finite
 */
export function quantizeFastTextModel(model: FastTextModel, options: QuantizeOptions = {}): FastTextModel {
  checkKnown("option", options, ["cutoff", "dsub", "qnorm", "qout", "seed"]);
  const { cutoff = Number.MAX_SAFE_INTEGER, dsub = 2, qnorm = false, qout = false, seed = 1 } = options;
  checkInteger("cutoff", cutoff, 1);
  checkInteger("dsub", dsub, 1, model.args.dim);
  checkBoolean("qnorm", qnorm);
  checkBoolean("qout", qout);
  checkInteger("seed", seed, 0);
  if (model.inputs instanceof QuantizedMatrix)
    throw new RangeError("the model is quantized already: quantize the .bin that it was made from");
  checkFinite(model);
  const kept = cutoff < model.inputs.rows ? prune(model, cutoff) : model;
  const quantize = (matrix: RowMatrix, partDim: number, stream: number) =>
    quantizeMatrix(matrix, partDim, qnorm, Random.from(seed, stream));
  return {
    ...kept,
    inputs: quantize(kept.inputs, dsub, 0),
    outputs: qout ? quantize(model.outputs, Math.min(2, model.args.dim), 1) : model.outputs,
  };
}

/** @throws RangeError */
function checkFinite({ inputs, outputs }: FastTextModel): void {
  for (const [name, matrix] of Object.entries({ inputs, outputs }))
    for (let row = 0; row < matrix.rows; row++)
      if (!Number.isFinite(squaredNorm(matrix.row(row))))
        throw new RangeError(
          `"${name}" expected finite floats, row ${row + 1} has others: train again with a lower rate`,
        );
}

/** Keeps so many input rows. Words stay in their order; n-grams come after them by the length of their rows. */
function prune(model: FastTextModel, cutoff: number): FastTextModel {
  const { inputs, words, wordCounts } = model;
  const chosen = longestRows(inputs, words.indexOf(END_OF_LINE)).subarray(0, cutoff);
  const keptWords = chosen.filter((row) => row < words.length).sort();
  const keptBuckets = chosen.filter((row) => row >= words.length);
  const rows = new Uint32Array(chosen.length);
  rows.set(keptWords);
  rows.set(keptBuckets, keptWords.length);
  return {
    ...model,
    words: Array.from(keptWords, (row) => words[row]),
    wordCounts: Array.from(keptWords, (row) => wordCounts[row]),
    pruned: new Map(Array.from(keptBuckets, (row, place) => [row - words.length, place])),
    inputs: new ChosenRows(inputs, rows),
  };
}

/** Numbers of the rows by falling length; `first` before all others. */
function longestRows(matrix: RowMatrix, first: number): Uint32Array {
  const lengths = new Float64Array(matrix.rows);
  for (let row = 0; row < lengths.length; row++) lengths[row] = squaredNorm(matrix.row(row));
  if (first >= 0) lengths[first] = Number.POSITIVE_INFINITY;
  return Uint32Array.from(lengths, (_, row) => row).sort((a, b) => lengths[b] - lengths[a] || a - b);
}
