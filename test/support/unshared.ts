// Kernels for memory that no thread shares, as on a page that is not cross-origin isolated: workers then have memories of their own.

import { readFileSync } from "node:fs";

/** A module that is linked with unshared memory only. */
export function unshared(kernel: "simd" | "scalar" | "relaxed" = "simd"): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(`../../build/${kernel}.wasm`, import.meta.url)));
}

/** As on a page that is not cross-origin isolated. */
export async function withoutSharedMemory<T>(act: () => Promise<T>): Promise<T> {
  const { SharedArrayBuffer: shared } = globalThis;
  Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  return act().finally(() => Object.assign(globalThis, { SharedArrayBuffer: shared }));
}
