// Queries: a word, a vector, or several of them with weights.

import { checkKnown, show } from "../base/check.js";

/** A word of the vocabulary, or a vector of dim floats. */
export type Query = string | ArrayLike<number>;

/** A word or vector in a list, or a pair with its weight. */
export type WeightedQuery = readonly [query: Query, weight: number];

/**
 * A word, a vector, a list of words and vectors, or two lists: those to be near to and those to be far from.
 * In a list each has weight 1, or the weight in its pair: `["king", ["woman", 0.5]]`.
 */
export type Asked = Query | QueryList | { positive?: QueryList; negative?: QueryList };

export type QueryList = readonly (Query | WeightedQuery)[];

/** A query and its weight, below 0 if the answer is to be far from it. */
export interface Term {
  query: Query;
  weight: number;
}

/** @throws TypeError for other values; RangeError for a weight that is not finite, or below 0 in `negative` */
export function termsOf(asked: Asked): Term[] {
  if (isLists(asked)) {
    checkKnown("list", asked, ["positive", "negative"]);
    return [...listOf("positive", asked.positive), ...listOf("negative", asked.negative)];
  }
  const isList = Array.isArray(asked) && typeof asked[0] !== "number";
  return isList ? listOf("positive", asked as QueryList) : [{ query: asked as Query, weight: 1 }];
}

function isLists(asked: Asked): asked is { positive?: QueryList; negative?: QueryList } {
  return asked !== null && typeof asked === "object" && !("length" in asked);
}

function listOf(name: "positive" | "negative", list: QueryList = []): Term[] {
  if (!Array.isArray(list)) throw new TypeError(`"${name}" expected an array of words or vectors, got ${show(list)}`);
  const sign = name === "positive" ? 1 : -1;
  return (list as QueryList).map((entry) => {
    if (typeof entry === "number")
      throw new TypeError(
        `"${name}" expected words or vectors, got ${entry}: a word with a weight is a pair in the list, [["king", 0.5]]`,
      );
    if (!isPair(entry)) return { query: entry, weight: sign };
    const [query, weight] = entry;
    if (!Number.isFinite(weight))
      throw new RangeError(`weight of ${show(query)} expected a finite number, got ${weight}`);
    if (name === "negative" && weight < 0)
      throw new RangeError(
        `weight of ${show(query)} expected a number >= 0, got ${weight}: "negative" words are already subtracted`,
      );
    return { query, weight: sign * weight };
  });
}

function isPair(entry: Query | WeightedQuery): entry is WeightedQuery {
  return Array.isArray(entry) && entry.length === 2 && typeof entry[0] !== "number" && typeof entry[1] === "number";
}
