// The learning rate that "auto" comes to: (8.4) of docs/math.md.

import type { Rates } from "./learning-rate.js";
import type { Settings } from "./settings.js";

type Asked = Pick<Settings, "model" | "loss" | "learningRate" | "minLearningRate">;

/** The text that a training reads. */
export interface Reading {
  /** words that all epochs read */
  words: number;
  /** words with vectors */
  vocabulary: number;
}

/** The share of the rate that it starts from at which it stops falling, as in word2vec.c. */
const FLOOR = 1e-4;

/** The rates of a training: those that are given, and what the others come to. */
export function ratesOf(
  { model, loss, learningRate, minLearningRate: floor }: Asked,
  reading: Reading,
): Rates & { isChosen: boolean } {
  const isChosen = learningRate === "auto";
  const start = isChosen ? Math.max(autoRate({ model, loss }, reading), floor ?? 0) : learningRate;
  return { learningRate: start, minLearningRate: Math.min(floor ?? start * FLOOR, start), isChosen };
}

/** The rate to start from. */
function autoRate({ model }: Pick<Settings, "model" | "loss">, _reading: Reading): number {
  return model === "cbow" ? 0.05 : 0.025;
}
