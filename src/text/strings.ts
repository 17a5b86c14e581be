// A corpus of strings.

import { show } from "../base/check.js";
import { type Corpus, toCorpus } from "./corpus.js";
import { detached } from "./source.js";
import { makeTokenizer, splitAtWhitespace, type TokenizeOptions } from "./tokenize.js";
import type { Sentence } from "./tokens.js";

/**
 * A corpus of strings, such as rows of a database. Each is a sentence, unless the options say otherwise. Arrays of tokens are used
 * unchanged.
 * @param open gives the texts from the start; called once for each pass
 * @throws TypeError, RangeError for options
 */
export function stringCorpus(
  open: () => AsyncIterable<string | Sentence> | Iterable<string | Sentence>,
  name = "corpus",
  options: TokenizeOptions = {},
): Corpus {
  if (typeof open !== "function")
    throw new TypeError(
      `stringCorpus expected a function that gives the texts, called once for each pass, got ${show(open)}: ` +
        "for example () => texts",
    );
  const tokenize = makeTokenizer(options) ?? splitAtWhitespace;
  const sentences = async function* () {
    for await (const text of detached(checkTexts(open(), name))) {
      if (typeof text === "string") yield* tokenize(text);
      else yield text;
    }
  };
  return { name, chunks: () => toCorpus(sentences).chunks() };
}

function checkTexts<T>(texts: AsyncIterable<T> | Iterable<T>, name: string): AsyncIterable<T> | Iterable<T> {
  if (texts !== null && typeof texts === "object" && (Symbol.asyncIterator in texts || Symbol.iterator in texts))
    return texts;
  throw new TypeError(
    `${name}: expected an iterable of texts, got ${show(texts)}${typeof texts === "string" ? ": give [text]" : ""}`,
  );
}
