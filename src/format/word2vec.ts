// The text and binary formats of word2vec.c, which gensim and fastText (.vec) also read and write; docs/formats.md.

import { checkInteger, checkOneOf, show } from "../math/check.js";
import { FormatError } from "../math/error.js";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.js";
import { ByteReader } from "./bytes.js";
import { formatFloat, parseDecimal } from "./number.js";

/** "word2vec" is the binary format, "word2vec-text" the text format. */
export type VectorFormat = "word2vec" | "word2vec-text";
export const VECTOR_FORMATS: readonly VectorFormat[] = ["word2vec", "word2vec-text"];

/** Rows of a matrix and their words; row i starts at float i × stride and has dim floats. */
export interface VectorRows {
  words: readonly string[];
  dim: number;
  matrix: Float32Array;
  stride: number;
}

export interface ReadOptions {
  /** Of the file, for errors. */
  name?: string;
  /** Default "auto": told by the first row. */
  format?: VectorFormat | "auto";
  /** Reads only the first so many rows. Default: all. */
  limit?: number;
  /**
   * Gives a matrix that holds at least `rows` rows; called with larger numbers as rows arrive, and then what was
   * written so far must still be there. Default: a Float32Array with stride dim.
   */
  reserve?: (rows: number, dim: number) => Pick<VectorRows, "matrix" | "stride">;
}

/** Rows reserved at first: a header may claim anything, so room is made as rows prove to be there. */
const FIRST_ROWS = 1024;

/** Bytes of the longest header and word; no file has longer ones, but much that is no vector file has. */
const HEADER_LIMIT = 64;
const WORD_LIMIT = 65_536;

/** Bytes of a number, more than any trainer writes. */
const NUMBER_LIMIT = 64;

/** Bytes written at a time. */
const CHUNK = 262_144;

const SPACE = 32;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 9 || byte === CARRIAGE_RETURN;
}

/**
 * Reads vectors from bytes, however they are cut into chunks. Takes binary rows with or without a newline after them,
 * text with trailing blanks, tabs or CR LF. Bytes of a word that are no UTF-8 become lone surrogates U+DC80 … U+DCFF,
 * and are written back as they were.
 * @throws FormatError naming row and word if the bytes are truncated, over-long, miscounted or not numeric
 */
