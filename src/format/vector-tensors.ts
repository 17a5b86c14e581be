// Vectors in safetensors: "words" (UTF-8, a word a line), "vectors" (rows × dim; F32, F16, or I8 with a factor for each row in "scales").
// The reader also accepts the vectors of a saved model, "words" (JSON) and "inputs".

import { checkOneOf, show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.js";
import type { ByteReader } from "./bytes.js";
import { fromHalf, toHalf } from "./half.js";
import { type RowOptions, RowSink, rowsOf, type VectorRows } from "./rows.js";
import { MODEL, parseSafetensorsHeader, safetensorsHeader, type TensorPlace, type TensorShape } from "./safetensors.js";

export type Precision = "F32" | "F16" | "I8";

/** Bytes of the longest header that safetensors permits. */
const HEADER_LIMIT = 100_000_000;

/** How rows of each precision are read. scale is 1 except for I8. */
const READERS: Record<Precision, { size: number; read: (view: DataView, at: number) => number }> = {
  F32: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { size: 2, read: (view, at) => fromHalf(view.getUint16(at, true)) },
  I8: { size: 1, read: (view, at) => view.getInt8(at) },
};

/** Files of ours without vectors, by the format in their header. */
const OTHERS: Record<string, string> = {
  "wasm2vec.network": "a network: HiddenLayerNetwork.load reads it",
  "wasm2vec.checkpoint": "a checkpoint of version 2: load it with loadModel",
};

/** Tensor names shown in messages. */
const SHOWN = 3;

/**
 * Tensors may come in any order as long as words and scales come before vectors; others are skipped.
 * @param words of the rows, for files without a tensor of words
 * @throws FormatError naming what is missing or does not fit
 */
export async function readVectorTensors(
  bytes: ByteReader,
  options: RowOptions,
  words?: readonly string[],
): Promise<VectorRows> {
  const fail = (what: string) => new FormatError(`${options.name}: ${what}`);
  const { tensors: entries, isModel } = await readEntries(bytes, options.name);
  const matrix = isModel ? "inputs" : "vectors";
  let at = 0;
  let names = words;
  let scales: Float32Array | undefined;
  for (const entry of entries) {
    const { name: tensor, dtype, from, to } = entry;
    if (from < at) throw fail(`tensor ${show(tensor)} begins before the one before it ends`);
    if (!(await skip(bytes, from - at))) throw fail(`cut off before tensor ${show(tensor)}`);
    at = to;
    if (tensor === matrix) {
      if (isModel && entry.shape[0] === 0)
        throw fail(
          'the rows lie in files beside it: name an output for the command of its training, or give loadModel "blocks"',
        );
      if (names === undefined) throw fail('no tensor "words" before "vectors": name a file of words, one a line');
      return await readMatrix(bytes, entry, names, scales, options);
    }
    const isWanted = tensor === "words" || tensor === "scales";
    if (!(isWanted ? await bytes.fill(to - from) : await skip(bytes, to - from)))
      throw fail(`cut off within tensor ${show(tensor)}`);
    if (!isWanted) continue;
    const data = bytes.unread.slice(0, to - from);
    bytes.skip(to - from);
    if (tensor === "words") {
      if (words !== undefined) throw fail("holds its own words: leave out the list of words");
      names = isModel ? parseWords(data, options.name) : decodeUtf8(data).split("\n");
    } else if (dtype === "F32") scales = new Float32Array(data.buffer);
  }
  throw fail(`no tensor ${show(matrix)}`);
}

function parseWords(data: Uint8Array, name: string): string[] {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch (cause) {
    throw new FormatError(`${name}: tensor "words" of a model expected a JSON array: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The tensors of a file that contains vectors. */
async function readEntries(bytes: ByteReader, name: string): Promise<{ tensors: TensorPlace[]; isModel: boolean }> {
  const fail = (what: string) => new FormatError(`${name}: ${what}`);
  if (!(await bytes.fill(8))) throw fail("the file ends within the header: not a safetensors file");
  const headerBytes = Number(new DataView(bytes.unread.slice(0, 8).buffer).getBigUint64(0, true));
  if (headerBytes > HEADER_LIMIT || !(await bytes.fill(8 + headerBytes)))
    throw fail(`the header should have ${headerBytes} bytes: cut off, or not a safetensors file`);
  const header = bytes.unread.subarray(8, 8 + headerBytes);
  const { tensors, metadata } = parseSafetensorsHeader(header, name, ["words", "scales", "vectors", "inputs"]);
  bytes.skip(8 + headerBytes);
  if (Object.hasOwn(OTHERS, metadata.format)) throw fail(`expected vectors, got ${OTHERS[metadata.format]}`);
  const isModel = metadata.format === MODEL;
  if (!isModel && !tensors.some((tensor) => tensor.name === "vectors")) {
    const names = tensors.slice(0, SHOWN).map((tensor) => show(tensor.name));
    const more = tensors.length > SHOWN ? ` and ${tensors.length - SHOWN} more` : "";
    throw fail(
      `expected a tensor "vectors", got ${names.join(", ") || "none"}${more}: a safetensors file of another program; ` +
        'name its matrix "vectors", or save that with numpy.save, and its words in a file of their own',
    );
  }
  return { tensors, isModel };
}

async function readMatrix(
  bytes: ByteReader,
  { dtype, shape }: TensorPlace,
  names: readonly string[],
  scales: Float32Array | undefined,
  options: RowOptions,
): Promise<VectorRows> {
  const fail = (what: string) => new FormatError(`${options.name}: ${what}`);
  const number = READERS[dtype as Precision];
  if (number === undefined)
    throw fail(`tensor "vectors" expected dtype ${Object.keys(READERS).join(", ")}, got ${show(dtype)}`);
  const [rows, dim] = shape;
  if (shape.length !== 2 || !(dim >= 1))
    throw fail(`tensor "vectors" expected shape [rows, dim], got [${shape.join(", ")}]`);
  if (names.length !== rows) throw fail(`has ${rows} rows for ${names.length} words`);
  if (dtype === "I8" && scales?.length !== rows)
    throw fail(`expected ${rows} scales before "vectors" of I8, got ${scales?.length ?? "none"}`);
  // read the first row before allocating, because the header may claim anything
  if (rows > 0 && !(await bytes.fill(dim * number.size)))
    throw fail(`row 1 expected ${dim} numbers, file ends after ${bytes.unread.length} bytes of it`);
  const sink = new RowSink(dim, rows, options);
  while (sink.row < rows && !sink.isFull) {
    const { row } = sink;
    sink.begin(names[row]);
    if (!(await bytes.fill(dim * number.size))) throw sink.fail(`expected ${dim} numbers`, "file ends");
    const vector = sink.vector();
    const data = new DataView(bytes.unread.buffer, bytes.unread.byteOffset, dim * number.size);
    const scale = dtype === "I8" ? scales![row] : 1;
    for (let d = 0; d < dim; d++) vector[d] = scale * number.read(data, d * number.size);
    sink.end();
    bytes.skip(dim * number.size);
  }
  return sink.finish();
}

async function skip(bytes: ByteReader, count: number): Promise<boolean> {
  for (let left = count; left > 0; ) {
    if (!(await bytes.fill(1))) return false;
    const step = Math.min(left, bytes.unread.length);
    bytes.skip(step);
    left -= step;
  }
  return true;
}

/** @throws RangeError for a number beyond float16 */
export function* writeVectorTensors(rows: VectorRows, precision: Precision): Generator<Uint8Array<ArrayBuffer>> {
  checkOneOf("precision", precision, ["F32", "F16", "I8"]);
  const { words, dim } = rows;
  const list = encodeUtf8(words.join("\n"));
  const scales = precision === "I8" ? scalesOf(rows) : undefined;
  const tensors: TensorShape[] = [
    ...(scales ? [{ name: "scales", dtype: "F32" as const, shape: [words.length] }] : []),
    { name: "words", dtype: "U8", shape: [list.length] },
    { name: "vectors", dtype: precision, shape: [words.length, dim] },
  ];
  yield safetensorsHeader(tensors, { format: "wasm2vec vectors", version: "1" });
  if (scales) yield new Uint8Array(scales.buffer);
  yield list;
  let row = 0;
  for (const vector of rowsOf(rows)) {
    if (precision === "F32") yield new Uint8Array(vector.slice().buffer);
    else if (precision === "F16") yield halves(vector, words[row]);
    else {
      const scale = scales![row];
      yield new Uint8Array(Int8Array.from(vector, (x) => (scale > 0 ? Math.round(x / scale) : 0)).buffer);
    }
    row++;
  }
}

/** A pass over the rows. */
function scalesOf(rows: VectorRows): Float32Array<ArrayBuffer> {
  const scales = new Float32Array(rows.words.length);
  let row = 0;
  for (const vector of rowsOf(rows)) scales[row++] = scaleOf(vector);
  return scales;
}

/** The value of one step of an int8: the largest number ÷ 127. */
function scaleOf(vector: Float32Array): number {
  return Math.fround(vector.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127);
}

function halves(vector: Float32Array, word: string): Uint8Array<ArrayBuffer> {
  const beyond = vector.findIndex((x) => Math.abs(x) >= 65_520);
  if (beyond >= 0)
    throw new RangeError(
      `word ${show(word)}: number ${beyond + 1} is ${vector[beyond]}, which float16 cannot hold: use "safetensors"`,
    );
  return new Uint8Array(Uint16Array.from(vector, toHalf).buffer);
}
