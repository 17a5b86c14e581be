/**
 * Door wasm2vec/network: the hidden-layer network, for Node and browsers, with a kernel of its own.
 * @module wasm2vec/network
 */

export { FormatError } from "./base/errors.js";
export * from "./classifier/hidden-layer-network.js";
export type { NetworkShape } from "./classifier/network-memory.js";
export type { NetworkParameters } from "./math/hidden-layer.js";
