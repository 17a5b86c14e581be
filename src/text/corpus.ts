// A corpus is read once to count and once an epoch to train, so it must be restartable.

import { show } from "../math/check.js";

/** Tokens of one sentence, in order. */
export type Sentence = readonly string[];

/** A restartable source of sentences: each call of chunks() reads it from the start. */
export interface Corpus {
  /** for messages, such as the file's name */
  readonly name: string;
  /** some sentences at a time; a sentence has at most `maxSentenceLength` tokens where the source splits long ones itself */
  chunks(maxSentenceLength: number): AsyncIterable<Sentence[]>;
}

/** What users may hand in: sentences as arrays of tokens, something that gives a fresh iterator each time, or a Corpus. */
export type CorpusSource =
  | readonly Sentence[]
  | Iterable<Sentence>
  | AsyncIterable<Sentence>
  | (() => Iterable<Sentence> | AsyncIterable<Sentence>)
  | Corpus;

/** Sentences handed on together. */
const CHUNK = 256;

/**
 * @throws TypeError if the source is a string or a one-shot iterator
 */
export function toCorpus(source: CorpusSource): Corpus {
  if (typeof source === "string")
    throw new TypeError(
      `corpus expected sentences, got the string ${show(source)}: pass arrays of tokens, for example [text.split(" ")]`,
    );
  const open = typeof source === "function" ? source : () => source as Iterable<Sentence>;
  if (typeof source !== "function") {
    if (isCorpus(source)) return source;
    checkRestartable(source);
  }
  return {
    name: "corpus",
    async *chunks() {
      let chunk: Sentence[] = [];
      let index = 0;
      for await (const sentence of checkIterable(open())) {
        chunk.push(checkSentence(sentence, index++));
        if (chunk.length === CHUNK) {
          yield chunk;
          chunk = [];
        }
      }
      if (chunk.length > 0) yield chunk;
    },
  };
}

function isCorpus(source: unknown): source is Corpus {
  return typeof (source as Corpus | null)?.chunks === "function";
}

function checkIterable(value: Iterable<Sentence> | AsyncIterable<Sentence>) {
  if (value !== null && typeof value === "object" && (Symbol.iterator in value || Symbol.asyncIterator in value))
    return value;
  throw new TypeError(
    `corpus expected arrays of tokens, an iterable or a function that returns one, got ${show(value)}`,
  );
}

function checkRestartable(source: Iterable<Sentence> | AsyncIterable<Sentence>): void {
  checkIterable(source);
  if ("next" in source)
    throw new TypeError(
      "corpus is a generator, which can be read only once, but training reads it once to count and once an epoch: " +
        "pass a function that returns a fresh one, for example () => sentences()",
    );
}

function checkSentence(sentence: unknown, index: number): Sentence {
  if (typeof sentence === "string")
    throw new TypeError(
      `corpus: sentence ${index} expected an array of tokens, got the string ${show(sentence)}: split it, for example text.split(" ")`,
    );
  if (!Array.isArray(sentence))
    throw new TypeError(`corpus: sentence ${index} expected an array of tokens, got ${show(sentence)}`);
  for (const token of sentence) {
    if (typeof token !== "string")
      throw new TypeError(`corpus: sentence ${index} expected tokens as strings, got ${show(token)}: use String(id)`);
  }
  return sentence;
}
