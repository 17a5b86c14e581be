// Large plain files, whose parts the reading threads read themselves.

import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type FilePart, LARGE, type Place } from "../text/pieces.js";
import { readError } from "./files.js";
import { HEAD, isCompressed } from "./unpack.js";

/** A file that is plain and large. @param onRead told how far its parts were given out, in bytes */
export async function filePlace(
  path: string,
  stats: Stats,
  onRead: (bytes: number) => void,
): Promise<Place | undefined> {
  if (!stats.isFile() || stats.size < LARGE) return undefined;
  // whoever reads it then tells what is wrong with it
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  const place = new FilePlace(path, file, (await file.stat()).ino, stats.size, onRead);
  if (!isCompressed(await place.read(0, HEAD))) return place;
  await place.close();
  return undefined;
}

class FilePlace implements Place {
  constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly inode: number,
    readonly size: number,
    private readonly onRead: (bytes: number) => void,
  ) {}

  async read(from: number, to: number): Promise<Uint8Array> {
    const { bytesRead, buffer } = await this.file.read(new Uint8Array(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
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

/** The file that this thread read last, and memory for its parts. */
let opened: { path: string; inode: number; file: number } | undefined;
let memory = new Uint8Array();

/** The bytes of a part, valid until the next call; fewer if the file was cut short. @throws Error naming the file */
export function readFilePart(part: FilePart): Uint8Array<ArrayBuffer> {
  const { path, inode, from, to } = part;
  try {
    if (opened?.path !== path || opened.inode !== inode) openPart(part);
    if (memory.length < to - from) memory = new Uint8Array(to - from);
    let read = 0;
    for (let step = -1; step !== 0 && read < to - from; read += step)
      step = readSync(opened!.file, memory, read, to - from - read, from + read);
    return memory.subarray(0, read);
  } catch (error) {
    throw readError(error, path);
  }
}

function openPart({ path, inode }: FilePart): void {
  if (opened) closeSync(opened.file);
  opened = undefined;
  const file = openSync(path, "r");
  if (fstatSync(file).ino !== inode) {
    closeSync(file);
    throw new Error(`cannot read ${JSON.stringify(path)}: another file took its place while it was read; start again`);
  }
  opened = { path, inode, file };
}
