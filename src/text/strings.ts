// Text as lines of strings, for tokenisers that need more than blanks, and for JSON Lines.

import { breathe } from "../math/breathe.js";
import { show } from "../math/check.js";
import { FormatError } from "../math/error.js";
import { type Corpus, type Sentence, toCorpus } from "./corpus.js";
import { makeTokenizer, splitAtBlanks, type TokenizeOptions } from "./tokenize.js";

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
  const tokenize = makeTokenizer(options) ?? splitAtBlanks;
  const sentences = async function* () {
    for await (const text of open()) {
      if (typeof text === "string") yield* tokenize(text);
      else yield text;
    }
  };
  return { name, chunks: () => toCorpus(sentences).chunks() };
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

/** The value of a field in a line of JSON: text, or tokens. @throws FormatError naming the line */
export function fieldOf(line: string, field: string, name: string, number: number): string | Sentence {
  let value: unknown;
  const fail = (what: string, cause?: unknown) =>
    new FormatError(`${name}: line ${number} expected a JSON object with the field ${show(field)}, ${what}`, { cause });
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw fail(`got ${show(line)}`, error);
  }
  for (const key of field.split(".")) {
    if (value === null || typeof value !== "object" || !(key in value))
      throw fail(
        `which has ${value !== null && typeof value === "object" ? Object.keys(value).join(", ") || "none" : show(value)}`,
      );
    value = (value as Record<string, unknown>)[key];
  }
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((token) => typeof token === "string")) return value;
  throw fail(`of text or an array of tokens, got ${show(value)}`);
}
