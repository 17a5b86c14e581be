// Models that do not begin from nothing: with more words, with vectors from elsewhere, with vectors that stay.

import type { Parameters } from "../model/parameters.js";
import type { Corpus } from "../text/corpus.js";
import { buildVocabulary, Vocabulary, type VocabularyOptions } from "../text/vocabulary.js";
import type { WordVectors } from "../vectors/vectors.js";
import type { Freeze } from "./options.js";

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

/** Gives words their vectors from elsewhere, of the same dim. @throws RangeError for vectors of other words only */
export function takeVectors(parameters: Parameters, vocabulary: Vocabulary, vectors: WordVectors): void {
  const found = vocabulary.words.filter((word) => vectors.has(word));
  if (found.length === 0)
    throw new RangeError(
      `"initialVectors" has none of the ${vocabulary.size} words of the corpus: is it of another language?`,
    );
  for (const word of found) parameters.setInput(vocabulary.id(word)!, vectors.get(word));
}

/** 1 for each word to freeze; none where there are none. @throws RangeError if words are listed, but none of the vocabulary */
export function frozenWords(vocabulary: Vocabulary, freeze: Freeze): Uint8Array | undefined {
  const listed = typeof freeze === "function" ? undefined : new Set(freeze);
  const isFrozen = typeof freeze === "function" ? freeze : (word: string) => listed!.has(word);
  const flags = Uint8Array.from(vocabulary.words, (word) => Number(isFrozen(word)));
  if (flags.includes(1)) return flags;
  if (listed?.size) throw new RangeError(`"freeze" lists none of the ${vocabulary.size} words of the vocabulary`);
  return undefined;
}
