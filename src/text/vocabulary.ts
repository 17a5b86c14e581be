// Counts words, chooses which of them get vectors, and gives them ids.

import { Mark } from "../../assembly/params.js";
import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import type { WordId } from "../kernel/kernel.js";
import { power } from "../math/power.js";
import type { Corpus } from "./corpus.js";
import { NumberTables, ownCopy, type TokenChunk } from "./tokens.js";

export interface VocabularyOptions {
  /** Rarer words are dropped. Default 5. */
  minCount: number;
  /** Replaces minCount by a function of the number of tokens. */
  minCountFor?: (tokens: number) => number;
  /** Most words; the most frequent are kept. Default: no limit. */
  maxVocabulary: number;
  /** Most distinct words in memory while counting; beyond it the rarest are dropped, as in word2vec.c. Default 10,000,000. */
  maxCountedWords: number;
  /** Whether a word that passed minCount is kept; for stop words and blocklists. Default: all are. */
  keep?: (word: string, count: number) => boolean;
}

/** The words that have vectors, by falling count, equal counts by code unit. A word's place is its id. */
export class Vocabulary {
  readonly words: readonly string[];
  /** Occurrences of each word in the counted corpus. */
  readonly counts: Float64Array;
  /** The sum of counts: the words of the corpus as training sees it. */
  readonly totalWords: number;
  /** @internal the id of each word */
  readonly ids: ReadonlyMap<string, WordId>;

  /** @param entries in any order */
  constructor(entries: Iterable<readonly [word: string, count: number]>) {
    // without an array for each, which would take more than the words
    let words: string[] = [];
    let counts: number[] = [];
    let isSorted = true;
    for (const [word, count] of entries) {
      const last = words.length - 1;
      if (last >= 0 && !isBefore(words[last], counts[last], word, count)) isSorted = false;
      words.push(word);
      counts.push(count);
    }
    if (!isSorted) {
      const groups = [...byCount(words, counts)];
      words = groups.flatMap((group) => group.words);
      counts = groups.flatMap((group) => group.words.map(() => group.count));
    }
    this.words = words;
    this.counts = Float64Array.from(counts);
    const ids = new Map<string, WordId>();
    for (let id = 0; id < words.length; id++) ids.set(words[id], id as WordId);
    this.ids = ids;
    this.totalWords = this.counts.reduce((sum, count) => sum + count, 0);
    if (!this.counts.every((count) => count >= 0) || !(this.totalWords > 0))
      throw new RangeError(
        `vocabulary expected counts from 0, not all of them 0, got ${this.size} words with a sum of ${this.totalWords}`,
      );
    if (this.ids.size < this.words.length)
      throw new RangeError(
        `vocabulary names a word twice: ${show(this.words.find((word, id) => this.ids.get(word) !== id))}; add up its counts`,
      );
  }

  get size(): number {
    return this.words.length;
  }

  has(word: string): boolean {
    return this.ids.has(word);
  }

  id(word: string): WordId | undefined {
    return this.ids.get(word);
  }

  /** A line `word count` for each word, as word2vec.c -save-vocab writes it. @throws RangeError for a word with a line end */
  toText(): string {
    const broken = this.words.find((word) => word.includes("\n"));
    if (broken !== undefined)
      throw new RangeError(
        `word ${show(broken)} contains a line end, which a vocabulary file cannot hold: replace it before training`,
      );
    return this.words.map((word, id) => `${word} ${this.counts[id]}\n`).join("");
  }

  /** @throws FormatError naming the line */
  static parse(text: string, name = "vocabulary"): Vocabulary {
    // line by line: an array of millions would take more than the text
    const entries = function* (): Generator<[word: string, count: number]> {
      for (let number = 1, at = 0; at < text.length; number++) {
        const newline = text.indexOf("\n", at);
        const line = text.slice(at, newline < 0 ? text.length : newline);
        const match = /^([^\n]+?)[ \t](\d+)\r?$/.exec(line);
        if (!match) throw new FormatError(`${name}: line ${number} expected "word count", got ${JSON.stringify(line)}`);
        yield [ownCopy(match[1]), Number(match[2])];
        at = newline < 0 ? text.length : newline + 1;
      }
    };
    return new Vocabulary(entries());
  }

