/**
 * Entry point wasm2vec/math: the losses and gradients of docs/math.md as pure float64 functions, for proofs and classrooms.
 * @module wasm2vec/math
 */

export { checkGradient, type GradientCheck } from "./math/gradient.js";
export { type NetworkParameters, networkLossAndGradient } from "./math/hidden-layer.js";
export { type HuffmanTree, huffmanTree } from "./math/huffman.js";
export * from "./math/loss.js";
export type { Matrix, Vector } from "./math/matrix.js";
export { type NegativeSampler, negativeSampler } from "./math/sampler.js";
export { type Objective, type SgdOptions, sgd } from "./math/sgd.js";
export * from "./math/window-loss.js";
