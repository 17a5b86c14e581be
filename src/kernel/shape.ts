/** How many rows a model has. Those of words come first on each side: word w has input row w and, if words are predicted, output row w. */
export interface Shape {
  words: number;
  inputRows: number;
  outputRows: number;
  /** Lists of input rows that words are staged from; undefined: each word has its own row. */
  lists?: RowLists;
}

/** Lists of input rows, one for each word: its staged input is their mean or sum. */
export interface RowLists {
  /** u32[words + 1]: where the list of each word begins */
  starts: Uint32Array;
  rows: Uint32Array;
  combine: "mean" | "sum";
  /** What each of n rows takes of the gradient: 1/n of it, which is true for a mean, or all of it, which is true for a sum. */
  gradient: "divided" | "undivided";
}

/** Rows that do not lie in memory. */
export interface RowStream {
  count: number;
  /** floats from one to the next */
  stride: number;
  /** Some that follow each other; valid until the next call. */
  read(first: number, count: number): Float32Array;
}

/** The two matrices. */
export type Side = "inputs" | "outputs";

/** @throws RangeError for lists that are not one for each word, or hold no row or one that there is not */
export function checkLists({ words, inputRows, lists }: Shape): void {
  if (lists === undefined) return;
  const { starts, rows } = lists;
  if (starts.length !== words + 1 || starts[0] !== 0 || starts[words] !== rows.length)
    throw new RangeError(
      `lists of rows expected ${words + 1} starts from 0 to ${rows.length}, got ${starts.length} from ${starts[0]} to ${starts.at(-1)}`,
    );
  const empty = starts.findIndex((start, word) => word < words && starts[word + 1] <= start);
  if (empty >= 0)
    throw new RangeError(`lists of rows expected a row at least for each word, got none for word ${empty}`);
  const outside = rows.find((row) => row >= inputRows);
  if (outside !== undefined) throw new RangeError(`lists of rows expected rows below ${inputRows}, got ${outside}`);
}
