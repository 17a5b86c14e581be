// Options that are words, or vectors of words: where a training begins, and which vectors stay.

import { show } from "../../base/check.js";
import { Vocabulary } from "../../text/vocabulary.js";
import { WordVectors } from "../../vectors/vectors.js";

/** Words, or whether a word is one of them. */
export type Freeze = readonly string[] | ((word: string) => boolean);

/** Learning-rate multipliers of words; words that a map leaves out have 1. */
export type WordRates = ReadonlyMap<string, number> | ((word: string) => number);

/** @throws TypeError */
export function checkVectors(name: string, value: WordVectors): WordVectors {
  if (value instanceof WordVectors) return value;
  throw new TypeError(`"${name}" expected WordVectors, got ${show(value)}: use loadVectors or createVectors`);
}

/** @throws TypeError */
export function checkVocabulary(name: string, value: Vocabulary): Vocabulary {
  if (value instanceof Vocabulary) return value;
  throw new TypeError(`"${name}" expected a Vocabulary, got ${show(value)}: use Vocabulary.parse or loadVocabulary`);
}

/** @throws TypeError */
export function checkFreeze(name: string, value: Freeze): Freeze {
  if (typeof value === "function" || Array.isArray(value)) return value;
  throw new TypeError(`"${name}" expected an array of words or a function, got ${show(value)}`);
}

/** @throws TypeError */
export function checkWordRates(name: string, value: WordRates): WordRates {
  if (typeof value === "function" || value instanceof Map) return value;
  throw new TypeError(`"${name}" expected a Map of words to numbers or a function, got ${show(value)}`);
}
