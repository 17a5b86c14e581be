// How skip-gram with negative sampling cuts words into blocks and text into chunks: (9.7) to (9.9) of docs/math.md.

import { BLOCK_ROWS, evenly, type GridShape, TILE_PAIRS } from "../../kernel/grid-layout.js";
import type { Shape } from "../../kernel/shape.js";
import { hasSubwords } from "../../model/spec.js";
import { BATCH_WORDS, batchCapacity } from "../../text/encode.js";
import type { Settings } from "../options/settings.js";

/** Fewest words of a block, and the blocks of a vocabulary of usual size; smaller ones have fewer. */
const BLOCK_WORDS = 256;
const BLOCKS = 8;

/** Words from which there are twice as many blocks. */
const MANY_WORDS = 131_072;

/** What bounds a chunk: chunks of a text at least; words of a chunk at most, and pairs of its windows. */
interface Limits {
  chunks: number;
  words: number;
  pairs: number;
}

/** With 64 blocks or fewer. Shorter chunks cost quality; longer ones were measured to cost analogies. */
const NEAR: Limits = { chunks: 10, words: 1_600_000, pairs: 2 ** 24 };

/** Of a text that is cut into `parts`: all blocks move in each chunk, so these are the longest that cost no analogies. */
const FAR: Limits = { chunks: 15, words: 8_000_000, pairs: 2 ** 26 };

type Parts = Partial<Pick<Settings, "parts">>;

const limitsOf = ({ parts }: Parts): Limits => (parts === undefined ? NEAR : FAR);

/**
 * Words of a chunk at most where words have subwords, which take what words have learnt when a chunk ends: (6.11). That goes through the
 * lists of all words, so chunks grow with these.
 */
const composedWords = (words: number) => Math.max(20_000, Math.floor(words / 3));

/** A text, cut. */
export interface Cut {
  shape: GridShape;
  /** of a batch and a sentence, at most */
  batchWords: number;
  maxSentenceLength: number;
}

/** Blocks that words and rows are cut into: a power of two. @param parts as many as are asked for, if the words suffice */
export function blocksOf({ words, inputRows, outputRows }: Shape, parts?: number): number {
  const most = parts ?? (words < MANY_WORDS ? BLOCKS : 2 * BLOCKS);
  const usual = Math.floor(Math.log2(Math.min(most, words / BLOCK_WORDS)));
  const fewest = Math.ceil(Math.log2(Math.max(inputRows, outputRows) / BLOCK_ROWS));
  return 2 ** Math.max(0, usual, fewest);
}

type CutOptions = Pick<
  Settings,
  "windowLeft" | "windowRight" | "windowWeights" | "sharedNegatives" | "maxSentenceLength" | "maxn"
> &
  Parts;

/** @param totalWords of the text */
export function cutText(options: CutOptions, rows: Shape, totalWords: number): Cut {
  const { windowLeft, windowRight, windowWeights, sharedNegatives, parts } = options;
  const blocks = blocksOf(rows, parts);
  const contexts = windowLeft + windowRight;
  const isComposed = hasSubwords(options);
  const most = limitsOf(options);
  const mostWords = isComposed ? composedWords(rows.words) : most.words;
  const widest = Math.floor(most.pairs / contexts);
  const maxSentenceLength = Math.min(options.maxSentenceLength, widest);
  const batchWords = Math.min(BATCH_WORDS, widest);
  const scale = parts === undefined ? Math.max(1, blocks / 64) : 1;
  const chunkWords = chunkWordsOf(totalWords, Math.min(mostWords, widest) * scale, options);
  // a batch and a sentence fit at least
  const words = Math.max(chunkWords, batchWords, maxSentenceLength);
  const shape = {
    blocks,
    tile: sharedNegatives ? TILE_PAIRS : 1,
    chunkWords,
    // of two batches that follow each other one is more than half full
    batches: 2 * Math.ceil(words / batchWords) + 1,
    entries: batchCapacity(words),
    pairs: words * contexts,
    pairSize: windowWeights.length > 0 ? 8 : 4,
    stepsAtOnce: isComposed ? blocks : 1,
    holds: { chunks: true, blocks: evenly(blocks) },
  };
  return { shape, batchWords, maxSentenceLength };
}

/** Parts that a chunk is trained in; training can stop between them. */
export const stepCount = ({ blocks, stepsAtOnce }: Pick<GridShape, "blocks" | "stepsAtOnce">): number =>
  blocks / stepsAtOnce;

/** Words of a chunk of a text of so many words. @param most words that a chunk of any text has */
export function chunkWordsOf(totalWords: number, most: number, options: Parts): number {
  return Math.floor(Math.min(totalWords / limitsOf(options).chunks, most));
}

/** Pairs of a sentence of so many words at most, whatever radii are drawn and words left out. */
export function pairsOf(length: number, { windowLeft, windowRight }: Pick<CutOptions, "windowLeft" | "windowRight">) {
  return oneSide(length, windowLeft) + oneSide(length, windowRight);
}

function oneSide(length: number, window: number): number {
  const reach = Math.min(window, Math.max(0, length - 1));
  // the first words have fewer before them
  return (reach * (reach + 1)) / 2 + Math.max(0, length - 1 - reach) * reach;
}
