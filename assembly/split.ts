// Turns UTF-8 into numbers of tokens. A text repeats few tokens, so most are looked up. Whitespace separates them, \n ends a sentence.
// The ABI of the binary for texts: exports only, one import, env.memory; see split-params.ts. Bytes are looked at eight at a time.

import { Mark } from "./params";
import { SplitAbi, SplitPlace, SplitSize } from "./split-params";

const BYTES: usize = SplitPlace.bytes;
const NUMBERS: usize = SplitPlace.numbers;
const STARTS: usize = SplitPlace.starts;
const SLOTS: usize = SplitPlace.slots;
const LONGEST: usize = SplitSize.longest;

/** The version of split-params.ts that the binary was built with. */
export function abi(): u32 {
  return SplitAbi.version;
}

/** Splits the bytes up to `length`, and keeps the start of a token that they leave unfinished. Returns where the numbers end. */
export function split(length: u32): usize {
  const end: usize = BYTES + length;
  // loads that reach beyond the end find no whitespace there
  store<u64>(end, ~(<u64>0));
  let start: usize = BYTES;
  let next: usize = NUMBERS;
  let inSentence = load<u32>(0, SplitPlace.inSentence);
  for (let at = start + (load<u32>(0, SplitPlace.rest) & ~7); at < end; at += 8) {
    for (let low = upTo32(load<u64>(at)); low != 0; low &= low - 1) {
      const here: usize = at + <usize>(ctz(low) >> 3);
      const byte: u32 = load<u8>(here);
      // space; \t \n \v \f \r; NUL
      if (byte != 32 && byte - 9 > 4 && byte != 0) continue;
      if (here > start) {
        start = firstPart(start, here);
        if (here - start > LONGEST) {
          next = addLong(start, here, next);
          start = lastPart(start, here);
        }
        if (here > start) next = add(start, here - start, next);
      }
      if (byte == 10) {
        store<u32>(next, Mark.sentenceEnd);
        next += 4;
      }
      inSentence = u32(byte != 10);
      start = here + 1;
    }
  }
  if (end - start > LONGEST) {
    start = firstPart(start, end);
    next = addLong(start, end, next);
    start = lastPart(start, end);
  }
  // no mark comes after something else
  if (start > BYTES) store<u32>(0, 0, SplitPlace.isFirst);
  memory.copy(BYTES, start, end - start);
  store<u32>(0, <u32>(end - start), SplitPlace.rest);
  store<u32>(0, inSentence, SplitPlace.inSentence);
  return next;
}

/** Forgets all tokens. */
export function clear(): void {
  store<u32>(0, 0, SplitPlace.tokens);
  store<u32>(0, SplitPlace.text, SplitPlace.textEnd);
  store<u32>(STARTS, SplitPlace.text);
  makeSlots(4096);
}

/** Where a token begins that starts here: after a byte order mark at the start of the text. */
@inline
function firstPart(start: usize, end: usize): usize {
  if (load<u32>(0, SplitPlace.isFirst) == 0) return start;
  store<u32>(0, 0, SplitPlace.isFirst);
  const isMark = start == BYTES && end - start >= 3 && (load<u32>(start) & 0xffffff) == 0xbfbbef;
  return isMark ? start + 3 : start;
}

/** Where the last part of a token begins that is cut where it is too long. */
@inline
function lastPart(start: usize, end: usize): usize {
  return start + ((end - start - 1) / LONGEST) * LONGEST;
}

/** Adds the parts before the last. */
function addLong(start: usize, end: usize, next: usize): usize {
  for (; end - start > LONGEST; start += LONGEST) next = add(start, LONGEST, next);
  return next;
}

/** Writes the number of a token, and returns where the next one goes. */
@inline
function add(start: usize, length: usize, next: usize): usize {
  store<u32>(next, numberOf(start, length));
  return next + 4;
}

