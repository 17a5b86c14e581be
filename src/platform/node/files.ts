// Files as streams of bytes: decompressed while they are read, written completely or not at all.

import { createHash, randomBytes } from "node:crypto";
import { createReadStream, rmSync, type Stats } from "node:fs";
import {
  access,
  constants,
  type FileHandle,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { show } from "../../base/check.js";
import { decodeUtf8 } from "../../text/utf8.js";
import { decompress } from "./decompress.js";
import { isPipe, openPipe } from "./pipe.js";

/** Bytes read at a time. Long stretches of text keep the tables of words in the caches. */
export const CHUNK = 524_288;

/** More links than this in a row are taken for a cycle, as in Linux. */
const MOST_LINKS = 40;

/** This host in the names of temporary files. On a shared disk, a process number says who is alive only on its own host. */
let host: string | undefined;

export function hostMark(): string {
  host ??= hashOfHost();
  return host;
}

function hashOfHost(): string {
  try {
    return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  } catch {
    // Deno requires a permission for it; without one this process counts as its own host
    return randomBytes(4).toString("hex");
  }
}

/** The part of a temporary name after ".tmp-": host, process number, random digits. */
const TEMPORARY = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{8}$/;

/** In milliseconds. */
const DAY = 86_400_000;

/** A file to write: its bytes in pieces, compressed with gzip if the name ends in .gz. */
export interface FileContent {
  path: string | URL;
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** @throws TypeError for a value that names no file */
export function pathOf(path: string | URL): string {
  if (typeof path === "string") return path;
  if (path instanceof URL && path.protocol === "file:") return fileURLToPath(path);
  throw new TypeError(
    path instanceof URL
      ? `path expected a string or a file: URL, got ${show(path.href)}: fetch it, and use what takes bytes`
      : `path expected a string or a file: URL, got ${show(path)}`,
  );
}

/**
 * The bytes of a file, decompressed if it is gzip, bzip2 or Zstandard (detected from the content, not the name).
 * @throws Error naming the file if it cannot be read; TypeError for a value that names no file; FormatError if compressed data is damaged
 */
export async function* readChunks(path: string | URL): AsyncGenerator<Uint8Array> {
  const name = pathOf(path);
  yield* decompressed(fileBytes(name), name);
}

/** The bytes of a file, not decompressed. @param onRead is called with the bytes read so far */
export async function* fileBytes(name: string, onRead = (_bytes: number): void => {}): AsyncGenerator<Uint8Array> {
  const stats = await stat(name).catch(() => undefined);
  const isOnce = stats !== undefined && isPipe(stats);
  const file = isOnce ? await openPipe(name, stats) : createReadStream(name, { highWaterMark: CHUNK });
  let read = 0;
  try {
    for await (const bytes of file) {
      read += bytes.length;
      onRead(read);
      yield bytes;
    }
  } finally {
    file.destroy();
  }
}

/** The bytes of standard input, decompressed as readChunks does. @throws FormatError if compressed data is damaged */
export function readStandardInput(): AsyncGenerator<Uint8Array> {
  return decompress(process.stdin, "standard input");
}

/** The bytes of a file, decompressed if they are compressed. @param name for messages @throws as readChunks */
export async function* decompressed(bytes: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* decompress(bytes, name);
  } catch (error) {
    throw readError(error, name);
  }
}

/** All bytes of a file, decompressed if they are compressed. @throws as readChunks */
export async function readWhole(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const name = pathOf(path);
  // in pieces, because Node reads at most 2 GiB of a file at once
  const { size } = await stat(name).catch(() => ({ size: 0 }));
  let bytes = new Uint8Array(size);
  let length = 0;
  for await (const chunk of readChunks(name)) {
    if (length + chunk.length > bytes.length) {
      const larger = new Uint8Array(2 * (length + chunk.length));
      larger.set(bytes);
      bytes = larger;
    }
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}

/** A whole text file, plain or compressed; invalid UTF-8 as in decodeUtf8. @throws as readChunks */
export async function readText(path: string | URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(path)) chunks.push(chunk);
  return decodeUtf8(Buffer.concat(chunks));
}

/** An error of the system, with a readable message. */
export function readError(error: unknown, name: string): Error {
  const { code } = error as NodeJS.ErrnoException;
  const shown = JSON.stringify(name);
  if (code === "ENOENT") return new Error(`cannot read ${shown}: no such file`, { cause: error });
  if (code === "EISDIR") return new Error(`cannot read ${shown}: it is a folder; give a file`, { cause: error });
  if (code === "EACCES") return new Error(`cannot read ${shown}: permission denied`, { cause: error });
  if (typeof code === "string" && /^E[A-Z]+$/.test(code))
    return new Error(`cannot read ${shown}: ${(error as Error).message}`, { cause: error });
  return error as Error;
}

/**
 * Writes a file under a temporary name beside it, flushes it to the disk and renames it. If the process is killed meanwhile, the old
 * file stays whole, and the next call for that file removes the temporary one. A replaced file keeps its mode; links are followed.
 * Compressed with gzip if the name ends in .gz.
 * @throws Error naming the file if it cannot be written; whatever chunks throws
 */
export function writeAtomically(path: string | URL, chunks: FileContent["chunks"]): Promise<void> {
  return writeAllAtomically([{ path, chunks }]);
}

/**
 * As writeAtomically for files that belong together: none is renamed before all are on the disk.
 * @throws RangeError if two of the paths are one file; Error naming the file that cannot be written and, should renaming
 * fail between two of them, which are new
 */
export async function writeAllAtomically(files: readonly FileContent[]): Promise<void> {
  const drafts: Draft[] = [];
  try {
    for (const { path } of files) drafts.push(await Draft.open(path));
    const identities = await Promise.all(files.map(({ path }) => identityOf(pathOf(path))));
    const twin = identities.findIndex((identity, i) => identities.indexOf(identity) < i);
    if (twin >= 0)
      throw new RangeError(`${JSON.stringify(drafts[twin].name)} would be written twice: give each file another name`);
    for (const [i, { chunks }] of files.entries()) await drafts[i].write(chunks);
    for (const [i, draft] of drafts.entries()) await draft.replace(drafts.slice(0, i));
  } finally {
    await Promise.all(drafts.map((draft) => draft.discard()));
  }
}

/** Tries whether writeAtomically could write there, before hours of work. @throws Error naming the file */
export async function checkWritable(path: string | URL): Promise<void> {
  await (await Draft.open(path)).discard();
}

/** Temporary files that this process is writing. */
const temporaries = new Set<string>();

/** Removes all temporary files that this process is writing, before it exits at once. */
export function removeTemporaries(): void {
  for (const path of temporaries) rmSync(path, { force: true });
}

/** A file under its temporary name. */
class Draft {
  private constructor(
    /** the caller's name for it, for messages */
    readonly name: string,
    private readonly target: string,
    private readonly temporary: string,
    private readonly file: FileHandle,
    /** the file that is replaced */
    private readonly old: Stats | undefined,
  ) {}

  static async open(path: string | URL): Promise<Draft> {
    const name = pathOf(path);
    const { target, old } = await targetOf(name);
    await removeLeftovers(target);
    const temporary = `${target}.tmp-${hostMark()}-${process.pid}-${randomBytes(4).toString("hex")}`;
    temporaries.add(temporary);
    try {
      // the temporary file is as private as the old one
      const file = await open(temporary, "wx", old === undefined ? 0o666 : 0o600);
      return new Draft(name, target, temporary, file, old);
    } catch (error) {
      temporaries.delete(temporary);
      throw await writeError(error, name, target, old);
    }
  }

  /** Writes everything and flushes it to the disk. */
  async write(chunks: FileContent["chunks"]): Promise<void> {
    const { file, old, name } = this;
    for await (const chunk of /\.gz$/i.test(name) ? compressed(chunks) : chunks)
      await this.attempt(() => file.writeFile(chunk));
    await this.attempt(async () => {
      if (old !== undefined) {
        // only root may change the owner; others may change the group to one of theirs
        await file.chown(-1, old.gid).catch(() => {});
        await file.chown(old.uid, -1).catch(() => {});
        await file.chmod(old.mode & 0o7777);
      }
      await file.sync();
      await file.close();
    });
  }

  /** Replaces the old file. @param before drafts that have been renamed already */
  async replace(before: readonly Draft[]): Promise<void> {
    try {
      await this.attempt(() => rename(this.temporary, this.target));
    } catch (error) {
      if (before.length === 0) throw error;
      const news = before.map(({ name }) => JSON.stringify(name)).join(", ");
      throw new Error(
        `${(error as Error).message}; ${news} is new already and does not match ${this.old === undefined ? "it" : "the old one"}: write both again`,
        { cause: error },
      );
    }
    temporaries.delete(this.temporary);
  }

  /** Removes the temporary file, unless it was renamed. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => {});
    if (!temporaries.has(this.temporary)) return;
    await rm(this.temporary, { force: true });
    temporaries.delete(this.temporary);
  }

  private async attempt<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw await writeError(error, this.name, this.target, this.old);
    }
  }
}

async function* compressed(chunks: FileContent["chunks"]): AsyncGenerator<Uint8Array> {
  const gzip = createGzip();
  // an error of the chunks destroys the gzip stream, and so reaches its reader
  pipeline(Readable.from(chunks), gzip).catch(() => {});
  yield* gzip;
}

/** Removes temporary files that killed writers have left beside a file. */
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `${basename(target)}.tmp-`;
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    const [, host, pid] = (name.startsWith(prefix) && TEMPORARY.exec(name.slice(prefix.length))) || [];
    if (host === undefined) continue;
    const leftover = join(dirname(target), name);
    const isLeft = host === hostMark() ? !isWriting(Number(pid), leftover) : await isOld(leftover);
    if (isLeft) await rm(leftover, { force: true });
  }
}

