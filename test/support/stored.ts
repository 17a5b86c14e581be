// Checkpoints in memory.

import { type CheckpointOptions, readCheckpoint } from "wasm2vec";

/** Keeps what is written; reads the last, or that of a number. */
export function store() {
  const files: Uint8Array[] = [];
  const write: CheckpointOptions["write"] = async (chunks) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    files.push(new Uint8Array(Buffer.concat(parts)));
  };
  return { files, write, read: (number = -1) => readCheckpoint(files.at(number)!, "stored") };
}
