// Takes rows of vectors as they arrive from a file of any format.

import { checkBoolean, checkFunction, show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { decodeUtf8 } from "../text/utf8.js";
import { parseDecimal, spellsNumber } from "./number.js";

/** Rows of a matrix and their words. Row i starts at float i × stride and has dim floats. */
export interface VectorRows {
  words: readonly string[];
  dim: number;
  matrix: Float32Array;
  stride: number;
  /** Rows that do not lie in memory, each in turn, valid until the next; the matrix is then not asked for. */
  each?: () => Iterable<Float32Array>;
}

/** The rows in turn, dim floats each. */
export function* rowsOf(rows: VectorRows): Generator<Float32Array> {
  if (rows.each) return yield* rows.each();
  const { words, dim, matrix, stride } = rows;
  for (let row = 0; row < words.length; row++) yield matrix.subarray(row * stride, row * stride + dim);
}

/**
 * Returns a matrix for at least `rows` rows. It is called with larger numbers as rows arrive, and must then keep what was written.
 */
export type Reserve = (rows: number, dim: number) => Pick<VectorRows, "matrix" | "stride">;

/** Numbers of rows that lenient reading skipped. */
export interface SkippedRows {
  /** the word is that of an earlier row, which is kept */
  repeated: number;
  /** the word is empty */
  empty: number;
  /** a number is NaN, infinite or beyond float32 */
  nonFinite: number;
}

export interface LenientOptions {
  /** Skips rows with a repeated word, an empty word, or a number that is not finite, instead of failing. Default false. */
  lenient?: boolean;
  /** With `lenient`: called at the end with the numbers of skipped rows, if any. */
  onSkipped?: (rows: SkippedRows) => void;
}

/** How rows of a file are read. */
export interface RowOptions {
  /** name of the file, for errors */
  name: string;
  /** most rows to read */
  limit: number;
  reserve: Reserve;
  lenient: boolean;
  onSkipped?: (rows: SkippedRows) => void;
}

/** Rows allocated at first, and their most floats. A header may claim anything, so more is allocated only as rows arrive. */
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

/** Takes rows one after the other: begin(), fill vector(), end(). */
export class RowSink {
  /** words of the kept rows */
  readonly words: string[] = [];
  private readonly rowOfWord = new Map<string, number>();
  private readonly skipped: SkippedRows = { repeated: 0, empty: 0, nonFinite: 0 };
  private matrix: Float32Array = new Float32Array(0);
  private stride = 0;
  private room = 0;
  private seen = 0;
  /** word of the current row */
  private word: string | undefined;
  private fault: keyof SkippedRows | undefined;
  private current: Float32Array = new Float32Array(0);
  /** most rows that can come */
  private readonly most: number;

  /** @param rows of the file, if known */
  constructor(
    readonly dim: number,
    rows: number,
    private readonly options: RowOptions,
  ) {
    this.most = Math.min(rows, options.limit);
    this.makeRoom(Math.min(this.most, FIRST_ROWS, Math.max(1, Math.floor(FIRST_FLOATS / dim))));
  }

  /** Rows of the file so far, including skipped ones: the number of the current row, from 0. */
  get row(): number {
    return this.seen;
  }

  /** Whether as many rows are kept as were requested. */
  get isFull(): boolean {
    return this.words.length >= this.options.limit;
  }

  /** The kept rows. Reports the skipped ones. */
  finish(): VectorRows {
    const { words, dim, matrix, stride, skipped } = this;
    if (Object.values(skipped).some((count) => count > 0)) this.options.onSkipped?.({ ...skipped });
    return { words, dim, matrix, stride };
  }

  /** Begins a row. @throws FormatError for an empty or repeated word */
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

  /** The place for the numbers of the current row. */
  vector(): Float32Array {
    return this.current;
  }

  /** Reads number d of the current row from its text. @throws FormatError unless it is a finite decimal number */
  parse(d: number, line: Uint8Array, start: number, end: number): void {
    const value = Math.fround(parseDecimal(line, start, end));
    if (!Number.isFinite(value)) {
      const [what, text] = ["expected finite numbers", decodeUtf8(line.subarray(start, end))];
      if (!spellsNumber(text)) throw this.fail(what, `number ${d + 1} is ${show(text)}`);
      this.reject("nonFinite", what, `number ${d + 1} is ${show(text)}`);
    }
    // a write past the end of the view has no effect
    this.current[d] = value;
  }

  /** Ends the current row, which is filled. @throws FormatError if a number is not finite */
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

  /** Rejects the current row; of several faults the first counts. */
  private reject(fault: keyof SkippedRows, expected: string, got: string): void {
    if (!this.options.lenient) throw this.fail(expected, `${got}: "lenient" skips such rows`);
    this.fault ??= fault;
  }

  private makeRoom(rows: number): void {
    ({ matrix: this.matrix, stride: this.stride } = this.options.reserve(rows, this.dim));
    this.room = rows;
  }
}
