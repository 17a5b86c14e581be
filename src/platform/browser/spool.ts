// A file for word ids in the origin private file system of a page. A Web Lock marks it as in use. A closed tab leaves an unlocked
// file, which the next training of the origin deletes.

import type { SpoolFile } from "../../text/spool.js";

const PREFIX = "wasm2vec-ids-";

/** @throws Error if the page has no such file system, or no more room */
export async function openSpool(): Promise<SpoolFile> {
  if (navigator.storage?.getDirectory === undefined || navigator.locks === undefined)
    throw new Error("this page has no private file system, which https: and a current browser give: leave out spool");
  const folder = await navigator.storage.getDirectory();
  const name = PREFIX + crypto.randomUUID();
  const release = await hold(name);
  try {
    await removeForgotten(folder);
    return await create(folder, name, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function create(folder: FileSystemDirectoryHandle, name: string, release: () => void): Promise<SpoolFile> {
  const handle = await folder.getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  let file: File;
  let isOpen = true;
  return {
    append: (bytes) => writable.write(bytes),
    async seal() {
      isOpen = false;
      await writable.close();
      file = await handle.getFile();
    },
    read: (from, to) => file.slice(from, to).arrayBuffer(),
    async remove() {
      try {
        if (isOpen) await writable.abort();
        await folder.removeEntry(name);
      } finally {
        release(); // if it could not be removed, the next training removes it
      }
    },
  };
}

/** Takes a lock. @returns a function that releases it; closing the page releases it, too */
function hold(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, () => new Promise<void>((release) => resolve(release))).catch(reject);
  });
}

async function removeForgotten(folder: FileSystemDirectoryHandle): Promise<void> {
  const { held = [] } = await navigator.locks.query();
  const used = new Set(held.map((lock) => lock.name));
  for await (const name of folder.keys()) {
    if (!name.startsWith(PREFIX) || used.has(name)) continue;
    await folder.removeEntry(name).catch(() => {}); // another tab has removed it, or still writes to it
  }
}
