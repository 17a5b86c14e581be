/**
 * Door wasm2vec/evaluate: what vectors are worth, by analogies and by pairs that people scored.
 * @module wasm2vec/evaluate
 */

export { type QualityOptions, type QualityPoint, qualityProbe } from "./presets/quality.js";
export * from "./vectors/evaluate.js";
