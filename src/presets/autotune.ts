// Searches options by a score: random changes of the best so far, which get smaller as trials pass. For classifiers and vectors alike.

import { checkFunction, checkInteger, checkKnown, checkNumber, checkSignal, show } from "../base/check.js";
import { Random } from "../base/random.js";
import { exp, log } from "../math/power.js";

/** The values that an option may take: numbers between two bounds, or some values by turns. */
export type Range =
  | {
      from: number;
      to: number;
      /** Whether values are tried by their ratio, as suits rates and sizes, not by their difference. Default false. */
      log?: boolean;
      /** Whether only whole numbers are tried. Default false. */
      whole?: boolean;
    }
  | { values: readonly unknown[] };

/** Options by name, each with its range. */
export type Space = Readonly<Record<string, Range>>;

/** Options of a trial, by name. */
export type Candidate = Record<string, unknown>;

export interface Trial {
  /** from 1 */
  number: number;
  options: Candidate;
  /** undefined: it failed, or the time was up */
  score?: number;
  /** why it failed */
  error?: Error;
  seconds: number;
}

export interface AutotuneOptions {
  /** Ranges of the options to search, in the order in which random numbers are drawn for them. */
  space: Space;
  /** What the first trial begins with. Default: none, so that defaults come first. */
  start?: Candidate;
  /** Trials at most. Default 30; without end if `seconds` are given alone. The same seed and trials give the same options each time. */
  trials?: number;
  /** Seconds after which no trial begins, and one that is under way is given up. Default: no limit. */
  seconds?: number;
  /** Integer from 0. Default 1. */
  seed?: number;
  onTrial?: (trial: Trial, best: Trial | undefined) => unknown;
  signal?: AbortSignal;
}

export interface Autotuned {
  /** the best trial */
  best: Trial;
  trials: readonly Trial[];
}

/** Options of trainClassifier that matter most, as fastText's autotune searches them. */
export const CLASSIFIER_SPACE: Space = {
  epochs: { from: 1, to: 100, log: true, whole: true },
  learningRate: { from: 0.01, to: 5, log: true },
  dim: { from: 10, to: 300, log: true, whole: true },
  wordNgrams: { from: 1, to: 5, whole: true },
  maxn: { values: [0, 4, 5, 6] },
};

/** Options of train for vectors. */
export const VECTOR_SPACE: Space = {
  learningRate: { from: 0.01, to: 0.2, log: true },
  window: { from: 2, to: 15, log: true, whole: true },
  negatives: { from: 2, to: 20, log: true, whole: true },
  subsample: { from: 1e-5, to: 1e-2, log: true },
  noiseExponent: { from: 0, to: 1 },
  epochs: { from: 2, to: 20, log: true, whole: true },
};

/** Share of a range that a value moves at first, and in the last trial. */
const SPREAD = { first: 0.5, last: 0.05 };

/** Of the seed. */
const STREAM = 2 ** 17;

/**
 * Tries options, and returns the best. The first trial has those of `start`; each later one changes those of the best so far.
 * @param attempt trains with the options and returns its score, larger is better; the signal ends it when the time is up
 * @throws TypeError, RangeError for options; the signal's reason; the first trial's error if no trial has a score
 */
export async function autotune(
  attempt: (options: Candidate, signal: AbortSignal) => Promise<number> | number,
  options: AutotuneOptions,
): Promise<Autotuned> {
  const { space, start, trials: most, seconds, seed, onTrial, signal } = checked(attempt, options);
  const random = Random.from(seed, STREAM);
  const trials: Trial[] = [];
  let best: Trial | undefined;
  const begin = performance.now();
  const elapsed = () => (performance.now() - begin) / 1e3;
  // timers may be early by the clock
  let isLate = false;
  while (trials.length < most && !isLate && elapsed() < seconds) {
    signal?.throwIfAborted();
    const share = Number.isFinite(most) ? trials.length / most : Math.min(1, elapsed() / seconds);
    const candidate = trials.length === 0 ? { ...start } : changed(best?.options ?? start, space, share, random);
    const trial: Trial = { number: trials.length + 1, options: candidate, seconds: 0 };
    const before = elapsed();
    isLate = await run(trial, attempt, seconds - before, signal);
    trial.seconds = elapsed() - before;
    trials.push(trial);
    if (trial.score !== undefined && !(trial.score <= (best?.score ?? Number.NEGATIVE_INFINITY))) best = trial;
    await onTrial?.(trial, best);
  }
  if (best === undefined)
    throw (
      trials[0]?.error ??
      new RangeError(`no trial ended within "seconds" ${show(seconds)}: give more time, or a shorter text`)
    );
  return { best, trials };
}

