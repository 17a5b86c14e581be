import { type Transferable, Worker } from "node:worker_threads";
import type { Channel } from "../../base/link.js";

/** Starts worker-node.js, which lies beside the bundle of this code. */
export function spawnWorker(): Channel {
  // without the flags of this process: --input-type and --import are for the main program
  return workerChannel(new Worker(new URL("./worker-node.js", import.meta.url), { execArgv: [] }));
}

export function workerChannel(worker: Worker): Channel {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as Transferable[]),
    onMessage: (listener) => worker.on("message", listener),
    onError: (listener) => {
      worker.on("error", (cause) => listener(new Error(`worker failed: ${cause.message}`, { cause })));
      worker.on("exit", (code) => listener(new Error(`worker stopped with exit code ${code}`)));
    },
    terminate: async () => void (await worker.terminate()),
  };
}
