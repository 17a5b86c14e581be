// Blocks of rows in the files of a folder: two files for each block, read and written as a whole.

import { randomUUID } from "node:crypto";
import { closeSync, constants, openSync, readSync } from "node:fs";
import * as fs from "node:fs/promises";
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../../base/errors.js";
import { Fingerprint } from "../../base/fingerprint.js";
import { sizeOf } from "../../kernel/memory.js";
import type { Side } from "../../kernel/shape.js";
import type { BlockPlace, BlockStore, BlocksShape, BlocksState, FillRows } from "../../train/execution/block-store.js";
import { readError, writeFailure } from "./files.js";
import { FolderLock, LOCK } from "./folder-lock.js";

/** The file of the checkpoint. */
export const STATE = "training.w2v";

/** Files that a folder of blocks may hold. */
const OURS = /^((in|out)puts-\d{3}\.[01]|training\.w2v(\.tmp-[\w-]+)?)$/;

const SIDES = ["inputs", "outputs"] as const;

/** Bytes before the rows: what the file is, as JSON filled up with spaces. Whole pages, so that rows are aligned. */
const HEADER = 4096;

/** Bytes that the system is asked for at once: it gives at most 2 GiB. */
const MOST = 2 ** 30;

/** Bytes of rows that are read ahead, or begun with, at once. */
const WINDOW = 2 ** 24;

/** Bytes of rows whose checksum is computed at once. */
const SEEN = 2 ** 22;

/** Files that are flushed to the disk at once. */
const FLUSHED = 4;

/** Where a block lies, whether it was written since the last checkpoint, and the checksum of its rows if nothing was written since. */
interface Place {
  generation: 0 | 1;
  writes: number;
  isNew: boolean;
  checksum?: string;
}

type Places = Record<Side, Place[]>;

/** Rows that were read ahead. */
interface Window {
  side: Side;
  first: number;
  rows: Float32Array;
}

export class BlockFiles implements BlockStore {
  private mark = "";
  private shape: BlocksShape | undefined;
  private places: Places = { inputs: [], outputs: [] };
  private window: Window | undefined;
  private readonly held: FolderLock;

  private constructor(readonly folder: string) {
    this.held = new FolderLock(folder);
  }

  /** The store of a folder, which is made if there is none. @throws Error if it cannot be made, or holds other files */
  static async in(folder: string): Promise<BlockFiles> {
    await mkdir(folder, { recursive: true }).catch((error) => {
      throw writeFailure(error, folder);
    });
    const names = await readdir(folder).catch((error) => {
      throw readError(error, folder);
    });
    const other = names.find((name) => !OURS.test(name) && name !== LOCK);
    if (other !== undefined)
      throw new Error(
        `"blocks" expected a folder of its own, but ${JSON.stringify(folder)} holds ${JSON.stringify(other)}: name another folder, which need not be there`,
      );
    return new BlockFiles(folder);
  }

  get state(): BlocksState {
    const places = (side: Side) =>
      this.places[side].map(({ generation, writes, checksum }): BlockPlace => {
        return checksum === undefined ? [generation, writes] : [generation, writes, checksum];
      });
    return { mark: this.mark, shape: this.shape!, places: { inputs: places("inputs"), outputs: places("outputs") } };
  }

  async holdsCheckpoint(): Promise<boolean> {
    const there = await stat(join(this.folder, STATE)).catch(() => undefined);
    return there !== undefined && there.size > 0;
  }

  async begin(shape: BlocksShape, fill: Partial<Record<Side, FillRows>>): Promise<void> {
    await this.lock();
    try {
      this.shape = shape;
      const old = (await readdir(this.folder)).filter((name) => name !== LOCK).map((name) => join(this.folder, name));
      await this.checkRoom(old);
      // the checkpoint goes first, so that none is ever without its blocks
      await rm(join(this.folder, STATE), { force: true });
      for (const path of old) await rm(path, { force: true });
      this.mark = randomUUID();
      const begun = (): Place => ({ generation: 0, writes: 0, isNew: true });
      for (const side of SIDES) {
        this.places[side] = Array.from({ length: shape.blocks }, begun);
        for (let block = 0; block < shape.blocks; block++)
          await this.writing(side, block, async (file) => file.truncate(this.sizeOf(side)));
        const rows = fill[side];
        if (rows) await this.fill(side, rows);
      }
    } finally {
      await this.unlock();
    }
  }

  async open(shape: BlocksShape, state: BlocksState): Promise<void> {
    if (JSON.stringify(shape) !== JSON.stringify(state.shape))
      throw new FormatError(
        `the blocks of ${JSON.stringify(this.folder)} are cut in another way than this wasm2vec cuts them: use the one that wrote them`,
      );
    const placed = ([generation, writes, checksum]: BlockPlace): Place => ({
      ...{ generation, writes, checksum },
      isNew: false,
    });
    this.mark = state.mark;
    this.shape = shape;
    this.places = { inputs: state.places.inputs.map(placed), outputs: state.places.outputs.map(placed) };
    this.refresh();
    for (const side of SIDES) for (let block = 0; block < shape.blocks; block++) await this.check(side, block);
  }

