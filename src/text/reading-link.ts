// Messages between the calling thread and the threads that read.

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

/** Threads that may read. */
export interface ReadingThreads {
  count: number;
  spawn(): Channel;
}
