// A TCP proxy that delays what passes, in both directions, and keeps its throughput: a longer way to the same server.

import { connect, createServer, type Server, type Socket } from "node:net";

/** Bytes under way in one direction of a connection, at most: a link of 10 Gb/s carries as much in 50 ms. */
const UNDER_WAY = 64 * 2 ** 20;

export interface Address {
  host: string;
  port: number;
}

/** Passes connections on to a server. @param delay milliseconds each way */
export function listenFor(server: Address, delay: number, own: Address): Promise<Server> {
  const proxy = createServer({ noDelay: true, allowHalfOpen: true }, (from) => {
    const to = connect({ ...server, noDelay: true, allowHalfOpen: true });
    pass(from, to, delay);
    pass(to, from, delay);
  });
  return new Promise((resolve, reject) => {
    proxy.once("error", reject);
    proxy.listen(own.port, own.host, () => resolve(proxy));
  });
}

/** Hands on what comes from one end, each piece when it is due. */
function pass(from: Socket, to: Socket, delay: number): void {
  /** pieces in the order in which they came; the last is the end */
  const queue: { due: number; bytes?: Buffer }[] = [];
  let underWay = 0;
  let isWaiting = false;
  const enqueue = (bytes?: Buffer) => {
    queue.push({ due: performance.now() + delay, bytes });
    underWay += bytes?.length ?? 0;
    if (underWay > UNDER_WAY) from.pause();
    if (!isWaiting) flush();
  };
  const flush = () => {
    isWaiting = false;
    while (queue.length > 0) {
      const left = queue[0].due - performance.now();
      if (left > 0) return wait((go) => setTimeout(go, left));
      const { bytes } = queue.shift()!;
      if (bytes === undefined) return void to.end();
      underWay -= bytes.length;
      if (underWay <= UNDER_WAY / 2) from.resume();
      if (!to.write(bytes)) return wait((go) => to.once("drain", go));
    }
  };
  const wait = (until: (go: () => void) => void) => {
    isWaiting = true;
    until(flush);
  };
  from.on("data", enqueue);
  from.on("end", () => enqueue());
  // one end is gone without a word: the other must notice
  from.on("error", () => to.destroy());
  from.on("close", () => {
    if (!from.readableEnded) to.destroy();
  });
}
