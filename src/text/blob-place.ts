import { LARGE, type Place } from "./pieces.js";
import type { BytesRead } from "./source.js";

/** A large blob, such as a file of a page, whose parts other threads of it read themselves. @param read kept up to date */
export function blobPlace(blob: Blob, read: BytesRead): Place | undefined {
  // Node ends without a word where a worker reads a part of fs.openAsBlob, and Deno sends no blobs
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
