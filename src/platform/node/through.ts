import { PassThrough, Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What a stream of Node makes of bytes. Errors of the bytes and of the stream are thrown; both are let go where the reader leaves early. */
export async function* through(parts: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const out = new PassThrough();
  // an error of any of them destroys the last, and so reaches its reader
  pipeline(Readable.from(parts), transform, out).catch(() => {});
  try {
    yield* out;
  } finally {
    out.destroy();
  }
}
