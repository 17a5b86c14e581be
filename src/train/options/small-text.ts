// What the defaults of word2vec.c, made for millions of words, become for a text of less than ten thousand: (9.6) of docs/math.md.

/** Words from which the defaults are as they stand. */
const WHOLE = 10_000;

/** Words that all epochs of a small text read together, and the most epochs that this may take. */
const READ = 50_000;
const MOST_EPOCHS = 500;

/** Options that suit themselves to a small text where they are not given. */
export const SIZED_OPTIONS = ["minCount", "subsample", "epochs"] as const;
export type SizedOption = (typeof SIZED_OPTIONS)[number];

/** Words seen less often are left out of a text of so many: 1 below 4,000 words, up to `standard`. */
export function smallMinCount(words: number, standard: number): number {
  return Math.max(1, Math.min(standard, Math.floor((standard * words) / WHOLE)));
}

/** Threshold of subsampling: a word seen ten times is kept whole, however few words there are. */
export function smallSubsample(words: number, standard: number): number {
  return Math.max(standard, (standard * WHOLE) / words);
}

/** Epochs: as many as it takes to read about 50,000 words, 500 at most. */
export function smallEpochs(words: number, standard: number): number {
  return Math.max(standard, Math.min(MOST_EPOCHS, Math.ceil(READ / words)));
}
