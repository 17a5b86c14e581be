// The options of a training that is resumed: those of its checkpoint, and which may be given.

import { show } from "../base/check.js";
import type { Checkpoint } from "./checkpoint/checkpoint.js";
import { engineNamed } from "./execution/engines.js";
import { checkHasSchedule } from "./options/learning-rate.js";
import { namesOf, type Option } from "./options/option.js";
import { presetValues } from "./options/presets.js";
import { SETTINGS, type StoredOptions, storedOf } from "./options/table.js";
import { checkResume, OPTIONS, type ResolvedOptions, resolveOptions, type TrainOptions } from "./train-options.js";

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
