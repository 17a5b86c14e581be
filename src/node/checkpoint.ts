// Checkpoints in files.

import { readFile } from "node:fs/promises";
import { type Checkpoint, readCheckpoint } from "../train/checkpoint.js";
import type { CheckpointOptions } from "../train/control.js";
import { pathOf, readError, removeLeftovers, writeAtomically } from "./files.js";

/**
 * For train's option `checkpoint`: a file that is replaced by each checkpoint, whole or not at all.
 * @param every "30s", "5m" (default), "2h", "1epoch"
 */
export function fileCheckpoint(path: string | URL, every?: string): CheckpointOptions {
  return {
    every,
    name: pathOf(path),
    async write(chunks) {
      await removeLeftovers(path);
      await writeAtomically(path, chunks);
    },
  };
}

/** For train's option `resume`. @throws Error if the file cannot be read; FormatError if it is no checkpoint, or damaged */
export async function loadCheckpoint(path: string | URL): Promise<Checkpoint> {
  const name = pathOf(path);
  const bytes = await readFile(name).catch((error) => {
    throw readError(error, name);
  });
  return readCheckpoint(bytes, name);
}
