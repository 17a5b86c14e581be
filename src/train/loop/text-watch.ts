// Whether a text is still the one that was counted; and whether it trained anything.

import type { EpochRecord, Run } from "./records.js";

/** Warns once of a text that changes while it is trained on. */
export class TextWatch {
  private expected: number | undefined;
  private whole: string | undefined;
  private hasWarned = false;

  constructor(private readonly run: Run) {
    const { schedule } = run;
    if (schedule.isCounted) this.expected = schedule.epochWords;
  }

  /** @param whole fingerprint of the epoch's batches */
  epochEnded({ epoch, words }: EpochRecord, whole: string): void {
    const { corpus } = this.run;
    if (this.expected !== undefined && words !== this.expected)
      this.warn(
        `epoch ${epoch} read ${words} words of the vocabulary, ${this.expected} were counted; the learning rate follows what was counted`,
      );
    else if (corpus.isConstant && this.whole !== undefined && whole !== this.whole)
      this.warn(`epoch ${epoch} read other words than the epoch before, or the same in another order`);
    this.expected ??= words;
    this.whole = whole;
  }

  private warn(what: string): void {
    if (!this.hasWarned) this.run.onWarning?.(`${this.run.corpus.name} changed while it was trained on: ${what}`);
    this.hasWarned = true;
  }
}

/** A first epoch that keeps fewer than one in this many of its words causes a warning. */
const FEW = 20;

/**
 * Looks at the first epoch of a run, and warns of one that hardly trained.
 * @throws RangeError where no word predicted another, with the reason and the remedy
 */
export function checkTrained(
  { words, trainedWords, predictions }: EpochRecord,
  { corpus, subsample, onWarning }: Run,
): void {
  const left = `"subsample" ${subsample} left ${trainedWords} of the ${words} words of ${corpus.name}`;
  if (predictions > 0) {
    if (trainedWords * FEW < words)
      onWarning?.(`${left}: vectors hardly move from where they began; give a larger one, or 0 for none`);
  } else
    throw new RangeError(
      trainedWords < words
        ? `nothing was trained: ${left}, none beside another; give a larger one, or 0 for none`
        : `nothing was trained: no sentence of ${corpus.name} has two words of the vocabulary: a sentence is a line of text, or an array of tokens; give longer ones, or lower "minCount"`,
    );
}
