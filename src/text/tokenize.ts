// A line of text to sentences of tokens.

import { checkBoolean, checkInteger, checkKnown, checkOneOf, show } from "../math/check.js";

/**
 * "whitespace" (default): tokens are parted by blanks, as for word2vec.c and fastText. "simple": runs of letters in lower case,
 * as gensim's simple_preprocess. "segmenter": the words of Intl.Segmenter, for Chinese, Japanese, Thai and any other language.
 * Or a function from a line to its tokens.
 */
export type Tokenizer = "whitespace" | "simple" | "segmenter" | ((line: string) => Iterable<string>);

export interface TokenizeOptions {
  tokenizer?: Tokenizer;
  /** Language (BCP 47) of lower-casing and of the segmenter, such as "tr", "ja". Default: none in particular. */
  locale?: string;
  /** Lower case, by the rules of the locale. Default: true for "simple", else false. */
  lowercase?: boolean;
  /** Unicode normalisation of the text. Default: none. */
  normalize?: "NFC" | "NFD" | "NFKC" | "NFKD";
  /** Removes accents: é becomes e, ü becomes u. Default false. */
  stripAccents?: boolean;
  /** "simple": digits are part of tokens too. Default false. */
  numbers?: boolean;
  /** "simple": apostrophes within a word are part of it, as in don't. Default false. */
  apostrophes?: boolean;
  /** Shorter and longer tokens are left out; in characters. Default 2 and 15 for "simple" as in gensim, else none is. */
  minLength?: number;
  maxLength?: number;
  /** Tokens left out, as they are after lower-casing. */
  stopWords?: Iterable<string>;
  /** Cuts each line into sentences by Intl.Segmenter. Default false: a line is a sentence. */
  splitSentences?: boolean;
}

export const TOKENIZE_OPTIONS: readonly (keyof TokenizeOptions)[] = [
  ...(["tokenizer", "locale", "lowercase", "normalize", "stripAccents", "numbers", "apostrophes"] as const),
  ...(["minLength", "maxLength", "stopWords", "splitSentences"] as const),
];

export const TOKENIZERS = ["whitespace", "simple", "segmenter"] as const;

/** The blanks of word2vec.c and fastText. */
const BLANKS = /[ \t\n\v\f\r\0]+/;

/**
 * A function from a line to the tokens of its sentences; undefined where lines need only be split at blanks.
 * @throws TypeError, RangeError for options
 */
export function makeTokenizer(options: TokenizeOptions): ((line: string) => string[][]) | undefined {
  checkKnown("option", options, TOKENIZE_OPTIONS);
  const used = TOKENIZE_OPTIONS.filter((name) => options[name] !== undefined);
  const { tokenizer = "whitespace" } = options;
  if (typeof tokenizer !== "function") checkOneOf("tokenizer", tokenizer, TOKENIZERS);
  if (used.every((name) => name === "tokenizer") && tokenizer === "whitespace") return undefined;
  check(options, tokenizer);
  const { locale, lowercase = tokenizer === "simple", normalize, stripAccents, splitSentences } = options;
  const split = splitter(tokenizer, options);
  const keep = filter(options, tokenizer === "simple" ? [2, 15] : [0, Number.POSITIVE_INFINITY]);
  const sentences = splitSentences ? segments(locale, "sentence") : undefined;
  const fold = (text: string) => {
    let folded = text;
    if (lowercase) folded = locale === undefined ? folded.toLowerCase() : folded.toLocaleLowerCase(locale);
    return stripAccents
      ? folded
          .normalize("NFD")
          .replace(/\p{Mn}+/gu, "")
          .normalize("NFC")
      : folded;
  };
  return (line) => {
    const text = normalize ? line.normalize(normalize) : line;
    // before lower-casing: capitals tell where a sentence begins
    return Array.from(sentences ? sentences(text) : [text], (part) => [...split(fold(part))].filter(keep));
  };
}

/** One sentence, tokens parted by blanks. */
export function splitAtBlanks(line: string): string[][] {
  return [line.split(BLANKS).filter((token) => token !== "")];
}

function check(options: TokenizeOptions, tokenizer: Tokenizer): void {
  for (const name of ["lowercase", "stripAccents", "numbers", "apostrophes", "splitSentences"] as const)
    if (options[name] !== undefined) checkBoolean(name, options[name]);
  for (const name of ["numbers", "apostrophes"] as const)
    if (options[name] !== undefined && tokenizer !== "simple")
      throw new RangeError(`"${name}" goes with tokenizer "simple", got ${show(tokenizer)}: leave it out`);
  if (options.normalize !== undefined) checkOneOf("normalize", options.normalize, ["NFC", "NFD", "NFKC", "NFKD"]);
  if (typeof options.stopWords === "string")
    throw new TypeError('"stopWords" expected an array of words, got a string');
  const { locale } = options;
  if (locale === undefined) return;
  try {
    Intl.getCanonicalLocales(locale);
  } catch (cause) {
    throw new RangeError(`"locale" expected a language such as "de" or "zh-Hant", got ${show(locale)}`, { cause });
  }
}

function splitter(tokenizer: Tokenizer, options: TokenizeOptions): (text: string) => Iterable<string> {
  if (typeof tokenizer === "function") return tokenizer;
  if (tokenizer === "whitespace") return (text) => splitAtBlanks(text)[0];
  if (tokenizer === "segmenter") return segments(options.locale, "word");
  // letters, their marks, letter-like numbers and _: what \w of Python is without its digits; and marks, which Python parts
  const letter = `\\p{L}\\p{M}\\p{Nl}\\p{No}_${options.numbers ? "\\p{Nd}" : ""}`;
  const apostrophe = options.apostrophes ? `(?:['’][${letter}]+)*` : "";
  const word = new RegExp(`[${letter}]+${apostrophe}`, "gu");
  return (text) => (text.match(word) ?? []).filter((token) => !token.startsWith("_"));
}

/** Words (only those, not what stands between them) or sentences of a text. @throws RangeError if the engine has no Intl.Segmenter */
function segments(locale: string | undefined, granularity: "word" | "sentence"): (text: string) => Iterable<string> {
  if (typeof Intl.Segmenter !== "function")
    throw new RangeError(
      "this engine has no Intl.Segmenter (Chromium 87, Firefox 125, Safari 14.1 have it): pass a function as tokenizer",
    );
  const segmenter = new Intl.Segmenter(locale, { granularity });
  return function* (text) {
    for (const { segment, isWordLike } of segmenter.segment(text))
      if (granularity === "sentence" || isWordLike) yield segment;
  };
}

function filter({ minLength, maxLength, stopWords }: TokenizeOptions, [min, max]: readonly [number, number]) {
  const least = minLength === undefined ? min : checkInteger("minLength", minLength, 0);
  const most = maxLength === undefined ? max : checkInteger("maxLength", maxLength, least);
  const stops = new Set(stopWords);
  return (token: string): boolean => {
    if (typeof token !== "string") throw new TypeError(`tokenizer expected to give strings, got ${show(token)}`);
    // characters are as many as code units, or fewer
    const length = token.length > least && token.length <= most ? token.length : [...token].length;
    return length >= least && length <= most && !stops.has(token);
  };
}
