import { LARGE, type Place } from "./pieces.js";
import type { BytesRead } from "./source.js";

/** A large blob, such as a file in a page, whose parts other threads read themselves. @param read is updated with the progress */
export function blobPlace(blob: Blob, read: BytesRead): Place | undefined {
  // Node aborts when a worker reads a part of fs.openAsBlob, and Deno cannot post blobs to workers
  if (blob.size < LARGE || "process" in globalThis || "Deno" in globalThis) return undefined;
  return {
    size: blob.size,
    read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
    part(from, to) {
      read.bytes = to;
      return blob.slice(from, to);
    },
    async close() {},
  };
}
