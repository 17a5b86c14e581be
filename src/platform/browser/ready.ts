/** The first message of a page's worker: its file was found and runs. */
export const READY = "ready";

export interface Ready {
  type: typeof READY;
  /** one that the worker holds as long as it lives; none where there are no locks */
  lock?: string;
}

/** In a worker: says so. No event tells a page that a worker has ended, but its lock is free then. */
export function sayReady(post: (message: Ready) => void): void {
  const { locks } = navigator as { locks?: LockManager };
  // only in secure contexts
  if (locks === undefined) {
    post({ type: READY });
    return;
  }
  const lock = `wasm2vec worker ${crypto.randomUUID()}`;
  const hold = () => {
    post({ type: READY, lock });
    return new Promise<void>(() => {});
  };
  // a sandboxed frame may have none
  locks.request(lock, hold).catch(() => post({ type: READY }));
}
