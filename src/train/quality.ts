// A live quality curve: what the vectors are worth after each epoch.

import { type AnalogySection, evaluateAnalogies, evaluateWordPairs, type WordPair } from "../vectors/evaluate.js";
import type { EpochListener } from "./options.js";

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
  /** share of the analogies answered right */
  accuracy?: number;
}

/** An onEpochEnd that evaluates the vectors, and the curve that it draws. */
export function qualityProbe({ wordPairs, analogies, restrictVocabulary = 30_000 }: QualityOptions): {
  curve: QualityPoint[];
  onEpochEnd: EpochListener;
} {
  const curve: QualityPoint[] = [];
  return {
    curve,
    onEpochEnd: ({ vectors }, { epoch, loss }) => {
      const point: QualityPoint = { epoch, loss };
      if (wordPairs) point.spearman = evaluateWordPairs(vectors, wordPairs).spearman;
      if (analogies) point.accuracy = evaluateAnalogies(vectors, analogies, { restrictVocabulary }).accuracy;
      curve.push(point);
    },
  };
}
