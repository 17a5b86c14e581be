// What a training will cost, before it starts.

import { DEFAULTS, type EpochRecord, estimateMemory, type TrainOptions } from "wasm2vec";

/** Words of a vocabulary that a text of usual English has, before it has been read. */
const USUAL_WORDS = 60_000;

/** Bytes of a word of usual text and the space after it; gzip makes text so many times smaller. */
const WORD_BYTES = 6;
const COMPRESSED = 2.6;

/** Seconds until the workers train, and for a word that is read and counted before. */
const START_SECONDS = 1;
const COUNT_SECONDS = 8e-7;

/** Seconds per word, and per multiply-add of a word: two rates measured with the simd kernel (docs/speed.md), solved for both. */
const WORD_SECONDS = 4.1e-7;
const MAC_SECONDS = 8.9e-11;

/** What each further thread adds, of the speed of one. */
const THREAD_GAIN = 0.6;

/** Words trained on from which a training tells how fast the browser is: in fewer most of the time goes to starting. */
const TELLING_WORDS = 200_000;

const SPEED = "wasm2vec relative speed";

/** Words of a text of so many bytes, about. */
export function wordsOf(bytes: number, isCompressed: boolean): number {
  return Math.round((bytes * (isCompressed ? COMPRESSED : 1)) / WORD_BYTES);
}

/**
 * Memory for a usual vocabulary, and time at the speed of this browser's last training, or of a usual machine.
 * @param words of the text; unknown if undefined
 * @throws what the library says of the options
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

/** What learnSpeed needs of a training: an EpochRecord, or several added up. */
export type Pace = Pick<EpochRecord, "words" | "seconds" | "threads">;

/** The options that its speed depends on. */
type Work = Pick<TrainOptions, "model" | "loss" | "dim" | "window" | "negatives">;

/** Remembers how fast this browser is, if it was trained on enough words to tell. */
export function learnSpeed(options: Work, { words, seconds, threads }: Pace): void {
  if (words < TELLING_WORDS) return;
  try {
    localStorage.setItem(SPEED, String(words / seconds / usualRate(options, threads)));
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
function usualRate(options: Work, threads: number): number {
  const { model, loss, dim, window, negatives } = { ...DEFAULTS, ...options };
  // a path of hierarchical softmax has about as many nodes as the logarithm of the vocabulary
  const rows = loss === "hierarchical-softmax" ? Math.log2(USUAL_WORDS) : negatives + 1;
  // on average window + 1 words lie within reach, each of which predicts, or all of which predict together
  const macs = model === "cbow" ? 3 * rows * dim + 2 * (window + 1) * dim : 3 * (window + 1) * rows * dim;
  const gain = 1 + THREAD_GAIN * (threads - 1);
  return gain / (WORD_SECONDS + MAC_SECONDS * macs);
}
