/**
 * Entry point wasm2vec/queries: gensim's queries beyond the methods of WordVectors, all-but-the-top, and approximate search.
 * @module wasm2vec/queries
 */

export * from "./vectors/approximate.js";
export * from "./vectors/components.js";
export * from "./vectors/movers.js";
export * from "./vectors/queries.js";
