// How the learning rate goes with the words read: (8.3) of docs/math.md.

import { checkNumber, checkOneOf, show } from "../../base/check.js";
import { halfCosine } from "../../math/cosine.js";

/** Rates between which a training learns. */
export interface Rates {
  learningRate: number;
  minLearningRate: number;
}

/** @throws TypeError, RangeError naming the option */
export function checkLearningRate(name: string, value: number | "auto"): number | "auto" {
  return value === "auto" ? value : checkNumber(name, value, 0);
}

/**
 * How the learning rate goes with the progress, the share of all words of all epochs that is read: by name, or as a function from
 * the progress, 0 to 1, to a share of learningRate, a finite number from 0; above 1 the rate is higher than learningRate.
 */
export type LearningRateSchedule = "linear" | "constant" | "cosine" | ((progress: number) => number);

/** The same as a checkpoint holds it: of a function only that it was one. */
export type StoredSchedule = Extract<LearningRateSchedule, string> | "function";

type ScheduleName = Extract<LearningRateSchedule, string>;

/** The learning rate at a progress from 0 to 1. */
const SCHEDULES: Record<ScheduleName, (progress: number, rates: Rates) => number> = {
  linear: (progress, { learningRate, minLearningRate }) => Math.max(minLearningRate, learningRate * (1 - progress)),
  constant: (_, { learningRate }) => learningRate,
  cosine: (progress, { learningRate, minLearningRate }) =>
    minLearningRate + (learningRate - minLearningRate) * halfCosine(progress),
};

export const SCHEDULE_NAMES = Object.keys(SCHEDULES) as ScheduleName[];

/** Those that go down to minLearningRate. */
export const FALLING: readonly ScheduleName[] = ["linear", "cosine"];

/** @throws TypeError, RangeError naming the option */
export function checkSchedule(name: string, value: LearningRateSchedule): LearningRateSchedule | StoredSchedule {
  if (typeof value === "function") return value;
  if (typeof value === "string") return checkOneOf(name, value, SCHEDULE_NAMES);
  throw new TypeError(
    `"${name}" expected ${SCHEDULE_NAMES.map(show).join(", ")} or a function of progress, got ${show(value)}`,
  );
}

export function storedSchedule(schedule: LearningRateSchedule | StoredSchedule): StoredSchedule {
  return typeof schedule === "function" ? "function" : schedule;
}

/**
 * A function is in no file.
 * @param name of what was read from a file
 * @throws RangeError for a function that is not there
 */
export function checkHasSchedule(schedule: LearningRateSchedule | StoredSchedule, name: string): void {
  if (schedule === "function")
    throw new RangeError(
      `"learningRateSchedule" of ${name} is a function, which a file cannot hold: give the same function again`,
    );
}

/** The learning rate at a progress from 0 to 1. @throws TypeError, RangeError for what a function returns */
export function rateAt(
  progress: number,
  { learningRateSchedule: schedule, ...rates }: Rates & { learningRateSchedule: LearningRateSchedule | StoredSchedule },
): number {
  if (typeof schedule === "function")
    return rates.learningRate * checkNumber(`learningRateSchedule(${progress})`, schedule(progress), 0);
  // checkHasSchedule refused the others
  return SCHEDULES[schedule as ScheduleName](progress, rates);
}
