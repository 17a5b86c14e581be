// Corpora that are not text, with suitable options: baskets and histories of items, walks on graphs.

import { show } from "../base/check.js";
import { type Corpus, type CorpusSource, isCorpus } from "../text/corpus.js";
import { type Edge, randomWalks, type WalkOptions } from "../text/walks.js";
import type { TrainOptions } from "../train/train-options.js";

/** An item's name or number; numbers become words in decimals. */
export type Item = string | number | bigint;

/** Items of one basket, session or history. */
export type Basket = Iterable<Item>;

/** Baskets, something that gives a fresh iterator of them each time, or a corpus. */
export type BasketSource =
  | Iterable<Basket>
  | AsyncIterable<Basket>
  | (() => Iterable<Basket> | AsyncIterable<Basket>)
  | Corpus;

/**
 * Defaults of item2vec. In a basket of up to 1,001 items every item is a context of every other (Barkan and Koenigstein 2016); in
 * larger ones, those within 1,000 places. There is no subsampling, and 20 epochs, because such data is small.
 */
export const ITEM_DEFAULTS = {
  window: 1_000,
  shrinkWindows: false,
  minCount: 2,
  subsample: 0,
  epochs: 20,
} as const satisfies TrainOptions;

/**
 * Defaults of node2vec: the window of Grover and Leskovec (2016), and an epoch more than theirs, for small graphs. Each node is met as often
 * as walks from each and their length have it, however large the graph, so the rate does not follow from the text: (8.4) of docs/math.md.
 */
export const NODE_DEFAULTS = {
  window: 10,
  minCount: 1,
  subsample: 0,
  epochs: 2,
  learningRate: 0.0125,
} as const satisfies TrainOptions;

/** Options of node2vec, for the walks and for training. `seed` is for both. */
export type NodeOptions = WalkOptions & TrainOptions;

/** Baskets as sentences. Other values, such as a corpus or a path, are returned unchanged for toCorpus to take or refuse. */
export function basketCorpus<Path>(source: BasketSource | Path): CorpusSource | Path {
  if (typeof source === "function") return () => sentencesOf((source as () => Iterable<Basket>)());
  const isObject = source !== null && typeof source === "object" && !(source instanceof URL);
  const isIterable = isObject && !isCorpus(source) && !("next" in source);
  return isIterable ? () => sentencesOf(source as Iterable<Basket>) : (source as CorpusSource | Path);
}

async function* sentencesOf(baskets: Iterable<Basket> | AsyncIterable<Basket>): AsyncGenerator<string[]> {
  let index = 0;
  for await (const basket of baskets) yield itemsOf(basket, index++);
}

function itemsOf(basket: Basket, index: number): string[] {
  if (typeof basket === "string" || typeof basket?.[Symbol.iterator] !== "function")
    throw new TypeError(`basket ${index} expected an array of items, got ${show(basket)}`);
  return Array.from(basket, (item) => {
    if (typeof item === "string" || typeof item === "bigint" || Number.isFinite(item)) return String(item);
    throw new TypeError(`basket ${index} expected items as strings or numbers, got ${show(item)}`);
  });
}

/** Options with the defaults of item2vec, unless a training is resumed, which has its own options. */
export function itemOptions(options: TrainOptions = {}): TrainOptions {
  return withDefaults(ITEM_DEFAULTS, options);
}

/** The walks, and the options of training. @throws TypeError, RangeError for options and edges of the walks */
export function walksAndOptions(edges: Iterable<Edge>, options: NodeOptions = {}): [Corpus, TrainOptions] {
  const { walksPerNode, walkLength, p, q, directed, ...training } = options;
  const seed = options.seed ?? options.resume?.options.seed;
  return [
    randomWalks(edges, { walksPerNode, walkLength, p, q, directed, seed }),
    withDefaults(NODE_DEFAULTS, training),
  ];
}

function withDefaults(defaults: TrainOptions, options: TrainOptions): TrainOptions {
  if (options.resume !== undefined) return options;
  const defined = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as TrainOptions;
  const { window, ...others } = defaults;
  const hasSides = defined.windowLeft !== undefined && defined.windowRight !== undefined;
  return { ...(hasSides ? others : defaults), ...defined };
}
