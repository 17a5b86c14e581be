// A live quality curve: scores of the vectors after each epoch.

import { checkKnown } from "../base/check.js";
import type { Vocabulary } from "../text/vocabulary.js";
import type { EpochListener } from "../train/loop/records.js";
import { checkAnalogies, checkWordPairs, evaluateAnalogies, evaluateWordPairs } from "../vectors/evaluate.js";
import type { AnalogySection, WordPair } from "../vectors/evaluation-sets.js";

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

/** What scores a training. Each needs its own. */
export interface QualityProbe {
  /** A point for each epoch in the history; epochs that are undone, as the learning rate was too high, leave it when they are trained again. */
  curve: QualityPoint[];
  /** Refuses a vocabulary that has too few words of the pairs or the analogies, before anything is trained. @throws RangeError */
  onVocabulary(vocabulary: Pick<Vocabulary, "words">): void;
  /** Scores the vectors, for patience too. @throws as evaluateWordPairs and evaluateAnalogies */
  onEpochEnd: EpochListener;
}

/**
 * Listeners for train, which score the vectors after each epoch, and the curve of the scores.
 * @throws TypeError for options
 */
export function qualityProbe(options: QualityOptions): QualityProbe {
  checkKnown("option", options, ["wordPairs", "analogies", "restrictVocabulary"]);
  const { wordPairs, analogies, restrictVocabulary = 30_000 } = options;
  if (wordPairs === undefined && analogies === undefined)
    throw new TypeError('qualityProbe expected something to score, got none: give "wordPairs", "analogies" or both');
  const curve: QualityPoint[] = [];
  return {
    curve,
    onVocabulary: ({ words }) => {
      if (wordPairs) checkWordPairs(words, wordPairs);
      if (analogies) checkAnalogies(words, analogies, { restrictVocabulary });
    },
    onEpochEnd: ({ vectors }, { epoch, loss }) => {
      const spearman = wordPairs && evaluateWordPairs(vectors, wordPairs).spearman;
      const accuracy = analogies && evaluateAnalogies(vectors, analogies, { restrictVocabulary }).accuracy;
      const scores = [spearman, accuracy].filter((score) => score !== undefined);
      const score = scores.reduce((sum, one) => sum + one, 0) / scores.length;
      // of epochs that training went back over
      while (curve.length > 0 && curve[curve.length - 1].epoch >= epoch) curve.pop();
      curve.push({ epoch, loss, spearman, accuracy, score });
      return { score };
    },
  };
}
