// A live quality curve: scores of the vectors after each epoch.

import { checkKnown } from "../base/check.js";
import type { EpochListener } from "../train/loop/records.js";
import { type AnalogySection, evaluateAnalogies, evaluateWordPairs, type WordPair } from "../vectors/evaluate.js";

export interface QualityOptions {
  /** Word pairs with human scores, of parseWordPairs. */
  wordPairs?: readonly WordPair[];
  /** Analogy questions, of parseAnalogies. */
  analogies?: readonly AnalogySection[];
  /** Analogies among the most frequent words only. Default 30,000: some seconds an epoch. */
  restrictVocabulary?: number;
}

export interface QualityPoint {
  epoch: number;
  loss: number;
  /** Spearman's rank correlation with the human scores */
  spearman?: number;
  /** share of the analogies that are solved */
  accuracy?: number;
  /** what patience goes by: that, or the mean of both */
  score: number;
}

/**
 * An onEpochEnd that scores the vectors, for patience too, and the curve of its scores.
 * @throws TypeError for options; onEpochEnd as evaluateWordPairs and evaluateAnalogies
 */
export function qualityProbe(options: QualityOptions): { curve: QualityPoint[]; onEpochEnd: EpochListener } {
  checkKnown("option", options, ["wordPairs", "analogies", "restrictVocabulary"]);
  const { wordPairs, analogies, restrictVocabulary = 30_000 } = options;
  if (wordPairs === undefined && analogies === undefined)
    throw new TypeError('qualityProbe expected something to score, got none: give "wordPairs", "analogies" or both');
  const curve: QualityPoint[] = [];
  return {
    curve,
    onEpochEnd: ({ vectors }, { epoch, loss }) => {
      const spearman = wordPairs && evaluateWordPairs(vectors, wordPairs).spearman;
      const accuracy = analogies && evaluateAnalogies(vectors, analogies, { restrictVocabulary }).accuracy;
      const scores = [spearman, accuracy].filter((score) => score !== undefined);
      const score = scores.reduce((sum, one) => sum + one, 0) / scores.length;
      curve.push({ epoch, loss, spearman, accuracy, score });
      return { score };
    },
  };
}
