// The shape of windows: how far they reach on each side, whether the radius is drawn, and what a context word counts.

import { checkNumber, show } from "../../base/check.js";
import type { KernelOptions } from "../../kernel/layout.js";

/** Weights of context words by their distance: a name, or those of the distances 1, 2 … themselves. */
export type WindowWeights = "harmonic" | "linear" | readonly number[];

type Windows = Pick<KernelOptions, "windowLeft" | "windowRight" | "shrinkWindows" | "windowWeights">;

/** Value of the option where none is given. */
export const DEFAULT_WINDOW = 5;

/** Words on one side at most. */
export const MOST_WORDS = 1_000;

/**
 * The weight of each distance, by name or as they are.
 * @throws TypeError, RangeError naming the option
 */
export function checkWeights(
  name: string,
  weights: WindowWeights,
  { windowLeft, windowRight }: { windowLeft: number; windowRight: number },
): readonly number[] {
  const window = Math.max(windowLeft, windowRight);
  const distances = Array.from({ length: window }, (_, i) => i + 1);
  if (weights === "harmonic") return distances.map((d) => 1 / d);
  if (weights === "linear") return distances.map((d) => (window + 1 - d) / window);
  if (!Array.isArray(weights))
    throw new TypeError(`"${name}" expected "harmonic", "linear" or an array of numbers, got ${show(weights)}`);
  if (weights.length !== window)
    throw new RangeError(`"${name}" expected a number for each distance 1 … ${window}, got ${weights.length}`);
  return weights.map((weight, i) => {
    if (weight === 0) throw new RangeError(`"${name}[${i}]" is 0: make the window smaller`);
    return checkNumber(`${name}[${i}]`, weight, 1e-6, 1e6);
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
