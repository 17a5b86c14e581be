// The options of train: all tables together, what they resolve to, and which may be given when a training is resumed.

import { checkKnown, show } from "../base/check.js";
import { isExact, KERNEL_CHOICES, takesBinary } from "../kernel/engines/kernels.js";
import { Checkpoint } from "./checkpoint/checkpoint.js";
import { engineNamed } from "./execution/engines.js";
import { LISTENERS, type RunListeners } from "./listeners.js";
import { checkHasSchedule } from "./options/learning-rate.js";
import { type Given, namesOf, type Option, type OptionTable, resolve } from "./options/option.js";
import { presetValues } from "./options/presets.js";
import { fitsGrid, type Settings } from "./options/settings.js";
import { SIZED_OPTIONS } from "./options/small-text.js";
import { SETTINGS, type StoredOptions, storedOf } from "./options/table.js";

const RESUME = {
  /**
   * Goes on with an interrupted training on the same corpus, but for several threads with CBOW or a softmax to the bytes of the
   * training that was not interrupted. Options are those of the checkpoint; threads, worker and listeners may be others.
   */
  resume: { check: checkResume, stored: false },
} as const satisfies OptionTable;

/** All options of train. */
export const OPTIONS = { ...SETTINGS, ...RESUME, ...LISTENERS } as const;

/** Options of train; all have defaults. */
export interface TrainOptions extends Given<typeof SETTINGS>, Given<typeof RESUME>, RunListeners {}

/** Settings, and what belongs to one run. */
export interface ResolvedOptions extends Settings, Given<typeof RESUME>, RunListeners {}

/** @throws TypeError, RangeError naming the option */
export function resolveOptions(options: TrainOptions = {}): ResolvedOptions {
  checkKnown("option", options, namesOf(OPTIONS));
  const { preset } = options;
  if (preset !== undefined) OPTIONS.preset.check("preset", preset);
  const values = resolve(OPTIONS, options, preset && presetValues(preset, options));
  checkTogether(options, values);
  const { windowLeft, windowRight } = values;
  // a peer's defaults are the same for all texts
  const open = preset === undefined ? SIZED_OPTIONS.filter((name) => options[name] === undefined) : [];
  return { ...values, window: Math.max(windowLeft, windowRight), open };
}

/** @throws RangeError for options that each are as they should be, but not together */
function checkTogether(given: TrainOptions, values: Omit<ResolvedOptions, "open">): void {
  const { windowLeft, windowRight, model, loss, kernel, wasm, threads, reproducible } = values;
  if (given.window !== undefined && given.windowLeft !== undefined && given.windowRight !== undefined)
    throw new RangeError('"window" says nothing where "windowLeft" and "windowRight" are given: leave it out');
  if (windowLeft === 0 && windowRight === 0)
    throw new RangeError('"windowLeft" and "windowRight" are both 0: no word would have a context');
  if (reproducible && !isExact(kernel)) {
    const exact = KERNEL_CHOICES.filter((choice) => choice !== "auto" && isExact(choice));
    throw new RangeError(
      `"reproducible" needs kernel ${exact.map((name) => `"${name}"`).join(" or ")}, got "${kernel}"`,
    );
  }
  if (wasm !== undefined && !takesBinary(kernel))
    throw new RangeError(`"wasm" goes with kernels of WebAssembly, got kernel "${kernel}": leave one out`);
  if (reproducible && !fitsGrid({ model, loss }) && threads !== "auto" && threads > 1)
    throw new RangeError(
      `"reproducible" with ${model === "cbow" ? 'model "cbow"' : `loss "${loss}"`} needs one thread, not "threads" ${threads}: leave one out`,
    );
}

/** Options that a checkpoint holds, and those that are of one run or spent. */
const STORED = namesOf(SETTINGS, ({ stored }) => stored !== false) as (keyof StoredOptions)[];
const UNSTORED = namesOf(OPTIONS, ({ stored }) => stored === false);
const SPENT = namesOf(SETTINGS, ({ isSpent }) => isSpent === true);

