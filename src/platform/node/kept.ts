// Makes one-shot streams, such as standard input, readable again: a temporary file keeps their bytes.

import type { Readable } from "node:stream";
import { CHUNK } from "./files.js";
import { openTemporary, type TemporaryFile } from "./temporary.js";

/** A stream whose handle may be unreferenced, as those of sockets and terminals, so that it does not keep the process alive. */
interface Held {
  stream: Readable & { ref?(): void; unref?(): void };
  file?: TemporaryFile;
}

/** Releases streams that their owners forgot to remove. */
const forgotten = new FinalizationRegistry<Held>((held) => void release(held).catch(() => {}));

/** A stream that can be read again: each pass reads the file, then continues with the stream. */
export class KeptStream {
  private readonly chunks: AsyncIterator<Uint8Array | string>;
  private readonly held: Held;
  private kept = 0;
  private isWhole = false;
  private isRemoved = false;
  private failure: { error: unknown } | undefined;
  /** the next chunk of the stream, shared by all passes that wait for it */
  private next: Promise<Uint8Array | undefined> | undefined;

  /** @param name for messages */
  constructor(
    stream: Readable,
    readonly name: string,
  ) {
    this.held = { stream };
    this.chunks = stream[Symbol.asyncIterator]();
    // the pass that reads the stream throws the error
    stream.on("error", () => {});
    forgotten.register(this, this.held);
  }

  /** Size in bytes; undefined before the stream has ended. */
  get size(): number | undefined {
    return this.isWhole ? this.kept : undefined;
  }

  /** A pass from the start, which may end early. @param onRead is called with the bytes read so far */
  async *read(onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; ) {
      const bytes = at < this.kept ? await this.fromFile(at) : await this.fromStream();
      if (bytes === undefined) return;
      at += bytes.length;
      onRead(at);
      yield bytes;
    }
  }

  /** Releases stream and file, also while a pass waits. */
  async remove(): Promise<void> {
    this.isRemoved = true;
    await release(this.held);
  }

  private fromFile(from: number): Promise<Uint8Array> {
    if (this.held.file === undefined) throw this.removed();
    return this.held.file.read(from, Math.min(from + CHUNK, this.kept));
  }

  private async fromStream(): Promise<Uint8Array | undefined> {
    if (this.failure) throw this.failure.error;
    if (this.isWhole) return undefined;
    this.next ??= this.advance().finally(() => {
      this.next = undefined;
    });
    return this.next;
  }

  /** Takes a chunk from the stream and appends it to the file; undefined at the end. */
  private async advance(): Promise<Uint8Array | undefined> {
    const { held } = this;
    // while nobody waits for it, the stream does not keep the process alive
    held.stream.ref?.();
    try {
      if (this.isRemoved) throw this.removed();
      held.file ??= await openTemporary("text");
      const { done, value } = await this.chunks.next();
      if (done) {
        this.isWhole = true;
        return undefined;
      }
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      await held.file.append(bytes);
      this.kept += bytes.length;
      return bytes;
    } catch (error) {
      // later passes cannot continue, either
      this.failure = { error: this.isRemoved ? this.removed() : error };
      if (this.isRemoved) await release(held);
      throw this.failure.error;
    } finally {
      held.stream.unref?.();
    }
  }

  private removed(): Error {
    return new Error(`${this.name} cannot be read any more: it was removed`);
  }
}

async function release(held: Held): Promise<void> {
  const { stream, file } = held;
  held.file = undefined;
  stream.destroy();
  await file?.remove();
}
