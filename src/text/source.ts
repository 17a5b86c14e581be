// The sources of a text's bytes: iterables, streams, blobs and fetch responses become one async iterable.

import { show } from "../base/check.js";

/** The bytes of a text, cut anywhere. */
export type TextBytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array> | Blob | Response;

/** How far a pass over a text is. */
export interface BytesRead {
  /** Bytes read so far; of compressed files the compressed bytes. */
  bytes: number;
  /** All bytes, if known. */
  total?: number;
}

/** Opens a text for a pass. @param name for messages @param read is reset @throws TypeError if `open` returns no source of bytes */
export async function openBytes(
  open: (signal?: AbortSignal) => TextBytes | Promise<TextBytes>,
  name: string,
  read: BytesRead,
  signal?: AbortSignal,
): Promise<TextBytes> {
  read.bytes = 0;
  read.total = undefined;
  const opened = checkSource(await open(signal), name);
  read.total = sizeOf(opened);
  return opened;
}

/**
 * One pass over the bytes. Streams are read without their iterator, which Safari lacks, and cancelled on early exit.
 * @param name for messages
 * @param read is updated with the progress
 * @param signal cancels a stream, also while the pass waits for it
 * @throws Error for an unsuccessful response, TypeError for parts that are not bytes
 */
export async function* bytesOf(
  opened: TextBytes,
  name: string,
  read: BytesRead,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const source = opened instanceof Response ? bodyOf(opened, name) : opened instanceof Blob ? opened.stream() : opened;
  for await (const part of source instanceof ReadableStream ? partsOf(source, signal) : detached(source)) {
    read.bytes += checkPart(part, name).length;
    yield part;
  }
}

/**
 * The items of a user's source. An early exit does not wait for the source to clean up, because a source that never responds
 * would block it for ever.
 */
export function detached<T>(source: AsyncIterable<T> | Iterable<T>): AsyncIterable<T> | Iterable<T> {
  return Symbol.asyncIterator in source ? detach(source) : source;
}

async function* detach<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let isLeft = false;
  try {
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
      isLeft = true;
      yield step.value;
      isLeft = false;
    }
  } finally {
    if (isLeft) (async () => iterator.return?.())().catch(() => {});
  }
}

/** The same parts, but the first has at least `length` bytes, if there are so many. */
export async function* withHead(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  let head: Uint8Array[] | undefined = [];
  let size = 0;
  for await (const part of parts) {
    if (head === undefined) {
      yield part;
      continue;
    }
    head.push(part);
    size += part.length;
    if (size < length) continue;
    yield joinBytes(head);
    head = undefined;
  }
  if (size > 0 && head !== undefined) yield joinBytes(head);
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function checkSource(opened: TextBytes, name: string): TextBytes {
  const isSource =
    opened instanceof Response ||
    opened instanceof Blob ||
    opened instanceof ReadableStream ||
    (opened !== null && typeof opened === "object" && (Symbol.asyncIterator in opened || Symbol.iterator in opened));
  if (isSource && !ArrayBuffer.isView(opened)) return opened;
  throw new TypeError(
    `${name}: expected parts of bytes, a stream, a Blob or a Response, got ${show(opened)}: ` +
      (isSource ? "pass the bytes in an array, () => [bytes]" : "for strings use stringCorpus"),
  );
}

function checkPart(part: Uint8Array, name: string): Uint8Array {
  if (ArrayBuffer.isView(part) && part.BYTES_PER_ELEMENT === 1) return part;
  throw new TypeError(
    `${name}: expected parts that are Uint8Array, got ${show(part)}: for strings use stringCorpus, or encode them with TextEncoder`,
  );
}

/** Bytes of a source, if it tells. */
export function sizeOf(source: TextBytes): number | undefined {
  if (source instanceof Blob) return source.size;
  if (!(source instanceof Response) || source.headers.has("content-encoding")) return undefined;
  return Number(source.headers.get("content-length")) || undefined;
}

function bodyOf(response: Response, name: string): ReadableStream<Uint8Array> | Uint8Array[] {
  if (!response.ok)
    throw new Error(`cannot read ${name}: HTTP ${response.status} ${response.statusText} from ${response.url}`);
  return response.body ?? [];
}

async function* partsOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  // not awaited, because a source that never responds would block the exit
  const cancel = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", cancel);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      // a cancelled stream looks as if it had ended
      signal?.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
    cancel();
  }
}
