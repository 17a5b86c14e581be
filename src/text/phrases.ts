// Phrases: words that occur together more often than by chance, joined into one token (Mikolov et al. 2013, section 4).

import { checkFunction, checkInteger, checkKnown, checkNumber, checkOneOf, checkSignal, show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { log } from "../math/power.js";
import { abortable, orAborted } from "./abort.js";
import { type Corpus, type CorpusSource, toCorpus } from "./corpus.js";
import { PairCounter } from "./pairs.js";
import { readBy } from "./readers.js";
import type { ReadingThreads } from "./reading-link.js";
import { sentencesOf } from "./sentences.js";
import { checkThreads, type Machine, readersOf } from "./threads.js";
import type { Sentence } from "./tokens.js";

/**
 * How a pair a b is scored from its count, those of its words and min = minCount:
 * "gensim" (count − min) / (a b) × distinct words and pairs, as gensim's default;
 * "npmi" log(p(ab) / (p(a) p(b))) / −log p(ab) in [−1, 1] (Bouma 2009), as gensim's;
 * "word2phrase" (count − min) / (a b) × words of the text, in float32 as word2phrase.c; pairs are counted across sentences, too.
 */
export type PhraseScoring = "gensim" | "npmi" | "word2phrase";

export interface PhraseOptions {
  /** Rarer words and pairs are not part of a phrase. Default 5. */
  minCount?: number;
  /** A pair with a higher score is a phrase. Default 10, for npmi 0.5, for word2phrase 100. */
  threshold?: number;
  scoring?: PhraseScoring;
  /** Words, such as "of", that may occur inside a phrase but do not count for its score. Default none. */
  connectorWords?: Iterable<string>;
  /** Joins the words of a phrase. Default "_". */
  delimiter?: string;
  /** Most distinct words and pairs in memory while counting; beyond it the rarest are dropped. Default 10,000,000. */
  maxCounted?: number;
  /** true (default) reads text in workers, false in process. The phrases are the same. */
  worker?: boolean;
  /** Workers that read: "auto" (default) is one for each core. */
  threads?: number | "auto";
  /** Called from time to time with the number of words read so far. A returned promise is awaited; its error rejects. */
  onWords?: (words: number) => unknown;
  /** In Node: called with what was skipped in a folder whose path was given. */
  onWarning?: (message: string) => unknown;
  /** Stops counting at once; the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
}

export const PHRASE_THRESHOLD: Record<PhraseScoring, number> = { gensim: 10, npmi: 0.5, word2phrase: 100 };

/** Words that often occur inside English phrases. */
export const ENGLISH_CONNECTORS: readonly string[] = "a an the for of with without at from to in on by and or".split(
  " ",
);

const OPTIONS = [
  ...["minCount", "threshold", "scoring", "connectorWords", "delimiter", "maxCounted"],
  ...["worker", "threads", "onWords", "onWarning", "signal"],
];

/** The inputs of a score. */
interface Counts {
  first: number;
  second: number;
  pair: number;
  /** words of the text, and distinct words and pairs */
  words: number;
  distinct: number;
  minCount: number;
}

const { fround } = Math;

const SCORES: Record<PhraseScoring, (counts: Counts) => number> = {
  gensim: ({ first, second, pair, distinct, minCount }) => ((pair - minCount) / (first * second)) * distinct,
  npmi({ first, second, pair, words, minCount }) {
    if (pair < minCount) return Number.NEGATIVE_INFINITY;
    const together = pair / words;
    return log(together / ((first / words) * (second / words))) / -log(together);
  },
  // in the order and with the float32 rounding of word2phrase.c, so that the same pairs pass
  word2phrase({ first, second, pair, words, minCount }) {
    if (Math.min(first, second, pair) < minCount) return 0;
    return fround(fround(fround(fround(pair - minCount) / fround(first)) / fround(second)) * fround(words));
  },
};

/**
 * Counts the pairs of a corpus and keeps those that score above the threshold.
 * @param machine provides the threads that read
 * @throws TypeError, RangeError for options; what onWords throws; the signal's reason
 */
export async function learnPhrases(
  source: CorpusSource,
  options: PhraseOptions = {},
  machine: Machine,
): Promise<Phrases> {
  checkKnown("option", options, OPTIONS);
  const scoring = checkOneOf("scoring", options.scoring ?? "gensim", ["gensim", "npmi", "word2phrase"]);
  const minCount = checkInteger("minCount", options.minCount ?? 5, 1);
  const [least, most] = scoring === "npmi" ? [-1, 1] : [0, Number.MAX_VALUE];
  const threshold = checkNumber("threshold", options.threshold ?? PHRASE_THRESHOLD[scoring], least, most);
  const counter = new PairCounter(checkInteger("maxCounted", options.maxCounted ?? 10_000_000, 2, 2 ** 25));
  const connectors = new Set(checkWords("connectorWords", options.connectorWords));
  const delimiter = checkDelimiter(options.delimiter);
  const readers = readersOf(machine, checkThreads(options.worker ?? true, options.threads ?? "auto"));
  checkFunction("onWords", options.onWords);
  checkFunction("onWarning", options.onWarning);
  const corpus = readBy(abortable(toCorpus(source), checkSignal(options.signal)), readers);
  const words = await countPairs(corpus, counter, connectors, scoring === "word2phrase", options);
  const { distinct } = counter;
  const kept: [string[], number][] = [];
  let seen = 0;
  for (const { first, rest, count } of counter.candidates()) {
    const [a, b] = [counter.count(first), counter.count(rest[rest.length - 1])];
    const score = SCORES[scoring]({ first: a, second: b, pair: count, words, distinct, minCount });
    if (score > (scoring === "word2phrase" ? fround(threshold) : threshold)) kept.push([[first, ...rest], score]);
    if (++seen % 65_536 === 0) await orAborted(yieldToEventLoop(), options.signal);
  }
  kept.sort((a, b) => b[1] - a[1] || (a[0].join(" ") < b[0].join(" ") ? -1 : 1));
  return new Phrases(kept, connectors, delimiter);
}

function checkWords(name: string, words: Iterable<string> = []): readonly string[] {
  if (typeof words === "string" || typeof words?.[Symbol.iterator] !== "function")
    throw new TypeError(`"${name}" expected words, such as ["of", "the"], got ${show(words)}`);
  const all = [...words];
  const wrong = all.find((word) => typeof word !== "string");
  if (wrong !== undefined) throw new TypeError(`"${name}" expected words that are strings, got ${show(wrong)}`);
  return all;
}

function checkDelimiter(delimiter: string = "_"): string {
  if (typeof delimiter === "string") return delimiter;
  throw new TypeError(`"delimiter" expected a string, such as "_", got ${show(delimiter)}`);
}

/** @param across pairs are counted across sentences too @returns the words of the text */
async function countPairs(
  corpus: Corpus,
  counter: PairCounter,
  connectors: ReadonlySet<string>,
  across: boolean,
  { onWords, signal }: PhraseOptions,
): Promise<number> {
  let words = 0;
  let last = -1;
  let between: string[] = [];
  for await (const sentences of sentencesOf(corpus)) {
    for (const sentence of sentences) {
      if (!across) last = -1;
      between = [];
      for (const word of sentence) {
        if (connectors.has(word)) {
          if (last >= 0) between.push(word);
          continue;
        }
        const number = counter.addWord(word);
        if (last >= 0) counter.addPair(last, between, number);
        last = number;
        between = [];
      }
      words += sentence.length;
      // shrinking renumbers the words
      if (counter.shrink()) last = -1;
    }
    await orAborted(Promise.resolve(onWords?.(words)), signal);
  }
  return words;
}

const FORMAT = "wasm2vec phrases";
const VERSION = 1;

/** The phrases of a corpus. Joins them in any sentences. */
export class Phrases {
  /** by the first word, then by the other words, separated by NUL */
  private readonly byFirst = new Map<string, Map<string, string>>();
  private readonly connectors: ReadonlySet<string>;

  /** @internal use learnPhrases. phrases: words and score */
  constructor(
    private readonly phrases: readonly (readonly [words: readonly string[], score: number])[],
    connectorWords: Iterable<string> = [],
    readonly delimiter = "_",
  ) {
    this.connectors = new Set(connectorWords);
    for (const [[first, ...rest]] of phrases) {
      const others = this.byFirst.get(first) ?? new Map<string, string>();
      this.byFirst.set(first, others.set(rest.join("\0"), [first, ...rest].join(delimiter)));
    }
  }

  get size(): number {
    return this.phrases.length;
  }

  /** Phrases as they are joined, and their scores, highest first. */
  *entries(): Generator<[phrase: string, score: number]> {
    for (const [words, score] of this.phrases) yield [words.join(this.delimiter), score];
  }

  /** The sentence with its phrases joined, from left to right. A word belongs to at most one phrase. */
  join(sentence: Sentence): string[] {
    const joined: string[] = [];
    // a word that may begin a phrase, and the connectors after it
    let held: string[] = [];
    for (const word of sentence) {
      if (this.connectors.has(word)) {
        if (held.length > 0) held.push(word);
        else joined.push(word);
        continue;
      }
      const phrase = held.length === 0 ? undefined : this.phraseOf(held, word);
      if (phrase !== undefined) {
        joined.push(phrase);
        held = [];
        continue;
      }
      for (const passed of held) joined.push(passed);
      held = [word];
    }
    for (const passed of held) joined.push(passed);
    return joined;
  }

  /** The corpus with its phrases joined: to train on, or to learn phrases of phrases from. */
  corpus(source: CorpusSource): Corpus {
    const corpus = toCorpus(source);
    const phrases = this;
    const sentences = async function* (signal?: AbortSignal, threads?: ReadingThreads) {
      for await (const group of sentencesOf(readBy(corpus, threads), signal))
        for (const sentence of group) yield phrases.join(sentence);
    };
    return {
      name: corpus.name,
      isConstant: corpus.isConstant,
      progress: () => corpus.progress?.(),
      chunks: (signal, threads) => toCorpus(() => sentences(signal, threads)).chunks(),
    };
  }

  /** Text that Phrases.parse reads. */
  toText(): string {
    const { delimiter, connectors, phrases } = this;
    return JSON.stringify({ format: FORMAT, version: VERSION, delimiter, connectorWords: [...connectors], phrases });
  }

  /** @throws FormatError for a text that toText did not write */
  static parse(text: string, name = "phrases"): Phrases {
    const fail = (what: string, cause?: unknown) =>
      new FormatError(`${name}: expected phrases as toText writes them, got ${what}`, { cause });
    let read: { format?: unknown; version?: unknown; delimiter?: unknown; connectorWords?: unknown; phrases?: unknown };
    try {
      read = JSON.parse(text) ?? {};
    } catch (error) {
      throw fail("no JSON", error);
    }
    const { format, version, delimiter, connectorWords, phrases } = read;
    if (format !== FORMAT) throw fail(`format ${show(format)}`);
    if (version !== VERSION) throw fail(`version ${show(version)}: update wasm2vec`);
    if (typeof delimiter !== "string" || !isStrings(connectorWords)) throw fail("no delimiter and connector words");
    if (!Array.isArray(phrases)) throw fail("no phrases");
    const wrong = phrases.find((entry) => !isPhrase(entry));
    if (wrong !== undefined) throw fail(`the phrase ${show(JSON.stringify(wrong))}`);
    return new Phrases(phrases, connectorWords, delimiter);
  }

  private phraseOf([first, ...between]: string[], last: string): string | undefined {
    const others = this.byFirst.get(first);
    return others?.get(between.length === 0 ? last : [...between, last].join("\0"));
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isPhrase(entry: unknown): boolean {
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  return isStrings(entry[0]) && entry[0].length >= 2 && Number.isFinite(entry[1]);
}
