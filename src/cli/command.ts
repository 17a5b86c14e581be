// Shared by all commands: the result and its output, option parsers, usage errors.

import { type Command, InvalidArgumentError } from "commander";
import { escapeControls } from "../base/check.js";
import { MissingWordError } from "../vectors/vectors.js";
import { flagsOfCommand, inFlags } from "./flags.js";

/** The result of a command: text for people, and JSON for --json. */
export interface Result {
  text: string;
  json: unknown;
  /** Whether the result goes to standard error, because standard output holds the data. */
  onStderr?: boolean;
}

/** Wrong usage of a command: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Adds the common options and prints the result of the action. */
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

/** An error of the library, with the flags of the command line in its message. */
function explained(error: unknown, command: Command): unknown {
  // which names words alone, that may be spelt as options are
  if (!(error instanceof Error) || error instanceof MissingWordError) return error;
  const message = inFlags(error.message, flagsOfCommand(command));
  // defined, not assigned, because the message of a DOMException is read-only
  if (message !== error.message) Object.defineProperty(error, "message", { value: message, configurable: true });
  return error;
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Expected a number.");
  return value;
}

export function parseCount(text: string): number {
  return parseWhole(text, 1);
}

export function parseCountOrNone(text: string): number {
  return parseWhole(text, 0);
}

function parseWhole(text: string, min: number): number {
  const value = parseNumber(text);
  if (!Number.isSafeInteger(value) || value < min)
    throw new InvalidArgumentError(`Expected a whole number of at least ${min}.`);
  return value;
}

/** Parses a number of bytes, with K, M or G. */
export function parseBytes(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([KMG]?)$/i.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("Expected bytes, such as 268435456, 256M or 1G.");
  return Math.round(Number(number) * 1024 ** ["", "K", "M", "G"].indexOf(unit.toUpperCase()));
}

export function parseNumberOrAuto(text: string): number | "auto" {
  return text === "auto" ? text : parseNumber(text);
}

/** Turns the library's errors about options into usage errors. @throws UsageError */
export function usage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** A word for output: control characters are escaped on a terminal; a pipe gets the word unchanged. */
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
