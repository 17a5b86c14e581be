// Messages between the calling thread and the threads that read.

import type { Counts, RowError } from "./fields.js";
import type { Parsing } from "./parser.js";
import type { PieceToRead } from "./pieces.js";

/** The first message says how to read. Each piece gets one reply, in the order of the pieces. */
export type ReadRequest = { type: "read"; parsing: Parsing } | { type: "piece"; piece: PieceToRead };

/** A step of a piece, in the numbers of the thread's own token table. */
export interface ReadStep {
  numbers: Uint32Array<ArrayBuffer>;
  /** as in TokenChunk */
  occurrences: Uint32Array<ArrayBuffer>;
  /** tokens that this step added to the table, in the order of their numbers */
  fresh: string[];
  /** whether a new table begins with these tokens */
  isOther: boolean;
}

/** `memory` returns the memory of a piece that was posted with its bytes. */
export type ReadReply =
  | { type: "read"; steps: ReadStep[]; counts: Counts; memory?: ArrayBuffer }
  | { type: "failed"; message: string; isFormat: boolean; row?: Pick<RowError, "text" | "line" | "what"> };

/** A thread that reads, seen from the calling thread. */
export interface ReadingHandle {
  post(message: ReadRequest, transfer: Transferable[]): void;
  onMessage(listener: (reply: ReadReply) => void): void;
  onError(listener: (error: Error) => void): void;
  terminate(): void;
}

/** Threads that may read. */
export interface ReadingThreads {
  count: number;
  spawn(): ReadingHandle;
}
