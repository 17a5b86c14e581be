/**
 * Door wasm2vec/queries: what WordVectors are asked beyond their own methods, with gensim's names; graphs of neighbours.
 * @module wasm2vec/queries
 */

export * from "./vectors/approximate.js";
export * from "./vectors/movers.js";
export * from "./vectors/queries.js";
