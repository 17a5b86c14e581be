// Where vectors lie.

import type { Ptr } from "../kernel/kernel.js";
import type { SearchSpace } from "./search.js";

/** The memory of the rows. */
export interface VectorStorage {
  memory: WebAssembly.Memory;
  start: Ptr;
  /** bytes */
  stride: number;
  space: SearchSpace;
  /** @throws Error while training has moved the rows */
  checkUse?(): void;
  /** set where the rows do not lie in the memory, see stream.ts */
  away?: RowsAway;
}

/** Rows that do not lie in the memory. */
export interface RowsAway {
  /** Brings some that follow each other, at most ROWS. */
  bring(first: number, rows: number): Ptr;
  /** Each in turn, dim floats, valid until the next. */
  each(): Iterable<Float32Array>;
  /** @throws RangeError with what to do instead of taking all at once */
  refuse(): never;
}
