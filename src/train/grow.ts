// More words for a model that is trained on.

import type { Corpus } from "../text/corpus.js";
import { buildVocabulary, Vocabulary, type VocabularyOptions } from "../text/vocabulary.js";

/**
 * The words of a vocabulary with those that a corpus adds, and the counts of both. New words must come up to minCount in the
 * corpus, and pass the keep rule; maxVocabulary limits them, not those that are there.
 * @throws RangeError if the corpus has fewer than two words; the signal's reason
 */
export async function growVocabulary(
  vocabulary: Vocabulary,
  corpus: Corpus,
  options: VocabularyOptions,
  signal: AbortSignal | undefined,
): Promise<Vocabulary> {
  const { minCount, keep = () => true, maxVocabulary } = options;
  const isNew = (word: string, count: number) => count >= minCount && keep(word, count);
  const all: VocabularyOptions = {
    ...options,
    minCount: 1,
    maxVocabulary: Number.POSITIVE_INFINITY,
    keep: (word, count) => vocabulary.has(word) || isNew(word, count),
  };
  const counted = await buildVocabulary(corpus, all, () => signal?.throwIfAborted());
  const added = counted.words
    .filter((word) => !vocabulary.has(word))
    .slice(0, Math.max(0, maxVocabulary - vocabulary.size));
  const count = (from: Vocabulary, word: string) => from.counts[from.id(word) ?? -1] ?? 0;
  return new Vocabulary([
    ...vocabulary.words.map((word): [string, number] => [word, count(vocabulary, word) + count(counted, word)]),
    ...added.map((word): [string, number] => [word, count(counted, word)]),
  ]);
}
