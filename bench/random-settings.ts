// Settings of trainings drawn at random, with texts to train them on, and what such a training came to: for divergence.ts.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type EpochRecord, type TrainOptions, train, Vocabulary } from "wasm2vec";
import type { Random } from "../src/base/random.js";
import { meanContexts } from "../src/train/options/window-shape.js";
import { resolveOptions } from "../src/train/train-options.js";

/** What a text is like. */
interface TextSetting {
  text: keyof typeof TEXTS;
  words: number;
  /** distinct words at most, where the text is a made one */
  distinct: number;
  /** whether all of them are the vocabulary, however few the text has */
  isGiven: boolean;
}

/** A training, as JSON. */
export interface Setting extends TextSetting {
  options: TrainOptions;
}

/** Number from low to high, each magnitude alike. */
const between = (random: Random, low: number, high: number) => low * (high / low) ** (random.next() / 2 ** 32);
const whole = (random: Random, low: number, high: number) => Math.round(between(random, low, high));
const oneOf = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)];

const name = (rank: number) => `w${rank}`;

/** A text of lines of so many words each, one word at a time. */
function linesOf(words: number, length: number, next: (place: number) => number): string[][] {
  const lines: string[][] = [];
  for (let start = 0; start < words; start += length)
    lines.push(Array.from({ length: Math.min(length, words - start) }, (_, i) => name(next(start + i))));
  return lines;
}

/** Rank of a word by Zipf's law. */
const zipf = (random: Random, distinct: number) => Math.floor(between(random, 1, distinct + 1)) - 1;

function walk(random: Random, distinct: number): () => number {
  const degree = 4;
  const edges = Array.from({ length: distinct * degree }, () => random.below(distinct));
  let at = 0;
  return () => {
    at = edges[at * degree + random.below(degree)];
    return at;
  };
}

const kept = new Map<string, string[][]>();

function linesFrom(path: string, words: number): string[][] {
  const bytes = readFileSync(`../shared/data/${path}`);
  if (!kept.has(path)) {
    const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
    kept.set(
      path,
      text.split("\n").map((line) => line.split(/\s+/).filter(Boolean)),
    );
  }
  const lines: string[][] = [];
  let left = words;
  for (const line of kept.get(path)!) {
    if (left <= 0) break;
    lines.push(line.slice(0, left));
    left -= line.length;
  }
  return lines;
}

/** Texts of so many words, made of so many distinct ones where they are made. */
const TEXTS = {
  uniform: (random: Random, words: number, distinct: number) => linesOf(words, 20, () => random.below(distinct)),
  zipf: (random: Random, words: number, distinct: number) => linesOf(words, 20, () => zipf(random, distinct)),
  topics: (random: Random, words: number, distinct: number) =>
    linesOf(words, 20, (place) => {
      const topics = Math.max(2, Math.min(50, Math.floor(distinct / 4)));
      const rank = zipf(random, distinct);
      return random.below(3) === 0 ? rank : rank - (rank % topics) + (Math.floor(place / 20) % topics);
    }),
  "one word nearly alone": (random: Random, words: number, distinct: number) =>
    linesOf(words, 20, () => (random.below(50) === 0 ? random.below(distinct) : 0)),
  "two words in turn": (_: Random, words: number) => linesOf(words, 20, (place) => place % 2),
  "repeated words": (random: Random, words: number, distinct: number) => {
    let word = 0;
    return linesOf(words, 20, (place) => {
      if (place % 10 === 0) word = zipf(random, distinct);
      return word;
    });
  },
  "repeated lines": (random: Random, words: number, distinct: number) => {
    const lines = Array.from({ length: 4 }, () => Array.from({ length: 20 }, () => zipf(random, distinct)));
    let line = 0;
    return linesOf(words, 20, (place) => {
      if (place % 20 === 0) line = random.below(lines.length);
      return lines[line][place % 20];
    });
  },
  "one line": (random: Random, words: number, distinct: number) => linesOf(words, words, () => zipf(random, distinct)),
  "a graph's walks": (random: Random, words: number, distinct: number) => linesOf(words, 40, walk(random, distinct)),
  english: (_: Random, words: number) => linesFrom("corpus-1m.txt.gz", words),
  german: (_: Random, words: number) => linesFrom("multilingual/de-handbook.txt", words),
  baskets: (_: Random, words: number) => linesFrom("sequences/retail-baskets.tsv.gz", words),
} as const;

