// Taking WebAssembly memory, and handing out addresses in it.

import { advance, type Ptr } from "./kernel.js";

/** Bytes of a WebAssembly page, and the pages that 32-bit addresses reach. */
const PAGE = 65_536;
export const MAX_PAGES = 65_536;

/** The first address, so that 0 is never one. */
const START = 1024 as Ptr;

/** Hands out addresses one after the other. */
export class Allocator {
  constructor(public end: Ptr = START) {}

  take(bytes: number): Ptr {
    const start = this.end;
    this.end = advance(start, Math.ceil(bytes / 64) * 64);
    return start;
  }
}

/** Bytes of a row of dim floats: whole vectors. */
export function rowStride(dim: number): number {
  return Math.ceil(dim / 4) * 16;
}

/** The remedy for who trains. */
const TRAIN_LESS = "lower dim or raise minCount";

/** @param remedy what asks for less @throws RangeError if it does not fit into 4 GB, or the machine does not give it */
export function allocate(bytes: number, shared: boolean, what: string, remedy = TRAIN_LESS): WebAssembly.Memory {
  return take(bytes, `${what} needs ${sizeOf(bytes)}`, remedy, (pages) => {
    return new WebAssembly.Memory({ initial: pages, maximum: shared ? pages : MAX_PAGES, shared });
  });
}

/** Lets an unshared memory have at least so many bytes. @throws RangeError as allocate */
export function growTo(memory: WebAssembly.Memory, bytes: number, what: string, remedy = TRAIN_LESS): void {
  take(bytes, `${what} needs ${sizeOf(bytes)}`, remedy, (pages) => {
    const more = pages - memory.buffer.byteLength / PAGE;
    if (more > 0) memory.grow(more);
  });
}

function take<T>(bytes: number, what: string, remedy: string, from: (pages: number) => T): T {
  const pages = Math.ceil(bytes / PAGE);
  if (pages > MAX_PAGES) throw new RangeError(`${what}, WebAssembly memory ends at 4 GB: ${remedy}`);
  try {
    return from(pages);
  } catch (cause) {
    throw new RangeError(`${what}, which this machine did not give: ${remedy}`, { cause });
  }
}

/** Bytes as people read them: "9.2 MB". */
export function sizeOf(bytes: number): string {
  const megabytes = bytes / 2 ** 20;
  return megabytes < 1024 ? `${megabytes.toFixed(1)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}
