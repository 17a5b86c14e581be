// Large plain files. The reading threads open them themselves.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type FilePart, LARGE, type Place } from "../../text/pieces.js";
import { HEAD, isCompressed } from "./decompress.js";
import { readError } from "./files.js";

/** Bytes of a file, from … to − 1. */
export interface Range {
  from: number;
  to: number;
}

/** A file, or a range of it, if it is plain and large. @param onRead called with the bytes that were handed out */
export async function filePlace(
  path: string,
  onRead: (bytes: number) => void,
  range?: Range,
): Promise<Place | undefined> {
  // the normal reader then reports what is wrong
  const file = await open(path).catch(() => undefined);
  const place = file && (await placeOf(path, file, onRead, range).catch(() => undefined));
  if (place === undefined) await file?.close();
  return place;
}

async function placeOf(
  path: string,
  file: FileHandle,
  onRead: (bytes: number) => void,
  range: Range | undefined,
): Promise<Place | undefined> {
  const stats = await file.stat();
  if (!stats.isFile() || (range === undefined && stats.size < LARGE)) return undefined;
  const { from, to } = range ?? { from: 0, to: stats.size };
  const place = new FilePlace(path, file, stats.ino, from, to, onRead);
  return isCompressed(await place.read(0, HEAD)) ? undefined : place;
}

class FilePlace implements Place {
  constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly inode: number,
    readonly from: number,
    readonly size: number,
    private readonly onRead: (bytes: number) => void,
  ) {}

  async read(from: number, to: number): Promise<Uint8Array> {
    try {
      const { bytesRead, buffer } = await this.file.read(new Uint8Array(to - from), 0, to - from, from);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw readError(error, this.path);
    }
  }

  part(from: number, to: number): FilePart {
    const { path, inode } = this;
    this.onRead(to);
    return { path, inode, from, to };
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** Memory for the parts that this thread reads. */
let memory = new Uint8Array();

/** The bytes of a part, valid until the next call. @throws Error naming the file if it has changed */
export function readFilePart({ path, inode, from, to }: FilePart): Uint8Array<ArrayBuffer> {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    if (fstatSync(file).ino !== inode) throw changed(path, "another file took its place");
    if (memory.length < to - from) memory = new Uint8Array(to - from);
    for (let read = 0; read < to - from; ) {
      const step = readSync(file, memory, read, to - from - read, from + read);
      if (step === 0) throw changed(path, "it was truncated");
      read += step;
    }
    return memory.subarray(0, to - from);
  } catch (error) {
    throw readError(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function changed(path: string, how: string): Error {
  return new Error(`cannot read ${JSON.stringify(path)}: ${how} while it was read; start again`);
}
