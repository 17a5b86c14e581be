// Files as streams of bytes: read plain or gzip, written whole or not at all.

import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeUtf8 } from "../text/utf8.js";
import { unpack } from "./unpack.js";

/** Bytes read at a time: long stretches of text keep the tables of words in the caches. */
export const CHUNK = 524_288;

export function pathOf(path: string | URL): string {
  return path instanceof URL ? fileURLToPath(path) : path;
}

/**
 * The bytes of a file, decompressed if it is gzip, bzip2 or Zstandard (detected from its content, not from its name).
 * @throws Error naming the file if it cannot be read; FormatError if what is compressed is damaged
 */
export async function* readChunks(path: string | URL): AsyncGenerator<Uint8Array> {
  const name = pathOf(path);
  yield* decompressed(fileBytes(name), name);
}

/** The bytes of a file as they are. @param onRead is called with the bytes read so far */
export async function* fileBytes(name: string, onRead = (_bytes: number): void => {}): AsyncGenerator<Uint8Array> {
  const file = createReadStream(name, { highWaterMark: CHUNK });
  try {
    for await (const bytes of file) {
      onRead(file.bytesRead);
      yield bytes;
    }
  } finally {
    file.destroy();
  }
}

/** The bytes of a file, decompressed where they are compressed. @param name for messages @throws as readChunks */
export async function* decompressed(bytes: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* unpack(bytes, name);
  } catch (error) {
    throw readError(error, name);
  }
}

/** A whole text file, plain or gzip; bytes that are no UTF-8 as in decodeUtf8. @throws as readChunks */
export async function readText(path: string | URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(path)) chunks.push(chunk);
  return decodeUtf8(Buffer.concat(chunks));
}

/** A system's error, in words. */
export function readError(error: unknown, name: string): Error {
  const { code } = error as NodeJS.ErrnoException;
  const shown = JSON.stringify(name);
  if (code === "ENOENT") return new Error(`cannot read ${shown}: no such file`, { cause: error });
  if (code === "EISDIR") return new Error(`cannot read ${shown}: it is a folder; give a file`, { cause: error });
  if (code === "EACCES") return new Error(`cannot read ${shown}: permission denied`, { cause: error });
  return error as Error;
}

/**
 * Writes a file under a temporary name beside it, flushes it to the disk and renames it: whoever is killed
 * meanwhile leaves the old file whole.
 * @throws Error naming the file if it cannot be written; what chunks throws
 */
export async function writeAtomically(
  path: string | URL,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const target = await targetOf(path);
  const temporary = `${target}.tmp-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    const file = await open(temporary, "wx");
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeError(error, target);
  }
}

/** Removes temporary files beside it that writers who were killed have left. */
export async function removeLeftovers(path: string | URL): Promise<void> {
  const target = await targetOf(path);
  const prefix = `${basename(target)}.tmp-`;
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    const writer = name.startsWith(prefix) ? /^(\d+)-[0-9a-f]{8}$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (writer !== undefined && !isAlive(Number(writer))) await rm(join(dirname(target), name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // there is one, of another user
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Finds out before hours of work whether writeAtomically could write there. @throws Error naming the file */
export async function checkWritable(path: string | URL): Promise<void> {
  const target = await targetOf(path);
  try {
    await access(dirname(target), constants.W_OK);
  } catch (error) {
    throw writeError(error, target);
  }
}

/** The file behind a link. @throws Error if it is there and no regular file */
async function targetOf(path: string | URL): Promise<string> {
  const name = pathOf(path);
  const target = await realpath(name).catch(() => name);
  const there = await stat(target).catch(() => undefined);
  if (there !== undefined && !there.isFile())
    throw new Error(
      `cannot write ${JSON.stringify(name)}: it is ${there.isDirectory() ? "a folder" : "no regular file"}; give a file`,
    );
  return target;
}

function writeError(error: unknown, name: string): Error {
  const { code } = error as NodeJS.ErrnoException;
  const shown = JSON.stringify(name);
  if (code === "ENOENT")
    return new Error(`cannot write ${shown}: no folder ${JSON.stringify(dirname(name))}; make it first`, {
      cause: error,
    });
  if (code === "EACCES" || code === "EROFS" || code === "EPERM")
    return new Error(`cannot write ${shown}: permission denied`, { cause: error });
  if (code === "ENOTDIR")
    return new Error(`cannot write ${shown}: ${JSON.stringify(dirname(name))} is no folder`, { cause: error });
  if (code === "ENOSPC")
    return new Error(`cannot write ${shown}: the disk is full; the old file is whole`, { cause: error });
  return error as Error;
}
