// JSON: { "words": […], "vectors": [[…], …] }, one row a line, read as a whole. The reader also accepts an object with an array for
// each word.

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import type { ByteReader } from "./bytes.js";
import { formatFloat } from "./number.js";
import { type RowOptions, RowSink, rowsOf, type VectorRows } from "./rows.js";

/** @throws FormatError if a word lacks an array of dim numbers */
export async function readJson(bytes: ByteReader, options: RowOptions): Promise<VectorRows> {
  while (await bytes.fill(bytes.unread.length + 1));
  const fail = (what: string, cause?: unknown) =>
    new FormatError(`${options.name}: expected {"words": [...], "vectors": [[...], ...]}, ${what}`, { cause });
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.unread));
  } catch (error) {
    throw fail((error as Error).message, error);
  }
  if (read === null || typeof read !== "object" || Array.isArray(read)) throw fail(`got ${show(read)}`);
  const { words, vectors } =
    "vectors" in read && "words" in read ? read : { words: Object.keys(read), vectors: Object.values(read) };
  if (!Array.isArray(words) || !Array.isArray(vectors) || words.length !== vectors.length)
    throw fail(`got words: ${show(words)}, vectors: ${show(vectors)}`);
  if (words.length === 0 || !Array.isArray(vectors[0]) || vectors[0].length === 0) throw fail("got no row of numbers");
  const sink = new RowSink(vectors[0].length, words.length, options);
  for (const [i, row] of vectors.entries()) {
    if (sink.isFull) break;
    if (typeof words[i] !== "string") throw sink.fail("expected a word", `got ${show(words[i])}`);
    sink.begin(words[i]);
    if (!Array.isArray(row) || row.length !== sink.dim)
      throw sink.fail(`expected ${sink.dim} numbers`, `got ${Array.isArray(row) ? row.length : show(row)}`);
    // JSON.stringify writes NaN as null
    const numbers = row.map((value) => (value === null ? Number.NaN : value));
    const wrong = numbers.findIndex((value) => typeof value !== "number");
    if (wrong >= 0) throw sink.fail("expected numbers", `number ${wrong + 1} is ${show(row[wrong])}`);
    sink.vector().set(numbers);
    sink.end();
  }
  return sink.finish();
}

export function* writeJson(rows: VectorRows): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  yield encoder.encode(`{"words": ${JSON.stringify(rows.words)},\n"vectors": [`);
  let separator = "\n";
  for (const vector of rowsOf(rows)) {
    yield encoder.encode(`${separator}[${Array.from(vector, formatFloat).join(",")}]`);
    separator = ",\n";
  }
  yield encoder.encode("\n]}\n");
}
