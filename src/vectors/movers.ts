// Word Mover's Distance (Kusner et al. 2015), how far one document must move to become another, by a linear program; and its lower
// bound. The caller passes in the solver.

import { checkBoolean, checkKnown } from "../base/check.js";
import type { WordVectors } from "./vectors.js";

export interface MoverOptions {
  /** Scales vectors to length 1, as gensim does by default. Default false: vectors are not scaled, as in the paper. */
  normalize?: boolean;
}

/** The part of the package highs that is needed: `await (await import("highs")).default()`. */
export interface LinearSolver {
  /** @param problem in CPLEX's LP format */
  solve(problem: string): { Status: string; ObjectiveValue: number };
}

/** A word's vector, and how often the word occurs in the document. */
interface Place {
  vector: Float32Array;
  count: number;
}

/**
 * Word Mover's Distance: the minimum of Σ T_ij |x_i − y_j| over flows T from the words of one document to those of the other; a
 * word's flow is its share of the document. Words without a vector are skipped.
 * @returns Infinity if a document has no word with a vector
 * @throws TypeError for options; Error if the solver finds no optimum
 */
export function wordMoversDistance(
  vectors: WordVectors,
  a: readonly string[],
  b: readonly string[],
  solver: LinearSolver,
  options: MoverOptions = {},
): number {
  const [from, to] = placesOf(vectors, a, b, options);
  if (from.length === 0 || to.length === 0) return Number.POSITIVE_INFINITY;
  const [all, others] = [from, to].map((places) => places.reduce((sum, { count }) => sum + count, 0));
  // whole numbers: shares are multiplied by the word counts of both documents
  const { Status, ObjectiveValue } = solver.solve(transport(from, to, others, all));
  if (Status !== "Optimal")
    throw new Error(
      `the solver found no optimum of Word Mover's Distance, but "${Status}": is it the solver of the package highs?`,
    );
  return ObjectiveValue / (all * others);
}

/** The linear program. The variable f<i>_<j> is the flow from place i to place j. */
function transport(from: Place[], to: Place[], fromScale: number, toScale: number): string {
  const flow = (i: number, j: number) => `f${i}_${j}`;
  const costs = from.flatMap(({ vector }, i) =>
    to.map((place, j) => `${distance(vector, place.vector)} ${flow(i, j)}`),
  );
  const leaving = from.map(({ count }, i) => `${sum(to.map((_, j) => flow(i, j)))} = ${count * fromScale}`);
  const arriving = to.map(({ count }, j) => `${sum(from.map((_, i) => flow(i, j)))} = ${count * toScale}`);
  return `Minimize\n${sum(costs)}\nSubject To\n${[...leaving, ...arriving].join("\n")}\nEnd\n`;
}

/** One term a line, because the format limits the length of lines. */
function sum(terms: string[]): string {
  return terms.join("\n + ");
}

/**
 * The relaxed Word Mover's Distance (RWMD of the same paper): each word moves to the nearest word of the other document; the larger
 * of both directions counts. It is a close lower bound of the exact distance, and needs no solver. Words without a vector are skipped.
 * @returns Infinity if a document has no word with a vector
 * @throws TypeError for options
 */
export function relaxedWordMoversDistance(
  vectors: WordVectors,
  a: readonly string[],
  b: readonly string[],
  options: MoverOptions = {},
): number {
  const [from, to] = placesOf(vectors, a, b, options);
  if (from.length === 0 || to.length === 0) return Number.POSITIVE_INFINITY;
  const oneWay = (one: Place[], other: Place[]) => {
    const all = one.reduce((total, { count }) => total + count, 0);
    const nearest = ({ vector }: Place) => Math.min(...other.map((place) => distance(vector, place.vector)));
    return one.reduce((total, place) => total + (place.count / all) * nearest(place), 0);
  };
  return Math.max(oneWay(from, to), oneWay(to, from));
}

function placesOf(
  vectors: WordVectors,
  a: readonly string[],
  b: readonly string[],
  options: MoverOptions,
): [Place[], Place[]] {
  checkKnown("option", options, ["normalize"]);
  const unit = checkBoolean("normalize", options.normalize ?? false);
  const places = (document: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const word of document) if (vectors.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
    return Array.from(counts, ([word, count]) => ({
      vector: unit ? vectors.direction(word) : vectors.get(word),
      count,
    }));
  };
  return [places(a), places(b)];
}

function distance(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let d = 0; d < a.length; d++) squares += (a[d] - b[d]) ** 2;
  return Math.sqrt(squares);
}
