/**
 * Entry point wasm2vec/phrases: the phrases that learnPhrases finds, to join, to save and to load.
 * @module wasm2vec/phrases
 */

export { type PhraseOptions, type PhraseScoring, Phrases } from "./text/phrases.js";
