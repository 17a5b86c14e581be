/**
 * Entry point wasm2vec/sequences: sequences that are not text, for item2vec and node2vec: baskets of items, walks on graphs.
 * @module wasm2vec/sequences
 */

export {
  type Basket,
  type BasketSource,
  ITEM_DEFAULTS,
  type Item,
  NODE_DEFAULTS,
  type NodeOptions,
} from "./presets/sequences.js";
export { type Edge, randomWalks, type WalkOptions } from "./text/walks.js";