/** Whether the writer of a temporary file of this host is alive. */
function isWriting(pid: number, path: string): boolean {
  // in a container every run may have the same number
  return pid === process.pid ? temporaries.has(path) : isAlive(pid);
}

/** Whether a process of this host is alive. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is alive and belongs to another user
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether nobody has written to a file for a day. */
async function isOld(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return there !== undefined && Date.now() - there.mtimeMs > DAY;
}

/** The file to write for a name: the target of a link, even if it is missing. @throws Error unless it is a file that may be replaced */
async function targetOf(name: string): Promise<{ target: string; old?: Stats }> {
  const fail = (what: string) => new Error(`cannot write ${JSON.stringify(name)}: ${what}`);
  if (name === "") throw fail("the name is empty; give a file");
  const target = await behindLinks(name);
  const old = await stat(target).catch(() => undefined);
  if (old?.isDirectory() || target.endsWith("/") || target.endsWith(sep)) throw fail("it is a folder; give a file");
  if (old === undefined) return { target };
  if (!old.isFile()) throw fail("it is not a regular file; give a file");
  const isAllowed = await access(target, constants.W_OK).then(
    () => true,
    () => false,
  );
  // root may write anyway, but whoever made a file read-only wants to keep it
  if (!isAllowed || (old.mode & 0o222) === 0)
    throw fail("the file there is read-only; make it writable, remove it, or give another name");
  return { target, old };
}

