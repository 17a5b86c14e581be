import { type Transferable, Worker } from "node:worker_threads";
import type { WorkerHandle } from "../../train/execution/link.js";

/** Starts worker-node.js, which lies beside the bundle of this code. */
export function spawnWorker<Request, Reply>(): WorkerHandle<Request, Reply> {
  // without the flags of this process: --input-type and --import are for the main program
  const worker = new Worker(new URL("./worker-node.js", import.meta.url), { execArgv: [] });
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
