// Encodes tokens as batches of word ids for the kernels.

import { Mark } from "../../assembly/params.js";
import type { Corpus } from "./corpus.js";
import { NumberTables, type TokenChunk } from "./tokens.js";
import type { ValidationSplit } from "./validation-split.js";
import type { Vocabulary } from "./vocabulary.js";

/** Words of a batch, about 10 ms of training. Longer calls would keep V8 in baseline code; shorter ones cost more messages. */
export const BATCH_WORDS = 10_000;

export interface Batch {
  /** whole sentences of words and marks, each ended by Mark.sentenceEnd */
  ids: Uint32Array<ArrayBuffer>;
  /** entries that are words */
  words: number;
}

/** Entries of a batch at most: words, and in the worst case a sentence end after each. If ends are fewer, other marks have their room. */
export function batchCapacity(maxSentenceLength: number, batchWords = BATCH_WORDS): number {
  return 2 * Math.max(batchWords, maxSentenceLength);
}

/**
 * One pass over the corpus. Words outside the vocabulary are dropped before windows are formed, as word2vec.c, gensim and fastText
 * do. A sentence with more than maxSentenceLength words is split; each part has its marks. Where batches end depends on the
 * words alone, unless a batch has more marks than room for them.
 * @param split takes the sentences that are held out, which are in no batch
 * @throws RangeError for a sentence with more marks than a batch has room for
 */
export async function* encode(
  corpus: Corpus,
  vocabulary: Vocabulary,
  maxSentenceLength: number,
  batchWords = BATCH_WORDS,
  split?: ValidationSplit,
): AsyncGenerator<Batch> {
  const batcher = new Batcher(vocabulary, maxSentenceLength, batchWords, split);
  for await (const chunk of corpus.chunks()) {
    batcher.add(chunk);
    yield* batcher.takeReady();
  }
  batcher.finish();
  yield* batcher.takeReady();
}

class Batcher {
  private readonly ids: Uint32Array<ArrayBuffer>;
  /** entries of ids in use, entries before the current sentence, and words among those */
  private length = 0;
  private start = 0;
  private words = 0;
  /** of the sentence at hand: its words, and marks but its end */
  private sentenceWords = 0;
  private marks: number[] = [];
  /** entries of a batch at most */
  private readonly capacity: number;
  private ready: Batch[] = [];
  /** word id + 1 of each token, or −1 */
  private readonly tables = new NumberTables();

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly maxSentenceLength: number,
    private readonly batchWords: number,
    private readonly split?: ValidationSplit,
  ) {
    this.capacity = batchCapacity(maxSentenceLength, batchWords);
    // holds a full batch and the sentence that no longer fits
    this.ids = new Uint32Array(2 * this.capacity);
  }

  add({ numbers, tokens }: TokenChunk): void {
    const { ids, maxSentenceLength, vocabulary } = this;
    const table = this.tables.of(tokens);
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i];
      if (number >= Mark.least) {
        if (number === Mark.sentenceEnd) this.endSentence();
        else this.addMark(number);
        continue;
      }
      if (table[number] === 0) table[number] = (vocabulary.id(tokens[number]) ?? -2) + 1;
      if (table[number] < 0) continue;
      ids[this.length++] = table[number] - 1;
      if (++this.sentenceWords === maxSentenceLength) this.cutSentence();
    }
  }

  /** Ends the last sentence and the last batch. */
  finish(): void {
    this.endSentence();
    this.endBatch();
  }

  /** The batches that are full. */
  takeReady(): Batch[] {
    const ready = this.ready;
    this.ready = [];
    return ready;
  }

  /** Closes the batch before the current sentence. */
  private endBatch(): void {
    if (this.words === 0) return;
    this.ready.push({ ids: this.ids.slice(0, this.start), words: this.words });
    this.ids.copyWithin(0, this.start, this.length);
    this.length -= this.start;
    this.start = 0;
    this.words = 0;
  }

  private addMark(mark: number): void {
    const most = this.capacity - this.maxSentenceLength - 1;
    if (this.marks.length === most)
      throw new RangeError(
        `a sentence expected at most ${most} documents and labels, got more: cut the text into more sentences`,
      );
    this.marks.push(mark);
    this.ids[this.length++] = mark;
  }

  /** Ends the sentence at hand; what follows is one with the same marks. */
  private cutSentence(): void {
    const { marks } = this;
    this.endSentence();
    for (const mark of marks) this.addMark(mark);
  }

  private endSentence(): void {
    const { sentenceWords: words, start, length } = this;
    if (this.marks.length > 0) this.marks = [];
    this.sentenceWords = 0;
    // what has no words trains nothing: its marks go
    if (words === 0 || this.split?.takes(this.ids.subarray(start, length))) {
      this.length = start;
      return;
    }
    this.ids[this.length++] = Mark.sentenceEnd;
    if (this.words + words > this.batchWords || this.length > this.capacity) this.endBatch();
    this.words += words;
    this.start = this.length;
  }
}
