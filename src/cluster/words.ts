// Words and their counts as bytes: lines of JSON, each with some of them.

import { FormatError } from "../base/errors.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Vocabulary } from "../text/vocabulary.js";

/** Words of a line, and their characters, at most; a word may have more. */
const WORDS = 20_000;
const CHARACTERS = 2 ** 22;

/** Bytes of a line that is read, at most. */
const LONGEST = 2 ** 28;

const VOCABULARY = "the words of a training";

export function* linesOf(words: readonly string[], counts: readonly number[] | Float64Array): Generator<Buffer> {
  for (let from = 0, to = 0; from < words.length; from = to) {
    for (let characters = 0; to < words.length && to - from < WORDS && characters < CHARACTERS; to++)
      characters += words[to].length;
    yield Buffer.from(`${JSON.stringify([words.slice(from, to), [...counts.slice(from, to)]])}\n`);
  }
}

/** Lines without their ends. @param what they are of, for messages @throws FormatError for one without an end, or too long a one */
export async function* linesIn(pieces: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      yield Buffer.concat([...held, piece.subarray(from, end)]);
      [held, length, from] = [[], 0, end + 1];
    }
    held.push(piece.subarray(from));
    length += piece.length - from;
    if (length > LONGEST) throw damagedWords(what);
  }
  if (length > 0) throw damagedWords(what);
}

/** @param what it is of, for messages @throws FormatError for what is no such line */
export function readLine(bytes: Buffer, what: string): [words: string[], counts: number[]] {
  try {
    const [words, counts] = JSON.parse(bytes.toString());
    const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) >= 0;
    if (
      Array.isArray(words) &&
      Array.isArray(counts) &&
      words.length === counts.length &&
      words.every((word) => typeof word === "string") &&
      counts.every(isCount)
    )
      return [words, counts];
  } catch {
    // as what is no such line
  }
  throw damagedWords(what);
}

export function damagedWords(what: string): FormatError {
  return new FormatError(`${what} are damaged in Redis: start the training again`);
}

export async function writeWords({ words, counts }: Vocabulary): Promise<Uint8Array> {
  const lines: Buffer[] = [];
  for (const line of linesOf(words, counts)) {
    lines.push(line);
    await yieldToEventLoop();
  }
  return Buffer.concat(lines);
}

/** @throws FormatError for what is no vocabulary */
export async function readWords(bytes: Uint8Array): Promise<Vocabulary> {
  const entries: [string, number][] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    if (end < 0) throw damagedWords(VOCABULARY);
    const [words, counts] = readLine(Buffer.from(bytes.subarray(from, end)), VOCABULARY);
    for (let i = 0; i < words.length; i++) entries.push([words[i], counts[i]]);
    from = end + 1;
    await yieldToEventLoop();
  }
  return new Vocabulary(entries);
}
