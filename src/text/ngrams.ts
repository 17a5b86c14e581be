// Character n-grams of words and n-grams of words, numbered as fastText numbers them, so that its files and ours mean the same rows.
// Bojanowski et al. 2017; Joulin et al. 2017. What fastText does: its dictionary, version 0.9.2, tried with its print-ngrams command.

import { bytesOf } from "./utf8.js";

/** Which character n-grams a word has. */
export interface NgramOptions {
  /** characters (code points) of an n-gram at least, the marks of begin and end included */
  minn: number;
  /** at most; 0: words have none */
  maxn: number;
}

/** Marks of where a word begins and ends. */
const BEGIN = "<";
const END = ">";

/** What ends a line counts as a word for fastText; it has no n-grams. */
export const END_OF_LINE = "</s>";

/**
 * The character n-grams of a word between its marks, in fastText's order: by where they begin, then by length. The mark alone is none.
 * Positions count code points; so does a byte of invalid UTF-8 (utf8.ts), unless it continues a character: it then is part of what is
 * before it.
 */
export function ngramsOf(word: string, { minn, maxn }: NgramOptions): string[] {
  const ngrams: string[] = [];
  if (maxn === 0 || word === END_OF_LINE) return ngrams;
  const characters = [BEGIN];
  for (const character of word) {
    if (isContinuation(character)) characters[characters.length - 1] += character;
    else characters.push(character);
  }
  characters.push(END);
  for (let from = 0; from < characters.length; from++) {
    let ngram = "";
    const most = Math.min(maxn, characters.length - from);
    for (let length = 1; length <= most; length++) {
      ngram += characters[from + length - 1];
      const isMark = length === 1 && (from === 0 || from === characters.length - 1);
      if (length >= minn && !isMark) ngrams.push(ngram);
    }
  }
  return ngrams;
}

/** Whether it stands for a byte 0x80 to 0xbf of invalid UTF-8. */
function isContinuation(character: string): boolean {
  return character >= "\udc80" && character <= "\udcbf";
}

/** The hash of no bytes. */
const BASIS = 0x811c9dc5;

/** The hash of what has this hash and one byte more: FNV-1a, but each byte is extended by its sign, as in fastText. */
function extend(hash: number, byte: number): number {
  return Math.imul(hash ^ ((byte << 24) >> 24), 0x01000193);
}

/** Hash of a string's UTF-8 bytes, u32. */
export function hashOf(text: string): number {
  let hash = BASIS;
  for (const byte of bytesOf(text)) hash = extend(hash, byte);
  return hash >>> 0;
}

/** The bucket of each n-gram of a word, from 0 to buckets − 1: hashOf of those of ngramsOf, without a string for each. */
export function bucketsOf(word: string, { minn, maxn }: NgramOptions, buckets: number): number[] {
  const found: number[] = [];
  if (maxn === 0 || word === END_OF_LINE) return found;
  const bytes = bytesOf(BEGIN + word + END);
  for (let from = 0; from < bytes.length; from++) {
    if (continues(bytes[from])) continue;
    let hash = BASIS;
    for (let length = 1, at = from; length <= maxn && at < bytes.length; length++) {
      do hash = extend(hash, bytes[at++]);
      while (at < bytes.length && continues(bytes[at]));
      const isMark = length === 1 && (from === 0 || at === bytes.length);
      if (length >= minn && !isMark) found.push((hash >>> 0) % buckets);
    }
  }
  return found;
}

/** Whether a byte of UTF-8 continues a character. */
function continues(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** What joins the hashes of words to those of n-grams of words, as in fastText. */
const FACTOR = 116_049_371;

/**
 * The bucket of each n-gram of at least two and at most `most` words that follow each other, in fastText's order: by where they begin,
 * then by length. The hashes, u32, are those of hashOf; fastText computes in 64 bits from them as signed numbers of 32.
 * @param buckets below 2³¹
 */
export function wordNgramBuckets(hashes: ArrayLike<number>, most: number, buckets: number): number[] {
  const found: number[] = [];
  for (let from = 0; from < hashes.length; from++) {
    // two halves of 32 bits: numbers of 64 would be BigInts, of which each costs as much as a line
    let low = hashes[from] >>> 0;
    let high = signOf(low);
    for (let next = from + 1; next < hashes.length && next < from + most; next++) {
      const word = hashes[next] >>> 0;
      const sum = (Math.imul(low, FACTOR) >>> 0) + word;
      high = (Math.imul(high, FACTOR) + highOf(low) + signOf(word) + (sum > 0xffffffff ? 1 : 0)) >>> 0;
      low = sum >>> 0;
      found.push(remainder(high, low, buckets));
    }
  }
  return found;
}

/** What stands above the 32 bits of a signed number that is extended to 64. */
function signOf(word: number): number {
  return word >= 0x80000000 ? 0xffffffff : 0;
}

/** The upper 32 bits of low × FACTOR. */
function highOf(low: number): number {
  return Math.floor(((low >>> 16) * FACTOR + Math.floor(((low & 0xffff) * FACTOR) / 65_536)) / 65_536);
}

/** (high × 2³² + low) mod size, 16 bits at a time, so that doubles hold all. */
function remainder(high: number, low: number, size: number): number {
  const middle = modulo(modulo(high, size) * 65_536 + (low >>> 16), size);
  return modulo(middle * 65_536 + (low & 0xffff), size);
}

/** x mod size, for x below 2⁴⁸: the quotient's fraction is never so near to 1 that it is rounded up. */
function modulo(x: number, size: number): number {
  return x - Math.floor(x / size) * size;
}
