// Estimates the memory and time of a training before it starts.

import { DEFAULTS, type EpochRecord, estimateMemory, type TrainOptions } from "wasm2vec";

/** Typical vocabulary of an English text that has not been read yet. */
const USUAL_WORDS = 60_000;

/** Typical bytes of a word with the space after it, and the typical compression of gzip. */
const WORD_BYTES = 6;
const COMPRESSED = 2.6;

/** Seconds until the workers train, and seconds to read and count a word before. */
const START_SECONDS = 1;
const COUNT_SECONDS = 8e-7;

/** Seconds per word, and per multiply-add of a word: two rates measured with the simd kernel (docs/speed.md), solved for both. */
const WORD_SECONDS = 4.1e-7;
const MAC_SECONDS = 8.9e-11;

/** Share of one thread's speed that each further thread adds. */
const THREAD_GAIN = 0.6;

/** A training of fewer words does not show how fast the browser is, because most of the time goes into starting. */
const TELLING_WORDS = 200_000;

const SPEED = "wasm2vec relative speed";

/** Approximate number of words in a text of so many bytes. */
export function wordsOf(bytes: number, isCompressed: boolean): number {
  return Math.round((bytes * (isCompressed ? COMPRESSED : 1)) / WORD_BYTES);
}

/**
 * Memory for a typical vocabulary, and time at the speed of this browser's last training or of a typical machine.
 * @param words of the text, if known
 * @throws the library's errors about options
 */
export function describeCost(options: TrainOptions, words: number | undefined): string {
  const { total, spool, threads } = estimateMemory(options, USUAL_WORDS, words);
  const megabytes = Math.round((total + (words === undefined ? 0 : spool)) / 2 ** 20).toLocaleString("en");
  const memory = `About ${megabytes} MB for a vocabulary of ${USUAL_WORDS.toLocaleString("en")} words, ${threads} thread${threads === 1 ? "" : "s"}`;
  if (words === undefined) return `${memory}.`;
  const { epochs = DEFAULTS.epochs } = options;
  const training = (words * epochs) / usualRate(options, threads) / speed();
  const seconds = Math.round(START_SECONDS + words * COUNT_SECONDS + training);
  const time = seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${memory}; some ${time} for ${words.toLocaleString("en")} words, ${speed() === 1 ? "on a usual machine" : "at the speed of the last training"}.`;
}

/** The part of an EpochRecord, or of the sum of several, that learnSpeed needs. */
export type Pace = Pick<EpochRecord, "words" | "seconds" | "threads">;

/** The options that its speed depends on. */
type Work = Pick<TrainOptions, "model" | "loss" | "dim" | "window" | "negatives">;

/** Stores how fast this browser is, if it has trained on enough words. */
export function learnSpeed(options: Work, { words, seconds, threads }: Pace): void {
  if (words < TELLING_WORDS) return;
  try {
    localStorage.setItem(SPEED, String(words / seconds / usualRate(options, threads)));
  } catch {
    // without storage the next estimate is for a typical machine again
  }
}

function speed(): number {
  try {
    return Number(localStorage.getItem(SPEED)) || 1;
  } catch {
    return 1;
  }
}

/** Words per second on a typical machine. */
function usualRate(options: Work, threads: number): number {
  const { model, loss, dim, window, negatives } = { ...DEFAULTS, ...options };
  // a path of hierarchical softmax has about as many nodes as the logarithm of the vocabulary
  const rows = loss === "hierarchical-softmax" ? Math.log2(USUAL_WORDS) : negatives + 1;
  // a window has window + 1 context words on average; each predicts (skip-gram), or all predict together (CBOW)
  const macs = model === "cbow" ? 3 * rows * dim + 2 * (window + 1) * dim : 3 * (window + 1) * rows * dim;
  const gain = 1 + THREAD_GAIN * (threads - 1);
  return gain / (WORD_SECONDS + MAC_SECONDS * macs);
}
