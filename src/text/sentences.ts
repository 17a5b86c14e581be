// Sentences as arrays of tokens, for code that works on words rather than numbers.

import { Mark } from "../../assembly/params.js";
import type { Corpus } from "./corpus.js";
import type { Sentence } from "./tokens.js";

/** The sentences of a corpus in order, with empty ones. Yields many at a time, so that callers seldom wait. */
export async function* sentencesOf(corpus: Corpus, signal?: AbortSignal): AsyncGenerator<Sentence[]> {
  let sentence: string[] = [];
  for await (const { numbers, tokens } of corpus.chunks(signal)) {
    const sentences: Sentence[] = [];
    for (const number of numbers) {
      if (number === Mark.sentenceEnd) {
        sentences.push(sentence);
        sentence = [];
      } else if (number < Mark.least) sentence.push(tokens[number]);
    }
    yield sentences;
  }
  if (sentence.length > 0) yield [sentence];
}
