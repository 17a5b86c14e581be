// What the calling thread and the threads that read say to each other.

import type { Counts, RowError } from "./fields.js";
import type { Parsing } from "./parser.js";
import type { PieceToRead } from "./pieces.js";

/** The first message says how to read; each piece gets one reply, in their order. */
export type ReadRequest = { type: "read"; parsing: Parsing } | { type: "piece"; piece: PieceToRead };

/** A step of a piece, in the numbers of the thread's own table. */
export interface ReadStep {
  numbers: Uint32Array<ArrayBuffer>;
  /** as TokenChunk has them */
  occurrences: Uint32Array<ArrayBuffer>;
  /** tokens that the table got with it, in the order of their numbers */
  fresh: string[];
  /** whether the table is another, which begins with these */
  isOther: boolean;
}

/** The memory of a piece that came with its bytes goes back. */
export type ReadReply =
  | { type: "read"; steps: ReadStep[]; counts: Counts; memory?: ArrayBuffer }
  | { type: "failed"; message: string; isFormat: boolean; row?: Pick<RowError, "text" | "line" | "what"> };

/** What a thread is to this one. */
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
