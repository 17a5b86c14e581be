// Argument checks: errors name what, expected, got and the remedy. TypeError for kind, RangeError for value.

/** A value as an error message shows it: short, strings quoted, control characters escaped. */
export function show(value: unknown): string {
  if (typeof value === "string")
    return escapeControls(JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value));
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === "object") return `an object (${value.constructor?.name ?? "no prototype"})`;
  return String(value);
}

/** Escapes characters that a terminal interprets instead of showing: C0 and C1 controls, DEL, and marks of text direction. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** @throws TypeError, RangeError */
export function checkInteger(name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number")
    throw new TypeError(`"${name}" expected integer ${range(min, max)}, got ${show(value)}`);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RangeError(
      `"${name}" expected integer ${value > max ? `${min} to ${max}` : range(min, max)}, got ${value}`,
    );
  return value;
}

/** @throws TypeError, RangeError */
export function checkNumber(name: string, value: unknown, min: number, max = Number.POSITIVE_INFINITY): number {
  if (typeof value !== "number")
    throw new TypeError(`"${name}" expected number ${range(min, max)}, got ${show(value)}`);
  if (!Number.isFinite(value) || value < min || value > max)
    throw new RangeError(`"${name}" expected finite number ${range(min, max)}, got ${value}`);
  return value;
}

/** @throws TypeError */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError(`"${name}" expected true or false, got ${show(value)}`);
  return value;
}

/** @throws TypeError */
export function checkFunction<T>(name: string, value: T | undefined): T | undefined {
  if (value !== undefined && typeof value !== "function")
    throw new TypeError(`"${name}" expected a function, got ${show(value)}`);
  return value;
}

/** @throws TypeError */
export function checkSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  // not instanceof: a signal may come from another realm
  if (value !== undefined && typeof value?.throwIfAborted !== "function")
    throw new TypeError(`"signal" expected an AbortSignal, got ${show(value)}: use new AbortController().signal`);
  return value;
}

/** @throws TypeError, RangeError */
export function checkOneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  if (typeof value === "string" && (allowed as readonly string[]).includes(value)) return value as T;
  const ErrorClass = typeof value === "string" ? RangeError : TypeError;
  throw new ErrorClass(`"${name}" expected one of ${allowed.map((a) => `"${a}"`).join(", ")}, got ${show(value)}`);
}

/** Refuses options that are not an object, and unknown properties, naming the nearest known one. @throws TypeError */
export function checkKnown(what: string, options: object, known: readonly string[]): void {
  if (options === null || typeof options !== "object" || Array.isArray(options))
    throw new TypeError(`${what.replace("option", "options")} expected an object, got ${show(options)}`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new TypeError(
      `unknown ${what} "${name}"${near ? `: did you mean "${near}"?` : `; known: ${known.join(", ")}`}`,
    );
  }
}

/** The candidate with the fewest edits from word, if these are at most a third of its letters. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor(word.length / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance (adjacent swaps only) of a and b, or limit if it is not smaller. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return Math.min(row[b.length], limit);
}

function range(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER || max === Number.POSITIVE_INFINITY ? `>= ${min}` : `${min} to ${max}`;
}
