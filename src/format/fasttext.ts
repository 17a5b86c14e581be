// fastText's model.bin: the words, the input matrix with rows of words and of n-gram buckets, and the parameters of n-gram hashing.
// Bojanowski et al. 2017; layout of version 12, https://github.com/facebookresearch/fastText (facts of the format only).

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.js";
import type { ByteReader } from "./bytes.js";
import { type RowOptions, RowSink, type VectorRows } from "./rows.js";

/** Magic number. */
export const FASTTEXT_MAGIC = Uint8Array.of(0xba, 0x16, 0x4f, 0x2f);
const VERSION = 12;

/** The word that ends a sentence, which has no n-grams. */
const END = "</s>";

const WORD_LIMIT = 65_536;

/** Floats of a piece of the matrix. Memory is allocated as rows arrive. */
const PIECE = 2 ** 20;

/** Words, n-grams and their rows, which give a vector for any word. */
export class Subwords {
  /** @internal use loadFastText */
  constructor(
    readonly dim: number,
    readonly minLength: number,
    readonly maxLength: number,
    private readonly buckets: number,
    /** the first row of the n-grams */
    private readonly wordRows: number,
    private readonly words: ReadonlyMap<string, number>,
    private readonly pieces: readonly Float32Array[],
  ) {}

  /** The mean of the rows of a word and its n-grams, or of its n-grams alone; zeros if it has none. */
  get(word: string): Float32Array {
    const rows = this.rowsOf(word);
    const mean = new Float32Array(this.dim);
    for (const row of rows) {
      const wordRow = this.row(row);
      for (let d = 0; d < mean.length; d++) mean[d] += wordRow[d];
    }
    if (rows.length > 0) for (let d = 0; d < mean.length; d++) mean[d] /= rows.length;
    return mean;
  }

  private row(row: number): Float32Array {
    const perPiece = Math.max(1, Math.floor(PIECE / this.dim));
    const start = (row % perPiece) * this.dim;
    return this.pieces[Math.floor(row / perPiece)].subarray(start, start + this.dim);
  }

  private rowsOf(word: string): number[] {
    const known = this.words.get(word);
    const rows = known === undefined ? [] : [known];
    return word === END || this.buckets === 0 ? rows : [...rows, ...this.ngrams(word)];
  }

  /** Rows of the character n-grams of <word>. A lone < or > is not an n-gram. */
  private *ngrams(word: string): Generator<number> {
    const bytes = encodeUtf8(`<${word}>`);
    const isInside = (at: number) => (bytes[at] & 0xc0) === 0x80;
    for (let start = 0; start < bytes.length; start++) {
      if (isInside(start)) continue;
      let end = start;
      for (let length = 1; end < bytes.length && length <= this.maxLength; length++) {
        end++;
        while (end < bytes.length && isInside(end)) end++;
        if (length < this.minLength || (length === 1 && (start === 0 || end === bytes.length))) continue;
        yield this.wordRows + (hash(bytes, start, end) % this.buckets);
      }
    }
  }
}

/** FNV-1a on signed bytes, as fastText computes it. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let at = start; at < end; at++) value = Math.imul(value ^ ((bytes[at] << 24) >> 24), 0x01000193);
  return value >>> 0;
}

/** Reads little-endian numbers one after the other. */
class Fields {
  constructor(
    private readonly bytes: ByteReader,
    private readonly name: string,
  ) {}

  async int32(what: string): Promise<number> {
    return (await this.take(4, what)).getInt32(0, true);
  }

  async int64(what: string): Promise<number> {
    return Number((await this.take(8, what)).getBigInt64(0, true));
  }

  async byte(what: string): Promise<number> {
    return (await this.take(1, what)).getUint8(0);
  }

  async take(count: number, what: string): Promise<DataView> {
    if (!(await this.bytes.fill(count))) throw new FormatError(`${this.name}: the file ends within ${what}`);
    const view = new DataView(this.bytes.unread.slice(0, count).buffer);
    this.bytes.skip(count);
    return view;
  }

