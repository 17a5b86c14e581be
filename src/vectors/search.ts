// Scores of queries against all rows of a matrix, in the kernel, a block of rows at a time.

import { advance, type Ptr, type QueryKernel } from "../kernel/kernel.js";
import type { Allocator } from "../kernel/memory.js";
import { QuantizedRows } from "./quantized.js";
import { TopRows } from "./top.js";

/** A single query uses int8 codes from so many rows on. The third query builds them, which takes as long as some queries. */
const QUANTIZED_ROWS = 20_000;
const QUANTIZING_QUERY = 3;

/** If more than one row in so many is left, scoring all rows in blocks is faster than scoring them singly. */
const FEW = 32;

/** Queries and rows of a block. Their scores take 1 MB, which fits into the second-level cache. */
const QUERIES = 64;
export const ROWS = 4092;

/** Bytes of queries in a block, which limits their number if vectors are very long. */
const QUERY_BYTES = 2 ** 24;

/** The memory that a search needs besides the rows. */
export interface SearchSpace {
  scratch: Ptr;
  queries: Ptr;
  scores: Ptr;
}

export function takeSearchSpace(memory: Allocator, stride: number): SearchSpace {
  const queries = queriesOf(stride);
  return { scratch: memory.take(128), queries: memory.take(queries * stride), scores: memory.take(queries * ROWS * 4) };
}

/** Queries of a block. */
function queriesOf(stride: number): number {
  return Math.max(1, Math.min(QUERIES, Math.floor(QUERY_BYTES / stride)));
}

/** Searches a matrix of f32 rows in the memory of a kernel. */
export class RowSearch {
  private cachedNorms: Float32Array | undefined;
  private codes: QuantizedRows | undefined;
  private queries = 0;

  constructor(
    private readonly kernel: QueryKernel,
    private readonly memory: WebAssembly.Memory,
    private readonly space: SearchSpace,
    private readonly start: Ptr,
    private readonly count: number,
    /** bytes */
    private readonly stride: number,
    private readonly dim: number,
    /** where rows are brought that do not lie in the memory, at most ROWS that follow each other */
    private readonly bring?: (first: number, rows: number) => Ptr,
  ) {}

  /** |row| of each row, computed once. */
  get norms(): Float32Array {
    if (this.cachedNorms === undefined) {
      this.cachedNorms = new Float32Array(this.count);
      for (let row = 0; row < this.count; row += ROWS) {
        const rows = Math.min(ROWS, this.count - row);
        this.kernel.norms(this.rowAt(row, rows), rows, this.stride, this.space.scores);
        this.cachedNorms.set(new Float32Array(this.memory.buffer, this.space.scores, rows), row);
      }
    }
    return this.cachedNorms;
  }

  /** Drops norms and codes after the rows have changed. */
  refresh(): void {
    this.cachedNorms = undefined;
    this.queries = 0;
  }

  /**
   * The nearest among the first `rows` rows to a query of length 1, with their cosines. From the third query on, int8 codes rule
   * out most rows; the result is the same.
   */
  nearest(query: Float32Array, rows: number, topN: number, isWanted: (row: number) => boolean): TopRows {
    const { norms } = this;
    const top = new TopRows(topN);
    const offer = (row: number, score: number) => {
      if (score > top.threshold && isWanted(row)) top.offer(row, score);
    };
    const pays = this.bring === undefined && rows >= QUANTIZED_ROWS && topN > 0 && topN < rows / FEW;
    const found = pays ? this.quantized()?.candidates(query, rows, new TopRows(topN), isWanted) : undefined;
    if (found && found.length < rows / FEW) {
      const scores = this.scoresOf(query, found);
      found.forEach((row, i) => offer(row, scores[i] / norms[row]));
      return top;
    }
    this.scan([query], rows, (_, first, scores) => {
      for (let i = 0; i < scores.length; i++) offer(first + i, scores[i] / norms[first + i]);
    });
    return top;
  }

  /** Where a row is, and so many after it. */
  rowAt(row: number, rows = 1): Ptr {
    return this.bring ? this.bring(row, rows) : advance(this.start, row * this.stride);
  }

  /** query · row for some rows. */
  private scoresOf(query: Float32Array, rows: readonly number[]): Float32Array {
    const { buffer } = this.memory;
    const { scratch, queries, scores } = this.space;
    new Float32Array(buffer, queries, this.stride / 4).fill(0).set(query);
    return Float32Array.from(rows, (row) => {
      this.kernel.scores(queries, 1, this.rowAt(row), 1, this.stride, scratch, scores, ROWS);
      return new Float32Array(buffer, scores, 1)[0];
    });
  }

  /** The int8 codes, from the third query on; undefined if there is no memory for them. */
  private quantized(): QuantizedRows | undefined {
    if (this.queries >= QUANTIZING_QUERY) return this.codes;
    this.queries++;
    if (this.queries < QUANTIZING_QUERY) return undefined;
    const { buffer } = this.memory;
    const stride = this.stride / 4;
    try {
      this.codes ??= new QuantizedRows(this.kernel, !(buffer instanceof ArrayBuffer), this.count, this.dim, stride);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    this.codes.encode(new Float32Array(buffer, this.start, this.count * stride), this.norms);
    return this.codes;
  }

  /**
   * Calls visit(query, firstRow, scores) for each query and block of the first `rows` rows: scores[i] = query · row firstRow + i.
   * `scores` is a view that the next call overwrites.
   */
  scan(
    queries: ArrayLike<number>[],
    rows: number,
    visit: (query: number, firstRow: number, scores: Float32Array) => void,
  ): void {
    const { buffer } = this.memory;
    const { scratch, queries: place, scores } = this.space;
    const groupSize = queriesOf(this.stride);
    const floats = new Float32Array(buffer, place, (groupSize * this.stride) / 4);
    for (let first = 0; first < queries.length; first += groupSize) {
      const group = queries.slice(first, first + groupSize);
      floats.fill(0, 0, (group.length * this.stride) / 4);
      group.forEach((query, q) => floats.set(query, (q * this.stride) / 4));
      for (let row = 0; row < rows; row += ROWS) {
        const block = Math.min(ROWS, rows - row);
        this.kernel.scores(place, group.length, this.rowAt(row, block), block, this.stride, scratch, scores, ROWS);
        for (let q = 0; q < group.length; q++) {
          visit(first + q, row, new Float32Array(buffer, scores + q * ROWS * 4, block));
        }
      }
    }
  }
}
