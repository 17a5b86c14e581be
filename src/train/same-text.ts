// Whether a text is still the one that was counted, or that a checkpoint was trained on; and whether it trained anything.

import { Fingerprint } from "../math/fingerprint.js";
import type { Batch } from "../text/encode.js";
import type { Checkpoint } from "./checkpoint.js";
import type { EpochRecord, Run } from "./epochs.js";

/**
 * How a text differs from the one that a checkpoint was trained on, by one pass over it; undefined if it does not. Its words are
 * as many as were counted, the first batch and the batches already trained on are the same, and so are all where an epoch is done.
 * @param batches a pass over the text, cut as training cuts it @param onWords called with the words read so far
 */
export async function textDifference(
  batches: AsyncIterable<Batch>,
  { position, schedule, history }: Checkpoint,
  onWords: (words: number) => void,
): Promise<string | undefined> {
  const { epochs, opening, whole } = position;
  const done = epochs > 0 ? history.at(-1)?.words : undefined;
  const expected = done ?? (schedule.isCounted ? schedule.epochWords : undefined);
  const fingerprint = new Fingerprint();
  let [words, number] = [0, 0];
  for await (const batch of batches) {
    words += batch.words;
    onWords(words);
    const { value } = fingerprint.add(batch.ids);
    number++;
    if (number === 1 && opening !== undefined && value !== opening) return "it starts with other words";
    if (number === position.batches && value !== position.fingerprint) return "its words, or their order, have changed";
  }
  if (expected !== undefined && words !== expected)
    return `it has ${words} words of the vocabulary, and had ${expected}`;
  if (number < position.batches) return `it ends after ${words} words of the vocabulary, before the checkpoint`;
  if (whole !== undefined && fingerprint.value !== whole) return "its words, or their order, have changed";
  return undefined;
}

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

/** A first epoch that keeps fewer of its words than one in so many is warned of. */
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
