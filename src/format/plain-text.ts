// Text without a header: GloVe's, a word and its numbers a line, and the projector's, numbers parted by tabs.

import { show } from "../math/check.js";
import { FormatError } from "../math/error.js";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.js";
import type { ByteReader } from "./bytes.js";
import { formatFloat, parseDecimal } from "./number.js";
import { type Reserve, RowSink, type VectorRows } from "./rows.js";
import { checkWord } from "./word2vec.js";

/** Bytes of the longest line: a word of 64 KB, a million numbers. */
const LINE_LIMIT = 2 ** 26;

const NEWLINE = 10;
const isBlank = (byte: number) => byte === 32 || byte === 9 || byte === 13;

/** Starts and ends of what stands between blanks. */
function fieldsOf(line: Uint8Array): number[] {
  const fields: number[] = [];
  for (let at = 0; at < line.length; ) {
    while (at < line.length && isBlank(line[at])) at++;
    if (at === line.length) break;
    fields.push(at);
    while (at < line.length && !isBlank(line[at])) at++;
    fields.push(at);
  }
  return fields;
}

/**
 * Rows of numbers, each after its word, or of words that are known. The first line tells dim; a word may hold blanks, as some of GloVe's do.
 * @param words if given, lines hold numbers only
 * @throws FormatError naming row and word
 */
export async function readPlainText(
  bytes: ByteReader,
  name: string,
  limit: number,
  reserve: Reserve,
  words?: readonly string[],
): Promise<VectorRows> {
  const own = words === undefined ? 1 : 0;
  let sink: RowSink | undefined;
  while ((sink?.rows ?? 0) < limit && (await bytes.fill(1))) {
    const end = await bytes.indexOf(NEWLINE, LINE_LIMIT);
    if (end < 0 && bytes.unread.length >= LINE_LIMIT)
      throw new FormatError(
        `${name}: line ${(sink?.rows ?? 0) + 1} is longer than ${LINE_LIMIT} bytes: not a file of vectors`,
      );
    const line = bytes.unread.subarray(0, end < 0 ? bytes.unread.length : end);
    const fields = fieldsOf(line);
    const count = fields.length / 2;
    // an empty line at the end is no row
    if (count === 0 && !(await bytes.fill(line.length + 2))) break;
    if (sink === undefined) {
      if (count <= own)
        throw new FormatError(
          `${name}: line 1 expected ${own ? "a word and numbers" : "numbers"}, got ${show(decodeUtf8(line))}`,
        );
      sink = new RowSink(name, count - own, Math.min(limit, words?.length ?? limit), reserve);
    }
    const { dim } = sink;
    if (words !== undefined && sink.rows === words.length)
      throw new FormatError(`${name}: row ${sink.rows + 1} is more than the ${words.length} words`);
    const first = count - dim;
    if (first < own || (own === 0 && first > 0)) throw sink.fail(`expected ${dim} numbers`, `got ${count - own}`);
    sink.addWord(words?.[sink.rows] ?? decodeUtf8(line.subarray(fields[0], fields[2 * first - 1])));
    const vector = sink.vector();
    for (let d = 0; d < dim; d++) {
      const [from, to] = [fields[2 * (first + d)], fields[2 * (first + d) + 1]];
      const value = Math.fround(parseDecimal(line, from, to));
      if (!Number.isFinite(value))
        throw sink.fail("expected finite numbers", `number ${d + 1} is ${show(decodeUtf8(line.subarray(from, to)))}`);
      vector[d] = value;
    }
    sink.endRow();
    bytes.skip(Math.min(line.length + 1, bytes.unread.length));
  }
  if (sink === undefined) throw new FormatError(`${name}: expected a row of numbers, got an empty file`);
  if (words !== undefined && sink.rows < Math.min(words.length, limit))
    throw new FormatError(`${name}: expected a row for each of ${words.length} words, file ends after ${sink.rows}`);
  return sink.result;
}

/** A line for each row. @param withWords GloVe's, else the projector's. @throws RangeError for a word that a line cannot hold */
export function* writePlainText(rows: VectorRows, withWords: boolean): Generator<Uint8Array<ArrayBuffer>> {
  const { words, dim, matrix, stride } = rows;
  const encoder = new TextEncoder();
  if (withWords) words.forEach(checkWord);
  const parting = withWords ? " " : "\t";
  for (let row = 0; row < words.length; row++) {
    const numbers = Array.from(matrix.subarray(row * stride, row * stride + dim), formatFloat).join(parting);
    if (withWords) yield encodeUtf8(words[row]);
    yield encoder.encode(`${withWords ? " " : ""}${numbers}\n`);
  }
}
