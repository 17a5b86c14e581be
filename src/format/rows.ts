// Rows of vectors as they arrive from a file, whatever its format.

import { checkBoolean, checkFunction, show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { decodeUtf8 } from "../text/utf8.js";
import { parseDecimal, spellsNumber } from "./number.js";

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

/** Rows that lenient reading left out. */
export interface SkippedRows {
  /** their word is that of an earlier row, which is kept */
  repeated: number;
  /** their word is empty */
  empty: number;
  /** a number of theirs is NaN, infinite or beyond float32 */
  nonFinite: number;
}

export interface LenientOptions {
  /** Skips rows with a repeated word, an empty word, or a number that is not finite, instead of failing. Default false. */
  lenient?: boolean;
  /** With `lenient`: told at the end how many rows were skipped, if there were any. */
  onSkipped?: (rows: SkippedRows) => void;
}

/** How rows of a file are taken. */
export interface RowOptions {
  /** of the file, for errors */
  name: string;
  /** rows wanted at most */
  limit: number;
  reserve: Reserve;
  lenient: boolean;
  onSkipped?: (rows: SkippedRows) => void;
}

/** Rows reserved at first, and the floats that they may have: a header may claim anything, so room is made as rows prove to be there. */
const FIRST_ROWS = 1024;
const FIRST_FLOATS = 2 ** 22;

/** @throws TypeError; RangeError for onSkipped without lenient */
export function checkLenient({
  lenient = false,
  onSkipped,
}: LenientOptions): Pick<RowOptions, "lenient" | "onSkipped"> {
  checkBoolean("lenient", lenient);
  checkFunction("onSkipped", onSkipped);
  if (onSkipped !== undefined && !lenient)
    throw new RangeError('"onSkipped" goes with "lenient", which skips rows: set it, or leave both out');
  return { lenient, onSkipped };
}

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

/** Takes rows one after the other: begin, fill what vector() gives, end. */
export class RowSink {
  /** of the rows kept */
  readonly words: string[] = [];
  private readonly rowOfWord = new Map<string, number>();
  private readonly skipped: SkippedRows = { repeated: 0, empty: 0, nonFinite: 0 };
  private matrix: Float32Array = new Float32Array(0);
  private stride = 0;
  private room = 0;
  private seen = 0;
  /** of the row at hand */
  private word: string | undefined;
  private fault: keyof SkippedRows | undefined;
  private current: Float32Array = new Float32Array(0);
  /** rows that will come at most */
  private readonly most: number;

  /** @param rows of the file, if that is known */
  constructor(
    readonly dim: number,
    rows: number,
    private readonly options: RowOptions,
  ) {
    this.most = Math.min(rows, options.limit);
    this.makeRoom(Math.min(this.most, FIRST_ROWS, Math.max(1, Math.floor(FIRST_FLOATS / dim))));
  }

  /** Rows of the file taken so far, skipped ones too: the number of the row at hand, from 0. */
  get row(): number {
    return this.seen;
  }

  /** Whether so many rows are kept as are wanted. */
  get isFull(): boolean {
    return this.words.length >= this.options.limit;
  }

  /** What was kept; tells what was skipped. */
  finish(): VectorRows {
    const { words, dim, matrix, stride, skipped } = this;
    if (Object.values(skipped).some((count) => count > 0)) this.options.onSkipped?.({ ...skipped });
    return { words, dim, matrix, stride };
  }

  /** Begins a row. @throws FormatError for a word that an earlier row has, or none */
  begin(word: string): void {
    this.fault = undefined;
    const start = this.words.length * this.stride;
    this.current = this.matrix.subarray(start, start + this.dim);
    const earlier = this.rowOfWord.get(word);
    if (word === "") this.reject("empty", "expected a word", "got none");
    else if (earlier !== undefined)
      this.reject("repeated", "expected a new word", `got ${show(word)}, which is row ${earlier + 1}`);
    this.word = word;
  }

  /** Where the numbers of the row at hand go. */
  vector(): Float32Array {
    return this.current;
  }

  /** Takes number d of the row at hand from its text. @throws FormatError for what is no finite decimal number */
  parse(d: number, line: Uint8Array, start: number, end: number): void {
    const value = Math.fround(parseDecimal(line, start, end));
    if (!Number.isFinite(value)) {
      const [what, text] = ["expected finite numbers", decodeUtf8(line.subarray(start, end))];
      if (!spellsNumber(text)) throw this.fail(what, `number ${d + 1} is ${show(text)}`);
      this.reject("nonFinite", what, `number ${d + 1} is ${show(text)}`);
    }
    // a write past the row's view goes nowhere
    this.current[d] = value;
  }

  /** The row at hand is filled. @throws FormatError if it is not finite */
  end(): void {
    const { current } = this;
    for (let d = 0; d < current.length && this.fault === undefined; d++)
      if (!Number.isFinite(current[d]))
        this.reject("nonFinite", "expected finite floats", `float ${d + 1} is ${current[d]}`);
    const { word, fault } = this;
    if (fault !== undefined) this.skipped[fault]++;
    else {
      this.rowOfWord.set(word!, this.seen);
      this.words.push(word!);
    }
    this.word = undefined;
    this.seen++;
    const { length } = this.words;
    if (length === this.room && length < this.most) this.makeRoom(Math.min(this.most, 2 * this.room));
  }

  fail(expected: string, got: string): FormatError {
    const word = this.word ? ` (${show(this.word)})` : "";
    return new FormatError(`${this.options.name}: row ${this.seen + 1}${word} ${expected}, ${got}`);
  }

  /** The row at hand cannot be kept; of several faults the first counts. */
  private reject(fault: keyof SkippedRows, expected: string, got: string): void {
    if (!this.options.lenient) throw this.fail(expected, `${got}: "lenient" skips such rows`);
    this.fault ??= fault;
  }

  private makeRoom(rows: number): void {
    ({ matrix: this.matrix, stride: this.stride } = this.options.reserve(rows, this.dim));
    this.room = rows;
  }
}
