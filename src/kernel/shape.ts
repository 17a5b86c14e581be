/** How many rows a model has. Those of words come first on each side: word w has input row w and, if words are predicted, output row w. */
export interface Shape {
  words: number;
  inputRows: number;
  outputRows: number;
  /** Rows that the input rows of words are composed of; undefined: these are nobody else's. */
  subwords?: SubwordSizes;
}

/** What the lists of subwords take. */
export interface SubwordSizes {
  /** rows that words are composed of: one of each word's own, then those that words share */
  count: number;
  /** how many the lists of all words hold */
  listed: number;
}

/** The subwords of each word: its input row is the mean of their rows. */
export interface SubwordLists {
  /** u32[words + 1]: where the list of each word begins */
  starts: Uint32Array;
  /** u32[listed]: numbers of rows, below count */
  list: Uint32Array;
  /** f32[count]: what a row takes of the sum of its words' changes */
  scales: Float32Array;
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
