// The options of train: all tables together, and what they resolve to.

import { checkKnown, show } from "../base/check.js";
import { isExact, KERNEL_CHOICES, takesBinary } from "../kernel/engines/kernels.js";
import { hasSubwords } from "../model/spec.js";
import { Checkpoint } from "./checkpoint/checkpoint.js";
import { LISTENERS, type RunListeners } from "./listeners.js";
import { type Given, namesOf, type OptionTable, resolve } from "./options/option.js";
import { presetValues } from "./options/presets.js";
import { fitsGrid, type Settings } from "./options/settings.js";
import { SIZED_OPTIONS } from "./options/small-text.js";
import { SETTINGS } from "./options/table.js";

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
  if (Math.fround(values.initialRange / values.dim) === 0 && !values.initialVectors)
    throw new RangeError(
      `"initialRange" ${values.initialRange} has all rows begin at 0, where no gradient ever moves them: give more than 0`,
    );
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
  const elsewhere = (["blocks", "cluster"] as const).find((name) => values[name]);
  if (hasSubwords(values) && elsewhere)
    throw new RangeError(
      `"${elsewhere}" moves the rows of some words at a time, and those of subwords belong to all: leave it or "maxn" out`,
    );
  if (values.blocksMemory !== undefined && !values.blocks)
    throw new RangeError('"blocksMemory" goes with "blocks": give both, or leave it out');
  if (reproducible && !fitsGrid({ model, loss }) && threads !== "auto" && threads > 1)
    throw new RangeError(
      `"reproducible" with ${model === "cbow" ? 'model "cbow"' : `loss "${loss}"`} needs one thread, not "threads" ${threads}: leave one out`,
    );
}

/** @throws TypeError */
export function checkResume(name: string, value: Checkpoint): Checkpoint {
  if (value instanceof Checkpoint) return value;
  throw new TypeError(`"${name}" expected a Checkpoint, got ${show(value)}: use readCheckpoint or loadCheckpoint`);
}