/** Returns whether the time was up. @throws the signal's reason */
async function run(
  trial: Trial,
  attempt: Parameters<typeof autotune>[0],
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const ending = new AbortController();
  const timer = Number.isFinite(seconds)
    ? setTimeout(() => ending.abort(new Error("the time was up")), 1e3 * seconds)
    : undefined;
  const stop = () => ending.abort(signal!.reason);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const score = await attempt(trial.options, ending.signal);
    if (typeof score !== "number") throw new TypeError(`a trial expected a number as its score, got ${show(score)}`);
    if (Number.isFinite(score)) trial.score = score;
    else trial.error = new RangeError(`a trial expected a finite score, got ${score}`);
  } catch (error) {
    signal?.throwIfAborted();
    // options that do not go together, or diverge, are a bad trial
    trial.error = error as Error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
  return ending.signal.aborted;
}

/** Each option keeps its value in every second trial, or moves by a part of its range, which shrinks as trials pass. */
function changed(from: Candidate = {}, space: Space, share: number, random: Random): Candidate {
  const spread = SPREAD.first * (SPREAD.last / SPREAD.first) ** share;
  const next: Candidate = { ...from };
  for (const [name, range] of Object.entries(space)) {
    const moves = random.below(2) === 1;
    const [choice, step] = [random.next() / 2 ** 32, gauss(random)];
    if (!moves) continue;
    next[name] =
      "values" in range
        ? range.values[Math.floor(choice * range.values.length)]
        : moved(range, from[name], choice, spread * step);
  }
  return next;
}

/** @param choice where in the range an option without a value begins, from 0 to 1 @param step by how much of the range it moves else */
function moved(
  { from, to, log: isLog = false, whole = false }: Extract<Range, { from: number }>,
  value: unknown,
  choice: number,
  step: number,
): number {
  const [low, high] = isLog ? [log(from), log(to)] : [from, to];
  const at =
    typeof value === "number" ? (isLog ? log(value) : value) + step * (high - low) : low + choice * (high - low);
  const within = Math.min(high, Math.max(low, at));
  const found = isLog ? exp(within) : within;
  // rounding must not leave the range
  return Math.min(to, Math.max(from, whole ? Math.round(found) : found));
}

/** About normal, of standard deviation 1: the sum of twelve uniform numbers. */
function gauss(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.next() / 2 ** 32;
  return sum;
}

function checked(attempt: unknown, options: AutotuneOptions) {
  if (typeof attempt !== "function") throw new TypeError(`autotune expected a function, got ${show(attempt)}`);
  checkKnown("option", options, ["space", "start", "trials", "seconds", "seed", "onTrial", "signal"]);
  const { space, start, trials, seconds, seed = 1, onTrial, signal } = options;
  if (space === null || typeof space !== "object" || Object.keys(space).length === 0)
    throw new TypeError(`"space" expected the ranges of options, such as CLASSIFIER_SPACE, got ${show(space)}`);
  for (const [name, range] of Object.entries(space)) checkRange(`space.${name}`, range);
  const most =
    trials === undefined ? (seconds === undefined ? 30 : Number.POSITIVE_INFINITY) : checkInteger("trials", trials, 1);
  const limit = seconds === undefined ? Number.POSITIVE_INFINITY : checkNumber("seconds", seconds, 0);
  checkFunction("onTrial", onTrial);
  checkSignal(signal);
  return { space, start, trials: most, seconds: limit, seed: checkInteger("seed", seed, 0), onTrial, signal };
}

function checkRange(name: string, range: Range): void {
  if (range !== null && typeof range === "object" && "values" in range) {
    if (Array.isArray(range.values) && range.values.length > 0) return;
    throw new TypeError(`"${name}" expected values to choose from, got ${show(range.values)}`);
  }
  const { from, to, log: isLog } = (range ?? {}) as Extract<Range, { from: number }>;
  if (Number.isFinite(from) && Number.isFinite(to) && from <= to && (!isLog || from > 0)) return;
  throw new RangeError(
    `"${name}" expected { from, to }, from${isLog ? " above 0 and" : ""} at most to, or { values }, got ${show(range)}`,
  );
}
