// The words of vectors: which words a format can hold, and the separate word file of formats without words.

import { checkOneOf, show } from "../base/check.js";
import { encodeUtf8 } from "../text/utf8.js";
import { VECTOR_FORMATS, type VectorFormat } from "./formats.js";
import { gathered } from "./gather.js";

/** Characters that a word must not contain. */
interface Limits {
  pattern: RegExp;
  name: string;
}

const WHITESPACE: Limits = { pattern: /[ \t\n\r]/, name: "whitespace" };
const LIST: Limits = { pattern: /[\t\n\r]/, name: "a tab or line end" };
const LINE: Limits = { pattern: /\n/, name: "a line end" };

const LIMITS: Record<VectorFormat, Limits | undefined> = {
  word2vec: WHITESPACE,
  "word2vec-text": WHITESPACE,
  glove: WHITESPACE,
  safetensors: LINE,
  "safetensors-f16": LINE,
  "safetensors-i8": LINE,
  npy: LIST,
  tsv: LIST,
  json: undefined,
};

/**
 * Checks whether a format can hold the words, before anything is trained or written.
 * @throws RangeError naming the word, the format and the remedy; TypeError for words that are not strings
 */
export function checkWords(words: readonly string[], format: VectorFormat): void {
  const limits = LIMITS[checkOneOf("format", format, VECTOR_FORMATS)];
  words.forEach((word, row) => {
    if (typeof word !== "string") throw new TypeError(`word of row ${row + 1} expected a string, got ${show(word)}`);
    const fail = (what: string, remedy: string) =>
      new RangeError(
        `word ${show(word)} (row ${row + 1}) ${what}, which the format "${format}" cannot hold: ${remedy}`,
      );
    if (word === "") throw fail("is empty", "leave it out");
    if (limits?.pattern.test(word)) {
      const other = VECTOR_FORMATS.find((one) => !LIMITS[one]?.pattern.test(word));
      throw fail(`holds ${limits.name}`, `replace it, for example by "_", or take the format "${other}"`);
    }
    // JSON escapes lone surrogates
    if (format !== "json") encodeUtf8(word);
  });
}

/** The bytes of a word file, one word a line. @throws RangeError for a word that it cannot hold */
export function* writeWords(words: readonly string[]): Generator<Uint8Array<ArrayBuffer>> {
  checkWords(words, "npy");
  yield* gathered(words.map((word) => encodeUtf8(`${word}\n`)));
}

/** The words of a file with one word a line. */
export function readWords(text: string): string[] {
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}
