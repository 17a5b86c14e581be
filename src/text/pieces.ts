// Texts in pieces, each of which one thread reads.

import { refuseBinary } from "./kind.js";
import { isWhitespace, NEWLINE } from "./splitter.js";

/** Bytes of a text that has a name for messages. */
export interface NamedText {
  name: string;
  bytes: AsyncIterable<Uint8Array>;
}

export interface Piece {
  bytes: Uint8Array<ArrayBuffer>;
  /** of its text */
  name: string;
  /** bytes and, where they are counted, lines of the text before it */
  from: number;
  line: number;
  /** with the text, where nothing is cut in two, or anywhere: whoever reads it then reads the next one, too */
  ending: "text" | "cut" | "anywhere";
}

/** How texts are cut. */
export interface Cutting {
  /** at the ends of lines, or after any whitespace */
  atLines: boolean;
  countsLines: boolean;
  memory: PieceMemory;
}

/** Bytes of a piece at most: some 10 ms of work. */
const SIZE = 524_288;

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
      yield { bytes: part as Uint8Array<ArrayBuffer>, name, from, line: 0, ending: "anywhere" };
      from += part.length;
    }
    yield { bytes: new Uint8Array(), name, from, line: 0, ending: "text" };
  }
}

/** Texts in pieces of their own memory. @throws FormatError for what is not text */
export async function* cut(texts: AsyncIterable<NamedText>, cutting: Cutting): AsyncGenerator<Piece> {
  const { atLines, countsLines, memory } = cutting;
  for await (const { name, bytes } of texts) {
    let [from, line, used] = [0, 0, 0];
    let buffer = memory.take();
    const piece = (bytes: Uint8Array<ArrayBuffer>, ending: Piece["ending"]): Piece => {
      const made = { bytes, name, from, line, ending };
      from += bytes.length;
      if (countsLines) line += linesIn(bytes);
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
}

/** Where to cut, so that something is left that tells how the text ends; 0 for nowhere. */
function lastCut(bytes: Uint8Array, atLines: boolean): number {
  let end = bytes.length - 1;
  if (atLines) while (end > 0 && bytes[end - 1] !== NEWLINE) end--;
  else while (end > 0 && !isWhitespace[bytes[end - 1]]) end--;
  return end;
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
