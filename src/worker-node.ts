// Entry of a worker in Node.

import { parentPort, type Transferable } from "node:worker_threads";
import { loadTrainer } from "./kernel/engines/kernels.js";
import { readFilePart } from "./platform/node/file-place.js";
import { serveFirst } from "./train/first-message.js";

const port = parentPort!;
serveFirst(
  {
    post: (message, transfer) => port.postMessage(message, transfer as Transferable[]),
    onMessage: (listener) => port.on("message", listener),
    onError: (listener) => port.on("close", () => listener(new Error("the calling thread is gone"))),
    terminate: async () => port.close(),
  },
  loadTrainer,
  readFilePart,
);
