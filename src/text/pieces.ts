// Cuts texts into pieces; one thread reads each piece.

import { HEAD, refuseBinary, refuseHead } from "./kind.js";
import { isWhitespace, NEWLINE } from "./whitespace.js";

/** The bytes of a text, and its name for messages. */
export interface NamedText {
  name: string;
  bytes: AsyncIterable<Uint8Array>;
  /** Opens the text so that every thread can read it, if possible. */
  place?: () => Promise<Place | undefined>;
}

/** A text of so many bytes or more is worth opening by each thread itself. */
export const LARGE = 2 ** 20;

/** A text that any thread can read at any offset. */
export interface Place {
  /** where the text begins, unless that is at 0, and where it ends */
  readonly from?: number;
  readonly size: number;
  /** Reads the bytes [from, to) in this thread. */
  read(from: number, to: number): Promise<Uint8Array>;
  /** What another thread needs to read the bytes [from, to). Called in the order of the text. */
  part(from: number, to: number): FilePart | Blob;
  close(): Promise<void>;
}

/** A part of a file. */
export interface FilePart {
  path: string;
  /** of the file, to detect that another file has replaced it */
  inode: number;
  from: number;
  to: number;
}

/** A part of a text. @typeParam Bytes the bytes, or where to read them */
export interface Piece<Bytes = Uint8Array<ArrayBuffer>> {
  bytes: Bytes;
  /** name of the text */
  name: string;
  /** offset in the text, in bytes */
  from: number;
  /** where it ends: with the text, at a cut between tokens, or anywhere; in the last case the same thread must read the next piece */
  ending: "text" | "cut" | "anywhere";
}

/** A piece that is posted to a thread. */
export type PieceToRead = Piece<Uint8Array<ArrayBuffer> | FilePart | Blob>;

/** Bytes of a piece, at most: about 3 ms of work. */
const SIZE = 524_288;

/** This thread looks for a cut in so many bytes at the end of a piece, and only if there is none in the whole piece. */
const LOOK = 4096;

/** Recycles the memory of pieces that have been read. */
export class PieceMemory {
  private readonly spare: ArrayBuffer[] = [];

  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.spare.pop() ?? new ArrayBuffer(SIZE));
  }

  give(memory: ArrayBuffer): void {
    if (memory.byteLength === SIZE) this.spare.push(memory);
  }
}

/** The parts of texts, uncut. @throws FormatError for bytes that are not text */
export async function* uncut(texts: AsyncIterable<NamedText>): AsyncGenerator<Piece> {
  for await (const { name, bytes } of texts) {
    let from = 0;
    for await (const part of refuseBinary(bytes, name)) {
      yield { bytes: part as Uint8Array<ArrayBuffer>, name, from, ending: "anywhere" };
      from += part.length;
    }
    yield { bytes: new Uint8Array(), name, from, ending: "text" };
  }
}

/**
 * Cuts texts into pieces for threads. A piece says where to read it if threads can read there; else it holds a copy of its bytes.
 * @param atLines cuts at line ends, else after any whitespace @throws FormatError for bytes that are not text
 */
export async function* cut(
  texts: AsyncIterable<NamedText>,
  atLines: boolean,
  memory: PieceMemory,
): AsyncGenerator<PieceToRead> {
  for await (const text of texts) {
    const place = await text.place?.();
    if (place === undefined) yield* cutBytes(text, atLines, memory);
    else yield* cutPlace(place, text.name, atLines);
  }
}

async function* cutPlace(place: Place, name: string, atLines: boolean): AsyncGenerator<PieceToRead> {
  const { from: start = 0, size } = place;
  try {
    if (start === 0) refuseHead(await place.read(0, Math.min(size, HEAD)), name);
    for (let from = start; ; ) {
      if (size - from <= SIZE) {
        yield { bytes: place.part(from, size), name, from, ending: "text" };
        return;
      }
      const limit = from + SIZE;
      const near = lastCut(await place.read(limit - LOOK, limit), atLines);
      const cut = near > 0 ? limit - LOOK + near : from + lastCut(await place.read(from, limit), atLines);
      const to = cut > from ? cut : limit;
      yield { bytes: place.part(from, to), name, from, ending: cut > from ? "cut" : "anywhere" };
      from = to;
    }
  } finally {
    await place.close();
  }
}

async function* cutBytes({ name, bytes }: NamedText, atLines: boolean, memory: PieceMemory): AsyncGenerator<Piece> {
  let [from, used] = [0, 0];
  let buffer = memory.take();
  const piece = (bytes: Uint8Array<ArrayBuffer>, ending: Piece["ending"]): Piece => {
    const made = { bytes, name, from, ending };
    from += bytes.length;
    return made;
  };
  for await (const part of refuseBinary(bytes, name)) {
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + SIZE - used);
      buffer.set(taken, used);
      used += taken.length;
      at += taken.length;
      if (used < SIZE) continue;
      const full = buffer;
      const end = lastCut(full, atLines) || SIZE;
      buffer = memory.take();
      buffer.set(full.subarray(end));
      used -= end;
      yield piece(full.subarray(0, end), used === 0 ? "anywhere" : "cut");
    }
  }
  // most files of a folder are smaller than the buffer
  yield piece(buffer.slice(0, used), "text");
  memory.give(buffer.buffer);
}

/** The last cut that leaves at least one byte, which tells how the text ends; 0 if there is none. */
function lastCut(bytes: Uint8Array, atLines: boolean): number {
  let end = bytes.length - 1;
  if (atLines) while (end > 0 && bytes[end - 1] !== NEWLINE) end--;
  else while (end > 0 && !isWhitespace[bytes[end - 1]]) end--;
  return Math.max(end, 0);
}