  async read(side: Side, block: number, bytes: Uint8Array): Promise<void> {
    const path = this.pathOf(side, block);
    const file = await open(path).catch((error) => {
      throw readError(error, path);
    });
    await readAll(file, bytes, HEADER, path).finally(() => file.close());
  }

  async write(side: Side, block: number, bytes: Uint8Array): Promise<void> {
    const place = this.places[side][block];
    if (!place.isNew) place.generation = place.generation === 0 ? 1 : 0;
    place.isNew = true;
    place.writes++;
    place.checksum = undefined;
    await this.writing(side, block, (file) => writeAll(file, bytes, HEADER));
  }

  async seal(throwIfEnded: () => void): Promise<void> {
    for (const side of SIDES)
      for (const [block, place] of this.places[side].entries()) {
        if (place.checksum !== undefined) continue;
        const path = this.pathOf(side, block);
        const file = await open(path).catch((error) => {
          throw readError(error, path);
        });
        place.checksum = await this.checksumOf(side, file, path, throwIfEnded).finally(() => file.close());
      }
  }

  readRows(side: Side, first: number, count: number): Float32Array {
    const { rows, stride } = this.shape!;
    const floats = stride / 4;
    // words that are asked for one by one are anywhere
    if (count === 1) return this.load(side, first, 1);
    let { window } = this;
    const isIn =
      window?.side === side && first >= window.first && first + count <= window.first + window.rows.length / floats;
    if (!isIn) {
      const most = Math.max(count, Math.floor(WINDOW / stride));
      const ahead = Math.min(most, rows[side] - first);
      window = this.window = { side, first, rows: this.load(side, first, ahead) };
    }
    const at = (first - window!.first) * floats;
    return window!.rows.subarray(at, at + count * floats);
  }

  refresh(): void {
    this.window = undefined;
  }

  lock(): Promise<void> {
    return this.held.lock();
  }

  unlock(): Promise<void> {
    return this.held.unlock();
  }

  /** Flushes to the disk what was written since the last checkpoint. */
  async flush(): Promise<void> {
    const written = SIDES.flatMap((side) =>
      this.places[side].flatMap(({ isNew }, block) => (isNew ? [this.pathOf(side, block)] : [])),
    );
    for (let first = 0; first < written.length; first += FLUSHED)
      await Promise.all(written.slice(first, first + FLUSHED).map(flushFile));
    await flushFolder(this.folder);
  }

  /** What was written since the last checkpoint is now part of one: the other places are free. */
  kept(): void {
    for (const side of SIDES) for (const place of this.places[side]) place.isNew = false;
  }

  private pathOf(side: Side, block: number): string {
    return join(this.folder, `${side}-${String(block).padStart(3, "0")}.${this.places[side][block].generation}`);
  }

  private sizeOf(side: Side): number {
    const { blockRows, stride } = this.shape!;
    return HEADER + blockRows[side] * stride;
  }

  /** What a file says that it is. */
  private headerOf(side: Side, block: number): Uint8Array {
    const { blockRows, stride } = this.shape!;
    const { writes } = this.places[side][block];
    const { mark } = this;
    const is = { format: "wasm2vec.block", mark, side, block, rows: blockRows[side], stride, writes };
    const bytes = new Uint8Array(HEADER).fill(32);
    new TextEncoder().encodeInto(JSON.stringify(is), bytes);
    return bytes;
  }

  /** @param old files that go before anything is written @throws Error if the disk has too little room, where the system tells it */
  private async checkRoom(old: readonly string[]): Promise<void> {
    const room = await fs.statfs?.(this.folder).catch(() => undefined);
    // some systems know nothing of their disks
    if (room === undefined || room.blocks === 0) return;
    const freed = await Promise.all(old.map((path) => stat(path).then(({ blocks }) => 512 * (blocks || 0))));
    const free = freed.reduce((sum, bytes) => sum + bytes, room.bavail * room.bsize);
    const { blocks, blockRows, stride } = this.shape!;
    const needed = 2 * blocks * (this.sizeOf("inputs") + this.sizeOf("outputs"));
    if (needed <= free) return;
    const perWord = (2 * blocks * (blockRows.inputs + blockRows.outputs) * stride) / this.shape!.rows.inputs;
    throw new Error(
      `"blocks" needs ${sizeOf(needed)} on the disk of ${JSON.stringify(this.folder)}, which has ${sizeOf(free)} free: make room there, ` +
        `name a folder of a larger disk, or train fewer words (each takes ${Math.ceil(perWord)} bytes: raise "minCount") or a smaller "dim"`,
    );
  }

