// Tables (CSV, TSV), read by csv-parse: quotes, line ends within quotes, byte order mark.

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { checkBoolean, checkInteger, show } from "../../base/check.js";
import { FormatError } from "../../base/errors.js";
import type { MissingOptions, Tally } from "../../text/fields.js";
import { csvParse } from "./packages.js";

export interface TableOptions {
  /** The files are tables (CSV, TSV): the name, in the first row, or the number, from 1, of the column that holds the text. */
  column?: string | number;
  /** Separates the columns of a table. Default: a tab for files that end with .tsv or .tab, else ",". */
  delimiter?: string;
  /** Whether the first row of a table holds names, not text. Default true; false goes with a column's number. */
  header?: boolean;
}

/** @throws TypeError, RangeError */
export function checkTable({ column, delimiter, header }: TableOptions): void {
  for (const [name, value] of Object.entries({ delimiter, header }))
    if (value !== undefined && column === undefined)
      throw new RangeError(
        `"${name}" goes with "column", the column of a table that holds the text: give both, or none`,
      );
  if (column === undefined) return;
  if (typeof column !== "string") checkInteger("column", column, 1);
  if (header !== undefined) checkBoolean("header", header);
  if (header === false && typeof column === "string")
    throw new RangeError(
      `"header": without a row of names there is no column ${show(column)}: give its number, from 1`,
    );
  if (delimiter === undefined) return;
  if (typeof delimiter !== "string") throw new TypeError(`"delimiter" expected a string, got ${show(delimiter)}`);
  if (delimiter === "" || /["\r\n]/.test(delimiter))
    throw new RangeError(
      `"delimiter" expected a character that is neither a quote nor a line end, such as ";", got ${show(delimiter)}`,
    );
}

/** The texts of one column. @throws FormatError naming the row; Error if csv-parse is not installed */
export async function* tableColumn(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
  { column, delimiter = /\.(tsv|tab)(\.\w+)?$/.test(path) ? "\t" : ",", header = true }: TableOptions,
  tally: Tally,
  missingField: MissingOptions["missingField"],
): AsyncGenerator<string> {
  const fail = (what: string, cause?: unknown) => new FormatError(`${path}: ${what}`, { cause });
  const { parse } = await csvParse();
  const table = parse({ delimiter, bom: true, relax_column_count: true, skip_empty_lines: true });
  const reading = pipeline(Readable.from(bytes), table);
  reading.catch(() => {});
  let at = typeof column === "number" ? column - 1 : -1;
  let number = 0;
  try {
    for await (const row of table as AsyncIterable<string[]>) {
      number++;
      if (number === 1 && header) {
        if (typeof column === "string") at = row.indexOf(column);
        if (at < 0) throw fail(`expected a column ${show(column)}, got ${row.map(show).join(", ")}`);
        continue;
      }
      const text = tally.keep(row[at], missingField, (remedy) =>
        fail(`row ${number} expected ${at + 1} columns, got ${row.length}: ${remedy}`),
      );
      if (text !== undefined) yield text.replace(/[\r\n]+/g, " ");
    }
    await reading;
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith("CSV_")) throw fail((error as Error).message, error);
    throw error;
  }
}
