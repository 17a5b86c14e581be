// UTF-8 to tokens: a line is a sentence, whitespace separates its tokens, as in word2vec.c and fastText.

import { Mark } from "../../assembly/params.js";
import { breathe } from "../math/breathe.js";
import { ByteTable, type TokenChunk } from "./tokens.js";

/** Bytes taken at a time, some 3 ms of work; then the event loop gets its turn. */
const PIECE = 131_072;

/** The first is smaller, and the next ones grow: code that has not been compiled yet takes ten times as long. */
const FIRST_PIECE = 8192;

/** Bytes of the longest token; what is longer is no word, and is cut. */
const LONGEST_TOKEN = 65_536;

const NEWLINE = 10;

/** Space, \t \n \v \f \r and NUL, the whitespace of word2vec.c and fastText. */
const isWhitespace = Uint8Array.from({ length: 33 }, (_, byte) => Number([32, 9, 10, 11, 12, 13, 0].includes(byte)));

/** One pass. A byte order mark at the start is left out. */
export async function* whitespaceTokens(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<TokenChunk> {
  const splitter = new LineSplitter();
  let size = FIRST_PIECE / 2;
  for await (const part of parts) {
    for (let at = 0; at < part.length; at += size) {
      size = Math.min(2 * size, PIECE);
      yield splitter.add(part.subarray(at, at + size));
      await breathe();
    }
  }
  yield splitter.end();
}

class LineSplitter {
  private table = new ByteTable();
  /** the start of a token that the last piece left unfinished, the next piece, and 3 bytes that the table may read */
  private readonly bytes = new Uint8Array(LONGEST_TOKEN + PIECE + 3);
  private readonly view = new DataView(this.bytes.buffer);
  private rest = 0;
  /** a piece gives no more numbers than it has bytes, and one for the token before it */
  private readonly numbers = new Uint32Array(PIECE + 1);
  private isFirst = true;
  private inSentence = false;

  /** piece: at most PIECE bytes */
  add(piece: Uint8Array): TokenChunk {
    const { bytes, view, numbers } = this;
    if (this.table.isFull) this.table = new ByteTable();
    const { table } = this;
    const end = this.rest + piece.length;
    bytes.set(piece, this.rest);
    let count = 0;
    let start = 0;
    for (let i = this.rest; i < end; i++) {
      const byte = bytes[i];
      if (byte > 32 || isWhitespace[byte] === 0) continue;
      if (i > start) {
        start += this.skipByteOrderMark(start, i);
        if (i > start) numbers[count++] = table.numberOf(view, start, i - start);
      }
      if (byte === NEWLINE) numbers[count++] = Mark.sentenceEnd;
      this.inSentence = byte !== NEWLINE;
      start = i + 1;
    }
    if (end - start > LONGEST_TOKEN) {
      numbers[count++] = table.numberOf(view, start, end - start);
      start = end;
    }
    bytes.copyWithin(0, start, end);
    this.rest = end - start;
    return { numbers: numbers.subarray(0, count), tokens: table.tokens };
  }

  /** What the last line without an end holds. */
  end(): TokenChunk {
    return this.add(this.inSentence || this.rest > 0 ? Uint8Array.of(NEWLINE) : new Uint8Array());
  }

  /** Bytes of the mark before the first token. */
  private skipByteOrderMark(start: number, end: number): number {
    if (!this.isFirst) return 0;
    this.isFirst = false;
    const { bytes } = this;
    return start === 0 && end >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  }
}
