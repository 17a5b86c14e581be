// All that a loss decides besides its arithmetic (assembly/loss-*.ts, kernel/js/js-loss-*.ts): each loss has a file here.

import type { Random } from "../../base/random.js";
import type { Layout, OutputLayer } from "../../kernel/layout.js";
import type { Shape } from "../../kernel/shape.js";
import type { Vocabulary } from "../../text/vocabulary.js";

/** The options that losses read. */
export interface LossOptions {
  negatives: number;
  noiseExponent: number;
}

/** The output layer of a vocabulary. */
export interface PreparedLayer extends OutputLayer {
  /** The most that a prediction costs on average where nothing has been learnt and all output rows are 0, in nats. */
  unlearntLoss: number;
  /** Fills its tables. */
  write(buffer: ArrayBufferLike, layout: Layout): void;
}

/** What a target is scored against. */
export interface Targets {
  /** output rows, in the order of their scores */
  rows: readonly number[];
  /** how many predictions their scores are */
  predictions: number;
  /** Σ −log p of these, in nats: float64, the same bits on every engine */
  loss(scores: Float64Array): number;
}

export interface OutputLoss<Name extends string = string> {
  readonly name: Name;
  /** Options of training that go with it; a loss that does not name them refuses them. */
  readonly options: readonly string[];
  /** Whose the output rows are: only those of words are vectors of words. */
  readonly outputRowsOf: "words" | "the inner nodes of a tree";
  /** Whether a prediction of skip-gram is a pair of words and noise words that many pairs share, which the grid trains. */
  readonly fitsGrid: boolean;
  /** What it needs in the memory, where the counts of the words are not known: estimated for a usual text. */
  estimate(options: LossOptions, shape: Shape): OutputLayer;
  /** What it needs in the memory, and writes there. */
  prepare(options: LossOptions, shape: Shape, vocabulary: Vocabulary): PreparedLayer;
  /** Draws what a target is scored against, in the order in which the kernels draw it: for losses without training. */
  drawing(options: LossOptions, vocabulary: Vocabulary): (target: number, random: Random) => Targets;
  /** Output rows whose gradients a hidden vector adds up in a prediction, on average; an even softmax's count as one. */
  rowsAtOnce(options: LossOptions, words: number): number;
  /** A warning where a model costs far more than with another loss. predictions: for each word of the text */
  costWarning?(cost: { words: number; dim: number; predictions: number }): string | undefined;
}