/** The path at the end of a chain of links, or the path itself. */
async function behindLinks(name: string): Promise<string> {
  let path = name;
  for (let links = 0; links < MOST_LINKS; links++) {
    const link = await readlink(path).catch(() => undefined);
    if (link === undefined) return path;
    // not join(): ".." after a link to a folder leads elsewhere than the text of the path says
    path = isAbsolute(link) ? link : `${dirname(path)}/${link}`;
  }
  throw new Error(`cannot write ${JSON.stringify(name)}: links lead in a circle; give a file`);
}

/** Device and inode of a file, or where it would be. */
export async function identityOf(name: string): Promise<string> {
  const path = await behindLinks(name);
  const there = await stat(path, { bigint: true }).catch(() => undefined);
  if (there !== undefined) return `${there.dev} ${there.ino}`;
  const folder = await realpath(dirname(path)).catch(() => resolve(dirname(path)));
  return join(folder, basename(path));
}

async function writeError(error: unknown, name: string, target: string, old: Stats | undefined): Promise<Error> {
  const { code } = error as NodeJS.ErrnoException;
  const folder = JSON.stringify(dirname(target));
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  if (code !== "ENOENT")
    return writeFailure(error, name, target, isFull && old !== undefined ? "; the old file is whole" : "");
  const there = await stat(dirname(target)).catch(() => undefined);
  const what = there === undefined ? `no folder ${folder}; make it first` : `the folder ${folder} accepts no files`;
  return new Error(`cannot write ${JSON.stringify(name)}: ${what}`, { cause: error });
}

/** An error of the system, with a readable message. @param more what follows it */
export function writeFailure(error: unknown, name: string, target = name, more = ""): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const fail = (what: string) => new Error(`cannot write ${JSON.stringify(name)}: ${what}${more}`, { cause: error });
  const folder = JSON.stringify(dirname(target));
  switch (code) {
    case "EACCES":
    case "EPERM":
      return fail("permission denied");
    case "EROFS":
      return fail(`the disk of ${folder} is read-only`);
    case "ENOTDIR":
      return fail(`${folder} is not a folder`);
    case "ENOSPC":
    case "EDQUOT":
      return fail("the disk is full");
    default:
      return fail(message);
  }
}
