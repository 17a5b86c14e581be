// Makes a model of fastText small: prunes features by the length of their rows, and quantizes. Joulin et al. 2016, "FastText.zip".

import { checkBoolean, checkInteger, checkKnown, checkSignal } from "../../base/check.js";
import { yieldToEventLoop } from "../../base/event-loop.js";
import { Random } from "../../base/random.js";
import type { Pause } from "../../math/codebooks.js";
import { orAborted } from "../../text/abort.js";
import { END_OF_LINE } from "../../text/ngrams.js";
import { ChosenRows, type RowMatrix, squaredNorm } from "./matrix.js";
import type { FastTextModel } from "./model.js";
import { QuantizedMatrix, quantizeMatrix } from "./quantized.js";

/** Rows passed between two pauses. */
const PASSED = 65_536;

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
  /** Ends it. */
  signal?: AbortSignal;
}

/**
 * A quantized model, the same for the same options: what writeFastTextModel writes of it is a `.ftz`. The model given stays as it is.
 * Other work goes on meanwhile.
 * @throws TypeError, RangeError for options, a model that is quantized already, and rows that are not finite; the signal's reason
 */
export async function quantizeFastTextModel(
  model: FastTextModel,
  options: QuantizeOptions = {},
): Promise<FastTextModel> {
  checkKnown("option", options, ["cutoff", "dsub", "qnorm", "qout", "seed", "signal"]);
  const { cutoff = Number.MAX_SAFE_INTEGER, dsub = 2, qnorm = false, qout = false, seed = 1 } = options;
  const signal = checkSignal(options.signal);
  checkInteger("cutoff", cutoff, 1);
  checkInteger("dsub", dsub, 1, model.args.dim);
  checkBoolean("qnorm", qnorm);
  checkBoolean("qout", qout);
  checkInteger("seed", seed, 0);
  if (model.inputs instanceof QuantizedMatrix)
    throw new RangeError("the model is quantized already: quantize the .bin that it was made from");
  const pause = () => orAborted(yieldToEventLoop(), signal);
  const lengths = await squaredLengths("inputs", model.inputs, pause);
  await squaredLengths("outputs", model.outputs, pause);
  const kept = cutoff < lengths.length ? prune(model, lengths, cutoff) : model;
  const quantize = (matrix: RowMatrix, partDim: number, stream: number) =>
    quantizeMatrix(matrix, partDim, qnorm, Random.from(seed, stream), pause);
  return {
    ...kept,
    inputs: await quantize(kept.inputs, dsub, 0),
    outputs: qout ? await quantize(model.outputs, Math.min(2, model.args.dim), 1) : model.outputs,
  };
}

/** Squared lengths of the rows. @throws RangeError for a row that is not finite */
async function squaredLengths(name: string, matrix: RowMatrix, pause: Pause): Promise<Float64Array> {
  const lengths = new Float64Array(matrix.rows);
  for (let row = 0; row < lengths.length; row++) {
    if (row % PASSED === 0) await pause();
    lengths[row] = squaredNorm(matrix.row(row));
    if (!Number.isFinite(lengths[row]))
      throw new RangeError(`"${name}" expected finite floats, row ${row + 1} has others: train again at a lower rate`);
  }
  return lengths;
}

/** Keeps so many input rows. Words stay in their order; n-grams come after them by the length of their rows. */
function prune(model: FastTextModel, lengths: Float64Array, cutoff: number): FastTextModel {
  const { inputs, words, wordCounts } = model;
  const chosen = longestRows(lengths, cutoff, words.indexOf(END_OF_LINE));
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

/** Numbers of so many rows, by falling length; `first` before all others. */
function longestRows(lengths: Float64Array, count: number, first: number): Uint32Array {
  const least = lengths.slice().sort()[lengths.length - count];
  const lengthOf = (row: number) => (row === first ? Number.POSITIVE_INFINITY : lengths[row]);
  return Uint32Array.from(lengths, (_, row) => row)
    .filter((row) => lengthOf(row) >= least)
    .sort((a, b) => lengthOf(b) - lengthOf(a) || a - b)
    .subarray(0, count);
}
