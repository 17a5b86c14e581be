// Long values in Redis: hashes of pieces of 1 MiB, and a seal that comes last, with their length and checksum. What has no seal is not
// there.

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Fingerprint } from "../base/fingerprint.js";
import type { Redis } from "./connection.js";

/** Bytes of a piece: Redis moves about as much in its other sizes, and no one waits long for its turn. */
const PIECE = 2 ** 20;

/** Pieces under way at once. */
const AHEAD = 4;

/** The field that comes last. */
export const SEAL = "seal";

/**
 * Hands over bytes piece by piece, then their seal. The bytes may be of shared memory, and must not change meanwhile.
 * @param put keeps a field; false: the rest is not wanted
 */
export async function sendValue(
  bytes: Uint8Array,
  put: (field: string, value: Buffer | string) => Promise<boolean>,
): Promise<boolean> {
  const fingerprint = new Fingerprint();
  const underWay: Promise<boolean>[] = [];
  const oldest = async () => (await underWay.shift()) ?? true;
  try {
    for (let at = 0, field = 0; at < bytes.length; at += PIECE, field++) {
      const piece = Buffer.from(bytes.subarray(at, at + PIECE));
      fingerprint.addBytes(piece);
      if (underWay.length >= AHEAD && !(await oldest())) return false;
      const sent = put(String(field), piece);
      sent.catch(() => {});
      underWay.push(sent);
      await yieldToEventLoop();
    }
    while (underWay.length > 0) if (!(await oldest())) return false;
  } finally {
    await Promise.allSettled(underWay);
  }
  return put(SEAL, `${bytes.length} ${fingerprint.value}`);
}

/** Fetches a value. @param into where it goes: as many bytes @throws FormatError for one that is damaged; undefined: there is none */
export async function receiveValue(redis: Redis, key: string, into?: Uint8Array): Promise<Uint8Array | undefined> {
  const seal = await redis.hget(key, SEAL);
  if (seal === null) return undefined;
  const [length, checksum] = seal.split(" ");
  const damaged = (what: string) =>
    new FormatError(`${key} in Redis is damaged: ${what}; end the training, and start it again`);
  if (into === undefined) {
    // before there is memory for as much as it says
    const expected = Math.ceil(Number(length) / PIECE) + 1;
    const fields = await redis.hlen(key);
    if (fields === 0) return undefined;
    if (fields !== expected) throw damaged(`its seal says ${show(length)} bytes, but it has ${fields - 1} pieces`);
  }
  const bytes = into ?? new Uint8Array(Number(length));
  if (bytes.length !== Number(length)) throw damaged(`expected ${bytes.length} bytes, got ${length}`);
  const fingerprint = new Fingerprint();
  const pieces = Math.ceil(bytes.length / PIECE);
  const underWay: Promise<Buffer | null>[] = [];
  for (let asked = 0, got = 0; got < pieces; ) {
    for (; asked < pieces && underWay.length < AHEAD; asked++) {
      const piece = redis.hgetBuffer(key, String(asked));
      piece.catch(() => {});
      underWay.push(piece);
    }
    const piece = await underWay.shift()!;
    const expected = Math.min(PIECE, bytes.length - got * PIECE);
    // deleted between seal and pieces
    if (piece === null && (await redis.exists(key)) === 0) return undefined;
    if (piece?.length !== expected)
      throw damaged(`piece ${got} expected ${expected} bytes, got ${piece?.length ?? "none"}`);
    fingerprint.addBytes(piece);
    bytes.set(piece, PIECE * got++);
    await yieldToEventLoop();
  }
  if (fingerprint.value !== checksum) throw damaged(`expected checksum ${checksum}, got ${fingerprint.value}`);
  return bytes;
}

/** Whether all of them are finite floats. */
export function areFiniteFloats(bytes: Uint8Array): boolean {
  const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (const number of numbers) if ((number & 0x7f800000) === 0x7f800000) return false;
  return true;
}
