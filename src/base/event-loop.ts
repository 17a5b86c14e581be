/** Lets the event loop run; a timer would wait 1 ms in Node and 4 in a browser. */
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
 * Runs tasks one after the other, in the order in which they are handed in; before each, other events get their turn.
 * Without it tasks may overtake one another: each message has a port of its own, no rule orders messages of different
 * ports, and WebKit delivers them in any order. A task that fails fails those after it.
 */
export function taskQueue(): <T>(task: () => T | Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const done = last.then(yieldToEventLoop).then(task);
    last = done;
    return done;
  };
}
