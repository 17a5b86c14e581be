// What an AbortSignal ends at once, though something is waited for that may never come.

import type { Corpus } from "./corpus.js";
import type { ReadingThreads } from "./reading-link.js";

/** Rejects with the signal's reason as soon as that is aborted; what the promise comes to then is of no interest. */
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

/** The same corpus, whose passes end with the signal's reason though its source gives no answer. */
export function abortable(corpus: Corpus, signal: AbortSignal | undefined): Corpus {
  if (signal === undefined) return corpus;
  return Object.create(corpus, {
    chunks: {
      value: (_?: AbortSignal, threads?: ReadingThreads) => untilAborted(corpus.chunks(signal, threads), signal),
    },
  });
}

/** Passes on what a source gives, until the signal is aborted. */
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
    // a source that gives no answer cannot be left in order either
    if (signal?.aborted) left?.catch(() => {});
    else await left;
  }
}
