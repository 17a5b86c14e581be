// The words of a model that grows.

import type { SpooledText } from "../text/spooled.js";
import { Vocabulary, type VocabularyOptions } from "../text/vocabulary.js";

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
