// safetensors: { length of the header u64 } { header, JSON } { data }: named tensors, and strings as metadata.
// Format by Hugging Face, https://github.com/huggingface/safetensors; docs/formats.md.

import { FormatError } from "../base/errors.js";

/** The format's number types that are supported here; float16 as its bits. */
const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  F16: Uint16Array,
  U32: Uint32Array,
  U8: Uint8Array,
  I8: Int8Array,
};
/** What the header of our models and checkpoints names as their format. */
export const MODEL = "wasm2vec.model";

export type DType = keyof typeof ARRAYS;

export interface TensorShape {
  name: string;
  dtype: DType;
  shape: readonly number[];
}

export interface Tensor extends TensorShape {
  /** in row order, little-endian, like all machines that run WebAssembly */
  data: InstanceType<(typeof ARRAYS)[DType]>;
}

/** The header's entry of a tensor. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** The header of a file. The data of the tensors follows in their order, without gaps. */
export function safetensorsHeader(
  tensors: readonly TensorShape[],
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const start = end;
    end += shape.reduce((a, b) => a * b, 1) * ARRAYS[dtype].BYTES_PER_ELEMENT;
    header[name] = { dtype, shape, data_offsets: [start, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // spaces pad the header to a multiple of 8, so that the data is aligned
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(32);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return bytes;
}

/** A whole file. */
export function writeSafetensors(
  tensors: readonly Tensor[],
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const pieces = [
    safetensorsHeader(tensors, metadata),
    ...tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * The tensors of a whole file: views of its bytes if these are aligned, as in our own files, else copies.
 * @throws FormatError naming what is wrong; tensors of unsupported types are refused
 */
export function readSafetensors(
  bytes: Uint8Array,
  name = "safetensors",
): { tensors: Map<string, Tensor>; metadata: Record<string, string> } {
  const fail = (what: string): never => {
    throw new FormatError(`${name}: ${what}`);
  };
  if (bytes.length < 8) fail(`expected at least 8 bytes, got ${bytes.length}: not a safetensors file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(bytes.length - 8))
    fail(`the header should have ${headerBytes} bytes, ${bytes.length - 8} follow: cut off, or not a safetensors file`);
  const start = 8 + Number(headerBytes);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, start), fail);
  const tensors = new Map<string, Tensor>();
  for (const [key, entry] of Object.entries(entries)) {
    const { dtype, shape, from, to } = checkEntry(key, entry, bytes.length - start, fail);
    tensors.set(key, {
      name: key,
      dtype,
      shape,
      data: viewOf(dtype, bytes.subarray(start + from, start + to)),
    });
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function viewOf(dtype: DType, bytes: Uint8Array): Tensor["data"] {
  const size = ARRAYS[dtype].BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new ARRAYS[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.length / size);
}

/** A tensor of a file that is read as a stream, and the place of its data. */
export interface TensorPlace {
  name: string;
  /** Any type of the format. */
  dtype: string;
  shape: number[];
  from: number;
  to: number;
}

/**
 * A header, for files that are read as a stream: its metadata, and its tensors in the order of their data.
 * @param wanted tensors whose type must be supported
 * @throws FormatError
 */
export function parseSafetensorsHeader(
  json: Uint8Array,
  name: string,
  wanted: readonly string[],
): { tensors: TensorPlace[]; metadata: Record<string, string> } {
  const fail = (what: string): never => {
    throw new FormatError(`${name}: ${what}`);
  };
  const { __metadata__: metadata = {}, ...entries } = parseHeader(json, fail);
  const tensors = Object.entries(entries)
    .map(([key, entry]) => ({
      name: key,
      ...(wanted.includes(key) ? checkEntry : checkPlace)(key, entry, Number.MAX_SAFE_INTEGER, fail),
    }))
    .sort((a, b) => a.from - b.from);
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(json: Uint8Array, fail: (what: string) => never): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (error) {
    fail(`the header is not JSON: ${(error as Error).message}`);
  }
  if (header === null || typeof header !== "object" || Array.isArray(header)) fail("the header is not a JSON object");
  const { __metadata__: metadata } = header as Record<string, unknown>;
  const isMap = metadata !== null && typeof metadata === "object";
  if (metadata !== undefined && !(isMap && Object.values(metadata).every((value) => typeof value === "string")))
    fail("__metadata__ expected strings");
  return header as Record<string, unknown>;
}

function checkEntry(key: string, entry: unknown, available: number, fail: (what: string) => never) {
  const { dtype, shape, from, to } = checkPlace(key, entry, available, fail);
  const tensor = `tensor ${JSON.stringify(key)}`;
  if (!Object.hasOwn(ARRAYS, dtype))
    fail(`${tensor} expected dtype ${Object.keys(ARRAYS).join(", ")}, got ${JSON.stringify(dtype)}`);
  const size = shape.reduce((a, b) => a * b, ARRAYS[dtype as DType].BYTES_PER_ELEMENT);
  if (to - from !== size) fail(`${tensor} of shape [${shape.join(", ")}] expected ${size} bytes, got ${to - from}`);
  return { dtype: dtype as DType, shape, from, to };
}

function checkPlace(key: string, entry: unknown, available: number, fail: (what: string) => never) {
  const tensor = `tensor ${JSON.stringify(key)}`;
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Entry;
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount)) fail(`${tensor} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    fail(`${tensor} has no valid data_offsets`);
  const [from, to] = offsets;
  if (to < from || to > available)
    fail(`${tensor} lies at bytes ${from} to ${to} of the data, which has ${available}: cut off?`);
  return { dtype, shape, from, to };
}
