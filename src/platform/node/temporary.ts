// Temporary files, unlinked at once if the system allows it, so that they disappear with the process however it ends.

import { randomUUID } from "node:crypto";
import {
  appendFile as appendCallback,
  close as closeCallback,
  openSync,
  read as readCallback,
  unlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const [appendFile, close, read] = [promisify(appendCallback), promisify(closeCallback), promisify(readCallback)];

/** Bytes are appended at the end and read at any offset. */
export interface TemporaryFile {
  append(bytes: Uint8Array): Promise<void>;
  /** The bytes [from, to). */
  read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
  remove(): Promise<void>;
}

/**
 * @param kind part of the file's name
 * @throws Error that names the folder for temporary files and the remedy, also from append, if there is no such folder or no room
 */
export async function openTemporary(kind: string): Promise<TemporaryFile> {
  const path = join(tmpdir(), `wasm2vec-${kind}-${randomUUID()}`);
  const { file, nameless } = openNameless(path);
  return {
    async append(bytes) {
      await appendFile(file, bytes).catch((error) => {
        throw temporaryError(error);
      });
    },
    async read(from, to) {
      const bytes = new Uint8Array(to - from);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await read(file, bytes, at, bytes.length - at, from + at);
        if (bytesRead === 0) throw new Error(`${path}: the temporary file was truncated while it was in use`);
        at += bytesRead;
      }
      return bytes;
    },
    async remove() {
      await close(file);
      if (!nameless) unlinkSync(path);
    },
  };
}

/** Opens and unlinks synchronously, so that only a signal in between leaves the file behind. */
function openNameless(path: string): { file: number; nameless: boolean } {
  let file: number;
  try {
    file = openSync(path, "wx+", 0o600);
  } catch (error) {
    throw temporaryError(error as NodeJS.ErrnoException);
  }
  try {
    unlinkSync(path);
    return { file, nameless: true };
  } catch {
    // Windows cannot unlink an open file
    return { file, nameless: false };
  }
}

const REASONS: Record<string, string> = {
  ENOENT: "there is no such folder",
  ENOTDIR: "it is not a folder",
  EACCES: "permission denied",
  EROFS: "its disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
};

function temporaryError(error: NodeJS.ErrnoException): Error {
  const reason = REASONS[error.code ?? ""] ?? error.message;
  return new Error(
    `cannot write a temporary file in ${JSON.stringify(tmpdir())}: ${reason}; ` +
      "set the environment variable TMPDIR (on Windows TEMP) to a folder with room",
    { cause: error },
  );
}
