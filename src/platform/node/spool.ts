// A temporary file for word ids.

import type { SpoolFile } from "../../text/spool.js";
import { openTemporary } from "./temporary.js";

/** Default of spoolMemory: bytes in memory; the rest goes to the file. */
export const SPOOL_MEMORY = 256 * 2 ** 20;

/** @throws Error if the folder for temporary files accepts no file, or no more bytes */
export async function openSpool(): Promise<SpoolFile> {
  const file = await openTemporary("ids");
  return {
    append: file.append,
    async seal() {},
    read: async (from, to) => (await file.read(from, to)).buffer,
    remove: file.remove,
  };
}
