// The words of a part of a text in Redis, from the worker that has counted them to the driver: lines of JSON, gzipped. A large
// compressed file is one part, and may have millions of words: so nothing here needs all of them as one string or one value.

import { randomUUID } from "node:crypto";
import { createGunzip, createGzip } from "node:zlib";
import { through } from "../platform/node/through.js";
import type { Redis, RunKeys } from "./connection.js";
import { leaveField, renameKey } from "./scripts.js";
import { receiveValue, sendValue } from "./values.js";
import { damagedWords, linesIn, linesOf, readLine } from "./words.js";

/** Words with counts, in the order of first occurrence. */
export interface Counted {
  words: string[];
  counts: number[];
}

/** What there is instead of words where they are more than may be counted. */
const TOO_MANY = Buffer.from("[]");

const WHAT = "the words that a worker has counted";

function keyOf(keys: RunKeys, part: number): string {
  return keys.key(`counted:${part}`);
}

/** Leaves them with a run that is still there, whole or not at all. @param counted undefined: they are too many */
export async function leaveCounted(
  redis: Redis,
  keys: RunKeys,
  part: number,
  counted: Counted | undefined,
): Promise<void> {
  const pieces: Uint8Array[] = [];
  async function* lines() {
    yield* counted ? linesOf(counted.words, counted.counts) : [TOO_MANY, Buffer.from("\n")];
  }
  for await (const piece of through(lines(), createGzip({ level: 1 }))) pieces.push(piece);
  // another worker may write the same part, and pack it in another way
  const own = keys.key(`counting:${part}:${randomUUID()}`);
  const isThere = await sendValue(Buffer.concat(pieces), (field, value) => leaveField(redis, keys, own, field, value));
  if (isThere) await renameKey(redis, keys, own, keyOf(keys, part));
}

/**
 * Takes the words of a part out of Redis, if they are there.
 * @returns "too many" where a worker has found more than may be counted @throws FormatError for what no worker wrote
 */
export async function takeCounted(
  redis: Redis,
  keys: RunKeys,
  part: number,
): Promise<Counted | "too many" | undefined> {
  const key = keyOf(keys, part);
  const bytes = await receiveValue(redis, key);
  if (bytes === undefined) return undefined;
  await redis.unlink(key);
  const counted: Counted = { words: [], counts: [] };
  const seen = new Set<string>();
  const unpacked = through(once(bytes), createGunzip());
  for await (const line of linesIn(readable(unpacked), WHAT)) {
    if (line.equals(TOO_MANY)) return "too many";
    const [words, counts] = readLine(line, WHAT);
    for (const [i, word] of words.entries()) {
      if (word === "" || counts[i] === 0 || seen.has(word)) throw damagedWords(WHAT);
      seen.add(word);
      counted.words.push(word);
      counted.counts.push(counts[i]);
    }
  }
  return counted;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** @throws FormatError where it cannot be unpacked */
async function* readable(unpacked: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* unpacked;
  } catch {
    throw damagedWords(WHAT);
  }
}
