// What all commands share: their result, its output, option parsers and usage errors.

import { type Command, InvalidArgumentError, Option } from "commander";
import { READ_FORMATS } from "../format/vectors.js";

/** What a command has to say: for people, and with --json for machines. */
export interface Result {
  text: string;
  json: unknown;
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
      const { text, json } = await action(...(args as Arguments));
      process.stdout.write(`${command.opts().json ? JSON.stringify(json) : text}\n`);
    });
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

/** The option that says how a file of vectors is read. */
export function readFormatOption(flag: string): Option {
  return new Option(`${flag} <format>`, "format of the file read").choices(["auto", ...READ_FORMATS]).default("auto");
}

/** Lines of a table, columns parted by two blanks; the first column is aligned left, the others right. */
export function table(rows: readonly (readonly string[])[]): string {
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

export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