/** The most multiply-adds of a training: less than a second of them. */
const MOST_WORK = 2e9;

/** The most floats of rows that the epochs of a training look through, as each does at its end. */
const MOST_ROWS = 1e8;

/** Texts that are not made, whose words no made vocabulary has. */
const FOUND: readonly Setting["text"][] = ["english", "german", "baskets"];

/** A setting of the generator. @param mostWords of its text @param mostBytes of both matrices */
export function drawSetting(random: Random, mostWords: number, mostBytes: number): Setting {
  const text = oneOf(random, Object.keys(TEXTS) as Setting["text"][]);
  const model = oneOf(random, ["skipgram", "skipgram", "cbow"] as const);
  const loss = oneOf(random, ["negative-sampling", "negative-sampling", "hierarchical-softmax", "softmax"] as const);
  const often = (times: number) => random.below(times) === 0;
  const options: TrainOptions = { model, loss, seed: random.below(1e6), threads: 1 };
  if (!often(3)) options.dim = whole(random, 10, 500);
  if (!often(3)) options.window = whole(random, 1, 50);
  const { window = 5, dim = 100 } = options;
  if (often(3)) options[oneOf(random, ["windowLeft", "windowRight"] as const)] = 0;
  if (often(5)) options.windowWeights = oneOf(random, ["harmonic", "linear"] as const);
  if (often(4)) options.shrinkWindows = often(2);
  if (loss === "negative-sampling") {
    if (!often(3)) options.negatives = whole(random, 1, 200);
    if (!often(2)) options.noiseExponent = Number((2 * (random.next() / 2 ** 32) - 1).toFixed(2));
    if (model === "skipgram" && often(3)) options.sharedNegatives = false;
  }
  if (model === "cbow") {
    if (often(3)) options.cbowCombine = "sum";
    if (often(3)) options.cbowGradient = "divided";
  }
  if (!often(3)) options.subsample = often(2) ? 0 : Number(between(random, 1e-5, 1e-2).toPrecision(3));
  if (!often(2)) options.epochs = whole(random, 1, 20);
  if (!often(3)) options.minCount = often(2) ? 1 : whole(random, 1, 10);
  const most = Math.min(loss === "softmax" ? 2_000 : 500_000, Math.floor(mostBytes / (8 * dim)));
  options.maxVocabulary = whole(random, 2, most);
  // the widest vocabularies only where a softmax has not to score all of it; and given, as texts so short have few words
  const isGiven = !FOUND.includes(text) && often(3);
  const fewest = isGiven ? 1_000 : 2;
  const distinct = often(5) ? whole(random, 2, 20) : whole(random, fewest, most);
  if (isGiven) options.epochs = Math.min(options.epochs ?? 5, Math.ceil(MOST_ROWS / (distinct * dim)));
  const { negatives = 5 } = options;
  const rows = {
    "negative-sampling": negatives + 1,
    "hierarchical-softmax": Math.log2(Math.min(distinct, options.maxVocabulary) + 1),
    softmax: Math.min(distinct, options.maxVocabulary),
  }[loss];
  const perWord = 3 * dim * (options.epochs ?? 5) * (model === "cbow" ? rows + window : rows * window);
  const words = Math.max(200, Math.min(whole(random, 200, mostWords), Math.round(MOST_WORK / perWord)));
  // drawn last, so that the others are what they were without; lists of subwords take as long as training where words are many
  if (often(4) && distinct <= 20_000) options.maxn = whole(random, 1, 6);
  return { text, words, distinct, isGiven, options };
}

/** So many words, by Zipf's law. */
function vocabularyOf(distinct: number): Vocabulary {
  return new Vocabulary(Array.from({ length: distinct }, (_, rank) => [name(rank), Math.ceil(distinct / (rank + 1))]));
}

/**
 * How many steps rows take at once: pairs whose gradients an output row takes from the same scores, and output rows whose gradients a
 * hidden row takes, as often as its word is likely to be there. A rate is safe up to some number over it.
 */
