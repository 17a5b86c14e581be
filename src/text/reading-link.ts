// What the calling thread and the threads that read say to each other.

import type { Channel } from "../base/link.js";
import type { Counts, RowError } from "./fields.js";
import type { Parsing } from "./parser.js";
import type { PieceToRead } from "./pieces.js";

/** What a thread that reads must know. */
export interface ReadingTask {
  parsing: Parsing;
}

export type ReadingCalls = {
  piece(request: { piece: PieceToRead }): ReadReply;
};

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

/** Threads that may read. */
export interface ReadingThreads {
  count: number;
  spawn(): Channel;
}
