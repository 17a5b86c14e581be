/**
 * Door wasm2vec/phrases: the phrases that learnPhrases finds, to join, to write and to read.
 * @module wasm2vec/phrases
 */

export { type PhraseOptions, type PhraseScoring, Phrases } from "./text/phrases.js";
