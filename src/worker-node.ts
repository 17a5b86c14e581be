// Entry of a training worker in Node.

import { parentPort, type Transferable } from "node:worker_threads";
import { serve } from "./train/worker.js";

const port = parentPort!;
serve({
  post: (message, transfer) => port.postMessage(message, transfer as Transferable[]),
  onMessage: (listener) => port.on("message", listener),
});