  /** @throws FormatError if a file is not the one that the checkpoint names, or its rows are others */
  private async check(side: Side, block: number): Promise<void> {
    const path = this.pathOf(side, block);
    const file = await open(path).catch((error) => {
      throw damaged(path, readError(error, path).message);
    });
    try {
      const { size } = await file.stat();
      const expected = this.sizeOf(side);
      if (size !== expected) throw damaged(path, `it has ${size} bytes, not ${expected}`);
      const { buffer } = await file.read(new Uint8Array(HEADER), 0, HEADER, 0);
      const header = this.headerOf(side, block);
      if (!buffer.every((byte, i) => byte === header[i]))
        throw damaged(path, "it is not the file that the checkpoint names");
      const { checksum } = this.places[side][block];
      if (checksum !== undefined && (await this.checksumOf(side, file, path)) !== checksum)
        throw damaged(path, "its rows are not those that were written");
    } finally {
      await file.close();
    }
  }

  /** The checksum of the rows of a block. @param throwIfEnded is called for each piece */
  private async checksumOf(side: Side, file: FileHandle, path: string, throwIfEnded = () => {}): Promise<string> {
    const size = this.sizeOf(side);
    const bytes = new Uint8Array(Math.min(SEEN, size - HEADER));
    const seen = new Fingerprint();
    for (let at = HEADER; at < size; at += bytes.length) {
      throwIfEnded();
      const piece = bytes.subarray(0, Math.min(bytes.length, size - at));
      await readAll(file, piece, at, path);
      seen.addBytes(piece);
    }
    return seen.value;
  }

  /** Opens the file of a block to write into, and says in it what it is. */
  private async writing(side: Side, block: number, write: (file: FileHandle) => Promise<void>): Promise<void> {
    const path = this.pathOf(side, block);
    try {
      const file = await open(path, constants.O_RDWR | constants.O_CREAT);
      try {
        await writeAll(file, this.headerOf(side, block), 0);
        await write(file);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw writeFailure(error, path);
    }
  }

  /** Writes the rows that words begin with, some words at a time: each block has some rows of them. */
  private async fill(side: Side, fill: FillRows): Promise<void> {
    const { blocks, rows: all, stride } = this.shape!;
    const floats = stride / 4;
    const most = Math.max(1, Math.floor(WINDOW / (blocks * stride)));
    const each = Math.min(most, Math.ceil(all[side] / blocks));
    const rows = new Float32Array(each * blocks * floats);
    const ofBlock = new Float32Array(each * floats);
    for (let first = 0; first < all[side]; first += each * blocks) {
      const count = Math.min(each * blocks, all[side] - first);
      rows.fill(0);
      fill(first, rows.subarray(0, count * floats));
      for (let block = 0; block < blocks && block < count; block++) {
        const own = Math.ceil((count - block) / blocks);
        for (let i = 0; i < own; i++) {
          const at = (block + i * blocks) * floats;
          ofBlock.set(rows.subarray(at, at + floats), i * floats);
        }
        const bytes = new Uint8Array(ofBlock.buffer, 0, own * stride);
        await this.writing(side, block, (file) => writeAll(file, bytes, HEADER + (first / blocks) * stride));
      }
    }
  }

  /** Rows of words that follow each other, from the files of their blocks. */
  private load(side: Side, first: number, count: number): Float32Array {
    const { blocks, stride } = this.shape!;
    const floats = stride / 4;
    const rows = new Float32Array(count * floats);
    const ofBlock = new Float32Array(Math.ceil(count / blocks) * floats);
    for (let i = 0; i < blocks && i < count; i++) {
      const block = (first + i) % blocks;
      const own = Math.ceil((count - i) / blocks);
      readInto(
        this.pathOf(side, block),
        new Uint8Array(ofBlock.buffer, 0, own * stride),
        HEADER + Math.floor((first + i) / blocks) * stride,
      );
      for (let row = 0; row < own; row++)
        rows.set(ofBlock.subarray(row * floats, (row + 1) * floats), (i + row * blocks) * floats);
    }
    return rows;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(MOST, bytes.length - at), position + at);
    at += bytesWritten;
  }
}

async function readAll(file: FileHandle, bytes: Uint8Array, position: number, path: string): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(MOST, bytes.length - at), position + at);
      if (bytesRead === 0) throw damaged(path, "it ends too early");
      at += bytesRead;
    }
  } catch (error) {
    throw readError(error, path);
  }
}

function readInto(path: string, bytes: Uint8Array, position: number): void {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(file, bytes, at, bytes.length - at, position + at);
      if (read === 0) throw damaged(path, "it ends too early");
      at += read;
    }
  } catch (error) {
    throw readError(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function flushFile(path: string): Promise<void> {
  try {
    // Windows flushes only what may be written
    const file = await open(path, constants.O_RDWR);
    await file.sync().finally(() => file.close());
  } catch (error) {
    throw writeFailure(error, path);
  }
}

/** Flushes the names of a folder, where the system can do that. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

function damaged(path: string, what: string): FormatError {
  return new FormatError(
    `the block ${JSON.stringify(path)} is damaged: ${what}; restore the folder as it was, or start over with "overwrite"`,
  );
}
