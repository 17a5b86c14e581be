// The body of a thread that reads: it gets pieces of text and replies with their tokens.

import { FormatError } from "../base/errors.js";
import { RowError, Tally } from "./fields.js";
import { Occurrences } from "./occurrences.js";
import { PieceReader } from "./parser.js";
import type { FilePart, PieceToRead } from "./pieces.js";
import type { ReadReply, ReadRequest, ReadStep } from "./reading-link.js";

/** The handler of the thread's messages. @param readFile on platforms with files; its result is valid until the next call */
export function readingThread(
  post: (reply: ReadReply, transfer: Transferable[]) => void,
  readFile?: (part: FilePart) => Uint8Array<ArrayBuffer>,
): (request: ReadRequest) => void {
  let reader: PieceReader;
  let table: readonly string[] | undefined;
  let known = 0;
  const occurrences = new Occurrences();

  const bytesOf = async ({ bytes, name }: PieceToRead): Promise<Uint8Array<ArrayBuffer>> => {
    if (bytes instanceof Uint8Array) return bytes;
    if (!(bytes instanceof Blob)) return readFile!(bytes);
    const buffer = await bytes.arrayBuffer().catch((cause: Error) => {
      throw new Error(`cannot read ${name}: ${cause.message}`, { cause });
    });
    return new Uint8Array(buffer);
  };

  const read = async (piece: PieceToRead): Promise<void> => {
    const { name, from, ending } = piece;
    const tally = new Tally();
    const steps: ReadStep[] = [];
    const bytes = await bytesOf(piece);
    for (const { numbers, tokens } of reader.read({ bytes, name, from, ending }, tally)) {
      const isOther = tokens !== table;
      if (isOther) known = 0;
      table = tokens;
      steps.push({
        numbers: numbers.slice(),
        occurrences: occurrences.of(numbers, tokens.length),
        fresh: tokens.slice(known),
        isOther,
      });
      known = tokens.length;
    }
    const { invalid, lines, rows, missing } = tally;
    const memory = bytes === piece.bytes ? bytes.buffer : undefined;
    post({ type: "read", steps, counts: { invalid, lines, rows, missing }, memory }, [
      ...(memory ? [memory] : []),
      ...steps.flatMap(({ numbers, occurrences }) => [numbers.buffer, occurrences.buffer]),
    ]);
  };

  const handle = async (request: ReadRequest): Promise<void> => {
    try {
      if (request.type === "read") reader = new PieceReader(request.parsing);
      else await read(request.piece);
    } catch (error) {
      const { message } = error as Error;
      const row = error instanceof RowError ? { text: error.text, line: error.line, what: error.what } : undefined;
      post({ type: "failed", message, isFormat: error instanceof FormatError, row }, []);
    }
  };

  // one after the other, because reading a blob is asynchronous
  let last = Promise.resolve();
  return (request) => {
    last = last.then(() => handle(request));
  };
}
