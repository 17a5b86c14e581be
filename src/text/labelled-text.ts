// A text of lines with labels, read once: numbers stand for its words and labels, so that its vocabulary can be chosen afterwards.

import { Mark } from "../../assembly/params.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Random } from "../base/random.js";
import type { Corpus } from "./corpus.js";
import { BATCH_WORDS, type Batch } from "./encode.js";
import { labelOf } from "./labels.js";
import { BucketRows, type FeatureOptions, LineFeatures } from "./line-features.js";
import { END_OF_LINE } from "./ngrams.js";
import { NumberTables, ownCopy, type TokenChunk } from "./tokens.js";
import { Vocabulary } from "./vocabulary.js";

/** Stream of the seed that shuffles lines; threads that train have those from 1 on, up to 64. */
const STREAM = 1_000;

/** Entries of a piece. */
const PIECE = 65_536;

/** Names in the order in which they first came, and how often each came. */
class Tally {
  readonly numbers = new Map<string, number>();
  readonly counts: number[] = [];

  numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    const number = this.numbers.size;
    this.numbers.set(ownCopy(name), number);
    this.counts.push(0);
    return number;
  }

  /** Those that came often enough. */
  *frequent(minCount: number): Generator<[name: string, count: number]> {
    for (const [name, number] of this.numbers) if (this.counts[number] >= minCount) yield [name, this.counts[number]];
  }
}

/** Lines in input rows, and what they are made of. */
export interface EncodedLines {
  /** whole lines of rows and labels, each ended by Mark.sentenceEnd */
  batches: Batch[];
  /** words of all of them, ends of lines included */
  words: number;
  /** lines that have labels, and entries of the longest batch */
  lines: number;
  longest: number;
  /** the bucket of each row after those of words */
  buckets: Uint32Array<ArrayBuffer>;
}

export class LabelledText {
  private readonly words = new Tally();
  private readonly labels = new Tally();
  /** numbers of words, Mark.label | number of a label, Mark.sentenceEnd */
  private readonly pieces: Uint32Array[] = [];
  private filled = PIECE;
  /** where each line begins in them, and the one after all */
  private readonly starts = [0];
  /** of each token: number of the word + 1, or −1 − number of the label; 0: not looked up yet */
  private readonly tables = new NumberTables();
  private isOpen = false;
  tokens = 0;
  lines = 0;

  private constructor(readonly name: string) {}

  /** Reads a corpus. @param onTokens is told the tokens read so far */
  static async read(corpus: Corpus, onTokens: (tokens: number) => void): Promise<LabelledText> {
    const text = new LabelledText(corpus.name);
    for await (const chunk of corpus.chunks()) {
      text.add(chunk);
      onTokens(text.tokens);
    }
    if (text.isOpen) text.endLine();
    return text;
  }

  /** The words that came minCount times; the end of a line is one, as in fastText. @throws RangeError if there are none */
  wordsOf(minCount: number): Vocabulary {
    return this.vocabularyOf("words", this.words, "minCount", minCount);
  }

  /** The labels that came minCount times. @throws RangeError for less than two */
  labelsOf(minCount: number): Vocabulary {
    const { size } = this.labels.numbers;
    if (size === 0)
      throw new RangeError(
        `${this.name} has no labels: a line expected words and labels such as __label__spam, an example { text, labels }; ` +
          "for tables name the column of labels, for JSON Lines the field",
      );
    const labels = this.vocabularyOf("labels", this.labels, "minCountLabel", minCount);
    if (labels.size < 2)
      throw new RangeError(
        `${this.name} expected at least two labels, got ${labels.size} of ${size} with "minCountLabel" ${minCount}: ` +
          (size > 1 ? 'lower "minCountLabel"' : "give examples of others too"),
      );
    return labels;
  }

  /**
   * The lines in rows of words and of n-grams. Lines without a label or without a row train nothing, and are left out.
   * @param seed shuffles the lines; undefined: they stay in the order of the text
   */
  async encode(words: Vocabulary, labels: Vocabulary, options: FeatureOptions, seed?: number): Promise<EncodedLines> {
    const buckets = new BucketRows(options.maxn > 0 || options.wordNgrams > 1 ? options.buckets : 0, words.size);
    const features = new LineFeatures(words.ids, options, (bucket) => buckets.add(bucket));
    const ofWord = Array.from(this.words.numbers.keys(), (word) => features.ofToken(word));
    const rowOfLabel = Array.from(this.labels.numbers.keys(), (label) => labels.id(label) ?? -1);
    const batcher = new LineBatcher(this.tokens);
    let read = 0;
    for (const number of this.order(seed)) {
      const line: (typeof ofWord)[number][] = [];
      const marks: number[] = [];
      for (let at = this.starts[number]; ; at++) {
        const entry = this.pieces[Math.floor(at / PIECE)][at % PIECE];
        if (entry === Mark.sentenceEnd) break;
        if (entry < Mark.least) line.push(ofWord[entry]);
        else {
          const label = rowOfLabel[entry - Mark.label];
          if (label >= 0) marks.push(Mark.label | label);
        }
      }
      if (marks.length > 0) batcher.add(features.ofLine(line), marks, line.length + 1);
      read += line.length + marks.length;
      if (read < PIECE) continue;
      read = 0;
      await yieldToEventLoop();
    }
    if (words.size + buckets.size >= Mark.least)
      throw new RangeError(
        `${this.name} has ${words.size} words and ${buckets.size} buckets of n-grams, a model at most ${Mark.least - 1} of both: ` +
          'lower "buckets" or "wordNgrams", or raise "minCount"',
      );
    return { ...batcher.finish(), buckets: buckets.buckets };
  }

