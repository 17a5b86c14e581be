// Rows of vectors as they arrive from a file, whatever its format.

import { show } from "../math/check.js";
import { FormatError } from "../math/error.js";

/** Rows of a matrix and their words; row i starts at float i × stride and has dim floats. */
export interface VectorRows {
  words: readonly string[];
  dim: number;
  matrix: Float32Array;
  stride: number;
}

/**
 * Gives a matrix that holds at least `rows` rows; called with larger numbers as rows arrive, and then what was
 * written so far must still be there.
 */
export type Reserve = (rows: number, dim: number) => Pick<VectorRows, "matrix" | "stride">;

/** Rows reserved at first: a header may claim anything, so room is made as rows prove to be there. */
const FIRST_ROWS = 1024;

/** A Float32Array with stride dim. */
export function reserveArray(): Reserve {
  let matrix = new Float32Array(0);
  return (rows, dim) => {
    const larger = new Float32Array(rows * dim);
    larger.set(matrix);
    matrix = larger;
    return { matrix, stride: dim };
  };
}

/** Takes rows one after the other. */
export class RowSink {
  readonly words: string[] = [];
  /** rows taken so far */
  protected row = 0;
  private readonly rowOfWord = new Map<string, number>();
  private matrix: Float32Array = new Float32Array(0);
  private stride = 0;
  private room = 0;

  /** @param name of the file, for errors @param most rows that will come at most */
  constructor(
    protected readonly name: string,
    readonly dim: number,
    private readonly most: number,
    private readonly reserve: Reserve,
  ) {
    this.makeRoom(Math.min(most, FIRST_ROWS));
  }

  get rows(): number {
    return this.row;
  }

  get result(): VectorRows {
    const { words, dim, matrix, stride } = this;
    return { words, dim, matrix, stride };
  }

  /** Where the row at hand goes. */
  vector(): Float32Array {
    return this.matrix.subarray(this.row * this.stride, this.row * this.stride + this.dim);
  }

  /** Names a row: the one at hand, or, where words come apart from rows, the next that has none. @throws FormatError for a word named twice, or none */
  addWord(word: string): void {
    if (word === "") throw this.fail("expected a word", "got none", this.words.length);
    const earlier = this.rowOfWord.get(word);
    if (earlier !== undefined)
      throw this.fail("expected a new word", `got ${show(word)}, which is row ${earlier + 1}`, this.words.length);
    this.rowOfWord.set(word, this.words.length);
    this.words.push(word);
  }

  /** The row at hand is filled. @throws FormatError if it is not finite */
  endRow(): void {
    const vector = this.vector();
    for (let d = 0; d < vector.length; d++) {
      if (!Number.isFinite(vector[d])) throw this.fail("expected finite floats", `float ${d + 1} is ${vector[d]}`);
    }
    this.row++;
    if (this.row === this.room && this.row < this.most) this.makeRoom(Math.min(this.most, 2 * this.room));
  }

  fail(expected: string, got: string, row = this.row): FormatError {
    const word = this.words.length > row ? ` (${show(this.words[row])})` : "";
    return new FormatError(`${this.name}: row ${row + 1}${word} ${expected}, ${got}`);
  }

  private makeRoom(rows: number): void {
    ({ matrix: this.matrix, stride: this.stride } = this.reserve(rows, this.dim));
    this.room = rows;
  }
}
