// Tables (CSV, TSV), read by csv-parse: quotes, line ends within quotes, byte order mark.

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { checkBoolean, checkInteger, show } from "../../base/check.js";
import { FormatError } from "../../base/errors.js";
import type { MissingOptions, Tally } from "../../text/fields.js";
import type { Example } from "../../text/labels.js";
import { csvParse } from "./packages.js";

export interface TableOptions {
  /** The files are tables (CSV, TSV): the name, in the first row, or the number, from 1, of the column that holds the text. */
  column?: string | number;
  /**
   * With column, for classifiers: the column that holds the label, by name or number. It comes as a token such as __label__spam before
   * those of the text.
   */
  labelColumn?: string | number;
  /** What separates several labels of a row. Default: a row has one. */
  labelSeparator?: string;
  /** Separates the columns of a table. Default: a tab for files that end with .tsv or .tab, else ",". */
  delimiter?: string;
  /** Whether the first row of a table holds names, not text. Default true; false goes with a column's number. */
  header?: boolean;
}

/** @throws TypeError, RangeError */
export function checkTable({ column, labelColumn, labelSeparator, delimiter, header }: TableOptions): void {
  for (const [name, value] of Object.entries({ labelColumn, delimiter, header }))
    if (value !== undefined && column === undefined)
      throw new RangeError(
        `"${name}" goes with "column", the column of a table that holds the text: give both, or none`,
      );
  if (column === undefined) return;
  for (const [name, value] of Object.entries({ column, labelColumn })) {
    if (value === undefined) continue;
    if (typeof value !== "string") checkInteger(name, value, 1);
    if (header === false && typeof value === "string")
      throw new RangeError(
        `"header": without a row of names there is no column ${show(value)}: give its number, from 1`,
      );
  }
  if (header !== undefined) checkBoolean("header", header);
  if (labelSeparator !== undefined && labelColumn === undefined)
    throw new RangeError('"labelSeparator" goes with "labelColumn", the column that holds labels: leave it out');
  if (labelSeparator !== undefined && (typeof labelSeparator !== "string" || labelSeparator === ""))
    throw new TypeError(`"labelSeparator" expected a string such as ",", got ${show(labelSeparator)}`);
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
  { column, ...options }: TableOptions,
  tally: Tally,
  missingField: MissingOptions["missingField"],
): AsyncGenerator<string> {
  for await (const [text] of tableColumns(bytes, path, [column!], options, tally, missingField)) yield text;
}

/** The texts of a column, and their labels in another. @throws as tableColumn */
export async function* tableExamples(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
  { column, labelColumn, labelSeparator, ...options }: TableOptions,
  tally: Tally,
  missingField: MissingOptions["missingField"],
): AsyncGenerator<Example> {
  const columns = [column!, labelColumn!];
  for await (const [text, label] of tableColumns(bytes, path, columns, options, tally, missingField)) {
    const labels = labelSeparator === undefined ? [label] : label.split(labelSeparator);
    yield { text, labels: labels.map((one) => one.trim()).filter((one) => one !== "") };
  }
}

/** The texts of some columns. */
async function* tableColumns(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
  columns: readonly (string | number)[],
  { delimiter = /\.(tsv|tab)(\.\w+)?$/.test(path) ? "\t" : ",", header = true }: TableOptions,
  tally: Tally,
  missingField: MissingOptions["missingField"],
): AsyncGenerator<string[]> {
  const fail = (what: string, cause?: unknown) => new FormatError(`${path}: ${what}`, { cause });
  const { parse } = await csvParse();
  const table = parse({ delimiter, bom: true, relax_column_count: true, skip_empty_lines: true });
  const reading = pipeline(Readable.from(bytes), table);
  reading.catch(() => {});
  let places = columns.map((column) => (typeof column === "number" ? column - 1 : -1));
  let number = 0;
  try {
    for await (const row of table as AsyncIterable<string[]>) {
      number++;
      if (number === 1 && header) {
        places = columns.map((column, i) => (typeof column === "string" ? row.indexOf(column) : places[i]));
        const missing = places.indexOf(-1);
        if (missing >= 0) throw fail(`expected a column ${show(columns[missing])}, got ${row.map(show).join(", ")}`);
        continue;
      }
      const last = Math.max(...places);
      const isWhole = tally.keep(row[last], missingField, (remedy) =>
        fail(`row ${number} expected ${last + 1} columns, got ${row.length}: ${remedy}`),
      );
      if (isWhole !== undefined) yield places.map((at) => row[at].replace(/[\r\n]+/g, " "));
    }
    await reading;
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith("CSV_")) throw fail((error as Error).message, error);
    throw error;
  }
}
