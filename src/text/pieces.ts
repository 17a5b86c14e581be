// Texts in pieces, each of which one thread reads.

import { HEAD, refuseBinary, refuseHead } from "./kind.js";
import { isWhitespace, NEWLINE } from "./whitespace.js";

/** Bytes of a text that has a name for messages. */
export interface NamedText {
  name: string;
  bytes: AsyncIterable<Uint8Array>;
  /** Opens it where every thread can, if it lies there. */
  place?: () => Promise<Place | undefined>;
}

/** Bytes of a text from which it is worth it that threads open it themselves. */
export const LARGE = 2 ** 20;

/** Where a text lies that any thread can read from anywhere. */
export interface Place {
  readonly size: number;
  /** The bytes from … to, for this thread. */
  read(from: number, to: number): Promise<Uint8Array>;
  /** By what another thread reads them; told in the order of the text. */
  part(from: number, to: number): FilePart | Blob;
  close(): Promise<void>;
}

/** Bytes of a file. */
export interface FilePart {
  path: string;
  /** of the file, which another may have replaced meanwhile */
  inode: number;
  from: number;
  to: number;
}

/** @typeParam Bytes what they are, or where */
export interface Piece<Bytes = Uint8Array<ArrayBuffer>> {
  bytes: Bytes;
  /** of its text */
  name: string;
  /** bytes of the text before it */
  from: number;
  /** with the text, where nothing is cut in two, or anywhere: whoever reads it then reads the next one, too */
  ending: "text" | "cut" | "anywhere";
}

/** What goes to a thread. */
export type PieceToRead = Piece<Uint8Array<ArrayBuffer> | FilePart | Blob>;

/** Bytes of a piece at most: some 3 ms of work. */
const SIZE = 524_288;

/** Bytes before the end of a piece in which this thread looks where to cut, before it looks at the whole. */
const LOOK = 4096;

/** Memory of pieces that were read, which later ones take. */
export class PieceMemory {
  private readonly spare: ArrayBuffer[] = [];

  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.spare.pop() ?? new ArrayBuffer(SIZE));
  }

  give(memory: ArrayBuffer): void {
    if (memory.byteLength === SIZE) this.spare.push(memory);
  }
}

/** The parts of texts as they come. @throws FormatError for what is not text */
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
 * Texts in pieces for threads: where they lie, if threads can read there, else in memory of their own.
 * @param atLines cuts at the ends of lines, else after any whitespace @throws FormatError for what is not text
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
  const { size } = place;
  try {
    refuseHead(await place.read(0, Math.min(size, HEAD)), name);
    for (let from = 0; ; ) {
      if (size - from <= SIZE) {
        yield { bytes: place.part(from, size), name, from, ending: "text" };
        return;
      }
      const most = from + SIZE;
      const near = lastCut(await place.read(most - LOOK, most), atLines);
      const cut = near > 0 ? most - LOOK + near : from + lastCut(await place.read(from, most), atLines);
      const to = cut > from ? cut : most;
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

/** Where to cut, so that something is left that tells how the text ends; 0 for nowhere. */
function lastCut(bytes: Uint8Array, atLines: boolean): number {
  let end = bytes.length - 1;
  if (atLines) while (end > 0 && bytes[end - 1] !== NEWLINE) end--;
  else while (end > 0 && !isWhitespace[bytes[end - 1]]) end--;
  return Math.max(end, 0);
}
