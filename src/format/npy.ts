// NumPy's .npy: "\x93NUMPY", version, length of the header, a Python dictionary, the numbers. Words are in a separate file.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import type { ByteReader } from "./bytes.js";
import { fromHalf } from "./half.js";
import { type RowOptions, RowSink, rowsOf, type VectorRows } from "./rows.js";

export const NPY_MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** Bytes of the longest header. */
const HEADER_LIMIT = 65_536;

const READERS: Record<string, { size: number; read: (view: DataView, at: number) => number }> = {
  "<f4": { size: 4, read: (view, at) => view.getFloat32(at, true) },
  "<f8": { size: 8, read: (view, at) => Math.fround(view.getFloat64(at, true)) },
  "<f2": { size: 2, read: (view, at) => fromHalf(view.getUint16(at, true)) },
};

/** @param words of the rows @throws FormatError unless the array is a matrix of floats in C order */
export async function readNpy(bytes: ByteReader, options: RowOptions, words: readonly string[]): Promise<VectorRows> {
  const fail = (what: string) => new FormatError(`${options.name}: ${what}`);
  if (!(await bytes.fill(12))) throw fail("the file ends within the header of .npy");
  const view = (length: number) => new DataView(bytes.unread.buffer, bytes.unread.byteOffset, length);
  const major = bytes.unread[6];
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? view(12).getUint16(8, true) : view(12).getUint32(8, true);
  if (length > HEADER_LIMIT || !(await bytes.fill(start + length)))
    throw fail(`the header should have ${length} bytes: cut off, or not a .npy file`);
  const header = new TextDecoder("latin1").decode(bytes.unread.subarray(start, start + length));
  const [, descr] = /'descr':\s*'([^']*)'/.exec(header) ?? [];
  const [, rows, dim] = (/'shape':\s*\((\d+),\s*(\d+)\)/.exec(header) ?? []).map(Number);
  const number = READERS[descr];
  if (number === undefined)
    throw fail(`expected floats (${Object.keys(READERS).join(", ")}), got ${show(descr ?? header.trim())}`);
  if (!/'fortran_order':\s*False/.test(header))
    throw fail("expected rows one after the other (fortran_order False): save numpy.ascontiguousarray(matrix)");
  if (!(dim >= 1) || dim > 2 ** 24) throw fail(`expected a matrix, shape (rows, dim), got ${show(header.trim())}`);
  if (rows !== words.length) throw fail(`has ${rows} rows for ${words.length} words`);
  bytes.skip(start + length);
  // read the first row before allocating, because the header may claim anything
  if (rows > 0 && !(await bytes.fill(dim * number.size)))
    throw fail(`row 1 expected ${dim} numbers, file ends after ${bytes.unread.length} bytes of it`);
  const sink = new RowSink(dim, rows, options);
  while (sink.row < rows && !sink.isFull) {
    sink.begin(words[sink.row]);
    if (!(await bytes.fill(dim * number.size))) throw sink.fail(`expected ${dim} floats`, "file ends");
    const vector = sink.vector();
    const data = view(dim * number.size);
    for (let d = 0; d < dim; d++) vector[d] = number.read(data, d * number.size);
    sink.end();
    bytes.skip(dim * number.size);
  }
  if (sink.row === rows && (await bytes.fill(1))) throw fail(`goes on after its ${rows} rows`);
  return sink.finish();
}

export function* writeNpy(rows: VectorRows): Generator<Uint8Array<ArrayBuffer>> {
  const { words, dim } = rows;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${words.length}, ${dim}), }`;
  // numbers begin at a multiple of 64 bytes
  const padding = 64 - ((10 + dictionary.length + 1) % 64);
  const header = new TextEncoder().encode(`${dictionary}${" ".repeat(padding % 64)}\n`);
  const start = new Uint8Array(10);
  start.set(NPY_MAGIC);
  start.set([1, 0, header.length & 255, header.length >> 8], 6);
  yield start;
  yield header;
  for (const vector of rowsOf(rows)) yield new Uint8Array(vector.slice().buffer);
}