function pick<Name extends string>(options: { [key in Name]?: unknown }, names: readonly Name[]) {
  return Object.fromEntries(names.map((name) => [name, options[name]])) as { [key in Name]: unknown };
}

/** The options that differ from those of a checkpoint's training, each with both values. */
export function otherOptions(
  given: TrainOptions,
  { options, schedule: { learningRateSchedule } }: Checkpoint,
): { name: keyof StoredOptions; was: string; is: string }[] {
  const stored = { ...options, learningRateSchedule };
  const resolved = storedOf(resolveOptions(given));
  const shown = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : show(value));
  return STORED.filter((name) => !suits(name, stored[name], resolved[name])).map((name) => ({
    name,
    was: shown(stored[name]),
    is: shown(resolved[name]),
  }));
}

/** Whether a resumed training may change an option from `was` to `is`. */
function suits(name: keyof StoredOptions, was: unknown, is: unknown): boolean {
  const { suits } = SETTINGS[name] as Option;
  return suits ? suits(was as never, is as never) : JSON.stringify(was) === JSON.stringify(is);
}

/** Whether the options ask for several threads, where the checkpoint's training gives the bytes of one thread. */
export function asksForThreads({ threads }: TrainOptions, { mode }: Checkpoint): boolean {
  return typeof threads === "number" && threads > 1 && !engineNamed(mode).isParallel;
}

/** The options of a checkpoint, with the given ones where a resumed training may change them. @throws TypeError, RangeError */
export function goOnOptions(given: TrainOptions, { options: stored, vocabulary }: Checkpoint): ResolvedOptions {
  const resolved = resolveOptions({ ...given, initialVectors: undefined, freeze: undefined, wordRates: undefined });
  const anew = STORED.filter((name) => given[name] !== undefined && (SETTINGS[name] as Option).suits);
  return {
    ...stored,
    ...pick(resolved, [...UNSTORED, ...anew, "open"]),
    vocabulary,
  } as ResolvedOptions;
}

/**
 * The options of a checkpoint, with those given that may be others.
 * @throws RangeError for one that may not, TypeError as resolveOptions
 */
export function resumeOptions(given: TrainOptions, checkpoint: Checkpoint): ResolvedOptions {
  checkResume("resume", checkpoint);
  const { name } = checkpoint;
  const fail = (option: string, was: string): never => {
    throw new RangeError(`"${option}" clashes with "resume": ${was}; leave it out, or train anew without resume`);
  };
  for (const option of SPENT) if (given[option] !== undefined) fail(option, `words and vectors are those of ${name}`);
  if (checkpoint.isOlder && !checkpoint.isFinished)
    throw new RangeError(
      `"resume" ${name} was begun by an older wasm2vec, which trained in another way: end it with that one, or load it as a model ` +
        "and train on from there",
    );
  if (!checkpoint.isFinished)
    checkHasSchedule(given.learningRateSchedule ?? checkpoint.schedule.learningRateSchedule, name);
  if (asksForThreads(given, checkpoint)) fail("threads", `${name} was trained with one thread, got ${given.threads}`);
  const byPreset = given.preset ? presetValues(given.preset, given) : {};
  for (const { name: option, was, is } of otherOptions(given, checkpoint))
    if (given[option] !== undefined || option in byPreset)
      fail(given[option] === undefined ? "preset" : option, `${name} was trained with ${option} ${was}, got ${is}`);
  return goOnOptions(given, checkpoint);
}

/** @throws TypeError */
function checkResume(name: string, value: Checkpoint): Checkpoint {
  if (value instanceof Checkpoint) return value;
  throw new TypeError(`"${name}" expected a Checkpoint, got ${show(value)}: use readCheckpoint or loadCheckpoint`);
}
