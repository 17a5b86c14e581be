// Random walks on a graph as a corpus: nodes are words, walks are sentences (DeepWalk, Perozzi et al. 2014; node2vec, Grover and Leskovec 2016).

import { checkBoolean, checkInteger, checkKnown, checkNumber, show } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Random } from "../base/random.js";
import { type Corpus, toCorpus } from "./corpus.js";

/** From, to, and weight (default 1, at least 0). */
export type Edge = readonly [from: string | number, to: string | number, weight?: number];

export interface WalkOptions {
  /** Walks from each node. Default 10. */
  walksPerNode?: number;
  /** Most nodes of a walk; it ends early at a node without edges. Default 80. */
  walkLength?: number;
  /** Return parameter: if it is large, a walk seldom goes back at once. Default 1. */
  p?: number;
  /** In-out parameter: above 1 a walk stays near its start, below 1 it goes far. Default 1; p = q = 1 is DeepWalk. */
  q?: number;
  /** true: edges lead one way only. Default false: both ways. */
  directed?: boolean;
  /** Integer from 0; the same seed gives the same walks on every machine. Default 1. */
  seed?: number;
}

/** Walks drawn between yields to the event loop. */
const TURN = 256;

/** Neighbours of each node, by rising number, with cumulative weights. */
interface Graph {
  names: string[];
  /** where the neighbours of each node begin; one entry more for the end */
  starts: Uint32Array;
  neighbours: Uint32Array;
  weights: Float64Array;
  sums: Float64Array;
}

/**
 * Walks from every node, in an order that is drawn anew for each round. Walks are drawn while they are read, the same in each
 * pass; only the graph is in memory.
 * @throws TypeError, RangeError for options and edges
 */
export function randomWalks(edges: Iterable<Edge>, options: WalkOptions = {}): Corpus {
  checkKnown("option", options, ["walksPerNode", "walkLength", "p", "q", "directed", "seed"]);
  const walksPerNode = checkInteger("walksPerNode", options.walksPerNode ?? 10, 1);
  const walkLength = checkInteger("walkLength", options.walkLength ?? 80, 2);
  const [p, q] = (["p", "q"] as const).map((name) => checkNumber(name, options[name] ?? 1, 1e-6, 1e6));
  const graph = buildGraph(edges, checkBoolean("directed", options.directed ?? false));
  const seed = checkInteger("seed", options.seed ?? 1, 0);
  const sentences = async function* () {
    const random = Random.from(seed, 0);
    const order = Uint32Array.from(graph.names.keys());
    for (let round = 0; round < walksPerNode; round++) {
      shuffle(order, random);
      for (let i = 0; i < order.length; i++) {
        yield walk(graph, order[i], walkLength, 1 / p, 1 / q, random);
        if (i % TURN === TURN - 1) await yieldToEventLoop();
      }
    }
  };
  return { name: "walks", chunks: () => toCorpus(sentences).chunks() };
}

function buildGraph(edges: Iterable<Edge>, directed: boolean): Graph {
  const numbers = new Map<string, number>();
  const numberOf = (name: unknown) => {
    if (typeof name !== "string" && typeof name !== "number")
      throw new TypeError(`edge expected names of nodes, got ${show(name)}`);
    const key = String(name);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  const rows: Map<number, number>[] = [];
  const add = (from: number, to: number, weight: number) => {
    for (const node of [from, to]) rows[node] ??= new Map();
    rows[from].set(to, (rows[from].get(to) ?? 0) + weight);
  };
  for (const [from, to, weight = 1] of edges) {
    if (!(weight >= 0) || !Number.isFinite(weight))
      throw new RangeError(
        `edge from ${show(from)} to ${show(to)} expected a weight of at least 0, got ${show(weight)}`,
      );
    const [a, b] = [numberOf(from), numberOf(to)];
    add(a, b, weight);
    if (!directed && a !== b) add(b, a, weight);
  }
  if (numbers.size === 0) throw new RangeError("randomWalks expected edges, got none");
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach((row, node) => (starts[node + 1] = starts[node] + row.size));
  const total = starts[rows.length];
  const graph = {
    names: [...numbers.keys()],
    starts,
    neighbours: new Uint32Array(total),
    weights: new Float64Array(total),
    sums: new Float64Array(total),
  };
  rows.forEach((row, node) => {
    let sum = 0;
    [...row]
      .sort((a, b) => a[0] - b[0])
      .forEach(([to, weight], i) => {
        const at = starts[node] + i;
        graph.neighbours[at] = to;
        graph.weights[at] = weight;
        graph.sums[at] = sum += weight;
      });
  });
  return graph;
}

function shuffle(order: Uint32Array, random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
}

/** @param back 1 / p @param away 1 / q */
function walk(graph: Graph, start: number, length: number, back: number, away: number, random: Random): string[] {
  const { names } = graph;
  const nodes = [names[start]];
  let before = -1;
  let node = start;
  const isPlain = back === 1 && away === 1;
  const largestBias = Math.max(back, 1, away);
  while (nodes.length < length && sumOf(graph, node) > 0) {
    let next = step(graph, node, random);
    // rejection sampling: accept a neighbour with probability bias / largest bias, else draw again
    if (!isPlain && before >= 0)
      while ((random.next() / 2 ** 32) * largestBias >= biasOf(graph, before, next, back, away))
        next = step(graph, node, random);
    before = node;
    node = next;
    nodes.push(names[node]);
  }
  return nodes;
}

/** The sum of the neighbours' weights. */
function sumOf({ starts, sums }: Graph, node: number): number {
  return starts[node] === starts[node + 1] ? 0 : sums[starts[node + 1] - 1];
}

/** Draws a neighbour by weight: the first whose cumulative weight is above a number drawn below the sum. */
function step(graph: Graph, node: number, random: Random): number {
  const { starts, neighbours, sums } = graph;
  const drawn = (random.next() / 2 ** 32) * sumOf(graph, node);
  let [low, high] = [starts[node], starts[node + 1] - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > drawn) high = middle;
    else low = middle + 1;
  }
  return neighbours[low];
}

/** node2vec's α: 1/p for the previous node, 1 for its neighbours, 1/q for all others. */
function biasOf({ starts, neighbours }: Graph, before: number, next: number, back: number, away: number): number {
  if (next === before) return back;
  let [low, high] = [starts[before], starts[before + 1]];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (neighbours[middle] < next) low = middle + 1;
    else high = middle;
  }
  return low < starts[before + 1] && neighbours[low] === next ? 1 : away;
}