export async function readWord2vec(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<VectorRows> {
  const { name = "vectors", format = "auto", limit = Number.MAX_SAFE_INTEGER } = options;
  checkOneOf("format", format, ["auto", ...VECTOR_FORMATS]);
  checkInteger("limit", limit, 1);
  const bytes = new ByteReader(chunks);
  try {
    const header = await readHeader(bytes, name);
    const isText = format === "auto" ? await looksLikeText(bytes, header.dim) : format === "word2vec-text";
    const rows = new RowReader(bytes, name, header, options.reserve ?? reserveArray());
    await rows.read(Math.min(header.rows, limit), isText);
    if (rows.words.length === header.rows) await rows.checkEnd();
    return rows.result;
  } finally {
    await bytes.close();
  }
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
  // 2^32 bytes is what a WebAssembly memory holds
  if (dim < 1 || dim * 4 > 2 ** 32 || rows > 2 ** 32)
    throw new FormatError(`${name}: line 1 expected rows and dim of at least 1 below 4 GB, got ${show(line)}`);
  bytes.skip(end + 1);
  return { rows, dim };
}

/**
 * Whether the first row is text: nothing but printable ASCII follows its word, a decimal number first, and three numbers at
 * least or as many as there should be. The bytes of four floats or more hardly ever are all that.
 */
async function looksLikeText(bytes: ByteReader, dim: number): Promise<boolean> {
  await bytes.fill(WORD_LIMIT + NUMBER_LIMIT);
  const { unread } = bytes;
  const wordEnd = unread.findIndex(isBlank);
  const rowEnd = unread.indexOf(NEWLINE, wordEnd + 1);
  const row = unread.subarray(wordEnd + 1, rowEnd < 0 ? unread.length : rowEnd);
  if (!row.every((byte) => isBlank(byte) || (byte > 32 && byte < 127))) return false;
  const numbers = decodeUtf8(row).trim().split(/\s+/);
  const [first] = numbers.map((number) => new TextEncoder().encode(number));
  if (Number.isNaN(parseDecimal(first, 0, first.length))) return false;
  return rowEnd < 0 || numbers.length >= Math.min(dim, 3);
}

class RowReader {
  readonly words: string[] = [];
  /** rows read so far */
  private row = 0;
  private readonly rowOfWord = new Map<string, number>();
  private matrix: Float32Array = new Float32Array(0);
  private stride = 0;
  private room = 0;

  constructor(
    private readonly bytes: ByteReader,
    private readonly name: string,
    private readonly header: Header,
    private readonly reserve: NonNullable<ReadOptions["reserve"]>,
  ) {}

  get result(): VectorRows {
    const { words, matrix, stride } = this;
    return { words, dim: this.header.dim, matrix, stride };
  }

  async read(rows: number, isText: boolean): Promise<void> {
    this.makeRoom(Math.min(rows, FIRST_ROWS));
    for (; this.row < rows; this.row++) {
      if (this.row === this.room) this.makeRoom(Math.min(rows, 2 * this.room));
      if (isText) await this.readText();
      else await this.readBinary();
    }
  }

  /** Only newlines may follow the last row. */
  async checkEnd(): Promise<void> {
    if (!(await this.skipNewlines())) return;
    throw new FormatError(
      `${this.name}: header says ${this.row} rows, but the file goes on after row ${this.row}` +
        `${this.row > 0 ? ` (${show(this.words[this.row - 1])})` : ""}: its count or dim is wrong`,
    );
  }

  private makeRoom(rows: number): void {
    ({ matrix: this.matrix, stride: this.stride } = this.reserve(rows, this.header.dim));
    this.room = rows;
  }

  /** Whether anything follows. */
  private async skipNewlines(): Promise<boolean> {
    while (await this.bytes.fill(1)) {
      const [byte] = this.bytes.unread;
      if (byte !== NEWLINE && byte !== CARRIAGE_RETURN) return true;
      this.bytes.skip(1);
    }
    return false;
  }

  private async readBinary(): Promise<void> {
    const { bytes } = this;
    const { dim } = this.header;
    // word2vec.c ends a row with a newline, gensim does not
    if (!(await this.skipNewlines())) throw this.tooFewRows();
    const wordEnd = await bytes.indexOf(SPACE, WORD_LIMIT);
    if (wordEnd < 0) throw this.fail("expected a word and a space", "got no space");
    this.addWord(bytes.unread.subarray(0, wordEnd));
    bytes.skip(wordEnd + 1);
    if (!(await bytes.fill(4 * dim)))
      throw this.fail(`expected ${dim} floats`, `file ends after ${bytes.unread.length >> 2}`);
    const vector = this.vector();
    new Uint8Array(vector.buffer, vector.byteOffset, 4 * dim).set(bytes.unread.subarray(0, 4 * dim));
    bytes.skip(4 * dim);
    for (let d = 0; d < dim; d++) {
      if (!Number.isFinite(vector[d])) throw this.fail("expected finite floats", `float ${d + 1} is ${vector[d]}`);
    }
  }

  private async readText(): Promise<void> {
    const { bytes } = this;
    const { dim } = this.header;
    if (!(await bytes.fill(1))) throw this.tooFewRows();
    const limit = WORD_LIMIT + NUMBER_LIMIT * dim;
    const newline = await bytes.indexOf(NEWLINE, limit);
    const line = bytes.unread.subarray(0, newline < 0 ? limit : newline);
    let at = nextBlank(line, 0);
    this.addWord(line.subarray(0, at));
    const vector = this.vector();
    let count = 0;
    for (at = nextField(line, at); at < line.length; at = nextField(line, at)) {
      const start = at;
      at = nextBlank(line, start);
      const value = Math.fround(parseDecimal(line, start, at));
      if (!Number.isFinite(value))
        throw this.fail(
          "expected finite numbers",
          `number ${count + 1} is ${show(decodeUtf8(line.subarray(start, at)))}`,
        );
      // a write past the row's view goes nowhere, and is counted
      vector[count++] = value;
    }
    if (count !== dim) {
      const isCut = newline < 0 && count < dim;
      throw this.fail(`expected ${dim} floats`, isCut ? `file ends after ${count}` : `got ${count}`);
    }
    bytes.skip(newline < 0 ? line.length : newline + 1);
  }

  /** Where the row at hand goes. */
  private vector(): Float32Array {
    return this.matrix.subarray(this.row * this.stride, this.row * this.stride + this.header.dim);
  }

  private addWord(bytes: Uint8Array): void {
    const word = decodeUtf8(bytes);
    if (word === "") throw this.fail("expected a word", "got none");
    const earlier = this.rowOfWord.get(word);
    if (earlier !== undefined) throw this.fail("expected a new word", `got ${show(word)}, which is row ${earlier + 1}`);
    this.rowOfWord.set(word, this.row);
    this.words.push(word);
  }

  private fail(expected: string, got: string): FormatError {
    const word = this.words.length > this.row ? ` (${show(this.words[this.row])})` : "";
    return new FormatError(`${this.name}: row ${this.row + 1}${word} ${expected}, ${got}`);
  }

  private tooFewRows(): FormatError {
    return new FormatError(`${this.name}: header says ${this.header.rows} rows, file ends after ${this.row}`);
  }
}

function nextField(line: Uint8Array, at: number): number {
  while (at < line.length && isBlank(line[at])) at++;
  return at;
}

function nextBlank(line: Uint8Array, at: number): number {
  while (at < line.length && !isBlank(line[at])) at++;
  return at;
}

function reserveArray(): NonNullable<ReadOptions["reserve"]> {
  let matrix = new Float32Array(0);
  return (rows, dim) => {
    const larger = new Float32Array(rows * dim);
    larger.set(matrix);
    matrix = larger;
    return { matrix, stride: dim };
  };
}

/**
 * The bytes of a file, some hundred kilobytes at a time. Binary rows end with a newline, as in word2vec.c.
 * @throws RangeError naming the word, before the first bytes if a word cannot be written, else at a row that is not finite
 */
export function* writeWord2vec(
  rows: VectorRows,
  format: VectorFormat = "word2vec",
): Generator<Uint8Array<ArrayBuffer>> {
  checkOneOf("format", format, VECTOR_FORMATS);
  const { words, dim, matrix, stride } = rows;
  words.forEach(checkWord);
  const encoder = new TextEncoder();
  let chunk = new Chunk();
  chunk.add(encoder.encode(`${words.length} ${dim}\n`));
  for (let row = 0; row < words.length; row++) {
    const vector = matrix.subarray(row * stride, row * stride + dim);
    const bad = vector.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0)
      throw new RangeError(
        `word ${show(words[row])} (row ${row + 1}) expected finite floats, float ${bad + 1} is ${vector[bad]}`,
      );
    chunk.add(encodeUtf8(words[row]));
    if (format === "word2vec") {
      chunk.add(SPACE_BYTES);
      chunk.add(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
      chunk.add(NEWLINE_BYTES);
    } else {
      chunk.add(encoder.encode(` ${Array.from(vector, formatFloat).join(" ")}\n`));
    }
    if (chunk.length < CHUNK) continue;
    yield chunk.take();
    chunk = new Chunk();
  }
  yield chunk.take();
}

const SPACE_BYTES = Uint8Array.of(SPACE);
const NEWLINE_BYTES = Uint8Array.of(NEWLINE);

function checkWord(word: string, row: number): void {
  if (word === "" || /[ \t\n\r]/.test(word))
    throw new RangeError(
      `word ${show(word)} (row ${row + 1}) ${word === "" ? "is empty" : "holds a blank"}, which word2vec's formats cannot hold: ` +
        'replace blanks, for example by "_", before training',
    );
  encodeUtf8(word);
}

/** Bytes that grow. */
class Chunk {
  length = 0;
  private bytes = new Uint8Array(CHUNK + 65_536);

  add(part: Uint8Array): void {
    if (this.length + part.length > this.bytes.length) {
      const larger = new Uint8Array(2 * (this.length + part.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}
