// Text as lines of strings, for tokenisers that need more than whitespace, and for JSON Lines.

import { breathe } from "../math/breathe.js";
import { show } from "../math/check.js";
import { type Corpus, type Sentence, toCorpus } from "./corpus.js";
import { detached } from "./source.js";
import { makeTokenizer, splitAtWhitespace, type TokenizeOptions } from "./tokenize.js";

/** Characters of a line at most; a longer one goes on as another. */
const LONGEST_LINE = 1_000_000;

/**
 * A corpus of texts that are strings already, such as rows of a database; each is a sentence, unless the options say otherwise.
 * Arrays of tokens are taken as they are.
 * @param open gives them from the start; called once for each pass
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

/** Lines without their ends, \n or \r\n; a byte order mark at the start is left out. */
export async function* decodeLines(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of parts) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield* withinLimit(line.endsWith("\r") ? line.slice(0, -1) : line);
    while (rest.length > LONGEST_LINE) {
      yield rest.slice(0, LONGEST_LINE);
      rest = rest.slice(LONGEST_LINE);
    }
    await breathe();
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

function* withinLimit(line: string): Generator<string> {
  for (let at = 0; at === 0 || at < line.length; at += LONGEST_LINE) yield line.slice(at, at + LONGEST_LINE);
}
