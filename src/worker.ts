// Entry of a training worker in browsers.

import { READY } from "./browser/ready.js";
import type { WorkerRequest } from "./train/link.js";
import { serve } from "./train/worker.js";

serve({
  post: (message, transfer) => self.postMessage(message, { transfer }),
  onMessage: (listener) =>
    self.addEventListener("message", (event: MessageEvent<WorkerRequest>) => listener(event.data)),
});

self.postMessage(READY);
