// Text without a header: GloVe's format, a word and its numbers a line, and the projector's, numbers separated by tabs.

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.js";
import type { ByteReader } from "./bytes.js";
import { formatFloat } from "./number.js";
import { type RowOptions, RowSink, rowsOf, type VectorRows } from "./rows.js";

/** Bytes of the longest line, enough for a word of 64 KB and a million numbers. */
const LINE_LIMIT = 2 ** 26;

const NEWLINE = 10;
const isSpace = (byte: number) => byte === 32 || byte === 9 || byte === 13;

/** Starts and ends of the fields that whitespace separates. */
function fieldsOf(line: Uint8Array): number[] {
  const fields: number[] = [];
  for (let at = 0; at < line.length; ) {
    while (at < line.length && isSpace(line[at])) at++;
    if (at === line.length) break;
    fields.push(at);
    while (at < line.length && !isSpace(line[at])) at++;
    fields.push(at);
  }
  return fields;
}

/**
 * Reads rows of numbers, each after its word unless the words are given. The first line determines dim. A word may contain spaces, as
 * some of GloVe's do.
 * @param words if given, lines hold numbers only
 * @throws FormatError naming row and word
 */
export async function readPlainText(
  bytes: ByteReader,
  options: RowOptions,
  words?: readonly string[],
): Promise<VectorRows> {
  const { name } = options;
  const wordFields = words === undefined ? 1 : 0;
  let sink: RowSink | undefined;
  while (!sink?.isFull && (await bytes.fill(1))) {
    const end = await bytes.indexOf(NEWLINE, LINE_LIMIT);
    if (end < 0 && bytes.unread.length >= LINE_LIMIT)
      throw new FormatError(
        `${name}: line ${(sink?.row ?? 0) + 1} is longer than ${LINE_LIMIT} bytes: not a file of vectors`,
      );
    const line = bytes.unread.subarray(0, end < 0 ? bytes.unread.length : end);
    const fields = fieldsOf(line);
    const count = fields.length / 2;
    // an empty line at the end is not a row
    if (count === 0 && !(await bytes.fill(line.length + 2))) break;
    if (sink === undefined) {
      if (count <= wordFields)
        throw new FormatError(
          `${name}: line 1 expected ${wordFields ? "a word and numbers" : "numbers"}, got ${show(decodeUtf8(line))}`,
        );
      sink = new RowSink(count - wordFields, words?.length ?? Number.POSITIVE_INFINITY, options);
    }
    const { dim } = sink;
    if (words !== undefined && sink.row === words.length)
      throw new FormatError(`${name}: row ${sink.row + 1} is more than the ${words.length} words`);
    const first = count - dim;
    const hasEmptyWord = wordFields === 1 && first === 0 && isSpace(line[0]);
    if (!hasEmptyWord && (first < wordFields || (wordFields === 0 && first > 0)))
      throw sink.fail(`expected ${dim} numbers`, `got ${count - wordFields}`);
    sink.begin(words?.[sink.row] ?? decodeUtf8(line.subarray(fields[0], fields[2 * first - 1] ?? fields[0])));
    for (let d = 0; d < dim; d++) sink.parse(d, line, fields[2 * (first + d)], fields[2 * (first + d) + 1]);
    sink.end();
    bytes.skip(Math.min(line.length + 1, bytes.unread.length));
  }
  if (sink === undefined) throw new FormatError(`${name}: expected a row of numbers, got an empty file`);
  if (words !== undefined && sink.row < words.length && !sink.isFull)
    throw new FormatError(`${name}: expected a row for each of ${words.length} words, file ends after ${sink.row}`);
  return sink.finish();
}

/** Writes a line for each row. @param withWords whether words come first, as in GloVe's format */
export function* writePlainText(rows: VectorRows, withWords: boolean): Generator<Uint8Array<ArrayBuffer>> {
  const { words } = rows;
  const encoder = new TextEncoder();
  const separator = withWords ? " " : "\t";
  let row = 0;
  for (const vector of rowsOf(rows)) {
    const numbers = Array.from(vector, formatFloat).join(separator);
    if (withWords) yield encodeUtf8(words[row++]);
    yield encoder.encode(`${withWords ? " " : ""}${numbers}\n`);
  }
}