  /**
   * Probability that subsampling keeps an occurrence of each word: √(sN/c) + sN/c, at most 1, for count c of N words
   * (word2vec.c; (9.1) of docs/math.md). @param subsample s; 0 keeps all
   */
  keepProbabilities(subsample: number): Float64Array {
    return this.counts.map((count) => {
      if (subsample === 0) return 1;
      const ratio = (subsample * this.totalWords) / count;
      return Math.min(1, Math.sqrt(ratio) + ratio);
    });
  }

  /** Unnormalized noise distribution, count^exponent: (9.2) of docs/math.md. */
  noiseWeights(exponent: number): Float64Array {
    return this.counts.map((count) => power(count, exponent));
  }
}

function isBefore(word: string, count: number, next: string, nextCount: number): boolean {
  return count > nextCount || (count === nextCount && word < next);
}

/** The words of each count, highest count first. Each group is sorted by the engine's order of strings, by code unit. */
function* byCount(words: readonly string[], counts: ArrayLike<number>): Generator<{ words: string[]; count: number }> {
  const groups = new Map<number, string[]>();
  for (let i = 0; i < words.length; i++) {
    const group = groups.get(counts[i]);
    if (group) group.push(words[i]);
    else groups.set(counts[i], [words[i]]);
  }
  for (const count of [...groups.keys()].sort((a, b) => b - a)) yield { words: groups.get(count)!.sort(), count };
}

/** Words examined or sorted between yields to the event loop. */
const SORTED = 4096;

/** Counts words in memory bounded by maxCountedWords and tables of tokens. */
export class WordCounter {
  /** tokens read */
  tokens = 0;
  /** The number of each word, in the order of first occurrence as long as no word was forgotten. */
  readonly numbers = new Map<string, number>();
  private counts = new Float64Array(1024);
  /** number + 1 of each token */
  private readonly tables = new NumberTables();
  private counted = new Uint32Array();
  private pruneBelow = 1;

  constructor(private readonly options: VocabularyOptions) {}

  /** Whether every occurrence was counted, that is, no word was forgotten to bound the memory. */
  get isWhole(): boolean {
    return this.pruneBelow === 1;
  }

  /** Words in memory. */
  get distinct(): number {
    return this.numbers.size;
  }

  /** Each word with its count, in the order of their numbers. */
  *entries(): Generator<[word: string, count: number]> {
    for (const [word, number] of this.numbers) yield [word, this.counts[number]];
  }

  /** Counts a chunk. @returns it in numbers of words, with its marks; valid until the next call */
  add(chunk: TokenChunk): Uint32Array {
    const { numbers, occurrences } = chunk;
    if (numbers.length > this.counted.length) this.counted = new Uint32Array(numbers.length);
    // which words are forgotten, and when, depends on their order
    const forgets = occurrences === undefined || this.distinct + occurrences.length / 2 > this.options.maxCountedWords;
    if (forgets) this.count(chunk);
    else this.countAll(chunk.tokens, numbers, occurrences);
    return this.counted.subarray(0, numbers.length);
  }

