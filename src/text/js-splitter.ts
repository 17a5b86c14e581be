// splitter.ts in JavaScript, for pages whose policy forbids wasm: the same tokens and numbers.

import { Mark } from "../../assembly/params.js";
import { CAPACITY, type TextParser, type TokenChunk } from "./tokens.js";
import { isWhitespace, NEWLINE } from "./whitespace.js";

/** Bytes taken at a time, some 3 ms of work. */
const STEP = 131_072;

/** Bytes of the longest token; a longer one is cut. */
const LONGEST_TOKEN = 65_536;

export class JsSplitter implements TextParser {
  readonly step = STEP;
  private table = new ByteTable();
  /** the unfinished token of the last step, the next bytes, and 3 bytes that the table may read past the end */
  private readonly bytes = new Uint8Array(LONGEST_TOKEN + STEP + 3);
  private readonly view = new DataView(this.bytes.buffer);
  private rest = 0;
  /** a step gives at most one number for each of its bytes, and one for the unfinished token */
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
    if (start > 0) this.isFirst = false;
    bytes.copyWithin(0, start, end);
    this.rest = end - start;
    return { numbers: numbers.subarray(0, count), tokens: table.tokens };
  }

  end(isText: boolean): TokenChunk {
    return this.add(isText && (this.inSentence || this.rest > 0) ? Uint8Array.of(NEWLINE) : new Uint8Array());
  }

  /** Length of the byte order mark before the first token. */
  private skipByteOrderMark(start: number, end: number): number {
    if (!this.isFirst) return 0;
    this.isFirst = false;
    const { bytes } = this;
    return start === 0 && end >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  }
}

/** Numbers UTF-8 tokens. Bytes are compared four at a time; only new tokens are decoded. */
class ByteTable {
  readonly tokens: string[] = [];
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** { hash, first word, bytes, number + 1 } in open addressing; at most half full, except for the tokens of the last chunk */
  private readonly slots = new Int32Array(4 * 2 * CAPACITY);
  private words = new Int32Array(2 * CAPACITY);
  private usedWords = 0;

  get isFull(): boolean {
    return this.tokens.length >= CAPACITY;
  }

  /** The number of the `length` bytes from `start`, 3 readable bytes after them; invalid UTF-8 becomes U+FFFD. */
  numberOf(bytes: DataView, start: number, length: number): number {
    const { slots } = this;
    const tail = length & 3;
    const last = start + length - tail;
    let hash = length;
    for (let at = start; at < last; at += 4) hash = mix(hash, bytes.getInt32(at, true));
    if (tail > 0) hash = mix(hash, bytes.getInt32(last, true) & masks[tail]);
    let slot = (hash ^ (hash >>> 16)) & (2 * CAPACITY - 1);
    for (;;) {
      const entry = 4 * slot;
      const number = slots[entry + 3] - 1;
      if (number < 0) break;
      if (slots[entry] === hash && slots[entry + 2] === length && this.isAt(slots[entry + 1], bytes, start, last, tail))
        return number;
      slot = (slot + 1) & (2 * CAPACITY - 1);
    }
    slots.set([hash, this.usedWords, length, this.tokens.length + 1], 4 * slot);
    return this.add(bytes, start, last, tail);
  }

  private isAt(word: number, bytes: DataView, start: number, last: number, tail: number): boolean {
    const { words } = this;
    for (let at = start; at < last; at += 4) if (words[word++] !== bytes.getInt32(at, true)) return false;
    return tail === 0 || words[word] === (bytes.getInt32(last, true) & masks[tail]);
  }

  private add(bytes: DataView, start: number, last: number, tail: number): number {
    if (this.usedWords + (last - start) / 4 + 1 > this.words.length) {
      const larger = new Int32Array(2 * this.words.length + (last - start));
      larger.set(this.words);
      this.words = larger;
    }
    for (let at = start; at < last; at += 4) this.words[this.usedWords++] = bytes.getInt32(at, true);
    if (tail > 0) this.words[this.usedWords++] = bytes.getInt32(last, true) & masks[tail];
    const token = this.decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + start, last + tail - start));
    return this.tokens.push(token) - 1;
  }
}

/** The low bytes of a word. */
const masks = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
