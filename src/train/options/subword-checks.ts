// The checks of the options of subwords.

import { checkBoolean, checkInteger } from "../../base/check.js";

interface Before {
  maxn: number;
}

/** Characters of an n-gram at most that can be asked for: words hardly have more. */
export const MOST_CHARACTERS = 100;

/** Buckets at most: their rows and those of words have numbers below 2²⁴ together with nothing else. */
const MOST_BUCKETS = 10_000_000;

/** What minn is where it is not given: 3, or maxn if that is less. */
export const standardMinn = (maxn: number) => Math.min(3, Math.max(1, maxn));

function checkGiven(name: string, { maxn }: Before): void {
  if (maxn === 0) throw new RangeError(`"${name}" goes with "maxn" >= 1, got "maxn" 0: give "maxn", for example 6`);
}

/** @throws TypeError, RangeError */
export function checkMinn(name: string, value: number, before: Before): number {
  checkGiven(name, before);
  return checkInteger(name, value, 1, before.maxn);
}

/** @throws TypeError, RangeError */
export function checkBuckets(name: string, value: number, before: Before): number {
  checkGiven(name, before);
  return checkInteger(name, value, 1, MOST_BUCKETS);
}

/** @throws TypeError, RangeError */
export function checkExact(name: string, value: boolean, before: Before): boolean {
  if (value) checkGiven(name, before);
  return checkBoolean(name, value);
}
