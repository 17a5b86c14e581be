// A temporary file for ids, without a name where the system allows it: so it goes with the process, however that ends.

import { randomUUID } from "node:crypto";
import { open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SpoolFile } from "../text/spool.js";

/** @throws Error if the folder for temporary files takes none, or no more bytes */
export async function openSpool(): Promise<SpoolFile> {
  const path = join(tmpdir(), `wasm2vec-ids-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  const nameless = await unlink(path).then(
    () => true,
    () => false,
  );
  return {
    async append(bytes) {
      await file.appendFile(bytes);
    },
    async seal() {},
    async read(from, to) {
      const bytes = new Uint8Array(to - from);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
        if (bytesRead === 0)
          throw new Error(`${path}: the temporary file of word ids was cut short while it was in use`);
        at += bytesRead;
      }
      return bytes.buffer;
    },
    async remove() {
      await file.close();
      if (!nameless) await unlink(path);
    },
  };
}
