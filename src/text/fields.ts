// The field of a row that holds its text, and rows that lack it.

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import type { Sentence } from "./tokens.js";

export interface MissingOptions {
  /** A row (of JSON Lines or of a table) without the field, or with null: "error" (default), or "skip", which onWarning reports. */
  missingField?: "error" | "skip";
}

/** Remedy in the message for a row without the field. */
const REMEDY = 'set "missingField" to "skip" to skip such rows';

/** Where the text of a row is. */
export interface FieldOptions extends MissingOptions {
  /** The text is JSON Lines: the field, such as "text" or "review.body", that holds a line's text or its tokens. */
  jsonField?: string;
}

/** The counts of a Tally. */
export type Counts = Pick<Tally, "invalid" | "lines" | "rows" | "missing">;

/** A malformed row, at this line of its text. */
export class RowError extends FormatError {
  constructor(
    readonly text: string,
    readonly line: number,
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(`${text}: line ${line} ${what}`, options);
  }
}

/** What a pass has counted. */
export class Tally {
  /** invalid UTF-8 sequences */
  invalid = 0;
  /** lines of JSON in the current text */
  lines = 0;
  /** rows read, and those among them without text */
  rows = 0;
  missing = 0;

  add({ invalid, lines, rows, missing }: Counts): void {
    this.invalid += invalid;
    this.lines += lines;
    this.rows += rows;
    this.missing += missing;
  }

  /** The warning about rows that were skipped, if any. */
  warning(name: string): string | undefined {
    if (this.missing === 0) return undefined;
    const count = (number: number) => number.toLocaleString("en-US");
    return `${name}: ${count(this.missing)} of ${count(this.rows)} rows have no such field and were skipped`;
  }

  /** The text or tokens of the next line of JSON; an empty line is returned as it is. @throws RowError */
  field(line: string, name: string, { jsonField = "", missingField }: FieldOptions): string | Sentence | undefined {
    this.lines++;
    if (line.trim() === "") return line;
    const error = (what: string, options?: ErrorOptions) =>
      new RowError(name, this.lines, `expected a JSON object with the field ${show(jsonField)}${what}`, options);
    const value = valueAt(line, jsonField, error);
    const text = this.keep(value, missingField, (remedy) =>
      error(`, ${value === null ? "got null" : `which has ${keysOf(line)}`}: ${remedy}`),
    );
    if (text !== undefined && typeof text !== "string" && !isTokens(text))
      throw error(` of text or an array of tokens, got ${show(text)}`);
    return text;
  }

  /** A row's value, or undefined if it has none and is skipped. @param error makes the error, with this remedy */
  keep<T>(
    value: T | null | undefined,
    missingField: MissingOptions["missingField"],
    error: (remedy: string) => FormatError,
  ): T | undefined {
    this.rows++;
    if (value !== undefined && value !== null) return value;
    if (missingField !== "skip") throw error(REMEDY);
    this.missing++;
    return undefined;
  }
}

/** The value at a path of keys in a line of JSON; undefined or null if there is none. */
function valueAt(line: string, field: string, error: (what: string, options: ErrorOptions) => RowError): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw error(`, got ${show(line)}`, { cause });
  }
  for (const key of field.split(".")) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function keysOf(line: string): string {
  const row: unknown = JSON.parse(line);
  return row !== null && typeof row === "object" ? Object.keys(row).join(", ") || "none" : show(row);
}

function isTokens(value: unknown): value is Sentence {
  return Array.isArray(value) && value.every((token) => typeof token === "string");
}
