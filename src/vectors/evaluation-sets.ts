// Sets to evaluate vectors on, as files have them: rated word pairs, and analogies.

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";

/** Two words and their similarity as people rate it. */
export type WordPair = readonly [first: string, second: string, score: number];

/** "a is to b as c is to d". */
export type AnalogyQuestion = readonly [a: string, b: string, c: string, d: string];

export interface AnalogySection {
  section: string;
  questions: AnalogyQuestion[];
}

/**
 * Reads word pairs, a line `word word score` each, separated by tabs, else by spaces, commas or semicolons.
 * Empty lines and lines that start with # are skipped.
 * @param name the file, for errors
 * @throws FormatError naming the line
 */
export function parseWordPairs(text: string, name = "word pairs"): WordPair[] {
  const pairs: WordPair[] = [];
  for (const { line, number } of filledLines(text)) {
    if (line.startsWith("#")) continue;
    const fields = line.split(line.includes("\t") ? "\t" : /[\s,;]+/);
    const [first, second, score] = fields;
    if (fields.length !== 3 || fields.includes("") || !Number.isFinite(Number(score)))
      throw new FormatError(`${name}: line ${number} expected "word word score", got ${show(line)}`);
    pairs.push([first, second, Number(score)]);
  }
  return pairs;
}

/**
 * Reads analogy questions in the format of Google's questions-words.txt: `: section`, then a line `a b c d` for each question.
 * @param name the file, for errors
 * @throws FormatError naming the line
 */
export function parseAnalogies(text: string, name = "analogies"): AnalogySection[] {
  const sections: AnalogySection[] = [];
  for (const { line, number } of filledLines(text)) {
    if (line.startsWith(":")) {
      sections.push({ section: line.slice(1).trim(), questions: [] });
      continue;
    }
    const words = line.split(/\s+/);
    if (words.length !== 4)
      throw new FormatError(`${name}: line ${number} expected 4 words or ": section", got ${show(line)}`);
    if (sections.length === 0)
      throw new FormatError(
        `${name}: line ${number} expected ": section" before the first question, got ${show(line)}`,
      );
    sections[sections.length - 1].questions.push(words as unknown as AnalogyQuestion);
  }
  return sections;
}

/** Non-empty lines, trimmed, with their numbers from 1. */
function* filledLines(text: string): Generator<{ line: string; number: number }> {
  let number = 0;
  for (const raw of text.split("\n")) {
    number++;
    const line = raw.trim();
    if (line !== "") yield { line, number };
  }
}
