/** Resolves after pending events have been handled. A timer would wait 1 ms in Node and 4 ms in a browser. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") return setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/**
 * Runs tasks one after the other, in the order of the calls, and yields to the event loop before each.
 * Without it tasks may overtake one another: each yield uses its own message port, no rule orders the messages of different
 * ports, and WebKit delivers them in any order. If a task fails, all later ones fail.
 */
export function taskQueue(): <T>(task: () => T | Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const done = last.then(yieldToEventLoop).then(task);
    last = done;
    return done;
  };
}