function stepsAtOnce(options: TrainOptions, lines: readonly string[][]): number {
  const { model, loss, negatives, sharedNegatives, cbowCombine, maxVocabulary, minCount, subsample, ...windows } =
    resolveOptions(options);
  const counts = new Map<string, number>();
  for (const word of lines.flat()) counts.set(word, (counts.get(word) ?? 0) + 1);
  const least = options.minCount === undefined && lines.flat().length < 10_000 ? 1 : minCount;
  const entries = [...counts].filter(([, count]) => count >= least).sort((a, b) => b[1] - a[1]);
  if (entries.length === 0) return 1;
  const vocabulary = options.vocabulary ?? new Vocabulary(entries.slice(0, maxVocabulary));
  const kept = vocabulary.keepProbabilities(subsample).map((probability, id) => probability * vocabulary.counts[id]);
  const sum = kept.reduce((a, b) => a + b, 0);
  const same = kept.reduce((squares, count) => squares + (count / sum) ** 2, 0);
  const contexts = meanContexts(windows);
  const outputs = {
    "negative-sampling": 1 + negatives,
    "hierarchical-softmax": Math.max(1, Math.log2(vocabulary.size)),
    softmax: 1,
  }[loss];
  const pairs = model === "cbow" || loss !== "negative-sampling" ? contexts : sharedNegatives ? 16 : 1;
  return (model === "cbow" && cbowCombine === "mean" ? 1 : pairs) + outputs * (1 + Math.max(0, pairs - 1) * same);
}

/**
 * The loss of a model that has learnt nothing: each label is even, or each of the V words that a softmax scores. Of a tree it is a bit
 * for each node of the paths that the text takes: what the last epoch costs at a rate of 0.
 */
async function lossOfNothing({ size }: Vocabulary, lines: string[][], options: TrainOptions): Promise<number> {
  if (options.loss === "softmax") return Math.log(size);
  if (options.loss === "negative-sampling") return Math.LN2;
  const still = { learningRate: 0, minLearningRate: undefined, learningRateSchedule: "constant" } as const;
  return (await train(lines, { ...options, ...still, worker: false, threads: 1 })).history.at(-1)!.loss;
}

export interface Outcome {
  history: readonly EpochRecord[];
  vocabulary: number;
  /** warnings of a rate that was too high */
  lowered: string[];
  /** final loss over the loss of a model that learnt nothing */
  lossRatio: number;
  /** the largest norm of an input and of an output row; NaN where one is not finite */
  inputNorm: number;
  outputNorm: number;
}

function largestNorm(matrix: Float32Array, rows: number): number {
  const stride = matrix.length / rows;
  let largest = 0;
  for (let row = 0; row < matrix.length; row += stride) {
    let sum = 0;
    for (let i = row; i < row + stride; i++) sum += matrix[i] ** 2;
    if (!Number.isFinite(sum)) return Number.NaN;
    largest = Math.max(largest, sum);
  }
  return Math.sqrt(largest);
}

/** Trains a setting. @param steps gives the rate this number over the steps at once @throws what train throws */
export async function trainSetting(setting: Setting, random: Random, steps?: number): Promise<Outcome> {
  const { text, words, distinct, isGiven } = setting;
  const lines = TEXTS[text](random, words, distinct);
  const options = { ...setting.options, vocabulary: isGiven ? vocabularyOf(distinct) : undefined };
  // the setting is told with its rate
  if (steps)
    options.learningRate = setting.options.learningRate = Number((steps / stepsAtOnce(options, lines)).toPrecision(3));
  const { vocabulary, ...outcome } = await trained(lines, options);
  const nothing = await lossOfNothing(vocabulary, lines, options);
  return { ...outcome, vocabulary: vocabulary.size, lossRatio: outcome.history.at(-1)!.loss / nothing };
}

/** Trains, and forgets the model. */
async function trained(lines: string[][], options: TrainOptions) {
  const lowered: string[] = [];
  const onWarning = (message: string) => {
    if (message.includes("diverged")) lowered.push(message);
  };
  const model = await train(lines, { ...options, worker: false, threads: 1, onWarning });
  const { history, vocabulary, vectors } = model;
  return {
    history,
    vocabulary,
    lowered,
    inputNorm: largestNorm(vectors.matrix, vectors.size),
    // the nodes of a tree are no words
    outputNorm: options.loss === "hierarchical-softmax" ? 0 : largestNorm(model.outputVectors.matrix, vectors.size),
  };
}
