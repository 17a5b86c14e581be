// Vectors that do not lie in memory: queries bring the rows there, some at a time.

import type { QueryKernel } from "../kernel/kernel.js";
import type { RowStream } from "../kernel/shape.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { ROWS } from "./search.js";
import { allocateVectors, WordVectors } from "./vectors.js";

interface StreamOptions {
  rows: RowStream;
  startQueries(memory: WebAssembly.Memory): QueryKernel;
  /** whether the kernel's memory is one that workers share */
  shared: boolean;
  /** whether the rows are being changed */
  isBusy(): boolean;
}

/** The vectors of a vocabulary. A query that compares with all reads all. */
export function streamVectors(
  { words, ids }: Vocabulary,
  dim: number,
  { rows, startQueries, shared, isBusy }: StreamOptions,
): WordVectors {
  const storage = allocateVectors(Math.min(rows.count, ROWS), dim, shared);
  const { memory, start, stride } = storage;
  const checkUse = () => {
    if (isBusy()) throw new Error("the model is being trained: wait until that has ended, or query it in onEpochEnd");
  };
  const away = {
    bring(first: number, count: number) {
      new Float32Array(memory.buffer, start, (count * stride) / 4).set(rows.read(first, count));
      return start;
    },
    *each() {
      for (let first = 0; first < rows.count; first += ROWS) {
        checkUse();
        const some = rows.read(first, Math.min(ROWS, rows.count - first));
        for (let at = 0; at < some.length; at += rows.stride) yield some.subarray(at, at + dim);
      }
    },
    refuse(): never {
      throw new RangeError(
        `the vectors lie in files, as "blocks" asked for, and are never all in memory: query them, or write them with saveVectors, which streams, ` +
          "and load as many as fit with loadVectors(path, { limit })",
      );
    },
  };
  return new WordVectors(words, dim, { ...storage, checkUse, away }, startQueries(memory), ids);
}
