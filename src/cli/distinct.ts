// Checks that no command reads and writes the same file, or writes it twice.

import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { isUrl } from "../platform/node/fetched.js";
import { identityOf } from "../platform/node/files.js";
import { filesOf } from "../platform/node/paths.js";
import { UsageError } from "./command.js";

/** A file of a command, with the option or argument that names it. */
export interface NamedFile {
  as: string;
  path: string;
}

/** Standard input, which the shell may have opened from a file. */
const STANDARD_INPUT: NamedFile = { as: "standard input", path: "/dev/stdin" };

/** Files by the options that name them, without missing ones and without -, which is standard input or output. */
export function namedFiles(named: Readonly<Record<string, string | undefined>>): NamedFile[] {
  return Object.entries(named).flatMap(([as, path]) => (path === undefined || path === "-" ? [] : [{ as, path }]));
}

/** @throws UsageError for - as the value of an option that names a file */
export function refuseDash(named: Readonly<Record<string, string | undefined>>): void {
  const dash = Object.entries(named).find(([, path]) => path === "-");
  if (dash)
    throw new UsageError(`${dash[0]} expected a file, got -, which is standard output: ./- is a file of that name`);
}

/** The files of a corpus, including those in its folders, but not those that are fetched. @throws Error naming a path that cannot be read */
export async function corpusFiles(paths: readonly string[]): Promise<NamedFile[]> {
  const found = await filesOf(
    paths.filter((path) => path !== "-" && !isUrl(path)),
    undefined,
  );
  const files = found.map(({ path }) => ({ as: "the corpus", path }));
  return paths.includes("-") ? [...files, STANDARD_INPUT] : files;
}

/** @throws UsageError naming both, if an output is an input or another output, also through links */
export async function checkDistinct(outputs: readonly NamedFile[], inputs: readonly NamedFile[]): Promise<void> {
  const taken = new Map<string, NamedFile>();
  for (const input of inputs) taken.set(await identityOf(input.path), input);
  for (const output of outputs) {
    const identity = await identityOf(output.path);
    const other = taken.get(identity);
    if (other !== undefined)
      throw new UsageError(
        `${output.as} ${JSON.stringify(output.path)} is the file of ${other.as} ${JSON.stringify(other.path)}, ` +
          `which it would replace: give it another name`,
      );
    taken.set(identity, output);
  }
}

/** @throws UsageError for an output in a folder of the corpus: the next run would read it as text */
export async function checkOutside(outputs: readonly NamedFile[], corpus: readonly string[]): Promise<void> {
  for (const folder of corpus) {
    const isFolder = await stat(folder).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!isFolder) continue;
    const inside = (await realpath(folder)) + sep;
    for (const { as, path } of outputs)
      if (join(await realpath(dirname(path)).catch(() => resolve(dirname(path))), basename(path)).startsWith(inside))
        throw new UsageError(
          `${as} ${JSON.stringify(path)} lies in the folder ${JSON.stringify(folder)} of the corpus, whose files are all read ` +
            "as text, also by the next run: write it elsewhere",
        );
  }
}
