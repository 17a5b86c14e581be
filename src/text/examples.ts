// A corpus of examples: texts with their labels.

import { Mark } from "../../assembly/params.js";
import { show } from "../base/check.js";
import { type Corpus, isCorpus, toCorpus } from "./corpus.js";
import { type Example, labelOf, tokensOfExample } from "./labels.js";
import { detached } from "./source.js";
import { makeTokenizer, splitAtWhitespace, type TokenizeOptions } from "./tokenize.js";
import type { Sentence } from "./tokens.js";

/**
 * What a classifier learns from: examples { text, labels }, or lines of text in which labels stand as words such as __label__spam;
 * something that gives an iterator of them; or a Corpus whose tokens have such labels among them.
 */
export type ExampleSource =
  | Iterable<Example | string>
  | AsyncIterable<Example | string>
  | (() => Iterable<Example | string> | AsyncIterable<Example | string>)
  | Corpus;

/** The function that makes tokens of a text. @throws TypeError, RangeError for options */
export function tokenizerOf(options: TokenizeOptions): (text: string) => string[] {
  const tokenize = makeTokenizer(options) ?? splitAtWhitespace;
  return (text) => {
    const sentences = tokenize(text);
    return sentences.length === 1 ? sentences[0] : sentences.flat();
  };
}

/** Examples as a corpus; one that is a corpus is taken as it is. It is read once, so that a generator is enough. */
export function exampleCorpus(source: ExampleSource, name = "examples", options: TokenizeOptions = {}): Corpus {
  if (typeof source !== "function" && isCorpus(source)) return source;
  const tokenize = tokenizerOf(options);
  const open = typeof source === "function" ? source : () => source;
  const sentences = async function* (): AsyncGenerator<Sentence> {
    let index = 0;
    for await (const example of detached(checkExamples(open(), name)))
      yield tokensOfExample(example, tokenize, `${name}: example ${index++}`);
  };
  return { name, chunks: () => toCorpus(sentences).chunks() };
}

/** @throws TypeError */
function checkExamples<T>(examples: Iterable<T> | AsyncIterable<T>, name: string): Iterable<T> | AsyncIterable<T> {
  const isIterable =
    examples !== null &&
    typeof examples === "object" &&
    (Symbol.iterator in examples || Symbol.asyncIterator in examples);
  if (isIterable) return examples;
  throw new TypeError(
    `${name}: expected an array of { text, labels }, or another iterable of them, got ${show(examples)}`,
  );
}

/** A line of text: its words, and its labels. */
export interface LabelledLine {
  words: string[];
  labels: string[];
}

/** The lines of a corpus, some at a time. */
export async function* labelledLines(corpus: Corpus): AsyncGenerator<LabelledLine[]> {
  let line: LabelledLine = { words: [], labels: [] };
  for await (const { numbers, tokens } of corpus.chunks()) {
    const lines: LabelledLine[] = [];
    for (const number of numbers) {
      if (number === Mark.sentenceEnd) {
        lines.push(line);
        line = { words: [], labels: [] };
      } else if (number < Mark.least) {
        const label = labelOf(tokens[number]);
        if (label === undefined) line.words.push(tokens[number]);
        else line.labels.push(label);
      }
    }
    yield lines;
  }
  if (line.words.length + line.labels.length > 0) yield [line];
}
