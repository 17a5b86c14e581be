// Sees that a folder is in use by one training at a time.

import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hostMark, isAlive, writeFailure } from "./files.js";

/** The file that says who uses the folder. */
export const LOCK = "in-use";

/** Milliseconds between the signs of life of who uses it, and after which it is taken for dead. */
const SIGN = 10_000;
const DEAD = 60_000;

/** Folders in use by this process. */
const used = new Set<string>();

export class FolderLock {
  private readonly folder: string;
  private readonly path: string;
  private locks = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(folder: string) {
    this.folder = resolve(folder);
    this.path = join(folder, LOCK);
  }

  /** Each lock needs its unlock. @throws Error if another training uses the folder */
  async lock(): Promise<void> {
    if (this.locks++ > 0) return;
    try {
      if (used.has(this.folder) || (await this.isUsed())) throw this.inUse();
      used.add(this.folder);
      await writeFile(this.path, `${hostMark()} ${process.pid}\n`).catch((error) => {
        used.delete(this.folder);
        throw writeFailure(error, this.path);
      });
    } catch (error) {
      this.locks--;
      throw error;
    }
    // who is killed leaves the file, and no more signs of life
    this.timer = setInterval(() => void utimes(this.path, new Date(), new Date()).catch(() => {}), SIGN);
    this.timer.unref();
  }

  async unlock(): Promise<void> {
    if (--this.locks > 0) return;
    clearInterval(this.timer);
    used.delete(this.folder);
    await rm(this.path, { force: true });
  }

  private async isUsed(): Promise<boolean> {
    const there = await stat(this.path).catch(() => undefined);
    if (there === undefined || Date.now() - there.mtimeMs > DEAD) return false;
    const [host, pid] = (await readFile(this.path, "utf8").catch(() => "")).split(/\s/);
    if (host !== hostMark()) return true;
    return Number(pid) !== process.pid && isAlive(Number(pid));
  }

  private inUse(): Error {
    return new Error(
      `"blocks" ${JSON.stringify(this.folder)} is in use by another training: wait until it has ended, or name another folder; ` +
        `of one that was killed on another machine the file ${LOCK} there is a minute old at most`,
    );
  }
}
