// The field of a row that holds its text, and rows that have none.

import { show } from "../math/check.js";
import { FormatError } from "../math/error.js";
import type { Sentence } from "./corpus.js";

export interface MissingOptions {
  /** A row (of JSON Lines or of a table) without the field, or with null: "error" (default), or "skip", which onWarning reports. */
  missingField?: "error" | "skip";
}

/** Ends the message of a row without the field. */
const REMEDY = 'let "missingField" be "skip" to leave such rows out';

/** Rows read, and those of them that had no text. */
export class RowTally {
  private rows = 0;
  private missing = 0;

  /** What to say of rows that were left out, if any were. */
  warning(name: string): string | undefined {
    if (this.missing === 0) return undefined;
    const count = (number: number) => number.toLocaleString("en-US");
    return `${name}: ${count(this.missing)} of ${count(this.rows)} rows have no such field and were left out`;
  }

  /** The text or tokens of each line of JSON; empty lines stay. @throws FormatError naming the line */
  async *fields(
    lines: AsyncIterable<string>,
    field: string,
    name: string,
    missingField: MissingOptions["missingField"],
  ): AsyncGenerator<string | Sentence> {
    let number = 0;
    for await (const line of lines) {
      number++;
      if (line.trim() === "") {
        yield line;
        continue;
      }
      const expected = `${name}: line ${number} expected a JSON object with the field ${show(field)}`;
      const value = valueAt(line, field, expected);
      const text = this.keep(
        value,
        missingField,
        () => `${expected}, ${value === null ? "got null" : `which has ${keysOf(line)}`}`,
      );
      if (text === undefined) continue;
      if (typeof text !== "string" && !isTokens(text))
        throw new FormatError(`${expected} of text or an array of tokens, got ${show(text)}`);
      yield text;
    }
  }

  /** A row's value; undefined where it has none and is to be left out. @throws FormatError with this message and the remedy */
  keep<T>(
    value: T | null | undefined,
    missingField: MissingOptions["missingField"],
    message: () => string,
  ): T | undefined {
    this.rows++;
    if (value !== undefined && value !== null) return value;
    if (missingField !== "skip") throw new FormatError(`${message()}: ${REMEDY}`);
    this.missing++;
    return undefined;
  }
}

/** What a line of JSON holds at a path of keys; undefined or null where there is no such thing. */
function valueAt(line: string, field: string, expected: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new FormatError(`${expected}, got ${show(line)}`, { cause });
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
