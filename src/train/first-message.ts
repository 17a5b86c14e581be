// Starts a worker: its first message says whether it reads text or trains.

import type { Channel, Envelope } from "../base/link.js";
import type { FilePart } from "../text/pieces.js";
import type { ReadingTask } from "../text/reading-link.js";
import { serveReading } from "../text/reading-worker.js";
import type { WorkerTask } from "./execution/protocol.js";
import { type StartTrainer, serveTraining } from "./execution/worker-body.js";

/** @param channel to the calling thread @param readFile where there are files */
export function serveFirst(
  channel: Channel,
  start: StartTrainer,
  readFile?: (part: FilePart) => Uint8Array<ArrayBuffer>,
): void {
  let take: ((message: unknown) => void) | undefined;
  channel.onMessage((message) => {
    if (take === undefined) {
      const { task } = message as Envelope & { task: ReadingTask | WorkerTask };
      const opened: Channel = {
        ...channel,
        onMessage(listener) {
          take = listener;
        },
      };
      if ("parsing" in task) void serveReading(opened, task, readFile);
      else void serveTraining(opened, task, start);
    }
    take!(message);
  });
}
