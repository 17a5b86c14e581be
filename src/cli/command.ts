// What all commands share: their result, its output, option parsers and usage errors.

import { type Command, InvalidArgumentError } from "commander";
import { escapeControls } from "../base/check.js";
import { flagsOfCommand, inFlags } from "./flags.js";

/** What a command has to say: for people, and with --json for machines. */
export interface Result {
  text: string;
  json: unknown;
  /** Standard output holds what was asked for: what there is to say goes to standard error. */
  onStderr?: boolean;
}

/** The command was given what it cannot use: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Adds the options that every command has, and prints what its action returns. */
export function finish<Arguments extends unknown[]>(
  command: Command,
  examples: readonly string[],
  action: (...args: Arguments) => Promise<Result>,
): Command {
  return command
    .option("--json", "print one JSON document on standard output")
    .addHelpText(
      "after",
      `\n${examples.length > 1 ? "Examples" : "Example"}:\n${examples.map((e) => `  $ ${e}`).join("\n")}`,
    )
    .action(async (...args: unknown[]) => {
      const { text, json, onStderr } = await action(...(args as Arguments)).catch((error) => {
        throw explained(error, command);
      });
      (onStderr ? process.stderr : process.stdout).write(`${command.opts().json ? JSON.stringify(json) : text}\n`);
    });
}

/** An error of the library in the words of the command line. */
function explained(error: unknown, command: Command): unknown {
  if (!(error instanceof Error)) return error;
  const message = inFlags(error.message, flagsOfCommand(command));
  // defined, not assigned: a DOMException's message can only be read
  if (message !== error.message) Object.defineProperty(error, "message", { value: message, configurable: true });
  return error;
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Expected a number.");
  return value;
}

export function parseCount(text: string): number {
  const value = parseNumber(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("Expected a whole number of at least 1.");
  return value;
}

/** A number of bytes, or of K, M or G of them. */
export function parseBytes(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([KMG]?)$/i.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("Expected bytes, such as 268435456, 256M or 1G.");
  return Math.round(Number(number) * 1024 ** ["", "K", "M", "G"].indexOf(unit.toUpperCase()));
}

export function parseThreads(text: string): number | "auto" {
  return text === "auto" ? text : parseNumber(text);
}

/** What the library says of options is the user's mistake here. @throws UsageError */
export function usage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** A word as it is printed: on a terminal without characters that it would obey; what goes into a pipe stays as it is. */
export function printable(word: string): string {
  return process.stdout.isTTY ? escapeControls(word) : word;
}

/** Lines of a table, columns two spaces apart; the first column is aligned left, the others right. Cells are made printable. */
export function table(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(printable));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A number of things, such as 1 word, 2,000 words. */
export function countOf(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? "" : "s"}`;
}

export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
