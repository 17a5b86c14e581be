/**
 * Door wasm2vec/network: the hidden-layer network, for Node and browsers, with a kernel of its own.
 * @module wasm2vec/network
 */

export { FormatError } from "./math/error.js";
export type { NetworkParameters } from "./math/network.js";
export type { NetworkShape } from "./model/network.js";
export * from "./train/network.js";
