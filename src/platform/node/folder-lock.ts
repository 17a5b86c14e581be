// Sees that a folder is in use by one training at a time.

import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hostMark, isAlive, writeFailure } from "./files.js";

/** The file that says who uses the folder. */
export const LOCK = "in-use";

/** Milliseconds between the signs of life of who uses it, and after which it is taken for dead. */
const SIGN = 10_000;
const DEAD = 60_000;

/** Milliseconds after which a file that is still empty is one whose writer was killed before it wrote. */
const EMPTY = 1_000;

/** Milliseconds until whoever removed the same file has written its own. */
const SETTLED = 200;

/** What the file holds. */
const OWNER = () => `${hostMark()} ${process.pid}\n`;

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
      if (used.has(this.folder)) throw this.inUse();
      await this.take();
      used.add(this.folder);
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
    if ((await this.owner()) === OWNER()) await rm(this.path, { force: true });
  }

  /** That of one who is gone is removed before. */
  private async take(): Promise<void> {
    if (await this.write()) return;
    if (await this.isUsed()) throw this.inUse();
    await rm(this.path, { force: true });
    if (!(await this.write())) throw this.inUse();
    // another, who saw the same file, may have removed this one and written its own
    await sleep(SETTLED);
    if ((await this.owner()) !== OWNER()) throw this.inUse();
  }

  /** Writes the file, which only one can. @returns whether there was none */
  private async write(): Promise<boolean> {
    try {
      await writeFile(this.path, OWNER(), { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw writeFailure(error as Error, this.path);
    }
  }

  private async isUsed(): Promise<boolean> {
    const there = await stat(this.path).catch(() => undefined);
    if (there === undefined) return false;
    let owner = await this.owner();
    if (owner === "") {
      await sleep(EMPTY);
      owner = await this.owner();
      if (owner === "") return false;
    }
    const [host, pid] = owner.split(/\s/);
    // a process of this host that has stopped for a while goes on later
    if (host === hostMark()) return Number(pid) !== process.pid && isAlive(Number(pid));
    return Date.now() - there.mtimeMs < DEAD;
  }

  private owner(): Promise<string> {
    return readFile(this.path, "utf8").catch(() => "");
  }

  private inUse(): Error {
    return new Error(
      `"blocks" ${JSON.stringify(this.folder)} is in use by another training: wait until it has ended, or name another folder; ` +
        `of one that was killed on another machine the file ${LOCK} there is a minute old at most`,
    );
  }
}
