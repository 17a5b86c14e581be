// Text read by several threads: pieces go out, their tokens come back in the order of the text.

import { Caller } from "../base/calls.js";
import { FormatError } from "../base/errors.js";
import { breathe } from "../base/event-loop.js";
import { type Channel, Link } from "../base/link.js";
import type { Corpus } from "./corpus.js";
import { type Counts, RowError, type Tally } from "./fields.js";
import { type Parsing, PieceReader } from "./parser.js";
import type { Piece, PieceMemory, PieceToRead } from "./pieces.js";
import type { ReadingCalls, ReadingTask, ReadingThreads, ReadReply } from "./reading-link.js";
import type { TokenChunk } from "./tokens.js";

/** Bytes of a text that is read here, sooner than threads would start; and pieces, for texts of many files. */
const SMALL = 2 * 2 ** 20;
const FEW = 64;

/** Pieces for each thread that are read ahead. */
const AHEAD = 2;

/** The same corpus, read by these threads. */
export function readBy(corpus: Corpus, threads: ReadingThreads | undefined): Corpus {
  if (threads === undefined) return corpus;
  return Object.create(corpus, { chunks: { value: (signal?: AbortSignal) => corpus.chunks(signal, threads) } });
}

/** Here, one piece after the other; the event loop gets its turn between steps. */
export async function* readHere(
  pieces: AsyncIterable<Piece> | Iterable<Piece>,
  parsing: Parsing,
  tally: Tally,
): AsyncGenerator<TokenChunk> {
  const reader = new PieceReader(parsing);
  for await (const piece of pieces) {
    for (const chunk of reader.read(piece, tally)) {
      yield chunk;
      await breathe();
    }
  }
}

/**
 * By threads, of which none is left behind; a small text here.
 * @param memory takes that of pieces that were read @param signal ends them at once
 */
export async function* readThere(
  pieces: AsyncIterable<PieceToRead>,
  parsing: Parsing,
  tally: Tally,
  threads: ReadingThreads,
  memory: PieceMemory,
  signal?: AbortSignal,
): AsyncGenerator<TokenChunk> {
  signal?.throwIfAborted();
  const crew = new Crew(threads, parsing);
  const abort = () => crew.close(signal?.reason);
  signal?.addEventListener("abort", abort);
  const next = async function* (): AsyncGenerator<TokenChunk> {
    const { chunks, counts, memory: read } = await crew.next(tally);
    if (read) memory.give(read);
    tally.add(counts);
    for (const chunk of chunks) {
      yield chunk;
      await breathe();
    }
  };
  let first: Piece[] | undefined = [];
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      if (first !== undefined && isHere(piece) && first.length < FEW) {
        bytes += piece.bytes.length;
        if (bytes < SMALL) {
          first.push(piece);
          continue;
        }
      }
      for (const one of first ?? []) crew.read(one);
      first = undefined;
      crew.read(piece);
      while (crew.isBusy) yield* next();
    }
    if (first !== undefined) yield* readHere(first, parsing, tally);
    while (crew.load > 0) yield* next();
  } finally {
    signal?.removeEventListener("abort", abort);
    crew.close(new Error("the text is not read any more"));
  }
}

function isHere(piece: PieceToRead): piece is Piece {
  return piece.bytes instanceof Uint8Array;
}

interface PieceRead {
  chunks: TokenChunk[];
  counts: Counts;
  memory: ArrayBuffer | undefined;
}

/** Threads: one, and another whenever tokens have to be waited for. While others train that is seldom, and cores are left to them. */
class Crew {
  private readonly readers: Reader[] = [];
  /** pieces under way, in the order of the text */
  private readonly under: { read: Promise<PieceRead>; isFirst: boolean; isDone: boolean }[] = [];
  /** who reads a piece that goes on in the next */
  private last: Reader | undefined;
  private closed: { reason: unknown } | undefined;

  constructor(
    private readonly threads: ReadingThreads,
    private readonly parsing: Parsing,
  ) {}

  /** Pieces under way. */
  get load(): number {
    return this.under.length;
  }

  get isBusy(): boolean {
    return this.load > AHEAD * this.readers.length;
  }

  /** @throws the reason, once it is closed */
  read(piece: PieceToRead): void {
    const { readers, under, closed } = this;
    if (closed) throw closed.reason;
    if (readers.length === 0) this.start();
    const reader = this.last ?? readers.reduce((a, b) => (a.load <= b.load ? a : b));
    this.last = piece.ending === "anywhere" ? reader : undefined;
    const own = { read: reader.read(piece), isFirst: piece.from === 0, isDone: false };
    under.push(own);
    own.read.then(
      () => {
        own.isDone = true;
      },
      () => {}, // awaited in its turn
    );
  }

  /** What the next piece held. @param tally of those before it, whose lines are of the text at hand */
  async next(tally: Tally): Promise<PieceRead> {
    const { readers, threads } = this;
    const { read, isFirst, isDone } = this.under.shift()!;
    if (!isDone && readers.length < threads.count && readers.every((reader) => reader.hasAnswered)) this.start();
    if (isFirst) tally.lines = 0;
    try {
      return await read;
    } catch (error) {
      // a thread knows the lines of its own piece
      throw error instanceof RowError ? new RowError(error.text, tally.lines + error.line, error.what) : error;
    }
  }

  close(reason: unknown): void {
    this.closed ??= { reason };
    for (const reader of this.readers) reader.close(reason);
  }

  private start(): void {
    this.readers.push(new Reader(this.threads.spawn(), this.parsing));
  }
}

/** One thread: pieces go out, replies come in the same order. */
class Reader {
  private readonly caller: Caller<ReadingCalls>;
  private tokens: string[] = [];
  hasAnswered = false;

  constructor(channel: Channel, parsing: Parsing) {
    const task: ReadingTask = { parsing };
    this.caller = new Caller(new Link(channel, { other: "a worker that reads", layout: "", task }));
  }

  /** Pieces under way. */
  get load(): number {
    return this.caller.load;
  }

  async read(piece: PieceToRead): Promise<PieceRead> {
    const reply = await this.caller.ask("piece", { piece }, isHere(piece) ? [piece.bytes.buffer] : []);
    if (reply.type === "read") return this.taken(reply);
    const error = errorOf(reply);
    this.close(error);
    throw error;
  }

  /** Gives up what is under way. */
  close(reason: unknown): void {
    void this.caller.close(reason);
  }

  private taken({ steps, counts, memory }: ReadReply & { type: "read" }): PieceRead {
    this.hasAnswered = true;
    const chunks = steps.map(({ numbers, occurrences, fresh, isOther }) => {
      if (isOther) this.tokens = [];
      for (const token of fresh) this.tokens.push(token);
      return { numbers, tokens: this.tokens, occurrences };
    });
    return { chunks, counts, memory };
  }
}

function errorOf({ message, isFormat, row }: ReadReply & { type: "failed" }): Error {
  if (row) return new RowError(row.text, row.line, row.what);
  return isFormat ? new FormatError(message) : new Error(message);
}
