// safetensors: { bytes of the header u64 } { header, JSON } { data }: named tensors, and strings about them.
// Format by Hugging Face, https://github.com/huggingface/safetensors; docs/formats.md.

import { FormatError } from "../math/error.js";

export interface Tensor {
  name: string;
  shape: readonly number[];
  /** in row order */
  data: Float32Array;
}

/** The header's entry of a tensor. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Writes float32 tensors one after the other. */
export function writeSafetensors(
  tensors: readonly Tensor[],
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + data.length * 4] };
    end += data.length * 4;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // blanks to a multiple of 8, so that the data is aligned
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(32, 8, start);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let at = start;
  for (const { data } of tensors) {
    for (let i = 0; i < data.length; i++, at += 4) view.setFloat32(at, data[i], true);
  }
  return bytes;
}

/** @throws FormatError naming what is wrong; tensors of other types than F32 are refused */
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
    const { shape, from, length } = checkEntry(key, entry, bytes.length - start, fail);
    const data = new Float32Array(length);
    for (let i = 0; i < length; i++) data[i] = view.getFloat32(start + from + i * 4, true);
    tensors.set(key, { name: key, shape, data });
  }
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
  const tensor = `tensor ${JSON.stringify(key)}`;
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Entry;
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (dtype !== "F32") fail(`${tensor} expected dtype "F32", got ${JSON.stringify(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isCount)) fail(`${tensor} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    fail(`${tensor} has no valid data_offsets`);
  const [from, to] = offsets;
  const length = shape.reduce((a, b) => a * b, 1);
  if (to < from || to > available)
    fail(`${tensor} lies at bytes ${from} to ${to} of the data, which has ${available}: cut off?`);
  if (to - from !== length * 4)
    fail(`${tensor} of shape [${shape.join(", ")}] expected ${length * 4} bytes, got ${to - from}`);
  return { shape, from, length };
}
