// Options of the library as flags of the command line.

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
