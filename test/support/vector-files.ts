// Bytes of vector files, and what must be true of what is read from them.

import { expect } from "vitest";
import type { VectorRows } from "../../src/format/rows";

export const utf8 = (text: string) => new TextEncoder().encode(text);
export const concat = (chunks: Iterable<Uint8Array>) => Buffer.concat([...chunks]);

/** Each row: its word, then its numbers. */
export const rowsOf = ({ words, matrix, stride, dim }: VectorRows) =>
  words.map((word, i) => [word, ...matrix.subarray(i * stride, i * stride + dim)]);

export function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The header of a .npy file. */
export function npy(descr: string, shape: string, order = "False") {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1"), utf8(`${header.padEnd(117)}\n`)]);
}

/** What lenient reading promises of its result, and strict reading as well. */
export function expectSound({ words, dim, matrix, stride }: VectorRows) {
  expect(new Set(words).size).toBe(words.length);
  expect(words).not.toContain("");
  for (let row = 0; row < words.length; row++)
    expect(matrix.subarray(row * stride, row * stride + dim).every(Number.isFinite)).toBe(true);
}
