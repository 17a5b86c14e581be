/**
 * Entry point wasm2vec/evaluate: the quality of vectors, by analogies and by word pairs that people scored; the search for options by a score.
 * @module wasm2vec/evaluate
 */

export {
  type Autotuned,
  type AutotuneOptions,
  autotune,
  type Candidate,
  CLASSIFIER_SPACE,
  type Range,
  type Space,
  type Trial,
  VECTOR_SPACE,
} from "./presets/autotune.js";
export { type QualityOptions, type QualityPoint, type QualityProbe, qualityProbe } from "./presets/quality.js";
export * from "./vectors/evaluate.js";
export * from "./vectors/evaluation-sets.js";
