// Workers in a page. They start from the file beside the bundle, or else from a copy of it that is loaded on demand.

import type { Channel } from "../../base/link.js";
import type { KernelName } from "../../kernel/kernel.js";
import { READY, type Ready } from "./ready.js";

/** Starts a worker and calls `listen` synchronously, because a worker may report that it is ready before the next turn. */
type Way = (listen: (worker: Worker) => void) => Promise<void>;

/** Bundlers recognise these forms and emit the files. */
const files = {
  wasm: () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }),
  js: () => new Worker(new URL("./worker-js.js", import.meta.url), { type: "module" }),
};

const copies = {
  wasm: () => import("../../../build/worker.txt"),
  js: () => import("../../../build/worker-js.txt"),
};

type Kind = keyof typeof files;

/** Ways to start a worker of a kind, beginning with the one that worked last. */
const ways: Record<Kind, Way[]> = { wasm: waysOf("wasm"), js: waysOf("js") };

function waysOf(kind: Kind): Way[] {
  const beside: Way = async (listen) => listen(files[kind]());
  // works where the file does not: with bundlers that do not emit it, and with bundles from another origin
  const copied: Way = async (listen) => {
    const { default: source } = await copies[kind]();
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(url, { type: "module" });
    worker.addEventListener("message", () => URL.revokeObjectURL(url), { once: true });
    listen(worker);
  };
  return [beside, copied];
}

/** Milliseconds. */
const MOMENT = 20;

/** Calls back when a worker has ended, and what it said last has been heard. */
function onEnd(lock: string, callback: () => void): void {
  // refused only where the worker could not have it either
  navigator.locks.request(lock, () => void setTimeout(callback, MOMENT)).catch(() => {});
}

/** @param kernel by which it trains, if it does */
export function spawnWorker(kernel?: KernelName): Channel {
  const kind = kernel === "js" ? "js" : "wasm";
  let worker: Worker | undefined;
  let posted: { message: unknown; transfer: Transferable[] }[] | undefined = [];
  let onMessage = (_: unknown) => {};
  let onError = (_: Error) => {};

  const start = async ([way, ...others]: Way[]): Promise<void> => {
    const next = async (cause: string): Promise<void> => {
      worker?.terminate();
      if (others.length > 0) await start(others);
      else
        onError(
          new Error(
            `cannot start a worker: ${cause}. Serve build/worker${kind === "js" ? "-js" : ""}.js beside the bundle, or allow blob: in the ` +
              "worker-src of the page's Content-Security-Policy, or use none, with worker false",
          ),
        );
    };
    const listen = (started: Worker): void => {
      worker = started;
      // it may have been terminated meanwhile
      if (posted === undefined) started.terminate();
      started.addEventListener("error", (event) => {
        if (posted) next(event.message || "its file was not found, or is not JavaScript");
        else onError(new Error(`worker failed: ${event.message}`));
      });
      started.addEventListener("message", ({ data }) => {
        if (data?.type !== READY) return onMessage(data);
        const { lock }: Ready = data;
        if (lock) onEnd(lock, () => onError(new Error("worker stopped: it was terminated, or closed itself")));
        ways[kind] = [way, ...others];
        for (const { message, transfer } of posted ?? []) started.postMessage(message, transfer);
        posted = undefined;
      });
    };
    await way(listen).catch((error: Error) => next(error.message));
  };

  // start after the caller has added its listeners
  queueMicrotask(() => posted && start(ways[kind]));
  return {
    post: (message, transfer) =>
      posted ? void posted.push({ message, transfer }) : worker!.postMessage(message, transfer),
    onMessage: (listener) => {
      onMessage = listener;
    },
    onError: (listener) => {
      onError = listener;
    },
    async terminate() {
      posted = undefined;
      worker?.terminate();
      // it may run for a moment longer, and no event tells when it ends
      await new Promise((resolve) => setTimeout(resolve, MOMENT));
    },
  };
}
