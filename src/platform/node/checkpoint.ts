// Checkpoints and models in files.

import { stat } from "node:fs/promises";
import { checkKnown, show } from "../../base/check.js";
import { FormatError } from "../../base/errors.js";
import { Checkpoint, readCheckpoint } from "../../train/checkpoint/checkpoint.js";
import type { CheckpointOptions } from "../../train/checkpoint/control.js";
import { pathOf, readWhole, writeAtomically } from "./files.js";

/**
 * For train's option `checkpoint`: a file that each checkpoint replaces completely or not at all. A training that is started again
 * with the same options and text resumes from it. An unfinished training is not overwritten by another one.
 * @param every "30s", "5m" (default), "2h", "1epoch"
 * @param options overwrite: start over, whatever the file contains; metadata: JSON that is stored in each checkpoint
 */
export function fileCheckpoint(
  path: string | URL,
  every?: string,
  options: Pick<CheckpointOptions, "overwrite" | "metadata"> = {},
): CheckpointOptions {
  checkKnown("option", options, ["overwrite", "metadata"]);
  const name = pathOf(path);
  return {
    ...options,
    every,
    name,
    write: (chunks) => writeAtomically(path, chunks),
    async read() {
      const there = await stat(name).catch(() => undefined);
      // an empty file only reserves the name
      if (there === undefined || there.size === 0) return undefined;
      return loadCheckpoint(name).catch((cause) => {
        throw new FormatError(
          `${cause.message}; it is not overwritten: name another file, remove it, or set "overwrite"`,
          {
            cause,
          },
        );
      });
    },
  };
}

/** For train's option `resume`. @throws Error if the file cannot be read; FormatError if it is not a checkpoint, or damaged */
export async function loadCheckpoint(path: string | URL): Promise<Checkpoint> {
  return readCheckpoint(await readWhole(path), pathOf(path));
}

/** @throws TypeError for a value that names no model, and as loadCheckpoint */
export async function openCheckpoint(file: string | URL | Uint8Array | Checkpoint): Promise<Checkpoint> {
  if (file instanceof Checkpoint) return file;
  if (file instanceof Uint8Array) return readCheckpoint(file, "model");
  if (typeof file === "string" || file instanceof URL) return loadCheckpoint(file);
  throw new TypeError(
    `loadModel expected a path, a Checkpoint or the bytes of a model as Uint8Array, got ${show(file)}`,
  );
}
