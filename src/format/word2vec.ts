// The text and binary formats of word2vec.c, which gensim and fastText (.vec) also read and write; docs/formats.md.

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.js";
import type { ByteReader } from "./bytes.js";
import { formatFloat, spellsNumber } from "./number.js";
import { type RowOptions, RowSink, rowsOf, type VectorRows } from "./rows.js";

/** "word2vec" is the binary format, "word2vec-text" the text format. */
export type Word2vecFormat = "word2vec" | "word2vec-text";

/** Bytes of the longest header and word. A longer one means that it is not a vector file. */
const HEADER_LIMIT = 64;
const WORD_LIMIT = 65_536;

/** Most bytes of a number, more than any trainer writes. */
const NUMBER_LIMIT = 64;

const SPACE = 32;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 9 || byte === CARRIAGE_RETURN;
}

/**
 * Reads vectors from bytes in chunks of any size. Accepts binary rows with or without a newline after them, and text with trailing
 * spaces, tabs or CR LF. Invalid UTF-8 in a word becomes lone surrogates U+DC80 … U+DCFF, which are written back as the same bytes.
 * @throws FormatError naming row and word if the bytes are truncated, too long, miscounted or not numeric
 */
export async function readWord2vec(
  bytes: ByteReader,
  format: Word2vecFormat | "auto",
  options: RowOptions,
): Promise<VectorRows> {
  const header = await readHeader(bytes, options.name);
  const isText = format === "auto" ? await looksLikeText(bytes, header.dim) : format === "word2vec-text";
  return new RowReader(bytes, header, options).read(isText);
}

interface Header {
  rows: number;
  dim: number;
}

async function readHeader(bytes: ByteReader, name: string): Promise<Header> {
  const end = await bytes.indexOf(NEWLINE, HEADER_LIMIT);
  const line = decodeUtf8(bytes.unread.subarray(0, end < 0 ? HEADER_LIMIT : end));
  const match = /^\s*(\d+)[ \t]+(\d+)\s*$/.exec(line);
  if (end < 0 || match === null)
    throw new FormatError(
      `${name}: line 1 expected "rows dim", the header of word2vec's formats, got ${show(line.replace(/\r$/, ""))}`,
    );
  const [rows, dim] = [Number(match[1]), Number(match[2])];
  // a WebAssembly memory holds at most 2^32 bytes
  if (dim < 1 || dim * 4 > 2 ** 32 || rows > 2 ** 32)
    throw new FormatError(`${name}: line 1 expected rows and dim of at least 1 below 4 GB, got ${show(line)}`);
  bytes.skip(end + 1);
  return { rows, dim };
}

/**
 * Whether the first row is text: only printable ASCII follows its word, beginning with a number, and there are at least three numbers
 * or as many as the header says. The bytes of four or more floats hardly ever look like that.
 */
async function looksLikeText(bytes: ByteReader, dim: number): Promise<boolean> {
  await bytes.fill(WORD_LIMIT + NUMBER_LIMIT);
  const { unread } = bytes;
  const wordEnd = unread.findIndex(isSpace);
  const rowEnd = unread.indexOf(NEWLINE, wordEnd + 1);
  const row = unread.subarray(wordEnd + 1, rowEnd < 0 ? unread.length : rowEnd);
  if (!row.every((byte) => isSpace(byte) || (byte > 32 && byte < 127))) return false;
  const numbers = decodeUtf8(row).trim().split(/\s+/);
  if (!spellsNumber(numbers[0])) return false;
  return rowEnd < 0 || numbers.length >= Math.min(dim, 3);
}

class RowReader {
  private readonly sink: RowSink;

  constructor(
    private readonly bytes: ByteReader,
    private readonly header: Header,
    private readonly options: RowOptions,
  ) {
    this.sink = new RowSink(header.dim, header.rows, options);
  }

  async read(isText: boolean): Promise<VectorRows> {
    const { sink, header } = this;
    while (sink.row < header.rows && !sink.isFull) {
      if (isText) await this.readText();
      else await this.readBinary();
      sink.end();
    }
    if (sink.row === header.rows) await this.checkEnd();
    return sink.finish();
  }

