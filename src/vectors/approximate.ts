// Nearest words found through a graph (HNSW: Malkov and Yashunin 2016) instead of a look at every row. The graph is a library's:
// usearch in Node, hnswlib-wasm in a page; neither is a dependency, the caller hands it in.

import { checkFunction, checkInteger, checkKnown, checkSignal, show } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import type { Query } from "./query.js";
import type { Neighbour, WordVectors } from "./vectors.js";

/** A library's graph, empty yet; see usearchGraph and hnswlibGraph. */
export interface NeighbourGraph {
  /** Adds a vector of length 1. */
  add(row: number, vector: Float32Array): void;
  /** Rows of the `count` vectors that it takes for the nearest, fewer if it has fewer. */
  search(vector: Float32Array, count: number): number[];
}

export interface GraphOptions {
  /** Links of a vector to others; more take memory and find more. Default 16. */
  connectivity?: number;
  /** Candidates weighed while a vector is added; more take time and find more. Default 128. */
  expansionAdd?: number;
  /** Candidates weighed in a search; more take time and find more. Default 64. */
  expansionSearch?: number;
}

export interface IndexOptions {
  /** Told the share of rows that are in the graph, from 0 to 1. */
  onProgress?: (share: number) => void;
  /** Stops building; the promise rejects with its reason. */
  signal?: AbortSignal;
}

export interface ApproximateOptions {
  /** Default 10. */
  topN?: number;
  /** Returns only words it says yes to; the graph is searched wider until there are enough, at last all words. */
  filter?: (word: string) => boolean;
}

/** A graph is not asked for more than one row in so many. */
const EXHAUSTIVE = 8;

/** Milliseconds of building before the event loop gets its turn. */
const TURN = 10;

/** Words that a graph finds; their similarities are exact. */
export class ApproximateIndex {
  private constructor(
    private readonly vectors: WordVectors,
    private readonly graph: NeighbourGraph,
  ) {}

  /**
   * Adds all vectors, as they stand, to an empty graph; the event loop gets its turn every few milliseconds.
   * @throws TypeError for what is not a graph, and for options; the signal's reason
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
    const own = typeof query === "string" ? vectors.row(query) : -1;
    const direction = vectors.direction(query);
    const isWanted = (row: number) => row !== own && (filter === undefined || filter(vectors.words[row]));
    for (let count = topN + 1; count < vectors.size / EXHAUSTIVE; count *= 4) {
      const rows = graph.search(direction, count).filter(isWanted);
      if (rows.length < topN) continue;
      return rows
        .map((row) => ({ word: vectors.words[row], similarity: vectors.similarity(query, vectors.words[row]) }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, topN);
    }
    // so wide a search of the graph takes longer than a look at every row
    return vectors.mostSimilar(query, { topN, filter });
  }

  /** The share of the exact `topN` nearest words that the graph finds, over the words given. Default topN 10. @throws MissingWordError */
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

/** Defaults of GraphOptions, checked. @throws TypeError, RangeError */
function resolveGraph(options: GraphOptions): Required<GraphOptions> {
  checkKnown("option", options, ["connectivity", "expansionAdd", "expansionSearch"]);
  const { connectivity = 16, expansionAdd = 128, expansionSearch = 64 } = options;
  return {
    connectivity: checkInteger("connectivity", connectivity, 2, 1024),
    expansionAdd: checkInteger("expansionAdd", expansionAdd, 1),
    expansionSearch: checkInteger("expansionSearch", expansionSearch, 1),
  };
}

/** As much of the package usearch as is needed: `import usearch from "usearch"`. */
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

/** As much of the package hnswlib-wasm as is needed: `await loadHnswlib()`. */
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
