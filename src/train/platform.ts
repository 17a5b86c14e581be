// The platform of a training: what differs between Node and pages, and whether threads can share memory.

import type { Channel } from "../base/link.js";
import { takesSharedMemory } from "../kernel/engines/wasm.js";
import type { KernelName } from "../kernel/kernel.js";
import type { Corpus } from "../text/corpus.js";
import type { SpoolFile } from "../text/spool.js";
import type { ResolvedOptions } from "./train-options.js";

/** What the facade knows of where it runs. */
export interface Platform<Source> {
  toCorpus(source: Source, onWarning?: (message: string) => unknown): Corpus;
  /** A worker, which reads or trains as its first message says. @param kernel by which it trains, if it does */
  spawn(kernel?: KernelName): Channel;
  /** Threads that the machine runs at once. */
  cores(): number;
  fetchBytes?(url: URL | string): Promise<Uint8Array<ArrayBuffer>>;
  openSpool(): Promise<SpoolFile>;
  /** Bytes of numbers of words that are held in memory before that file begins. */
  spoolMemory: number;
  /** Writes a file whole or not at all; none where there are no files. */
  writeFile?(path: string | URL, chunks: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Whether workers can share memory with this thread: a page must be cross-origin isolated. */
export function canShare({ worker, wasm }: Pick<ResolvedOptions, "worker" | "wasm">): boolean {
  if (!worker) return false;
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) return false;
  return wasm instanceof WebAssembly.Module ? takesSharedMemory(wasm) : true;
}
