// What a worker does: its first message says whether it reads text or trains.

import type { FilePart } from "../text/pieces.js";
import { type ReadRequest, readingThread } from "../text/reading-worker.js";
import type { WorkerRequest } from "./link.js";
import { serve } from "./worker.js";

interface Port {
  post(message: unknown, transfer: Transferable[]): void;
  onMessage(listener: (message: WorkerRequest | ReadRequest) => void): void;
  /** Where there are files. */
  readFile?: (part: FilePart) => Uint8Array<ArrayBuffer>;
}

export function serveFirst({ post, onMessage, readFile }: Port): void {
  let handle: ((message: never) => void) | undefined;
  onMessage((message) => {
    if (message.type === "read") handle = readingThread(post, readFile);
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