  /** Only newlines may follow the last row. */
  private async checkEnd(): Promise<void> {
    if (!(await this.skipNewlines())) return;
    const { rows } = this.header;
    const last = rows > 0 ? ` (${show(this.sink.words.at(-1))})` : "";
    throw this.fail(
      `header says ${rows} rows, but the file goes on after row ${rows}${last}: its count or dim is wrong`,
    );
  }

  /** Whether the file continues. */
  private async skipNewlines(): Promise<boolean> {
    while (await this.bytes.fill(1)) {
      const [byte] = this.bytes.unread;
      if (byte !== NEWLINE && byte !== CARRIAGE_RETURN) return true;
      this.bytes.skip(1);
    }
    return false;
  }

  private async readBinary(): Promise<void> {
    const { bytes, sink } = this;
    const { dim } = sink;
    // word2vec.c ends a row with a newline, gensim does not
    if (!(await this.skipNewlines())) throw this.tooFewRows();
    const wordEnd = await bytes.indexOf(SPACE, WORD_LIMIT);
    if (wordEnd < 0) throw sink.fail("expected a word and a space", "got no space");
    sink.begin(decodeUtf8(bytes.unread.subarray(0, wordEnd)));
    bytes.skip(wordEnd + 1);
    if (!(await bytes.fill(4 * dim)))
      throw sink.fail(`expected ${dim} floats`, `file ends after ${bytes.unread.length >> 2}`);
    const vector = sink.vector();
    new Uint8Array(vector.buffer, vector.byteOffset, 4 * dim).set(bytes.unread.subarray(0, 4 * dim));
    bytes.skip(4 * dim);
  }

  private async readText(): Promise<void> {
    const { bytes, sink } = this;
    const { dim } = sink;
    if (!(await bytes.fill(1))) throw this.tooFewRows();
    const limit = WORD_LIMIT + NUMBER_LIMIT * dim;
    const newline = await bytes.indexOf(NEWLINE, limit);
    const line = bytes.unread.subarray(0, newline < 0 ? limit : newline);
    let at = nextBlank(line, 0);
    sink.begin(decodeUtf8(line.subarray(0, at)));
    let count = 0;
    for (at = nextField(line, at); at < line.length; at = nextField(line, at)) {
      const start = at;
      at = nextBlank(line, start);
      sink.parse(count++, line, start, at);
    }
    if (count !== dim) {
      const isCut = newline < 0 && count < dim;
      throw sink.fail(`expected ${dim} floats`, isCut ? `file ends after ${count}` : `got ${count}`);
    }
    bytes.skip(newline < 0 ? line.length : newline + 1);
  }

  private tooFewRows(): FormatError {
    return this.fail(`header says ${this.header.rows} rows, file ends after ${this.sink.row}`);
  }

  private fail(what: string): FormatError {
    return new FormatError(`${this.options.name}: ${what}`);
  }
}

function nextField(line: Uint8Array, at: number): number {
  while (at < line.length && isSpace(line[at])) at++;
  return at;
}

function nextBlank(line: Uint8Array, at: number): number {
  while (at < line.length && !isSpace(line[at])) at++;
  return at;
}

/** Binary rows end with a newline, as in word2vec.c. */
export function* writeWord2vec(rows: VectorRows, format: Word2vecFormat): Generator<Uint8Array<ArrayBuffer>> {
  const { words, dim } = rows;
  const encoder = new TextEncoder();
  yield encoder.encode(`${words.length} ${dim}\n`);
  let row = 0;
  for (const vector of rowsOf(rows)) {
    yield encodeUtf8(words[row++]);
    if (format === "word2vec") {
      yield SPACE_BYTES;
      yield new Uint8Array(vector.slice().buffer);
      yield NEWLINE_BYTES;
    } else {
      yield encoder.encode(` ${Array.from(vector, formatFloat).join(" ")}\n`);
    }
  }
}

const SPACE_BYTES = Uint8Array.of(SPACE);
const NEWLINE_BYTES = Uint8Array.of(NEWLINE);
