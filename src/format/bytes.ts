// Reads a stream of chunks as if it were one array.

/** Reads bytes in order, whatever the chunks. Holds the requested bytes that are not skipped yet, and the rest of their chunk. */
export class ByteReader {
  private readonly iterator: AsyncGenerator<Uint8Array>;
  private buffer = new Uint8Array(65_536);
  private start = 0;
  private end = 0;

  constructor(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
    this.iterator = iterate(chunks);
  }

  /** Bytes read from the stream and not skipped. Valid until the next call. */
  get unread(): Uint8Array {
    return this.buffer.subarray(this.start, this.end);
  }

  skip(count: number): void {
    this.start += count;
  }

  /** Reads until `unread` has `count` bytes; false if the stream ends before. */
  async fill(count: number): Promise<boolean> {
    while (this.end - this.start < count) if (!(await this.more())) return false;
    return true;
  }

  /** Offset of the first such byte among the next `limit` bytes, or −1. Reads as far as needed. */
  async indexOf(byte: number, limit: number): Promise<number> {
    for (let from = 0; ; ) {
      const at = this.unread.indexOf(byte, from);
      if (at >= 0) return at < limit ? at : -1;
      from = this.end - this.start;
      if (from >= limit || !(await this.more())) return -1;
    }
  }

  /** Cancels the stream. */
  async close(): Promise<void> {
    await this.iterator.return(undefined);
  }

  private async more(): Promise<boolean> {
    const { done, value } = await this.iterator.next();
    if (done) return false;
    this.makeRoom(value.length);
    this.buffer.set(value, this.end);
    this.end += value.length;
    return true;
  }

  private makeRoom(count: number): void {
    if (this.end + count <= this.buffer.length) return;
    const { unread } = this;
    if (2 * (unread.length + count) > this.buffer.length) this.buffer = new Uint8Array(2 * (unread.length + count));
    this.buffer.set(unread);
    this.start = 0;
    this.end = unread.length;
  }
}

async function* iterate(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
