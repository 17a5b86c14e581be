// Approximate nearest words by a graph (HNSW: Malkov and Yashunin 2016) instead of a scan of all rows. The caller passes in a library
// for the graph, usearch in Node or hnswlib-wasm in a page; neither is a dependency.

import { checkFunction, checkInteger, checkKnown, checkSignal, show } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import type { Query } from "./query.js";
import type { Neighbour, WordVectors } from "./vectors.js";

/** An empty graph of a library; see usearchGraph and hnswlibGraph. */
export interface NeighbourGraph {
  /** Adds a vector of length 1. */
  add(row: number, vector: Float32Array): void;
  /** Rows of the `count` nearest vectors that the graph finds; fewer if it holds fewer. */
  search(vector: Float32Array, count: number): number[];
}

export interface GraphOptions {
  /** Links of a vector to others. More links take more memory and find more. Default 16. */
  connectivity?: number;
  /** Candidates examined while a vector is added. More take more time and find more. Default 128. */
  expansionAdd?: number;
  /** Candidates examined in a search. More take more time and find more. Default 64. */
  expansionSearch?: number;
}

export interface IndexOptions {
  /** Called with the share of rows that are in the graph, from 0 to 1. */
  onProgress?: (share: number) => void;
  /** Stops building; the promise rejects with the reason of the signal. */
  signal?: AbortSignal;
}

export interface ApproximateOptions {
  /** Default 10. */
  topN?: number;
  /** Returns only words for which it is true. The search widens until there are enough, up to all words. */
  filter?: (word: string) => boolean;
}

/** If more than one row in so many is sought, a scan of all rows replaces the graph. */
const EXHAUSTIVE = 8;

/** Milliseconds of building between yields to the event loop. */
const TURN = 10;

/** Nearest words by a graph; some may be missed, but similarities are exact. */
export class ApproximateIndex {
  private constructor(
    private readonly vectors: WordVectors,
    private readonly graph: NeighbourGraph,
  ) {}

  /**
   * Adds the current values of all vectors to an empty graph; yields to the event loop every few milliseconds.
   * @throws TypeError for a value that is not a graph, and for options; the signal's reason
   */
  static async build(
    vectors: WordVectors,
    graph: NeighbourGraph,
    options: IndexOptions = {},
  ): Promise<ApproximateIndex> {
    if (typeof graph?.add !== "function" || typeof graph.search !== "function")
      throw new TypeError(
        `"graph" expected an empty graph, got ${show(graph)}: make one with usearchGraph or hnswlibGraph`,
      );
    checkKnown("option", options, ["onProgress", "signal"]);
    const signal = checkSignal(options.signal);
    const onProgress = checkFunction("onProgress", options.onProgress);
    signal?.throwIfAborted();
    let turn = performance.now();
    for (let row = 0; row < vectors.size; row++) {
      graph.add(row, vectors.unit(row));
      if (performance.now() - turn < TURN) continue;
      onProgress?.((row + 1) / vectors.size);
      await yieldToEventLoop();
      signal?.throwIfAborted();
      turn = performance.now();
    }
    signal?.throwIfAborted();
    onProgress?.(1);
    return new ApproximateIndex(vectors, graph);
  }

