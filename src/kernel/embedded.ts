// Binaries as bundles embed them.

import { KernelError } from "./compile.js";

/** The bytes of a binary that is embedded in base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/**
 * The bytes of a binary that is embedded compressed: base64 hides from the page's own compression what repeats.
 * @param remedy what else can be done, for the error
 * @throws KernelError if this engine cannot decompress
 */
export async function unpack(base64: string, remedy = ""): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof DecompressionStream === "undefined")
    throw new KernelError(
      `cannot unpack the kernel: this engine has no DecompressionStream; use Node 18, Bun 1.3.3, Chromium 80, Firefox 113, Safari 16.4 or later${remedy}`,
    );
  const stream = new Blob([fromBase64(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  // not by the stream's iterator, which Safari lacks, nor by a Response, which takes Node 20 ms to load
  const reader = stream.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
  }
}
