// Models that do not begin from nothing: with more words, with vectors from elsewhere, with vectors that stay.

import { checkNumber } from "../base/check.js";
import type { Parameters } from "../model/parameters.js";
import type { SpooledText } from "../text/spooled.js";
import { Vocabulary, type VocabularyOptions } from "../text/vocabulary.js";
import type { WordVectors } from "../vectors/vectors.js";
import type { Freeze, WordRates } from "./options/words.js";

/**
 * The words of a vocabulary with those that a text adds, and the counts of both. New words must come up to minCount in the
 * text, and pass the keep rule; maxVocabulary limits them, not those that are there.
 * @throws RangeError if the text has fewer than two words
 */
export async function growVocabulary(
  vocabulary: Vocabulary,
  text: SpooledText,
  options: VocabularyOptions,
): Promise<Vocabulary> {
  const { minCount, keep = () => true, maxVocabulary } = options;
  const isNew = (word: string, count: number) => count >= minCount && keep(word, count);
  const all: VocabularyOptions = {
    ...options,
    minCount: 1,
    maxVocabulary: Number.POSITIVE_INFINITY,
    keep: (word, count) => vocabulary.has(word) || isNew(word, count),
  };
  const { vocabulary: counted } = await text.count(all);
  const added = counted.words
    .filter((word) => !vocabulary.has(word))
    .slice(0, Math.max(0, maxVocabulary - vocabulary.size));
  const count = (from: Vocabulary, word: string) => from.counts[from.id(word) ?? -1] ?? 0;
  return new Vocabulary([
    ...vocabulary.words.map((word): [string, number] => [word, count(vocabulary, word) + count(counted, word)]),
    ...added.map((word): [string, number] => [word, count(counted, word)]),
  ]);
}

/** Gives words their vectors from elsewhere, of the same dim. @throws RangeError for vectors of other words only */
export function takeVectors(parameters: Parameters, vocabulary: Vocabulary, vectors: WordVectors): void {
  const found = vocabulary.words.filter((word) => vectors.has(word));
  if (found.length === 0)
    throw new RangeError(
      `"initialVectors" has none of the ${vocabulary.size} words of the corpus: is it of another language?`,
    );
  for (const word of found) parameters.setInput(vocabulary.id(word)!, vectors.get(word));
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
