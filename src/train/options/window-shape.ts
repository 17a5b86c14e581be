// The shape of windows: how far they reach on each side, whether the radius is drawn, and what a context word counts.

import { checkBoolean, checkInteger, checkNumber, show } from "../../base/check.js";
import type { KernelOptions } from "../../kernel/layout.js";

/** Weights of context words by their distance: a name, or those of the distances 1, 2 … themselves. */
export type WindowWeights = "harmonic" | "linear" | readonly number[];

/** Options that say what the context of a word is. */
export interface WindowOptions {
  /** Words on each side at most; the radius is drawn from 1 … window for each word, as in word2vec.c. Default 5. */
  window?: number;
  /** Words before the centre word at most; 0 for none. Default `window`. */
  windowLeft?: number;
  /** Words after the centre word at most; 0 for none. Default `window`. */
  windowRight?: number;
  /**
   * Whether the radius is drawn for each word, from 1 … the larger of windowLeft and windowRight; false: every window has all
   * its words, as baskets ask for. Default true, but false with windowWeights.
   */
  shrinkWindows?: boolean;
  /**
   * What context words count by their distance d: "harmonic" is 1/d (as GloVe), "linear" (window + 1 − d) / window, what
   * drawn radii come to on average, or a number from 1e-6 to 1e6 for each distance up to the window. (6.8) of docs/math.md. Default: all 1.
   */
  windowWeights?: WindowWeights;
}

type Windows = Pick<KernelOptions, "windowLeft" | "windowRight" | "shrinkWindows" | "windowWeights">;

/** Value of the option where none is given. */
export const DEFAULT_WINDOW = 5;

/** Words on one side at most. */
const MOST = 1_000;

/** @throws TypeError, RangeError naming the option */
export function resolveWindow(options: WindowOptions): Windows & { window: number } {
  const { windowLeft, windowRight, shrinkWindows, windowWeights } = options;
  if (options.window !== undefined && windowLeft !== undefined && windowRight !== undefined)
    throw new RangeError('"window" says nothing where "windowLeft" and "windowRight" are given: leave it out');
  const given = checkInteger("window", options.window ?? DEFAULT_WINDOW, 1, MOST);
  const left = checkInteger("windowLeft", windowLeft ?? given, 0, MOST);
  const right = checkInteger("windowRight", windowRight ?? given, 0, MOST);
  const window = Math.max(left, right);
  if (window === 0) throw new RangeError('"windowLeft" and "windowRight" are both 0: no word would have a context');
  const weights = checkWeights(windowWeights, window);
  const shrinks = checkBoolean("shrinkWindows", shrinkWindows ?? weights.length === 0);
  return { window, windowLeft: left, windowRight: right, shrinkWindows: shrinks, windowWeights: weights };
}

function checkWeights(weights: unknown, window: number): readonly number[] {
  if (weights === undefined) return [];
  const distances = Array.from({ length: window }, (_, i) => i + 1);
  if (weights === "harmonic") return distances.map((d) => 1 / d);
  if (weights === "linear") return distances.map((d) => (window + 1 - d) / window);
  if (!Array.isArray(weights))
    throw new TypeError(`"windowWeights" expected "harmonic", "linear" or an array of numbers, got ${show(weights)}`);
  if (weights.length !== window)
    throw new RangeError(`"windowWeights" expected a number for each distance 1 … ${window}, got ${weights.length}`);
  return weights.map((weight, i) => {
    if (weight === 0) throw new RangeError(`"windowWeights[${i}]" is 0: make the window smaller`);
    return checkNumber(`windowWeights[${i}]`, weight, 1e-6, 1e6);
  });
}

/** What the contexts of a word count on average, in the middle of a long sentence. */
export function meanContexts({ windowLeft, windowRight, shrinkWindows, windowWeights }: Windows): number {
  const window = Math.max(windowLeft, windowRight);
  let sum = 0;
  for (let d = 1; d <= window; d++) {
    const sides = Number(d <= windowLeft) + Number(d <= windowRight);
    // of `window` radii so many reach as far
    const reach = shrinkWindows ? window + 1 - d : window;
    sum += sides * reach * (windowWeights[d - 1] ?? 1);
  }
  return sum / window;
}
