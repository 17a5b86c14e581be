// Splits a line of text into sentences of tokens.

import { checkBoolean, checkInteger, checkKnown, checkOneOf, show } from "../base/check.js";

/**
 * "whitespace" (default): tokens are separated by whitespace, as in word2vec.c and fastText. "simple": runs of letters in lower case,
 * as gensim's simple_preprocess. "segmenter": the words of Intl.Segmenter, for Chinese, Japanese, Thai and any other language.
 * Or a function from a line to its tokens.
 */
export type Tokenizer = "whitespace" | "simple" | "segmenter" | ((line: string) => Iterable<string>);

export interface TokenizeOptions {
  tokenizer?: Tokenizer;
  /** Language (BCP 47) of lower-casing and of the segmenter, such as "tr" or "ja". Default: no particular language. */
  locale?: string;
  /** Lower case, by the rules of the locale. Default: true for "simple", else false. */
  lowercase?: boolean;
  /** Unicode normalization of the text. Default: none. */
  normalize?: "NFC" | "NFD" | "NFKC" | "NFKD";
  /** Removes accents: é becomes e, ü becomes u. Default false. */
  stripAccents?: boolean;
  /** "simple": digits are part of tokens too. Default false. */
  numbers?: boolean;
  /** "simple": apostrophes within a word are part of it, as in don't. Default false. */
  apostrophes?: boolean;
  /** In characters: shorter and longer tokens are dropped. Default 2 and 15 for "simple" as in gensim, else no limit. */
  minLength?: number;
  maxLength?: number;
  /** Tokens that are dropped, in the form that they have after lower-casing. */
  stopWords?: Iterable<string>;
  /** Cuts each line into sentences by Intl.Segmenter. Default false: a line is a sentence. */
  splitSentences?: boolean;
}

export const TOKENIZE_OPTIONS: readonly (keyof TokenizeOptions)[] = [
  ...(["tokenizer", "locale", "lowercase", "normalize", "stripAccents", "numbers", "apostrophes"] as const),
  ...(["minLength", "maxLength", "stopWords", "splitSentences"] as const),
];

export const TOKENIZERS = ["whitespace", "simple", "segmenter"] as const;

/** The whitespace of word2vec.c and fastText. */
const WHITESPACE = /[ \t\n\v\f\r\0]+/;

/**
 * A function from a line to the tokens of its sentences, or undefined if lines are only split at whitespace.
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
  const keep = filter(options, tokenizer);
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
    // before lower-casing, because capitals mark the start of a sentence
    return Array.from(sentences ? sentences(text) : [text], (part) => [...split(fold(part))].filter(keep));
  };
}

/** One sentence, tokens separated by whitespace. */
export function splitAtWhitespace(line: string): string[][] {
  return [line.split(WHITESPACE).filter((token) => token !== "")];
}

function check(options: TokenizeOptions, tokenizer: Tokenizer): void {
  for (const name of ["lowercase", "stripAccents", "numbers", "apostrophes", "splitSentences"] as const)
    if (options[name] !== undefined) checkBoolean(name, options[name]);
  for (const name of ["numbers", "apostrophes"] as const)
    if (options[name] !== undefined && tokenizer !== "simple")
      throw new RangeError(`"${name}" goes with "tokenizer" "simple", got ${show(tokenizer)}: leave it out`);
  if (options.normalize !== undefined) checkOneOf("normalize", options.normalize, ["NFC", "NFD", "NFKC", "NFKD"]);
  const { stopWords, locale } = options;
  if (stopWords !== undefined && !isIterable(stopWords))
    throw new TypeError(`"stopWords" expected an array of words, got ${show(stopWords)}`);
  if (locale !== undefined) checkLocale(locale, options, tokenizer);
}

function checkLocale(locale: string, options: TokenizeOptions, tokenizer: Tokenizer): void {
  try {
    Intl.getCanonicalLocales(locale);
  } catch (cause) {
    throw new RangeError(`"locale" expected a language such as "de" or "zh-Hant", got ${show(locale)}`, { cause });
  }
  const { lowercase = tokenizer === "simple", splitSentences = false } = options;
  if (tokenizer === "segmenter" || lowercase || splitSentences) return;
  throw new RangeError(
    '"locale" changes nothing without "lowercase", "splitSentences" or "tokenizer" "segmenter": give one of them, or leave it out',
  );
}

/** Whether the value is iterable but not a string. */
export function isIterable<T>(value: Iterable<T> | undefined): value is Iterable<T> {
  return typeof value !== "string" && typeof value?.[Symbol.iterator] === "function";
}

function splitter(tokenizer: Tokenizer, options: TokenizeOptions): (text: string) => Iterable<string> {
  if (typeof tokenizer === "function") return (text) => checkTokens(tokenizer(text));
  if (tokenizer === "whitespace") return (text) => splitAtWhitespace(text)[0];
  if (tokenizer === "segmenter") return segments(options.locale, "word");
  // as \w of Python without digits: letters, letter-like numbers and _; plus combining marks, at which Python splits
  const letter = `\\p{L}\\p{M}\\p{Nl}\\p{No}_${options.numbers ? "\\p{Nd}" : ""}`;
  const apostrophe = options.apostrophes ? `(?:['’][${letter}]+)*` : "";
  const word = new RegExp(`[${letter}]+${apostrophe}`, "gu");
  return (text) => (text.match(word) ?? []).filter((token) => !token.startsWith("_"));
}

function checkTokens(tokens: Iterable<string>): Iterable<string> {
  if (isIterable(tokens)) return tokens;
  throw new TypeError(
    `"tokenizer" expected a function that returns an iterable of strings, such as an array, got ${show(tokens)}`,
  );
}

/** The words of a text, without what is between them, or its sentences. @throws RangeError if the engine has no Intl.Segmenter */
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

function filter(options: TokenizeOptions, tokenizer: Tokenizer): (token: string) => boolean {
  const [shortest, longest] = tokenizer === "simple" ? [2, 15] : [0, Number.POSITIVE_INFINITY];
  const minLength = options.minLength === undefined ? shortest : checkInteger("minLength", options.minLength, 0);
  const maxLength = options.maxLength === undefined ? longest : checkInteger("maxLength", options.maxLength, 0);
  if (minLength > maxLength)
    throw new RangeError(
      `"minLength" ${minLength} is above "maxLength" ${maxLength}, which leaves no token: ` +
        (options.maxLength === undefined ? 'give a "maxLength" too' : "lower one or raise the other"),
    );
  const stops = new Set(options.stopWords);
  return (token) => {
    if (typeof token !== "string") throw new TypeError(`"tokenizer" expected to give strings, got ${show(token)}`);
    // a string has at most as many characters as code units
    const length = token.length > minLength && token.length <= maxLength ? token.length : [...token].length;
    return length >= minLength && length <= maxLength && !stops.has(token);
  };
}