  /** Counts word by word. */
  private count({ numbers, tokens }: TokenChunk): void {
    const { counted } = this;
    let { counts } = this;
    let table = this.tables.of(tokens);
    let marks = 0;
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i];
      if (number >= Mark.least) {
        counted[i] = number;
        marks++;
        continue;
      }
      if (table[number] === 0) {
        const word = this.numberOf(tokens[number]);
        // numberOf may have replaced both
        counts = this.counts;
        table = this.tables.of(tokens);
        table[number] = word + 1;
      }
      counted[i] = table[number] - 1;
      counts[counted[i]]++;
    }
    this.tokens += numbers.length - marks;
  }

  /** Adds the counts of a chunk whose occurrences a thread has counted. */
  private countAll(tokens: readonly string[], numbers: Uint32Array, occurrences: Uint32Array): void {
    const { counted } = this;
    const table = this.tables.of(tokens);
    for (let i = 0; i < occurrences.length; i += 2) {
      const number = occurrences[i];
      if (table[number] === 0) table[number] = this.numberOf(tokens[number]) + 1;
      this.counts[table[number] - 1] += occurrences[i + 1];
      this.tokens += occurrences[i + 1];
    }
    for (let i = 0; i < numbers.length; i++) counted[i] = numbers[i] < Mark.least ? table[numbers[i]] - 1 : numbers[i];
  }

  /** The vocabulary, and the number of each of its words; the others are forgotten. @throws RangeError if no word is left */
  async finish(corpusName: string): Promise<Pick<Count, "vocabulary" | "numbers" | "distinct">> {
    const { minCountFor, maxVocabulary, keep } = this.options;
    const minCount = minCountFor?.(this.tokens) ?? this.options.minCount;
    if (this.tokens === 0)
      throw new RangeError(`${corpusName} is empty: it has no tokens; training needs at least two words that occur`);
    const kept: string[] = [];
    const counts: number[] = [];
    for (const [word, number] of this.numbers) {
      if (number % SORTED === 0) await yieldToEventLoop();
      const count = this.counts[number];
      if (count < minCount || !(keep === undefined || keep(word, count))) continue;
      kept.push(word);
      counts.push(count);
    }
    if (kept.length < 2)
      throw new RangeError(
        `training needs at least two words, ${corpusName} has ${kept.length} with "minCount" ${minCount}` +
          `${keep ? " and the keep rule" : ""}, of ${this.distinct} distinct words in ${this.tokens} tokens: ${minCount > 1 ? 'lower "minCount" or ' : ""}give more text`,
      );
    const sorted: string[] = [];
    let pause = SORTED;
    for (const { words } of byCount(kept, counts)) {
      for (const word of words) sorted.push(word);
      if (sorted.length < pause) continue;
      pause = sorted.length + SORTED;
      await yieldToEventLoop();
    }
    sorted.length = Math.min(sorted.length, maxVocabulary);
    const numbers = Uint32Array.from(sorted, (word) => this.numbers.get(word)!);
    const { distinct } = this;
    // before the vocabulary makes a table like this one
    this.numbers.clear();
    return { vocabulary: new Vocabulary(this.entriesOf(sorted, numbers)), numbers, distinct };
  }

  private *entriesOf(words: readonly string[], numbers: Uint32Array): Generator<[word: string, count: number]> {
    for (let i = 0; i < words.length; i++) yield [words[i], this.counts[numbers[i]]];
  }

  private numberOf(token: string): number {
    const { numbers, counts } = this;
    const known = numbers.get(token);
    if (known !== undefined) return known;
    if (numbers.size >= this.options.maxCountedWords) this.prune();
    const number = numbers.size;
    numbers.set(ownCopy(token), number);
    if (number === counts.length) {
      this.counts = new Float64Array(2 * number);
      this.counts.set(counts);
    }
    return number;
  }

  /** Drops the rarest words, up to a count that rises until some are dropped (word2vec.c's ReduceVocab). The others get new numbers. */
  private prune(): void {
    const { numbers, counts } = this;
    const before = numbers.size;
    while (numbers.size === before) {
      for (const [word, number] of numbers) if (counts[number] <= this.pruneBelow) numbers.delete(word);
      this.pruneBelow++;
    }
    let kept = 0;
    for (const [word, number] of numbers) {
      counts[kept] = counts[number];
      numbers.set(word, kept++);
    }
    counts.fill(0, kept);
    this.tables.clear();
  }
}

/** The result of counting a corpus. */
export interface Count {
  vocabulary: Vocabulary;
  /** all tokens of the corpus, also of words without a vector */
  tokens: number;
  /** whether every occurrence of the words was counted */
  isWhole: boolean;
  /** the number of each word of the vocabulary, among those of all words that were counted, and how many these are */
  numbers: Uint32Array;
  distinct: number;
}

/** Counts a whole corpus. onTokens gets, after each chunk, the tokens read so far and the chunk as WordCounter.add returns it. */
export async function buildVocabulary(
  corpus: Corpus,
  options: VocabularyOptions,
  onTokens: (tokens: number, numbers: Uint32Array) => Promise<void> | void,
): Promise<Count> {
  const counter = new WordCounter(options);
  for await (const chunk of corpus.chunks()) {
    const numbers = counter.add(chunk);
    await onTokens(counter.tokens, numbers);
  }
  await yieldToEventLoop();
  const { tokens, isWhole } = counter;
  return { ...(await counter.finish(corpus.name)), tokens, isWhole };
}
