/**
 * Entry point wasm2vec/evaluate: the quality of vectors, by analogies and by word pairs that people scored.
 * @module wasm2vec/evaluate
 */

export { type QualityOptions, type QualityPoint, type QualityProbe, qualityProbe } from "./presets/quality.js";
export * from "./vectors/evaluate.js";
