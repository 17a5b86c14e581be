// A corpus that is not constant is read once to count and once an epoch to train, so it must be restartable.

import { Mark } from "../../assembly/params.js";
import { show } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import type { ReadingThreads } from "./reading-link.js";
import { type BytesRead, detached } from "./source.js";
import { type Sentence, StringTable, type TokenChunk } from "./tokens.js";

/** A restartable source of sentences, made by toCorpus, textCorpus, fileCorpus and others. */
export interface Corpus {
  /** for messages, such as the file's name */
  readonly name: string;
  /** Whether each pass gives the same, as for a file: then one pass is enough, and a change causes a warning. Default false. */
  readonly isConstant?: boolean;
  /**
   * Reads the corpus from the start.
   * @param signal ends at once whatever the pass waits for, such as a stream @param threads that may help to read
   */
  chunks(signal?: AbortSignal, threads?: ReadingThreads): AsyncIterable<TokenChunk>;
  /** How far the current pass is, if the corpus knows. */
  readonly progress?: () => Readonly<BytesRead> | undefined;
  /** Releases resources such as pipes and their temporary files. The corpus cannot be read afterwards. */
  readonly close?: () => Promise<void>;
}

/** What users may pass: sentences as arrays of tokens, something that gives a fresh iterator each time, or a Corpus. */
export type CorpusSource =
  | readonly Sentence[]
  | Iterable<Sentence>
  | AsyncIterable<Sentence>
  | (() => Iterable<Sentence> | AsyncIterable<Sentence>)
  | Corpus;

/** Approximate number of tokens in a chunk. */
const CHUNK = 8192;

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
  return { name: "corpus", isConstant: Array.isArray(source), chunks: () => numberTokens(open()) };
}

async function* numberTokens(sentences: Iterable<Sentence> | AsyncIterable<Sentence>): AsyncGenerator<TokenChunk> {
  let table = new StringTable();
  let numbers: number[] = [];
  let index = 0;
  for await (const sentence of detached(checkIterable(sentences))) {
    // splitting at single spaces gives an empty token between two spaces
    for (const token of checkSentence(sentence, index++)) if (token !== "") numbers.push(table.numberOf(token));
    numbers.push(Mark.sentenceEnd);
    if (numbers.length < CHUNK) continue;
    yield { numbers: Uint32Array.from(numbers), tokens: table.tokens };
    numbers = [];
    // sentences that are already there would otherwise be read without a pause
    await yieldToEventLoop();
    if (table.isFull) table = new StringTable();
  }
  yield { numbers: Uint32Array.from(numbers), tokens: table.tokens };
}

export function isCorpus(source: unknown): source is Corpus {
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
