// Several threads read a text: they get pieces, and return the tokens in the order of the text.

import { Caller } from "../base/calls.js";
import { FormatError } from "../base/errors.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { type Channel, Link } from "../base/link.js";
import type { Corpus } from "./corpus.js";
import { type Counts, RowError, type Tally } from "./fields.js";
import { type Parsing, PieceReader } from "./parser.js";
import type { Piece, PieceMemory, PieceToRead } from "./pieces.js";
import type { ReadingCalls, ReadingTask, ReadingThreads, ReadReply } from "./reading-link.js";
import type { TokenChunk } from "./tokens.js";

/** A text below so many bytes, or of so few pieces, is read in this thread, because starting others takes longer. */
const SMALL = 2 * 2 ** 20;
const FEW = 64;

/** Pieces read ahead, for each thread. */
const AHEAD = 2;

/** The same corpus, read by these threads. */
export function readBy(corpus: Corpus, threads: ReadingThreads | undefined): Corpus {
  if (threads === undefined) return corpus;
  return Object.create(corpus, { chunks: { value: (signal?: AbortSignal) => corpus.chunks(signal, threads) } });
}

/** Reads pieces in this thread, one after the other; yields to the event loop between steps. */
export async function* readHere(
  pieces: AsyncIterable<Piece> | Iterable<Piece>,
  parsing: Parsing,
  tally: Tally,
): AsyncGenerator<TokenChunk> {
  const reader = new PieceReader(parsing);
  for await (const piece of pieces) {
    for (const chunk of reader.read(piece, tally)) {
      yield chunk;
      await yieldToEventLoop();
    }
  }
}

/**
 * Reads pieces in threads, which end with the pass; a small text in this thread.
 * @param memory gets back the memory of pieces that were read @param signal ends the threads at once
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
  const pool = new ReaderPool(threads, parsing);
  const abort = () => pool.close(signal?.reason);
  signal?.addEventListener("abort", abort);
  const next = async function* (): AsyncGenerator<TokenChunk> {
    const { chunks, counts, memory: read } = await pool.next(tally);
    if (read) memory.give(read);
    tally.add(counts);
    for (const chunk of chunks) {
      yield chunk;
      await yieldToEventLoop();
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
      for (const one of first ?? []) pool.read(one);
      first = undefined;
      pool.read(piece);
      while (pool.isBusy) yield* next();
    }
    if (first !== undefined) yield* readHere(first, parsing, tally);
    while (pool.load > 0) yield* next();
  } finally {
    signal?.removeEventListener("abort", abort);
    pool.close(new Error("reading of the text has ended"));
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

/** Starts with one thread, and adds one whenever tokens are late. While others train that is rare, which leaves the cores to them. */
class ReaderPool {
  private readonly readers: Reader[] = [];
  /** pieces that are being read, in the order of the text */
  private readonly pending: { read: Promise<PieceRead>; isFirst: boolean; isDone: boolean }[] = [];
  /** the thread whose piece continues in the next one */
  private last: Reader | undefined;
  private closed: { reason: unknown } | undefined;

  constructor(
    private readonly threads: ReadingThreads,
    private readonly parsing: Parsing,
  ) {}

  /** Pieces that are being read. */
  get load(): number {
    return this.pending.length;
  }

  get isBusy(): boolean {
    return this.load > AHEAD * this.readers.length;
  }

  /** @throws the reason, once it is closed */
  read(piece: PieceToRead): void {
    const { readers, pending, closed } = this;
    if (closed) throw closed.reason;
    if (readers.length === 0) this.start();
    const reader = this.last ?? readers.reduce((a, b) => (a.load <= b.load ? a : b));
    this.last = piece.ending === "anywhere" ? reader : undefined;
    const entry = { read: reader.read(piece), isFirst: piece.from === 0, isDone: false };
    pending.push(entry);
    entry.read.then(
      () => {
        entry.isDone = true;
      },
      () => {}, // next() handles the rejection
    );
  }

  /** The result of the next piece. @param tally of the pieces before it; its lines are those of the current text */
  async next(tally: Tally): Promise<PieceRead> {
    const { readers, threads } = this;
    const { read, isFirst, isDone } = this.pending.shift()!;
    if (!isDone && readers.length < threads.count && readers.every((reader) => reader.hasAnswered)) this.start();
    if (isFirst) tally.lines = 0;
    try {
      return await read;
    } catch (error) {
      // a thread counts lines from the start of its piece
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

/** One thread. It gets pieces, and replies in the same order. */
class Reader {
  private readonly caller: Caller<ReadingCalls>;
  private tokens: string[] = [];
  hasAnswered = false;

  constructor(channel: Channel, parsing: Parsing) {
    const task: ReadingTask = { parsing };
    this.caller = new Caller(new Link(channel, { other: "a worker that reads", layout: "", task }));
  }

  /** Pieces that are being read. */
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

  /** Rejects all pieces that are being read. */
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
