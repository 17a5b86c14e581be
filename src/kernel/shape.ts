/** How many rows a model has. Those of words come first on each side: word w has input row w and, if words are predicted, output row w. */
export interface Shape {
  words: number;
  inputRows: number;
  outputRows: number;
}

/** The two matrices. */
export type Side = "inputs" | "outputs";
