// The learning rate that "auto" comes to: (8.4) of docs/math.md.

import { MOST_TAKEN, TILE_PAIRS } from "../../kernel/grid-layout.js";
import { lossOf } from "../../model/losses/registry.js";
import { hasSubwords } from "../../model/spec.js";
import type { Vocabulary } from "../../text/vocabulary.js";
import type { Rates } from "./learning-rate.js";
import { fitsGrid, type Settings } from "./settings.js";
import { meanContexts } from "./window-shape.js";

/** The options that the rate depends on. */
type Asked = Pick<
  Settings,
  | ("model" | "loss" | "negatives" | "sharedNegatives" | "noiseExponent" | "cbowCombine" | "subsample")
  | ("windowLeft" | "windowRight" | "shrinkWindows" | "windowWeights" | "learningRate" | "minLearningRate" | "maxn")
>;

/** The text that a training reads. */
export interface Reading {
  /** words that all epochs read */
  words: number;
  vocabulary: Pick<Vocabulary, "size" | "counts" | "keepProbabilities">;
}

/** The share of the rate that it starts from at which it stops falling, as in word2vec.c. */
const FLOOR = 1e-4;

/** Where no measurement says better: the rates of word2vec.c. */
const USUAL = { skipgram: 0.025, cbow: 0.05 };

/** The rate of pairs that the grid trains: its bounds, and the words at which it is `rate`. */
const GRID = { least: 0.025, most: 0.1, rate: 0.05, words: 24_000_000 };

/** Where words have subwords: the share of that, and the least rate. */
const SUBWORD_SHARE = 0.75;
const SUBWORD_LEAST = 0.05;

const CBOW = 0.075;

/** A rate times the steps that a row takes at once, at most. From twice as much on trainings diverge. */
const SAFE = 1.5;

/** The rates of a training: those that are given, and what the others come to. */
export function ratesOf(options: Asked, reading: Reading): Rates & { isChosen: boolean } {
  const { learningRate, minLearningRate: floor } = options;
  const isChosen = learningRate === "auto";
  const start = isChosen ? Math.max(autoRate(options, reading), floor ?? 0) : learningRate;
  return { learningRate: start, minLearningRate: Math.min(floor ?? start * FLOOR, start), isChosen };
}

/** The rate to start from. */
function autoRate(options: Asked, reading: Reading): number {
  return Math.min(bestRate(options, reading.words), safeRate(options, reading.vocabulary));
}

/** The rate that teaches most. @param words to read */
function bestRate({ model, loss, maxn }: Asked, words: number): number {
  if (!lossOf(loss).fitsGrid) return USUAL[model];
  if (!fitsGrid({ model, loss })) return CBOW;
  const rate = Math.max(GRID.least, Math.min(GRID.most, GRID.rate * Math.sqrt(GRID.words / words)));
  return hasSubwords({ maxn }) ? Math.max(SUBWORD_LEAST, SUBWORD_SHARE * rate) : rate;
}

/** The highest rate that no row is thrown by, whose gradients several pairs and several output rows add up at once. */
function safeRate(options: Asked, vocabulary: Reading["vocabulary"]): number {
  const { model, loss, sharedNegatives, cbowCombine, windowWeights } = options;
  const rows = lossOf(loss).rowsAtOnce(options, vocabulary.size);
  const isTiled = fitsGrid({ model, loss });
  const together = isTiled ? (sharedNegatives ? TILE_PAIRS : 1) : meanContexts({ ...options, windowWeights: [] });
  // rows that stand several times among those take as many steps
  const steps = rows * (1 + Math.max(0, together - 1) * repetition(options, vocabulary));
  const heaviest = Math.max(1, ...windowWeights);
  if (isTiled) return (SAFE - MOST_TAKEN) / (steps * heaviest);
  return SAFE / ((steps + (model === "cbow" && cbowCombine === "mean" ? 1 : together)) * heaviest);
}

/** How likely it is that two words of the text are the same, once subsampled. */
function repetition({ subsample }: Asked, vocabulary: Reading["vocabulary"]): number {
  const kept = vocabulary.keepProbabilities(subsample).map((share, word) => share * vocabulary.counts[word]);
  const sum = kept.reduce((total, count) => total + count, 0);
  return kept.reduce((total, count) => total + (count / sum) * (count / sum), 0);
}
