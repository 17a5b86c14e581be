// A pasted table: cells, and which column is the text and which the label.

import { parse } from "csv-parse/browser/esm/sync";

export interface Table {
  /** of the columns, from the first row, or their numbers */
  names: string[];
  /** without the first row if that names the columns */
  rows: string[][];
  /** columns of texts and of labels */
  text: number;
  label: number;
}

/** What separates several labels of one cell. */
const SEPARATOR = "|";

/** @throws Error with a message for the user */
export function readTable(pasted: string): Table {
  const first = pasted.slice(0, pasted.search(/\n|$/));
  // a spreadsheet copies cells with tabs between them
  const delimiter = ["\t", ";", ","].find((mark) => first.includes(mark));
  if (delimiter === undefined) throw new Error("Paste two columns: texts and their labels.");
  const cells: string[][] = parse(pasted, {
    delimiter,
    bom: true,
    relax_quotes: true,
    skip_empty_lines: true,
    relax_column_count: true,
  });
  const columns = cells[0].map((_, column) => cells.map((row) => row[column]?.trim() ?? ""));
  const [label, text] = [fewest(columns), longest(columns)];
  if (label === text) throw new Error("No column looks like labels: one is needed whose cells repeat.");
  // a name of the column is no label of any row
  const isNamed = columns[label].indexOf(columns[label][0], 1) < 0;
  return {
    names: columns.map(([name], i) => (isNamed && name ? name : `column ${i + 1}`)),
    rows: isNamed ? cells.slice(1) : cells,
    ...{ text, label },
  };
}

/** The rows as examples of a classifier; those without a text or a label are left out. */
export function examplesOf({ rows, text, label }: Table): { text: string; labels: string[] }[] {
  return rows.flatMap((row) => {
    const labels = (row[label] ?? "")
      .split(SEPARATOR)
      .map((one) => one.trim())
      .filter(Boolean);
    // a line is one example
    const line = (row[text] ?? "").replace(/\s+/g, " ").trim();
    return labels.length > 0 && line !== "" ? [{ text: line, labels }] : [];
  });
}

/** The column with the fewest different cells. */
function fewest(columns: readonly string[][]): number {
  return best(columns.map((cells) => -new Set(cells).size));
}

/** The column with the most characters. */
function longest(columns: readonly string[][]): number {
  return best(columns.map((cells) => cells.join("").length));
}

function best(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores));
}
