// What a worker does: its first message says whether it reads text or trains.

import { type ReadRequest, readingThread } from "../text/reading-worker.js";
import type { WorkerRequest } from "./link.js";
import { serve } from "./worker.js";

interface Port {
  post(message: unknown, transfer: Transferable[]): void;
  onMessage(listener: (message: WorkerRequest | ReadRequest) => void): void;
}

export function serveFirst({ post, onMessage }: Port): void {
  let handle: ((message: never) => void) | undefined;
  onMessage((message) => {
    if (message.type === "read") handle = readingThread(post);
    else if (handle === undefined)
      serve({
        post,
        onMessage: (listener) => {
          handle = listener;
        },
      });
    handle!(message as never);
  });
}
