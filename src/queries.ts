/**
 * Entry point wasm2vec/queries: gensim's queries beyond the methods of WordVectors, and approximate search.
 * @module wasm2vec/queries
 */

export * from "./vectors/approximate.js";
export * from "./vectors/movers.js";
export * from "./vectors/queries.js";
