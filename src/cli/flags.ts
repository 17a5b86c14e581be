// Options of the library as flags of the command line.

import { TRAIN_OPTIONS } from "../train/options.js";

/** "minCount" as "--min-count". */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flag of each of these options, spelt as flagOf spells it. */
export function flagsOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, flagOf(name)]));
}

/**
 * A message of the library in the words of the command line: option names in quotes become their flags. What was given stays.
 * @param flags by the option's name, as flagsOf gives them
 */
export function inFlags(message: string, flags: Readonly<Record<string, string>>): string {
  return message.replace(/(?<!got )"(\w+)"/g, (quoted, name) => (Object.hasOwn(flags, name) ? flags[name] : quoted));
}

/** Options of train that are flags of the command line, with those that have another name there. */
export const TRAIN_FLAGS = {
  ...flagsOf(TRAIN_OPTIONS),
  overwrite: "--restart",
  sharedNegatives: "--no-shared-negatives",
  shrinkWindows: "--no-shrink-windows",
  worker: "--no-worker",
};

/** Does what the library does for the command train, or one like it, with its errors in flags. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // a message may be read-only
    if (error instanceof Error && inFlags(error.message, TRAIN_FLAGS) !== error.message)
      Object.defineProperty(error, "message", { value: inFlags(error.message, TRAIN_FLAGS), configurable: true });
    throw error;
  }
}
