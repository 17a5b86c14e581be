// Whether a text is still the one that a checkpoint was trained on.

import { Fingerprint } from "../base/fingerprint.js";
import type { Batch } from "../text/encode.js";
import { ValidationSplit } from "../text/validation-split.js";
import type { Checkpoint } from "./checkpoint/checkpoint.js";

/**
 * How a text differs from the one that a checkpoint was trained on, found by one pass over it; undefined if it does not. Compares
 * the number of words, the first batch, the batches already trained on, and all batches if an epoch is done.
 * @param batchesOf a pass over the text, cut as training cuts it @param onWords called with the words read so far
 */
export async function textDifference(
  batchesOf: (split?: ValidationSplit) => AsyncIterable<Batch>,
  { position, schedule, history }: Checkpoint,
  onWords: (words: number) => void,
): Promise<string | undefined> {
  const { validationShare, validation } = schedule;
  const { epochs, opening, whole } = position;
  const done = epochs > 0 ? history.at(-1)?.words : undefined;
  const expected = done ?? (schedule.isCounted ? schedule.epochWords : undefined);
  const fingerprint = new Fingerprint();
  const split = validationShare === undefined ? undefined : new ValidationSplit(validationShare);
  let [words, number] = [0, 0];
  for await (const batch of batchesOf(split)) {
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
  if (split?.fingerprint !== validation) return "sentences of it that are held out have changed";
  if (whole !== undefined && fingerprint.value !== whole) return "its words, or their order, have changed";
  return undefined;
}
