/** Waits, unless a signal ends it. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}

/** Waits for something, whatever comes of it, but not for ever. */
export async function inTime(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  const late = new AbortController();
  const settled = promise.then(
    () => {},
    () => {},
  );
  await Promise.race([settled, sleep(milliseconds, late.signal)]);
  late.abort();
}
