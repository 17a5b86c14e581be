// What a checkpoint keeps of the command that began it, so that its name alone is enough to go on.

import { resolve } from "node:path";

/** A command line: the corpus, and the options that say what is read and written, as they were typed. */
export interface CommandRecord {
  /** that relative paths start from */
  folder: string;
  corpus: readonly string[];
  flags: Readonly<Record<string, unknown>>;
}

/** Options whose values are paths. */
const PATHS: readonly string[] = ["output", "outputVectors", "saveVocabulary", "saveModel", "stopWords"];

/** For CheckpointOptions.metadata. @param flags of which those not given are undefined */
export function record(corpus: readonly string[], flags: object): { command: CommandRecord } {
  return { command: { folder: process.cwd(), corpus, flags: { ...flags } } };
}

/** The command that a checkpoint keeps, with paths as they are from here; undefined if it was not begun by a command. */
export function recall({ command }: Readonly<Record<string, unknown>>): Omit<CommandRecord, "folder"> | undefined {
  if (!isRecord(command)) return undefined;
  const { folder, corpus, flags } = command;
  const here = (path: unknown) => (path === "-" || folder === process.cwd() ? path : resolve(folder, String(path)));
  return {
    corpus: corpus.map((path) => String(here(path))),
    flags: Object.fromEntries(
      Object.entries(flags).map(([name, value]) => [name, PATHS.includes(name) ? here(value) : value]),
    ),
  };
}

/** The library's users may keep anything by that name. */
function isRecord(value: unknown): value is CommandRecord {
  const { folder, corpus, flags } = (value ?? {}) as Partial<CommandRecord>;
  return typeof folder === "string" && Array.isArray(corpus) && flags !== null && typeof flags === "object";
}
