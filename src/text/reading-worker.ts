// The body of a thread that reads: it gets pieces of text and replies with their tokens.

import { answerCalls, type Reply, type Request } from "../base/calls.js";
import { FormatError } from "../base/errors.js";
import { type Channel, Link } from "../base/link.js";
import { RowError, Tally } from "./fields.js";
import { Occurrences } from "./occurrences.js";
import { PieceReader } from "./parser.js";
import type { FilePart, PieceToRead } from "./pieces.js";
import type { ReadingCalls, ReadingTask, ReadReply, ReadStep } from "./reading-link.js";

type ReadFile = (part: FilePart) => Uint8Array<ArrayBuffer>;

/**
 * Reads pieces until the link to the calling thread ends.
 * @param readFile on platforms with files; its result is valid until the next call
 */
export async function serveReading(channel: Channel, { parsing }: ReadingTask, readFile?: ReadFile): Promise<void> {
  const link = new Link<Reply<ReadingCalls>, Request<ReadingCalls>>(channel, {
    other: "the calling thread",
    layout: "",
  });
  try {
    const read = readerOf(parsing, readFile);
    await answerCalls<ReadingCalls>(link, {
      piece: ({ piece }) => read(piece).catch((error) => ({ answer: failureOf(error) })),
    });
  } catch (error) {
    await link.close(error);
  }
}

function readerOf(parsing: ReadingTask["parsing"], readFile: ReadFile | undefined) {
  const reader = new PieceReader(parsing);
  let table: readonly string[] | undefined;
  let known = 0;
  const occurrences = new Occurrences();

  return async (piece: PieceToRead): Promise<{ answer: ReadReply; transfer?: Transferable[] }> => {
    const { name, from, ending } = piece;
    const tally = new Tally();
    const steps: ReadStep[] = [];
    const bytes = await bytesOf(piece, readFile);
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
    return {
      answer: { type: "read", steps, counts: { invalid, lines, rows, missing }, memory },
      transfer: [
        ...(memory ? [memory] : []),
        ...steps.flatMap(({ numbers, occurrences }) => [numbers.buffer, occurrences.buffer]),
      ],
    };
  };
}

async function bytesOf({ bytes, name }: PieceToRead, readFile: ReadFile | undefined): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes instanceof Uint8Array) return bytes;
  if (!(bytes instanceof Blob)) return readFile!(bytes);
  const buffer = await bytes.arrayBuffer().catch((cause: Error) => {
    throw new Error(`cannot read ${name}: ${cause.message}`, { cause });
  });
  return new Uint8Array(buffer);
}

function failureOf(error: Error): ReadReply {
  const row = error instanceof RowError ? { text: error.text, line: error.line, what: error.what } : undefined;
  return { type: "failed", message: error.message, isFormat: error instanceof FormatError, row };
}
