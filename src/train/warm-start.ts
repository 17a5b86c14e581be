// Models that do not begin from nothing: with vectors from elsewhere, with vectors that stay.

import { checkNumber } from "../base/check.js";
import { Fingerprint } from "../base/fingerprint.js";
import type { Parameters } from "../model/parameters.js";
import type { Vocabulary } from "../text/vocabulary.js";
import type { WordVectors } from "../vectors/vectors.js";
import type { Freeze, WordRates } from "./options/words.js";

/** Gives words their vectors from elsewhere, of the same dim. @throws RangeError for vectors of other words only */
export function takeVectors(parameters: Parameters, vocabulary: Vocabulary, vectors: WordVectors): void {
  const given = initialVectorsOf(vocabulary, vectors);
  for (let word = 0; word < vocabulary.size; word++) {
    const vector = given(word);
    if (vector) parameters.setInput(word, vector);
  }
}

/** The vector that a word has elsewhere, if it has one. @throws RangeError for vectors of other words only */
export function initialVectorsOf(
  { words, size }: Vocabulary,
  vectors: WordVectors,
): (word: number) => Float32Array | undefined {
  if (!words.some((word) => vectors.has(word)))
    throw new RangeError(`"initialVectors" has none of the ${size} words of the corpus: is it of another language?`);
  return (word) => (vectors.has(words[word]) ? vectors.get(words[word]) : undefined);
}

/**
 * The learning-rate multiplier of each word: 0 for frozen words, else that of `rates`; undefined where all are 1.
 * @throws RangeError if words are listed, but none of the vocabulary; for a multiplier that is not in [0, 1]
 */
export function multipliersOf(
  vocabulary: Vocabulary,
  freeze: Freeze = [],
  rates: WordRates = new Map(),
): Float32Array | undefined {
  const { words } = vocabulary;
  checkListed("freeze", vocabulary, freeze);
  if (rates instanceof Map) checkListed("wordRates", vocabulary, [...rates.keys()]);
  const frozen = typeof freeze === "function" ? freeze : memberOf(freeze);
  const rate = typeof rates === "function" ? rates : (word: string) => rates.get(word) ?? 1;
  const all = Float32Array.from(words, (word) =>
    frozen(word) ? 0 : checkNumber(`wordRates of ${word}`, rate(word), 0, 1),
  );
  return all.every((one) => one === 1) ? undefined : all;
}

function memberOf(listed: readonly string[]): (word: string) => boolean {
  const set = new Set(listed);
  return (word) => set.has(word);
}

function checkListed(option: string, vocabulary: Vocabulary, listed: Freeze): void {
  if (typeof listed === "function" || listed.length === 0 || listed.some((word) => vocabulary.has(word))) return;
  throw new RangeError(`"${option}" lists none of the ${vocabulary.size} words of the vocabulary`);
}

/** A fingerprint of words and vectors. */
export function vectorsFingerprint({ words, matrix }: WordVectors): string {
  const bytes = new Uint8Array(matrix.buffer, matrix.byteOffset, matrix.byteLength);
  return new Fingerprint().addBytes(bytes).addBytes(new TextEncoder().encode(words.join("\n"))).value;
}
