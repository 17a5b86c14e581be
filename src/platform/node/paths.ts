// Resolves paths to files: folders, globs, links.

import type { Dirent, Stats } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { show } from "../../base/check.js";
import { readError } from "./files.js";
import { tinyglobby } from "./packages.js";

/** Every glob has one of these. */
const GLOB = /[*?[\]{}()!]/;

/** Skipped names shown in a warning. */
const NAMED = 3;

export interface FoundFile {
  path: string;
  stats: Stats;
}

/**
 * Files, the files of folders, and the files that globs match, in the given order and then by name. In folders links are followed;
 * names that begin with a dot and files seen before are skipped.
 * @param onWarning called with what was skipped
 * @throws Error naming the path; Error if there is a glob, and tinyglobby is not installed
 */
export async function filesOf(
  paths: readonly string[],
  onWarning: ((message: string) => unknown) | undefined,
): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  for (const path of paths) {
    const stats = await statOf(path).catch(async (error) => {
      if (GLOB.test(path) && (await isPattern(path, error))) return undefined;
      throw error;
    });
    if (stats === undefined) files.push(...(await globbed(path)));
    else if (stats.isDirectory()) files.push(...(await new Folder(path).files(onWarning)));
    else files.push({ path, stats });
  }
  return files;
}

/** @param missing why the path is none of a file, for who cannot tell whether it is a pattern */
async function isPattern(path: string, missing: Error): Promise<boolean> {
  const { isDynamicPattern } = await tinyglobby().catch((cause: Error) => {
    throw new Error(`${missing.message}; if it is meant as a pattern: ${cause.message}`, { cause });
  });
  return isDynamicPattern(path);
}

async function statOf(path: string): Promise<Stats> {
  return stat(path).catch((error) => {
    throw readError(error, path);
  });
}

async function globbed(pattern: string): Promise<FoundFile[]> {
  const { glob } = await tinyglobby();
  const found = (await glob(pattern, { absolute: false })).sort();
  if (found.length === 0) throw new Error(`cannot read ${show(pattern)}: no file matches it`);
  return Promise.all(found.map(async (path) => ({ path, stats: await statOf(path) })));
}

/** The files of a folder and its subfolders. */
class Folder {
  private readonly found: FoundFile[] = [];
  /** skipped names by reason */
  private readonly skipped = new Map<string, string[]>();
  /** real paths of files and folders, because links may lead to a file that was read, or in a cycle */
  private readonly seen = new Set<string>();

  constructor(private readonly path: string) {}

  async files(onWarning: ((message: string) => unknown) | undefined): Promise<FoundFile[]> {
    this.seen.add(await realpath(this.path));
    await this.walk(this.path);
    const { found, path } = this;
    const skipped = [...this.skipped].map(([reason, names]) => `${list(names)} (${reason})`).join(", ");
    if (found.length === 0)
      throw new Error(
        `cannot read ${show(path)}: the folder contains no file${skipped && `; skipped ${skipped}: give their own paths to read them`}`,
      );
    if (skipped) onWarning?.(`${path}: skipped ${skipped}`);
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  private async walk(folder: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
      throw readError(error, folder);
    });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      const stats = await this.statOf(entry, path);
      if (stats?.isDirectory()) await this.walk(path);
      else if (stats) this.found.push({ path, stats });
    }
  }

  /** Undefined if it is skipped. */
  private async statOf(entry: Dirent, path: string): Promise<Stats | undefined> {
    if (entry.name.startsWith(".")) return this.skip(path, "hidden");
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined) return this.skip(path, entry.isSymbolicLink() ? "a link to nothing" : "unreadable");
    if (!stats.isFile() && !stats.isDirectory()) return this.skip(path, "not a file");
    const real = await realpath(path);
    if (this.seen.has(real)) return this.skip(path, "read already");
    this.seen.add(real);
    return stats;
  }

  private skip(path: string, reason: string): undefined {
    const names = this.skipped.get(reason) ?? [];
    this.skipped.set(reason, [...names, relative(this.path, path)]);
  }
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).map(show).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
