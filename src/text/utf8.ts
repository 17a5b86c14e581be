// Lossless UTF-8: bytes of invalid UTF-8 become lone surrogates U+DC80..U+DCFF, as with Python's surrogateescape.

import { show } from "../base/check.js";

/** fatal, so that bytes are never replaced; ignoreBOM, so that a byte order mark is part of the word */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const LONE_SURROGATE = /\p{Surrogate}/u;

/** The text of any bytes; encodeUtf8 returns the same bytes. */
export function decodeUtf8(bytes: Uint8Array): string {
  const whole = decodeValid(bytes);
  if (whole !== undefined) return whole;
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes[i]);
    const character = decodeValid(bytes.subarray(i, i + length));
    text += character ?? String.fromCharCode(0xdc00 + bytes[i]);
    i += character === undefined ? 1 : length;
  }
  return text;
}

/**
 * The bytes of a word; decodeUtf8 returns the same word.
 * @throws RangeError for lone surrogates that decodeUtf8 never returns
 */
export function encodeUtf8(word: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(word);
  if (LONE_SURROGATE.test(word) && decodeUtf8(bytes) !== word)
    throw new RangeError(
      `word ${show(word)} contains a lone surrogate, which UTF-8 cannot hold: replace it before training`,
    );
  return bytes;
}

/** As encodeUtf8, but a lone surrogate that decodeUtf8 never returns becomes U+FFFD. */
export function bytesOf(word: string): Uint8Array<ArrayBuffer> {
  return LONE_SURROGATE.test(word) ? Uint8Array.from([...word].flatMap(encodeCharacter)) : encoder.encode(word);
}

function decodeValid(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes of the character that starts with this one, if it is valid. */
function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

function encodeCharacter(character: string): number[] {
  const code = character.charCodeAt(0);
  return character.length === 1 && code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : [...encoder.encode(character)];
}