  /** As WordVectors.mostSimilar for a word or vector, but some of the nearest may be missed. @throws MissingWordError */
  mostSimilar(query: Query, options: ApproximateOptions = {}): Neighbour[] {
    checkKnown("option", options, ["topN", "filter"]);
    const { topN: k = 10 } = options;
    const topN = checkInteger("topN", k, 0);
    const filter = checkFunction("filter", options.filter);
    const { vectors, graph } = this;
    const excluded = typeof query === "string" ? vectors.rowOrNone(query) : -1;
    const direction = vectors.direction(query);
    const isWanted = (row: number) => row !== excluded && (filter === undefined || filter(vectors.words[row]));
    for (let count = topN + 1; count < vectors.size / EXHAUSTIVE; count *= 4) {
      const rows = graph.search(direction, count).filter(isWanted);
      if (rows.length < topN) continue;
      return rows
        .map((row) => ({ word: vectors.words[row], similarity: vectors.similarity(query, vectors.words[row]) }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, topN);
    }
    // so wide a search of the graph takes longer than a scan of all rows
    return vectors.mostSimilar(query, { topN, filter });
  }

  /** The share of the exact `topN` nearest words that the graph finds, for the given words. topN: default 10. @throws MissingWordError */
  recall(words: readonly string[], topN = 10): number {
    const exact = this.vectors.mostSimilarBatch(words, { topN });
    let [found, all] = [0, 0];
    words.forEach((word, i) => {
      const near = new Set(this.mostSimilar(word, { topN }).map((neighbour) => neighbour.word));
      found += exact[i].filter((neighbour) => near.has(neighbour.word)).length;
      all += exact[i].length;
    });
    return all === 0 ? 1 : found / all;
  }
}

/** Checks GraphOptions and sets defaults. @throws TypeError, RangeError */
function resolveGraph(options: GraphOptions): Required<GraphOptions> {
  checkKnown("option", options, ["connectivity", "expansionAdd", "expansionSearch"]);
  const { connectivity = 16, expansionAdd = 128, expansionSearch = 64 } = options;
  return {
    connectivity: checkInteger("connectivity", connectivity, 2, 1024),
    expansionAdd: checkInteger("expansionAdd", expansionAdd, 1),
    expansionSearch: checkInteger("expansionSearch", expansionSearch, 1),
  };
}

/** The part of the package usearch that is needed: `import usearch from "usearch"`. */
export interface UsearchLibrary {
  Index: new (
    config: never,
  ) => {
    add(keys: bigint, vectors: Float32Array): void;
    search(vectors: Float32Array, k: number, threads: number): { keys: BigUint64Array };
  };
}

/** An empty graph of usearch (Node). @throws TypeError, RangeError for options */
export function usearchGraph(
  library: UsearchLibrary,
  vectors: WordVectors,
  options: GraphOptions = {},
): NeighbourGraph {
  const { connectivity, expansionAdd, expansionSearch } = resolveGraph(options);
  const config = {
    ...{ dimensions: vectors.dim, metric: "ip", quantization: "f32", multi: false },
    ...{ connectivity, expansion_add: expansionAdd, expansion_search: expansionSearch },
  };
  const index = new library.Index(config as never);
  return {
    add: (row, vector) => index.add(BigInt(row), vector),
    search: (vector, count) => Array.from(index.search(vector, count, 1).keys, Number),
  };
}

/** The part of the package hnswlib-wasm that is needed: `await loadHnswlib()`. */
export interface HnswlibLibrary {
  HierarchicalNSW: new (
    space: "ip",
    dim: number,
    file: string,
  ) => {
    initIndex(size: number, m: number, efConstruction: number, seed: number): void;
    setEfSearch(ef: number): void;
    addPoint(vector: Float32Array, label: number, replaceDeleted: boolean): void;
    searchKnn(vector: Float32Array, count: number, filter: undefined): { neighbors: number[] };
  };
}

/** An empty graph of hnswlib-wasm (pages). @throws TypeError, RangeError for options */
export function hnswlibGraph(
  library: HnswlibLibrary,
  vectors: WordVectors,
  options: GraphOptions = {},
): NeighbourGraph {
  const { connectivity, expansionAdd, expansionSearch } = resolveGraph(options);
  const index = new library.HierarchicalNSW("ip", vectors.dim, "");
  index.initIndex(vectors.size, connectivity, expansionAdd, 100);
  return {
    add: (row, vector) => index.addPoint(vector, row, false),
    search: (vector, count) => {
      index.setEfSearch(Math.max(expansionSearch, count));
      return index.searchKnn(vector, count, undefined).neighbors;
    },
  };
}
