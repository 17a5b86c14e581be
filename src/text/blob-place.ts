import { LARGE, type Place } from "./pieces.js";
import type { BytesRead } from "./source.js";

/** A large blob, such as a file of a page, whose parts other threads read themselves. @param read kept up to date */
export function blobPlace(blob: Blob, read: BytesRead): Place | undefined {
  if (blob.size < LARGE) return undefined;
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
