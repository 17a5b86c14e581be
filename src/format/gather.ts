// Collects many small pieces of bytes into chunks of some hundred kilobytes.

/** Bytes of a chunk. */
const CHUNK = 262_144;

export function* gathered(parts: Iterable<Uint8Array>): Generator<Uint8Array<ArrayBuffer>> {
  let chunk = new Chunk();
  for (const part of parts) {
    chunk.add(part);
    if (chunk.length < CHUNK) continue;
    yield chunk.take();
    chunk = new Chunk();
  }
  if (chunk.length > 0) yield chunk.take();
}

/** A growing array of bytes. */
class Chunk {
  length = 0;
  private bytes = new Uint8Array(CHUNK + 65_536);

  add(part: Uint8Array): void {
    if (this.length + part.length > this.bytes.length) {
      const larger = new Uint8Array(2 * (this.length + part.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}