  /** The numbers of the lines, in the order in which they are trained. */
  private order(seed: number | undefined): Uint32Array {
    const order = Uint32Array.from({ length: this.lines }, (_, line) => line);
    if (seed === undefined) return order;
    const random = Random.from(seed, STREAM);
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  private add({ numbers, tokens }: TokenChunk): void {
    const table = this.tables.of(tokens);
    for (const number of numbers) {
      if (number === Mark.sentenceEnd) {
        this.endLine();
        continue;
      }
      if (number >= Mark.least) continue;
      if (table[number] === 0) table[number] = this.lookUp(tokens[number]);
      const found = table[number];
      this.isOpen = true;
      if (found > 0) this.put(this.words, found - 1, found - 1);
      else this.put(this.labels, -1 - found, Mark.label | (-1 - found));
    }
  }

  private lookUp(token: string): number {
    const label = labelOf(token);
    return label === undefined ? this.words.numberOf(token) + 1 : -1 - this.labels.numberOf(label);
  }

  private put(tally: Tally, number: number, entry: number): void {
    tally.counts[number]++;
    this.tokens++;
    this.push(entry);
  }

  private endLine(): void {
    this.words.counts[this.words.numberOf(END_OF_LINE)]++;
    this.tokens++;
    this.lines++;
    this.isOpen = false;
    this.push(Mark.sentenceEnd);
    this.starts.push((this.pieces.length - 1) * PIECE + this.filled);
  }

  private push(entry: number): void {
    if (this.filled === PIECE) {
      this.pieces.push(new Uint32Array(PIECE));
      this.filled = 0;
    }
    this.pieces[this.pieces.length - 1][this.filled++] = entry;
  }

  private vocabularyOf(what: string, tally: Tally, option: string, minCount: number): Vocabulary {
    const entries = [...tally.frequent(minCount)];
    if (entries.length === 0)
      throw new RangeError(
        tally.numbers.size === 0
          ? `${this.name} is empty: training needs lines of words with labels`
          : `${this.name} has none of its ${tally.numbers.size} ${what} ${minCount} times: lower "${option}"`,
      );
    return new Vocabulary(entries);
  }
}

/** Parts that an epoch has at least, if the text is long enough for it: the learning rate falls with each. */
const PARTS = 50;

/** Rows of a batch at least, and at most unless a line has more. */
const LEAST = 256;

/** Cuts lines into batches. */
class LineBatcher {
  private readonly batchRows: number;
  private readonly batches: Batch[] = [];
  private entries: number[] = [];
  private rows = 0;
  private words = 0;
  private longest = 0;
  private all = { words: 0, lines: 0 };

  /** @param tokens of the text */
  constructor(tokens: number) {
    this.batchRows = Math.min(BATCH_WORDS, Math.max(LEAST, Math.ceil(tokens / PARTS)));
  }

  /** @param words of the line, with its end */
  add(rows: readonly number[], marks: readonly number[], words: number): void {
    if (rows.length === 0) return;
    if (this.rows > 0 && this.rows + rows.length > this.batchRows) this.endBatch();
    for (const row of rows) this.entries.push(row);
    for (const mark of marks) this.entries.push(mark);
    this.entries.push(Mark.sentenceEnd);
    this.rows += rows.length;
    this.words += words;
    this.all.words += words;
    this.all.lines++;
  }

  finish(): Omit<EncodedLines, "buckets"> {
    if (this.rows > 0) this.endBatch();
    const { batches, longest, all } = this;
    return { batches, longest, ...all };
  }

  private endBatch(): void {
    const ids = Uint32Array.from(this.entries);
    this.longest = Math.max(this.longest, ids.length);
    this.batches.push({ ids, words: this.words });
    this.entries = [];
    this.rows = 0;
    this.words = 0;
  }
}
