// The platform of a training: what differs between Node and pages, and whether threads can share memory.

import { takesSharedMemory } from "../kernel/engines/wasm.js";
import type { Corpus } from "../text/corpus.js";
import type { SpoolFile } from "../text/spool.js";
import type { TokenizeOptions } from "../text/tokenize.js";
import type { Machine } from "./machine.js";
import type { ObjectiveMaker } from "./objective.js";
import type { ResolvedOptions } from "./train-options.js";

/** What the facade knows of where it runs. */
export interface Platform<Source> extends Machine {
  toCorpus(source: Source, onWarning?: (message: string) => unknown): Corpus;
  fetchBytes?(url: URL | string): Promise<Uint8Array<ArrayBuffer>>;
  openSpool(): Promise<SpoolFile>;
  /** Bytes of numbers of words that are held in memory before that file begins. */
  spoolMemory: number;
  /**
   * Makes models whose blocks lie in files, or are trained by a cluster. None in pages.
   * @param corpus that is to be counted and trained on; undefined: of a model that is loaded
   * @throws RangeError for a corpus that cannot be read elsewhere
   */
  makerElsewhere?(options: ResolvedOptions, corpus?: Corpus): Promise<ObjectiveMaker>;
  /** Lines of a text file with labels among their words, as tokens; none where there are no files. */
  labelledFile?(path: string | URL, tokenize: TokenizeOptions, onWarning?: (message: string) => unknown): Corpus;
  /** Writes a file whole or not at all; none where there are no files. */
  writeFile?(path: string | URL, chunks: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Whether workers can share memory with this thread: a page must be cross-origin isolated. */
export function canShare({ worker, wasm }: Pick<ResolvedOptions, "worker" | "wasm">): boolean {
  if (!worker) return false;
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) return false;
  return wasm instanceof WebAssembly.Module ? takesSharedMemory(wasm) : true;
}
