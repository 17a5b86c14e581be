// The scalar, SIMD and relaxed-SIMD binaries.

import { instantiateSync } from "@assemblyscript/loader";
import { Abi } from "../../../assembly/params.js";
import simd from "../../../build/simd.wasm.gz";
import { show } from "../../base/check.js";
import { checkAbi, compileWasm, KernelError, linkWasm } from "../compile.js";
import { unpack } from "../embedded.js";
import type { KernelName, Ptr, QueryKernel, Trainer } from "../kernel.js";

/** A binary instead of the embedded one: its bytes, compiled, or where to fetch it. */
export type WasmSource = ArrayBufferView | ArrayBufferLike | WebAssembly.Module | URL | string;

/** The embedded binaries, compressed, in base64. Only the default one is in the bundle itself; a page that asks for another loads it then. */
const embedded: Record<"simd" | "relaxed" | "scalar", () => Promise<{ default: string }>> = {
  simd: async () => ({ default: simd }),
  relaxed: () => import("../../../build/relaxed.wasm.gz"),
  scalar: () => import("../../../build/scalar.wasm.gz"),
};

/** Whether a kernel is WebAssembly. */
export function isWasm(name: KernelName): name is keyof typeof embedded {
  return name in embedded;
}

/** The functions that assembly/index.ts exports; pointers are i32. */
type Exports = Omit<Trainer & QueryKernel, "name" | "allFinite" | "fork"> & {
  allFinite(start: number, bytes: number): number;
};

const UNPACKED = ', or pass "wasm", the bytes or the URL of build/simd.wasm';

/**
 * Compiles the kernel for a shared or an unshared memory.
 * @throws KernelError if this engine or a policy refuses it, or it was built for another ABI
 */
export async function compile(
  name: keyof typeof embedded,
  shared: boolean,
  source?: WasmSource,
  fetchBytes: (url: URL | string) => Promise<Uint8Array<ArrayBuffer>> = fetchWasm,
): Promise<WebAssembly.Module> {
  const module =
    source instanceof WebAssembly.Module
      ? source
      : await compileWasm(
          name,
          withSharing(
            source === undefined
              ? await unpack((await embedded[name]()).default, UNPACKED)
              : await bytesOf(source, fetchBytes),
            shared,
          ),
        );
  checkAbi(name, linkWasm(name, module, smallMemory(shared)), Abi.version, ', or leave "wasm" out');
  return module;
}

/** @throws KernelError if a policy forbids it; LinkError for the other kind of memory */
export function instantiate(
  name: KernelName,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Trainer & QueryKernel {
  const exports = linkWasm<Exports>(name, module, memory);
  return {
    name,
    train: exports.train,
    // an address comes as an i32
    sortPairs: (params, length) => (exports.sortPairs(params, length) >>> 0) as Ptr,
    trainCell: exports.trainCell,
    composeCell: exports.composeCell,
    learntRows: exports.learntRows,
    spreadRows: exports.spreadRows,
    allFinite: (start, bytes) => exports.allFinite(start, bytes) !== 0,
    scores: exports.scores,
    norms: exports.norms,
    encodeRows: exports.encodeRows,
    boundRows: exports.boundRows,
    fork: (other) => instantiate(name, module, other),
  };
}

/** A memory that a kernel can be linked with, to ask it something. */
function smallMemory(shared: boolean): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
}

/** Whether a compiled module can be linked with a shared memory; only its bytes could be changed. */
export function takesSharedMemory(module: WebAssembly.Module): boolean {
  try {
    instantiateSync(module, { env: { memory: smallMemory(true) } });
    return true;
  } catch {
    return false;
  }
}

/**
 * The binary with its memory import declared shared or unshared: the two differ in one bit, bit 1 of the limits' flags
 * (WebAssembly core specification 5.3.8; threads proposal), since no kernel uses atomic instructions.
 */
export function withSharing(bytes: Uint8Array<ArrayBuffer>, shared: boolean): Uint8Array<ArrayBuffer> {
  const flags = memoryFlagsOffset(bytes);
  const copy = bytes.slice();
  copy[flags] = shared ? copy[flags] | 2 : copy[flags] & ~2;
  return copy;
}

/** Finds the flags of env.memory, the only import: section 2 of (id, size, content), an import of (module, name, kind, flags). */
function memoryFlagsOffset(bytes: Uint8Array): number {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const skipName = () => {
    const length = number();
    at += length;
  };
  if (new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0) !== 0x0061736d)
    throw new KernelError(
      '"wasm" is not WebAssembly: it does not start with 00 61 73 6d; was a web page served instead?',
    );
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = number();
    if (id !== 2) {
      at += size;
      continue;
    }
    if (number() === 1) {
      skipName();
      skipName();
      if (bytes[at] === 2) return at + 1;
    }
    break;
  }
  throw new KernelError('"wasm" is not a wasm2vec kernel: it does not import just env.memory');
}

async function bytesOf(
  source: ArrayBufferView | ArrayBufferLike | URL | string,
  fetchBytes: (url: URL | string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source === "string" || source instanceof URL) return fetchBytes(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  const shared = typeof SharedArrayBuffer !== "undefined" && source instanceof SharedArrayBuffer;
  if (source instanceof ArrayBuffer || shared) return new Uint8Array(source).slice();
  throw new TypeError(`"wasm" expected bytes, a WebAssembly.Module or a URL, got ${show(source)}`);
}

/** The default way to get a kernel from a URL. */
export async function fetchWasm(url: URL | string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`cannot fetch the kernel ${url}: HTTP ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
