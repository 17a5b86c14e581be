// UTF-8 to tokens: a line is a sentence, whitespace separates its tokens, as in word2vec.c and fastText.

import { Mark } from "../../assembly/params.js";
import type { TextParser } from "./parser.js";
import { ByteTable, type TokenChunk } from "./tokens.js";

/** Bytes taken at a time, some 3 ms of work. */
const STEP = 131_072;

/** Bytes of the longest token; what is longer is no word, and is cut. */
const LONGEST_TOKEN = 65_536;

export const NEWLINE = 10;

/** Space, \t \n \v \f \r and NUL, the whitespace of word2vec.c and fastText. */
export const isWhitespace = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number([32, 9, 10, 11, 12, 13, 0].includes(byte)),
);

export class WhitespaceSplitter implements TextParser {
  readonly step = STEP;
  private table = new ByteTable();
  /** the start of a token that the last step left unfinished, the next bytes, and 3 bytes that the table may read */
  private readonly bytes = new Uint8Array(LONGEST_TOKEN + STEP + 3);
  private readonly view = new DataView(this.bytes.buffer);
  private rest = 0;
  /** a step gives no more numbers than it has bytes, and one for the token before it */
  private readonly numbers = new Uint32Array(STEP + 2);
  private isFirst = true;
  private inSentence = false;

  begin(isStart: boolean): void {
    this.isFirst = isStart;
    this.inSentence = false;
    this.rest = 0;
  }

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
        for (; i - start > LONGEST_TOKEN; start += LONGEST_TOKEN)
          numbers[count++] = table.numberOf(view, start, LONGEST_TOKEN);
        if (i > start) numbers[count++] = table.numberOf(view, start, i - start);
      }
      if (byte === NEWLINE) numbers[count++] = Mark.sentenceEnd;
      this.inSentence = byte !== NEWLINE;
      start = i + 1;
    }
    if (end - start > LONGEST_TOKEN) start += this.skipByteOrderMark(start, end);
    for (; end - start > LONGEST_TOKEN; start += LONGEST_TOKEN)
      numbers[count++] = table.numberOf(view, start, LONGEST_TOKEN);
    bytes.copyWithin(0, start, end);
    this.rest = end - start;
    return { numbers: numbers.subarray(0, count), tokens: table.tokens };
  }

  end(isText: boolean): TokenChunk {
    return this.add(isText && (this.inSentence || this.rest > 0) ? Uint8Array.of(NEWLINE) : new Uint8Array());
  }

  /** Bytes of the mark before the first token. */
  private skipByteOrderMark(start: number, end: number): number {
    if (!this.isFirst) return 0;
    this.isFirst = false;
    const { bytes } = this;
    return start === 0 && end >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  }
}
