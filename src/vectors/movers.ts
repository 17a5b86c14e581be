// How far one document must move to become another: Word Mover's Distance (Kusner et al. 2015), by a linear program, and its
// lower bound. The solver is a library's, which the caller hands in.

import { checkBoolean, checkKnown } from "../base/check.js";
import type { WordVectors } from "./vectors.js";

export interface MoverOptions {
  /** Moves between words' vectors of length 1, as gensim does by default. Default false: the vectors as they are, as the paper. */
  normalize?: boolean;
}

/** As much of the package highs as is needed: `await (await import("highs")).default()`. */
export interface LinearSolver {
  /** @param problem in CPLEX's LP format */
  solve(problem: string): { Status: string; ObjectiveValue: number };
}

/** A word's vector, and how often the document has it. */
interface Place {
  vector: Float32Array;
  count: number;
}

/**
 * Word Mover's Distance: the least Σ T_ij |x_i − y_j| over flows T that take the words of one document, each with its share of
 * the whole, to those of the other. Words without a vector are left out.
 * @returns Infinity if a document has none with a vector
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
  // whole numbers: a word's share times the words of both documents
  const { Status, ObjectiveValue } = solver.solve(transport(from, to, others, all));
  if (Status !== "Optimal")
    throw new Error(`the solver found no optimum of Word Mover's Distance, but "${Status}": is it that of highs?`);
  return ObjectiveValue / (all * others);
}

/** The linear program: variable f<i>_<j> goes from place i to place j. */
function transport(from: Place[], to: Place[], fromScale: number, toScale: number): string {
  const flow = (i: number, j: number) => `f${i}_${j}`;
  const costs = from.flatMap(({ vector }, i) =>
    to.map((place, j) => `${distance(vector, place.vector)} ${flow(i, j)}`),
  );
  const leaving = from.map(({ count }, i) => `${sum(to.map((_, j) => flow(i, j)))} = ${count * fromScale}`);
  const arriving = to.map(({ count }, j) => `${sum(from.map((_, i) => flow(i, j)))} = ${count * toScale}`);
  return `Minimize\n${sum(costs)}\nSubject To\n${[...leaving, ...arriving].join("\n")}\nEnd\n`;
}

/** A term a line: the format limits lines. */
function sum(terms: string[]): string {
  return terms.join("\n + ");
}

/**
 * The relaxed bound of Word Mover's Distance (RWMD of the same paper): each word goes whole to the nearest word of the other
 * document, the larger of both ways. At most the exact distance, and near it; needs no solver. Words without a vector are left out.
 * @returns Infinity if a document has none with a vector
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
      vector: unit ? vectors.unit(vectors.row(word)) : vectors.get(word),
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
