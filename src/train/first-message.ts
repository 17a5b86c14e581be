// What a worker does: it reads text or trains, as its first message says.

import type { FilePart } from "../text/pieces.js";
import type { ReadRequest } from "../text/reading-link.js";
import { readingThread } from "../text/reading-worker.js";
import type { WorkerRequest } from "./execution/link.js";
import { serve } from "./execution/worker-body.js";

interface Port {
  post(message: unknown, transfer: Transferable[]): void;
  onMessage(listener: (message: WorkerRequest | ReadRequest) => void): void;
  /** Where there are files. */
  readFile?: (part: FilePart) => Uint8Array<ArrayBuffer>;
}

export function serveFirst({ post, onMessage, readFile }: Port): void {
  let read: ((message: ReadRequest) => void) | undefined;
  let train: ((message: WorkerRequest) => void) | undefined;
  const onTraining = (listener: typeof train) => {
    train = listener;
  };
  onMessage((message) => {
    if (message.type === "read" || message.type === "piece") {
      read ??= readingThread(post, readFile);
      read(message);
    } else {
      if (train === undefined) serve({ post, onMessage: onTraining });
      train!(message);
    }
  });
}
