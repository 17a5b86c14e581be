// The fields of a binary file, one after the other, little-endian.

import { show } from "../../base/check.js";
import { FormatError } from "../../base/errors.js";
import { decodeUtf8, encodeUtf8 } from "../../text/utf8.js";

/** Bytes in order, as ByteReader gives them. */
export interface ByteSource {
  readonly unread: Uint8Array;
  skip(count: number): void;
  fill(count: number): Promise<boolean>;
  indexOf(byte: number, limit: number): Promise<number>;
}

/** Bytes of the longest word. A longer one means that the file is another one. */
const WORD_LIMIT = 65_536;

/** Bytes taken at a time. A header may claim anything, so memory is allocated as bytes arrive. */
const PIECE = 2 ** 22;

/** Reads fields. `what` names, for errors, what they are of. */
export class Fields {
  constructor(
    private readonly bytes: ByteSource,
    private readonly name: string,
  ) {}

  fail(what: string): FormatError {
    return new FormatError(`${this.name}: ${what}`);
  }

  async int32(what: string): Promise<number> {
    return (await this.take(4, what)).getInt32(0, true);
  }

  async int64(what: string): Promise<number> {
    const value = Number((await this.take(8, what)).getBigInt64(0, true));
    if (!Number.isSafeInteger(value)) throw this.fail(`${what} expected a whole number below 2^53, got ${value}`);
    return value;
  }

  /** A byte that is 0 or 1. */
  async flag(what: string): Promise<boolean> {
    const byte = (await this.take(1, what)).getUint8(0);
    if (byte > 1) throw this.fail(`${what} expected a byte 0 or 1, got ${byte}: damaged`);
    return byte === 1;
  }

  /** Bytes that are few. */
  async take(count: number, what: string): Promise<DataView> {
    return new DataView((await this.slice(count, what)).buffer);
  }

  /** Floats that are few. */
  async floats(count: number, what: string): Promise<Float32Array> {
    return new Float32Array((await this.slice(4 * count, what)).buffer);
  }

  /** Items of `size` bytes each, in pieces of some megabytes: how many a piece has, and its bytes. */
  async *pieces(count: number, size: number, what: string): AsyncGenerator<[number, Uint8Array<ArrayBuffer>]> {
    const perPiece = itemsOfPiece(size);
    for (let at = 0; at < count; at += perPiece) {
      const items = Math.min(perPiece, count - at);
      yield [items, await this.slice(items * size, what)];
    }
  }

  /** Bytes that may be many, as one array. */
  async whole(count: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    for await (const [, piece] of this.pieces(count, 1, what)) pieces.push(piece);
    const bytes = new Uint8Array(count);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  async skip(count: number, what: string): Promise<void> {
    for (let left = count; left > 0; ) {
      if (!(await this.bytes.fill(1))) throw this.ends(what);
      const step = Math.min(left, this.bytes.unread.length);
      this.bytes.skip(step);
      left -= step;
    }
  }

  /** A word and the zero after it. @param row its number, from 0 */
  async word(row: number): Promise<string> {
    const end = await this.bytes.indexOf(0, WORD_LIMIT);
    if (end < 0) throw this.fail(`word ${row + 1} has no end: cut off, or not a model of fastText`);
    const word = decodeUtf8(this.bytes.unread.subarray(0, end));
    this.bytes.skip(end + 1);
    return word;
  }

  /** @throws FormatError if bytes follow */
  async checkEnd(): Promise<void> {
    if (await this.bytes.fill(1)) throw this.fail("goes on after its last matrix: not a model of fastText, or damaged");
  }

  private async slice(count: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
    if (!(await this.bytes.fill(count))) throw this.ends(what);
    const bytes = this.bytes.unread.slice(0, count);
    this.bytes.skip(count);
    return bytes;
  }

  private ends(what: string): FormatError {
    return this.fail(`the file ends within ${what}: cut off, get it again`);
  }
}

/** How many items of `size` bytes a piece of Fields.pieces has; the last has fewer. */
export function itemsOfPiece(size: number): number {
  return Math.max(1, Math.floor(PIECE / size));
}

/** Bytes of whole numbers of 32 bits. @throws RangeError for a number that is none */
export function int32Bytes(numbers: Record<string, number>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(numbers);
  const view = new DataView(new ArrayBuffer(4 * entries.length));
  entries.forEach(([name, number], i) => {
    if (number !== (number | 0))
      throw new RangeError(`"${name}" expected a whole number of 32 bits, as fastText's files hold, got ${number}`);
    view.setInt32(4 * i, number, true);
  });
  return new Uint8Array(view.buffer);
}

/** Bytes of whole numbers of 64 bits. @throws RangeError for a number that is none */
export function int64Bytes(numbers: Record<string, number>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(numbers);
  const view = new DataView(new ArrayBuffer(8 * entries.length));
  entries.forEach(([name, number], i) => {
    if (!Number.isSafeInteger(number)) throw new RangeError(`"${name}" expected a whole number, got ${number}`);
    view.setBigInt64(8 * i, BigInt(number), true);
  });
  return new Uint8Array(view.buffer);
}

/** Bytes of a word and the zero after it. @throws RangeError for a word that holds one */
export function wordBytes(word: string): Uint8Array<ArrayBuffer> {
  if (word.includes("\0"))
    throw new RangeError(`word ${show(word)} holds a zero byte, which ends words in fastText's files: replace it`);
  return encodeUtf8(`${word}\0`);
}

/** The bytes of an array. A view: valid as long as it. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
