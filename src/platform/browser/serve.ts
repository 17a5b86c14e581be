// The body of a worker in a page.

import type { StartTrainer } from "../../train/execution/worker-body.js";
import { serveFirst } from "../../train/first-message.js";
import { sayReady } from "./ready.js";

export function serveWorker(start: StartTrainer): void {
  serveFirst(
    {
      post: (message, transfer) => self.postMessage(message, { transfer }),
      onMessage: (listener) => self.addEventListener("message", ({ data }) => listener(data)),
      // a page that has gone takes its workers with it
      onError() {},
      terminate: async () => self.close(),
    },
    start,
  );
  sayReady((message) => self.postMessage(message));
}
