// A thread that reads: pieces of text come in, their tokens go out.

import { FormatError } from "../math/error.js";
import { Tally } from "./fields.js";
import { type Parsing, PieceReader } from "./parser.js";
import type { Piece } from "./pieces.js";

/** The first message says how to read; each piece gets one reply, in their order. */
export type ReadRequest = { type: "read"; parsing: Parsing } | { type: "piece"; piece: Piece };

/** A step of a piece, in the numbers of the thread's own table. */
export interface ReadStep {
  numbers: Uint32Array<ArrayBuffer>;
  /** tokens that the table got with it, in the order of their numbers */
  fresh: string[];
  /** whether the table is another, which begins with these */
  isOther: boolean;
}

/** The memory of the piece comes back in any case. */
export type ReadReply =
  | { type: "read"; steps: ReadStep[]; tally: Pick<Tally, "invalid" | "rows" | "missing">; memory: ArrayBuffer }
  | { type: "failed"; message: string; isFormat: boolean };

/** What the thread does with each message. */
export function readingThread(
  post: (reply: ReadReply, transfer: Transferable[]) => void,
): (request: ReadRequest) => void {
  let reader: PieceReader;
  let table: readonly string[] | undefined;
  let known = 0;

  const read = (piece: Piece): void => {
    const tally = new Tally();
    const steps: ReadStep[] = [];
    for (const { numbers, tokens } of reader.read(piece, tally)) {
      const isOther = tokens !== table;
      if (isOther) known = 0;
      table = tokens;
      steps.push({ numbers: numbers.slice(), fresh: tokens.slice(known), isOther });
      known = tokens.length;
    }
    const { invalid, rows, missing } = tally;
    const memory = piece.bytes.buffer;
    post({ type: "read", steps, tally: { invalid, rows, missing }, memory }, [
      memory,
      ...steps.map(({ numbers }) => numbers.buffer),
    ]);
  };

  return (request) => {
    try {
      if (request.type === "read") reader = new PieceReader(request.parsing);
      else read(request.piece);
    } catch (error) {
      post({ type: "failed", message: (error as Error).message, isFormat: error instanceof FormatError }, []);
    }
  };
}
