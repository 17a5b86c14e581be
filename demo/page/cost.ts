// What a training will cost, before it starts.

import { DEFAULTS, estimateMemory, type TrainOptions } from "wasm2vec";

/** Words of a vocabulary that a text of usual English has, before it has been read. */
const USUAL_WORDS = 60_000;

/** Bytes of a word of usual text and its blank; gzip makes text so many times smaller. */
const WORD_BYTES = 6;
const PACKED = 2.6;

/** Seconds per word, and per multiply-add of a word: two rates measured with the simd kernel (docs/speed.md), solved for both. */
const WORD_SECONDS = 4.1e-7;
const MAC_SECONDS = 8.9e-11;

/** What a second thread adds. */
const THREAD_GAIN = 0.6;

const SPEED = "wasm2vec speed";

/** Words of a text of so many bytes, about. */
export function wordsOf(bytes: number, packed: boolean): number {
  return Math.round((bytes * (packed ? PACKED : 1)) / WORD_BYTES);
}

/**
 * Memory for a usual vocabulary, and time at the speed of this browser's last training, or of a usual machine.
 * @param words of the text; unknown if undefined
 * @throws what the library says of the options
 */
export function describeCost(options: TrainOptions, words: number | undefined): string {
  const { bytes, copies, threads } = estimateMemory(options, USUAL_WORDS);
  const megabytes = Math.round((bytes * (1 + copies)) / 2 ** 20).toLocaleString("en");
  const memory = `About ${megabytes} MB for a vocabulary of ${USUAL_WORDS.toLocaleString("en")} words, ${threads} thread${threads === 1 ? "" : "s"}`;
  if (words === undefined) return `${memory}.`;
  const { epochs = DEFAULTS.epochs } = options;
  const seconds = Math.max(1, Math.round((words * epochs) / usualRate(options, threads) / speed()));
  const time = seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${memory}; some ${time} for ${words.toLocaleString("en")} words, ${speed() === 1 ? "on a usual machine" : "at the speed of the last training"}.`;
}

/** Remembers how fast this browser is. */
export function learnSpeed(options: TrainOptions, threads: number, wordsPerSecond: number): void {
  try {
    localStorage.setItem(SPEED, String(wordsPerSecond / usualRate(options, threads)));
  } catch {
    // no storage: the next estimate is for a usual machine again
  }
}

function speed(): number {
  try {
    return Number(localStorage.getItem(SPEED)) || 1;
  } catch {
    return 1;
  }
}

/** Words per second on a usual machine. */
function usualRate(options: TrainOptions, threads: number): number {
  const { model, loss, dim, window, negatives } = { ...DEFAULTS, ...options };
  // a path of hierarchical softmax has about as many nodes as the logarithm of the vocabulary
  const rows = loss === "hierarchical-softmax" ? Math.log2(USUAL_WORDS) : negatives + 1;
  // on average window + 1 words lie within reach, each of which predicts, or all of which predict together
  const macs = model === "cbow" ? 3 * rows * dim + 2 * (window + 1) * dim : 3 * (window + 1) * rows * dim;
  return (1 + THREAD_GAIN * (threads - 1)) / (WORD_SECONDS + MAC_SECONDS * macs);
}
