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
  /**
   * With jsonField, for classifiers: the field that holds a line's label, or an array of them. They come as tokens such as
   * __label__spam before those of the text.
   */
  labelField?: string;
}

/** A text or its tokens, and its labels where they are asked for. */
export interface Row {
  text: string | Sentence;
  labels?: readonly string[];
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

  /** What the next line of JSON holds; an empty line is a text without labels. @throws RowError */
  row(line: string, name: string, { jsonField = "", labelField, missingField }: FieldOptions): Row | undefined {
    this.lines++;
    if (line.trim() === "") return { text: line };
    this.rows++;
    const errorAt = (field: string) => (what: string, options?: ErrorOptions) =>
      new RowError(name, this.lines, `expected a JSON object with the field ${show(field)}${what}`, options);
    const row = parse(line, errorAt(jsonField));
    const value = (field: string) => {
      const found = valueAt(row, field);
      const got = found === null ? "got null" : `which has ${keysOf(row)}`;
      return this.present(found, missingField, (remedy) => errorAt(field)(`, ${got}: ${remedy}`));
    };
    const text = value(jsonField);
    if (text === undefined) return undefined;
    if (typeof text !== "string" && !isTokens(text))
      throw errorAt(jsonField)(` of text or an array of tokens, got ${show(text)}`);
    if (labelField === undefined) return { text };
    const found = value(labelField);
    if (found === undefined) return undefined;
    const labels = Array.isArray(found) ? found : [found];
    if (!labels.every((label) => ["string", "number", "boolean"].includes(typeof label) && label !== ""))
      throw errorAt(labelField)(` of a label or an array of labels, got ${show(found)}`);
    return { text, labels: labels.map(String) };
  }

  /** A row's value, or undefined if it has none and is skipped. @param error makes the error, with this remedy */
  keep<T>(
    value: T | null | undefined,
    missingField: MissingOptions["missingField"],
    error: (remedy: string) => FormatError,
  ): T | undefined {
    this.rows++;
    return this.present(value, missingField, error);
  }

  /** The same for a row that is counted. */
  private present<T>(
    value: T | null | undefined,
    missingField: MissingOptions["missingField"],
    error: (remedy: string) => FormatError,
  ): T | undefined {
    if (value !== undefined && value !== null) return value;
    if (missingField !== "skip") throw error(REMEDY);
    this.missing++;
    return undefined;
  }
}

function parse(line: string, error: (what: string, options: ErrorOptions) => RowError): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw error(`, got ${show(line)}`, { cause });
  }
}

/** The value at a path of keys in a row; undefined or null if there is none. */
function valueAt(row: unknown, field: string): unknown {
  let value = row;
  for (const key of field.split(".")) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function keysOf(row: unknown): string {
  return row !== null && typeof row === "object" ? Object.keys(row).join(", ") || "none" : show(row);
}

function isTokens(value: unknown): value is Sentence {
  return Array.isArray(value) && value.every((token) => typeof token === "string");
}
