// A vocabulary as bytes: lines of JSON, each with some words and their counts.

import { FormatError } from "../base/errors.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Vocabulary } from "../text/vocabulary.js";

/** Words of a line. */
const WORDS = 20_000;

export async function writeWords({ words, counts }: Vocabulary): Promise<Uint8Array> {
  const lines: Buffer[] = [];
  for (let from = 0; from < words.length; from += WORDS) {
    const to = from + WORDS;
    lines.push(Buffer.from(`${JSON.stringify([words.slice(from, to), [...counts.subarray(from, to)]])}\n`));
    await yieldToEventLoop();
  }
  return Buffer.concat(lines);
}

/** @throws FormatError for what is no vocabulary */
export async function readWords(bytes: Uint8Array): Promise<Vocabulary> {
  const entries: [string, number][] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    const [words, counts] = lineOf(bytes.subarray(from, end < 0 ? from : end));
    for (let i = 0; i < words.length; i++) {
      if (typeof words[i] !== "string" || !Number.isSafeInteger(counts[i]) || counts[i] < 0) throw damaged();
      entries.push([words[i], counts[i]]);
    }
    from = end + 1;
    await yieldToEventLoop();
  }
  return new Vocabulary(entries);
}

function lineOf(bytes: Uint8Array): [words: string[], counts: number[]] {
  try {
    const [words, counts] = JSON.parse(Buffer.from(bytes).toString());
    if (Array.isArray(words) && Array.isArray(counts) && words.length === counts.length) return [words, counts];
  } catch {
    // as what is no such line
  }
  throw damaged();
}

function damaged(): FormatError {
  return new FormatError("the vocabulary of a training in Redis is damaged: start the training again");
}
