// Waiting that an AbortSignal ends at once, even if what is waited for never comes.

import type { Corpus } from "./corpus.js";
import type { ReadingThreads } from "./reading-link.js";

/** Rejects with the signal's reason as soon as it is aborted; the promise's own outcome is then ignored. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) {
    promise.catch(() => {});
    throw signal.reason;
  }
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", abort));
}

/** The same corpus, whose passes reject with the signal's reason even if its source does not respond. */
export function abortable(corpus: Corpus, signal: AbortSignal | undefined): Corpus {
  if (signal === undefined) return corpus;
  return Object.create(corpus, {
    chunks: {
      value: (_?: AbortSignal, threads?: ReadingThreads) => untilAborted(corpus.chunks(signal, threads), signal),
    },
  });
}

/** The items of a source, until the signal is aborted. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await orAborted(iterator.next(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    const left = iterator.return?.();
    // a source that does not respond to next() may not respond to return() either
    if (signal?.aborted) left?.catch(() => {});
    else await left;
  }
}
