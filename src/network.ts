/**
 * Entry point wasm2vec/network: the hidden-layer network, for Node and pages, with a kernel of its own.
 * @module wasm2vec/network
 */

export * from "./classifier/hidden-layer-network.js";
export type { NetworkShape } from "./classifier/network-memory.js";
