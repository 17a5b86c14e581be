// Labels of lines, which stand among their words as in files of fastText.

import { show } from "../base/check.js";
import type { Sentence } from "./tokens.js";

/** What a token begins with that is a label. */
export const LABEL_PREFIX = "__label__";

/** The label that a token is; undefined for a word. */
export function labelOf(token: string): string | undefined {
  return token.startsWith(LABEL_PREFIX) ? token.slice(LABEL_PREFIX.length) : undefined;
}

/** A text and its labels. */
export interface Example {
  /** a line of text, or its tokens */
  text: string | Sentence;
  /** one, or several */
  labels: string | readonly string[];
}

/**
 * The tokens of an example, labels first.
 * @param name of the example, for messages
 * @throws TypeError for what is no example; RangeError for an empty label
 */
export function tokensOfExample(
  example: Example | string,
  tokenize: (text: string) => readonly string[],
  name: string,
): string[] {
  if (typeof example === "string") return tokensOfLine(example, tokenize);
  const { text, labels } = example ?? {};
  if (typeof text !== "string" && !Array.isArray(text))
    throw new TypeError(
      `${name} expected { text, labels }, or a line with labels such as "${LABEL_PREFIX}spam buy now", got ${show(example)}${example === null || typeof example !== "object" ? "" : ` with the text ${show(text)}`}`,
    );
  return [...labelTokens(labels, name), ...(typeof text === "string" ? tokenize(text) : text)];
}

/** The tokens that stand for labels. @throws TypeError, RangeError naming the example */
export function labelTokens(labels: string | readonly string[], name: string): string[] {
  const list = Array.isArray(labels) ? labels : [labels];
  for (const label of list) {
    if (typeof label !== "string")
      throw new TypeError(`${name} expected labels that are strings, got ${show(label)}: use String(label)`);
    if (label === "") throw new RangeError(`${name} has an empty label: leave it out, or name it`);
  }
  return list.map((label) => LABEL_PREFIX + label);
}

/** The tokens of a line in which labels stand: these are kept as they are, the rest is tokenized. */
export function tokensOfLine(line: string, tokenize: (text: string) => readonly string[]): string[] {
  if (!line.includes(LABEL_PREFIX)) return [...tokenize(line)];
  const labels: string[] = [];
  const text = line.replace(LABELS, (_, before: string, label: string) => {
    labels.push(label);
    return before;
  });
  return [...labels, ...tokenize(text)];
}

/** A label between whitespace, and what is before it. */
const LABELS = new RegExp(`(^|[ \\t\\v\\f\\r\\0])(${LABEL_PREFIX}[^ \\t\\v\\f\\r\\0]*)`, "g");
