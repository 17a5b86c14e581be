// The sets that measure vectors, in two halves: one for choosing settings, one for reporting what was chosen.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { WordVectors } from "wasm2vec";
import {
  type AnalogyTally,
  evaluateAnalogies,
  evaluateWordPairs,
  parseAnalogies,
  parseWordPairs,
  type WordPair,
} from "wasm2vec/evaluate";

const FOLDER = "../shared/data/eval";

/** Analogies are answered from so many of the most frequent words. */
export const RESTRICT_VOCABULARY = 30_000;

/** Spearman's correlations and shares of solved analogies, by set. */
export interface Scores {
  [set: string]: number;
}

/** What a score comes from. */
export interface Quality {
  scores: Scores;
  /** pairs and questions whose words are all known */
  known: Scores;
}

/** Headings of the sets that curves and tables show. */
export const SETS = {
  wordsim353: "WordSim-353",
  wordsimSimilarity: "WordSim similarity",
  wordsimRelatedness: "WordSim relatedness",
  simlex999: "SimLex-999",
  simlexOdd: "SimLex-999, odd lines",
  simlexEven: "SimLex-999, even lines",
  rg65: "RG-65",
  mturk287: "MTurk-287",
  analogies: "analogies",
  semantic: "semantic analogies",
  syntactic: "syntactic analogies",
  analogiesOdd: "analogies, odd sections",
  analogiesEven: "analogies, even sections",
} as const;

export type SetName = keyof typeof SETS;

export const CHOOSING: readonly SetName[] = ["wordsimSimilarity", "mturk287", "simlexOdd", "analogiesOdd"];
export const REPORTING: readonly SetName[] = ["wordsimRelatedness", "rg65", "simlexEven", "analogiesEven"];

/** The mean of several sets, each of which counts the same. */
export function meanOf(scores: Scores, sets: readonly SetName[]): number {
  return sets.reduce((sum, set) => sum + scores[set], 0) / sets.length;
}

const read = (name: string) => readFileSync(join(FOLDER, name), "utf8");

/** Lines 1, 3, 5 … */
const odd = <T>(lines: readonly T[]) => lines.filter((_, i) => i % 2 === 0);
/** Lines 2, 4, 6 … */
const even = <T>(lines: readonly T[]) => lines.filter((_, i) => i % 2 === 1);

function pairSets(): Partial<Record<SetName, WordPair[]>> {
  const [wordsim353, wordsimSimilarity, wordsimRelatedness, simlex999, rg65, mturk287] = [
    "wordsim353.tsv",
    "EN-WS-353-SIM.txt",
    "EN-WS-353-REL.txt",
    "simlex999.txt",
    "EN-RG-65.txt",
    "EN-MTurk-287.txt",
  ].map((name) => parseWordPairs(read(name), name));
  const halves = { simlexOdd: odd(simlex999), simlexEven: even(simlex999) };
  return { wordsim353, wordsimSimilarity, wordsimRelatedness, simlex999, ...halves, rg65, mturk287 };
}

/** All sets, and each section of the analogies by its own name. */
export function qualityOf(vectors: WordVectors): Quality {
  const scores: Scores = {};
  const known: Scores = {};
  for (const [set, pairs] of Object.entries(pairSets())) {
    const { spearman, pairs: compared } = evaluateWordPairs(vectors, pairs);
    scores[set] = spearman;
    known[set] = compared;
  }
  const sections = parseAnalogies(read("questions-words.txt"));
  const answers = evaluateAnalogies(vectors, sections, { restrictVocabulary: RESTRICT_VOCABULARY });
  const tallies: Record<string, AnalogyTally> = {
    analogies: answers,
    semantic: answers.semantic,
    syntactic: answers.syntactic,
    analogiesOdd: sum(odd(answers.sections)),
    analogiesEven: sum(even(answers.sections)),
    ...Object.fromEntries(answers.sections.map((section) => [section.section, section])),
  };
  for (const [set, { correct, total }] of Object.entries(tallies)) {
    // JSON has no NaN: a section without a question that can be asked has no score
    if (total > 0) scores[set] = correct / total;
    known[set] = total;
  }
  return { scores: rounded(scores), known };
}

const sum = (tallies: readonly AnalogyTally[]): AnalogyTally => ({
  correct: tallies.reduce((total, { correct }) => total + correct, 0),
  total: tallies.reduce((all, { total }) => all + total, 0),
});

const rounded = (scores: Scores) =>
  Object.fromEntries(Object.entries(scores).map(([set, score]) => [set, Number(score.toFixed(5))]));
