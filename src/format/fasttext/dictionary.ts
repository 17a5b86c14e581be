// Words and labels in a file of fastText, with their counts, and which buckets have kept their row.

import { checkInteger, show } from "../../base/check.js";
import type { FastTextArgs } from "./args.js";
import { type Fields, int32Bytes, int64Bytes, wordBytes } from "./fields.js";

export interface FastTextDictionary {
  /** In the order of their rows. */
  words: readonly string[];
  /** How often each stands in the text. */
  wordCounts: ArrayLike<number>;
  /** In the order of their output rows; none but in a classifier. With their prefix, `__label__`. */
  labels: readonly string[];
  labelCounts: ArrayLike<number>;
  /** Tokens of the text, those of words that were too rare among them. */
  totalTokens: number;
  /** Of each bucket that has kept its row: the place of that row after those of the words. Undefined: all have. */
  pruned?: ReadonlyMap<number, number>;
}

/** Bytes of a pair of a bucket and its row. */
const PAIR = 8;

/** The sizes of a dictionary, as its head tells them. */
interface Sizes {
  words: number;
  labels: number;
  totalTokens: number;
  /** −1: not pruned */
  pruned: number;
}

/** @throws FormatError naming the entry that does not fit */
export async function readDictionary(fields: Fields, args: FastTextArgs): Promise<FastTextDictionary> {
  const sizes = await readSizes(fields);
  const lists = {
    words: [] as string[],
    wordCounts: [] as number[],
    labels: [] as string[],
    labelCounts: [] as number[],
  };
  for (let row = 0; row < sizes.words + sizes.labels; row++) {
    const word = await fields.word(row);
    const entry = await fields.take(9, `the entry of ${show(word)}`);
    const [count, type] = [Number(entry.getBigInt64(0, true)), entry.getInt8(8)];
    const isLabel = row >= sizes.words;
    if (type !== Number(isLabel))
      throw fields.fail(
        `entry ${row + 1} (${show(word)}) expected type ${Number(isLabel)}, since ${sizes.words} words (type 0) come before ${sizes.labels} labels (type 1), got ${type}: damaged`,
      );
    if (!Number.isSafeInteger(count) || count < 0)
      throw fields.fail(`entry ${row + 1} (${show(word)}) expected a count, got ${count}: damaged`);
    lists[isLabel ? "labels" : "words"].push(word);
    lists[isLabel ? "labelCounts" : "wordCounts"].push(count);
  }
  const { totalTokens } = sizes;
  if (sizes.pruned < 0) return { ...lists, totalTokens };
  return { ...lists, totalTokens, pruned: await readPruned(fields, sizes.pruned, args.buckets) };
}

async function readSizes(fields: Fields): Promise<Sizes> {
  const what = "the dictionary";
  const [entries, words, labels] = [await fields.int32(what), await fields.int32(what), await fields.int32(what)];
  const [totalTokens, pruned] = [await fields.int64(what), await fields.int64(what)];
  if (words < 0 || labels < 0 || entries !== words + labels)
    throw fields.fail(`expected as many entries as words and labels, got ${entries}, ${words}, ${labels}: damaged`);
  if (totalTokens < 0 || pruned < -1)
    throw fields.fail(`expected counts, got ${totalTokens} tokens, ${pruned} buckets with a row: damaged`);
  return { words, labels, totalTokens, pruned };
}

/** The pairs stand in no order, which a Map keeps. */
async function readPruned(fields: Fields, size: number, buckets: number): Promise<Map<number, number>> {
  const rows = new Map<number, number>();
  if (size > buckets) throw fields.fail(`expected at most ${buckets} buckets with a row, got ${size}: damaged`);
  for await (const [pairs, bytes] of fields.pieces(size, PAIR, "the list of buckets with a row")) {
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < pairs; i++) {
      const [bucket, row] = [view.getInt32(PAIR * i, true), view.getInt32(PAIR * i + 4, true)];
      if (bucket < 0 || bucket >= buckets || row < 0 || row >= size || rows.has(bucket))
        throw fields.fail(
          `expected ${size} of ${buckets} buckets, each with one of as many rows, got bucket ${bucket} with row ${row}: damaged`,
        );
      rows.set(bucket, row);
    }
  }
  return rows;
}

/** @throws RangeError for words or counts that the file cannot hold */
export function* writeDictionary(dictionary: FastTextDictionary): Generator<Uint8Array> {
  const { words, wordCounts, labels, labelCounts, totalTokens, pruned } = dictionary;
  checkInteger("totalTokens", totalTokens, 0);
  yield int32Bytes({ entries: words.length + labels.length, words: words.length, labels: labels.length });
  yield int64Bytes({ totalTokens, pruned: pruned?.size ?? -1 });
  yield* writeEntries(words, wordCounts, 0);
  yield* writeEntries(labels, labelCounts, 1);
  for (const [bucket, row] of pruned ?? []) yield int32Bytes({ bucket, row });
}

function* writeEntries(names: readonly string[], counts: ArrayLike<number>, type: 0 | 1): Generator<Uint8Array> {
  const typeByte = Uint8Array.of(type);
  for (let i = 0; i < names.length; i++) {
    yield wordBytes(names[i]);
    if (!(counts[i] >= 0)) throw new RangeError(`count of ${show(names[i])} expected at least 0, got ${counts[i]}`);
    yield int64Bytes({ count: counts[i] });
    yield typeByte;
  }
}
