// Options of the library as flags of the command line.

import type { Command } from "commander";

/** "minCount" as "--min-count". */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flag of each of these options, spelt as flagOf spells it. */
export function flagsOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, flagOf(name)]));
}

/**
 * A message of the library in the words of the command line: option names in quotes become their flags. What was given, files,
 * tensors and words stay as they are.
 * @param flags by the option's name, as flagsOf gives them
 */
export function inFlags(message: string, flags: Readonly<Record<string, string>>): string {
  return message.replace(/(?<!(?:got|read|write|tensor|word) )"(\w+)"/g, (quoted, name) =>
    Object.hasOwn(flags, name) ? flags[name] : quoted,
  );
}

/** Flags whose names say more than those of their options. */
const RENAMED = { overwrite: "--restart", every: "--checkpoint-every", components: "--remove-components" };

/** The flags of a command by the names of its options, and those of options that have another name in the library. */
export function flagsOfCommand(command: Command): Record<string, string> {
  const own = command.options.map((option) => [option.attributeName(), option.long ?? ""]);
  return { ...Object.fromEntries(own), ...RENAMED };
}
