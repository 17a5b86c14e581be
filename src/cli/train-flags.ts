// The options of train as flags: from the tables of options and their lines.

import { InvalidArgumentError, Option } from "commander";
import type { TrainOptions } from "../node.js";
import type { Option as Entry, OptionTable } from "../train/options/option.js";
import { OPTIONS } from "../train/train-options.js";
import type { WindowWeights } from "../types.js";
import { parseBytes, parseNumber, parseNumberOrAuto } from "./command.js";
import { flagOf, flagsOf, inFlags } from "./flags.js";
import { OPTION_LINES, type OptionLine } from "./option-lines.js";

type Name = keyof TrainOptions;

/** Values that are neither numbers, names nor files. */
const PARSERS: { readonly [name in Name]?: (text: string) => unknown } = {
  model: parseModel,
  windowWeights: parseWeights,
  learningRate: parseNumberOrAuto,
  threads: parseNumberOrAuto,
  blocksMemory: parseBytes,
  spoolMemory: parseBytes,
};

/** A flag for each option of train. */
export function trainFlags(): Option[] {
  return flagsOfTable(OPTIONS, OPTION_LINES, PARSERS);
}

/** A flag for each option of a table, two where one without a value turns it on and another off. */
export function flagsOfTable(
  table: OptionTable,
  lines: Readonly<Record<string, OptionLine>>,
  parsers: { readonly [name: string]: ((text: string) => unknown) | undefined },
): Option[] {
  const flags = flagsOf(Object.keys(table));
  return Object.entries(table)
    .filter(([name]) => lines[name].noFlag === undefined)
    .flatMap(([name, entry]) => flagsOfOption(name, entry, lines[name], parsers[name], flags));
}

function flagsOfOption(
  name: string,
  { kind, names, default: standard }: Entry,
  { help, byDefault, negated, takes = `<${kind}>` }: OptionLine,
  parser: ((text: string) => unknown) | undefined,
  flags: Readonly<Record<string, string>>,
): Option[] {
  const flag = flagOf(name);
  const off = flag.replace("--", "--no-");
  if (kind === "switch") {
    if (negated !== undefined) return [new Option(flag, help), new Option(off, negated)];
    return [new Option(standard === false ? flag : off, inFlags(help, flags))];
  }
  const words = byDefault && inFlags(byDefault, flags);
  const shown = standard === undefined && words !== undefined ? `${help} (default: ${words})` : help;
  const option = new Option(`${flag} ${takes}`, inFlags(shown, flags));
  if (standard !== undefined) option.default(standard, words && `${standard}, ${words}`);
  if (names) option.choices(names);
  const parse = parser ?? (kind === "number" ? parseNumber : undefined);
  return [parse ? option.argParser(parse) : option];
}

/** The flag is that of the option, as all are; for a file there is another. */
function parseModel(value: string): string {
  const { names } = OPTIONS.model;
  if ((names as readonly string[]).includes(value)) return value;
  const isFile = /[./\\]/.test(value) ? ` To save the trained model, give --save-model ${value}.` : "";
  throw new InvalidArgumentError(`Allowed choices are ${names.join(", ")}.${isFile}`);
}

function parseWeights(text: string): WindowWeights {
  return text === "harmonic" || text === "linear" ? text : text.split(",").map(parseNumber);
}