/** Inlined: a call for each token costs as much as finding it. */
@inline
function numberOf(start: usize, length: usize): u32 {
  const hash = hashOf(start, length);
  const mask: usize = load<u32>(0, SplitPlace.mask);
  let entry = SLOTS + ((<usize>hash & mask) << 3);
  for (let number = load<u32>(entry, 4); number != 0; number = load<u32>(entry, 4)) {
    if (load<u32>(entry) == hash && isToken(number - 1, start, length)) return number - 1;
    entry = after(entry, mask);
  }
  return insert(start, length, entry, hash);
}

/** Gives a new token its number. */
function insert(start: usize, length: usize, entry: usize, hash: u32): u32 {
  const number = load<u32>(0, SplitPlace.tokens);
  const at: usize = load<u32>(0, SplitPlace.textEnd);
  const end = at + length + 1;
  memory.copy(at, start, length);
  store<u8>(end - 1, 10);
  store<u32>(STARTS + (<usize>number << 2), <u32>end, 4);
  store<u32>(entry, hash);
  store<u32>(entry, number + 1, 4);
  store<u32>(0, number + 1, SplitPlace.tokens);
  store<u32>(0, <u32>end, SplitPlace.textEnd);
  // at most half full
  const slots = load<u32>(0, SplitPlace.mask) + 1;
  if (slots < 2 * number) makeSlots(2 * slots);
  return number;
}

/** Puts all tokens into so many slots. */
function makeSlots(slots: u32): void {
  const mask: usize = slots - 1;
  store<u32>(0, <u32>mask, SplitPlace.mask);
  memory.fill(SLOTS, 0, <usize>slots << 3);
  for (let number: u32 = 0, tokens = load<u32>(0, SplitPlace.tokens); number < tokens; number++) {
    const start = startOf(number);
    const hash = hashOf(start, lengthOf(number));
    let entry = SLOTS + ((<usize>hash & mask) << 3);
    while (load<u32>(entry, 4) != 0) entry = after(entry, mask);
    store<u32>(entry, hash);
    store<u32>(entry, number + 1, 4);
  }
}

/** The next slot, after the last one the first. */
@inline
function after(entry: usize, mask: usize): usize {
  return SLOTS + ((entry + 8 - SLOTS) & (mask << 3));
}

@inline
function startOf(number: u32): usize {
  return load<u32>(STARTS + (<usize>number << 2));
}

/** Bytes of a token; a newline comes after them. */
@inline
function lengthOf(number: u32): usize {
  return <usize>load<u32>(STARTS + (<usize>number << 2), 4) - startOf(number) - 1;
}

function isToken(number: u32, start: usize, length: usize): bool {
  if (lengthOf(number) != length) return false;
  let other = startOf(number);
  for (; length > 8; length -= 8) {
    if (load<u64>(other) != load<u64>(start)) return false;
    other += 8;
    start += 8;
  }
  return firstBytes(load<u64>(other) ^ load<u64>(start), length) == 0;
}

@inline
function hashOf(start: usize, length: usize): u32 {
  let hash: u64 = length;
  for (; length > 8; length -= 8) {
    hash = mix(hash, load<u64>(start));
    start += 8;
  }
  hash = mix(hash, firstBytes(load<u64>(start), length));
  return <u32>hash ^ <u32>(hash >> 40);
}

/** A multiplication by 2⁶⁴ / φ, and the high half into the low one. */
@inline
function mix(hash: u64, bytes: u64): u64 {
  const product = (hash ^ bytes) * 0x9e3779b97f4a7c15;
  return product ^ (product >> 32);
}

/** The first `count` bytes, from 1 to 8. */
@inline
function firstBytes(bytes: u64, count: usize): u64 {
  return bytes & (~(<u64>0) >> (<u64>(8 - count) << 3));
}

/** The high bit of each byte that is at most 32: 95 more would not set it, nor is it set. */
@inline
function upTo32(bytes: u64): u64 {
  return ~(((bytes & 0x7f7f7f7f7f7f7f7f) + 0x5f5f5f5f5f5f5f5f) | bytes) & 0x8080808080808080;
}
