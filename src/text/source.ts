// Where the bytes of a text come from: iterables, streams, blobs and responses of fetch become one.

import { show } from "../math/check.js";

/** The bytes of a text, cut anywhere. */
export type TextBytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array> | Blob | Response;

/**
 * One pass over the bytes. Streams are read without their iterator, which Safari lacks, and let go where the pass ends early.
 * @param name for messages
 * @throws Error for a response that is no success, TypeError for what holds no bytes
 */
export async function* bytesOf(open: () => TextBytes | Promise<TextBytes>, name: string): AsyncGenerator<Uint8Array> {
  const opened = await open();
  if (opened === null || typeof opened !== "object")
    throw new TypeError(
      `${name}: expected bytes, a stream, a Blob or a Response, got ${show(opened)}: for strings use stringCorpus`,
    );
  const source = opened instanceof Response ? bodyOf(opened, name) : opened instanceof Blob ? opened.stream() : opened;
  if (source instanceof ReadableStream) yield* partsOf(source);
  else yield* source;
}

function bodyOf(response: Response, name: string): ReadableStream<Uint8Array> | Uint8Array[] {
  if (!response.ok)
    throw new Error(`cannot read ${name}: HTTP ${response.status} ${response.statusText} from ${response.url}`);
  return response.body ?? [];
}

async function* partsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