  async word(row: number): Promise<string> {
    const end = await this.bytes.indexOf(0, WORD_LIMIT);
    if (end < 0) throw new FormatError(`${this.name}: word ${row + 1} has no end: cut off, or not a model of fastText`);
    const word = decodeUtf8(this.bytes.unread.subarray(0, end));
    this.bytes.skip(end + 1);
    return word;
  }
}

/**
 * The vectors of the words, each the mean of its row and those of its n-grams, as in fastText; and the subwords for other words.
 * @throws FormatError also for quantized models (.ftz)
 */
export async function readFastText(
  bytes: ByteReader,
  options: RowOptions,
): Promise<VectorRows & { subwords: Subwords }> {
  const { name } = options;
  const fail = (what: string) => new FormatError(`${name}: ${what}`);
  const fields = new Fields(bytes, name);
  const magic = await fields.take(4, "its first bytes");
  if (!FASTTEXT_MAGIC.every((byte, i) => magic.getUint8(i) === byte))
    throw fail("is not a fastText model: its first bytes differ");
  const version = await fields.int32("the version");
  if (version !== VERSION)
    throw fail(
      `expected version ${VERSION} of fastText's models, got ${version}: write it again with fastText 0.2 or later`,
    );
  const args: number[] = [];
  for (let i = 0; i < 12; i++) args.push(await fields.int32("its arguments"));
  const [dim, , , , , , , , bucket, minLength, maxLength] = args;
  await fields.take(8, "its arguments");
  const [entries, wordCount] = [await fields.int32("the dictionary"), await fields.int32("the dictionary")];
  await fields.int32("the dictionary");
  await fields.int64("the dictionary");
  const pruned = await fields.int64("the dictionary");
  if (dim < 1 || entries < wordCount || wordCount < 0 || maxLength < 0 || bucket < 0)
    throw fail(`has dim ${dim}, ${entries} entries, ${wordCount} words, ${bucket} buckets: damaged`);
  const words: string[] = [];
  const rowOfWord = new Map<string, number>();
  for (let row = 0; row < entries; row++) {
    const word = await fields.word(row);
    await fields.take(8, `the entry of ${show(word)}`);
    const isLabel = (await fields.byte(`the entry of ${show(word)}`)) !== 0;
    if (isLabel !== row >= wordCount)
      throw fail(`entry ${row + 1} (${show(word)}) is ${isLabel ? "a label" : "a word"} where none is allowed`);
    if (isLabel) continue;
    words.push(word);
    // if a word is repeated, its first row counts
    if (!rowOfWord.has(word)) rowOfWord.set(word, row);
  }
  if (pruned >= 0)
    throw fail("is quantized or pruned (.ftz), which is not supported: use the .bin that it was made from");
  if ((await fields.byte("the matrix")) !== 0)
    throw fail("is quantized (.ftz), which is not supported: use the .bin that it was made from");
  const [rows, columns] = [await fields.int64("the matrix"), await fields.int64("the matrix")];
  if (columns !== dim || rows < wordCount)
    throw fail(`has a matrix of ${rows} × ${columns} for ${wordCount} words of dim ${dim}: damaged`);
  // a model without n-grams has no rows for them
  const buckets = maxLength > 0 ? rows - wordCount : 0;
  if (buckets > 0 && buckets !== bucket) throw fail(`has ${buckets} rows of n-grams for ${bucket} buckets: damaged`);
  const pieces = await readPieces(fields, rows, dim);
  const subwords = new Subwords(dim, minLength, maxLength, buckets, wordCount, rowOfWord, pieces);
  const sink = new RowSink(dim, wordCount, options);
  for (const word of words) {
    if (sink.isFull) break;
    sink.begin(word);
    sink.vector().set(subwords.get(word));
    sink.end();
  }
  return { ...sink.finish(), subwords };
}

async function readPieces(fields: Fields, rows: number, dim: number): Promise<Float32Array[]> {
  const pieces: Float32Array[] = [];
  const perPiece = Math.max(1, Math.floor(PIECE / dim));
  for (let row = 0; row < rows; row += perPiece) {
    const floats = Math.min(perPiece, rows - row) * dim;
    pieces.push(new Float32Array((await fields.take(4 * floats, "the matrix")).buffer));
  }
  return pieces;
}
