// The command line that a checkpoint stores, so that its name alone is enough to resume.

import { resolve } from "node:path";

/** A command line: the corpus, and the options of reading and writing, as they were typed. */
export interface CommandRecord {
  /** the folder that relative paths start from */
  folder: string;
  corpus: readonly string[];
  flags: Readonly<Record<string, unknown>>;
}

/** Options whose values are paths. */
const PATHS: readonly string[] = [
  "output",
  "outputVectors",
  "saveVocabulary",
  "saveModel",
  "saveFasttext",
  "stopWords",
  "probePairs",
  "probeAnalogies",
];

/** The value for CheckpointOptions.metadata. @param flags undefined for flags that were not given */
export function record(corpus: readonly string[], flags: object): { command: CommandRecord } {
  return { command: { folder: process.cwd(), corpus, flags: { ...flags } } };
}

/** The command that a checkpoint stores, with paths relative to the current folder; undefined if no command wrote it. */
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

/** Users of the library may store anything under that name. */
function isRecord(value: unknown): value is CommandRecord {
  const { folder, corpus, flags } = (value ?? {}) as Partial<CommandRecord>;
  return typeof folder === "string" && Array.isArray(corpus) && flags !== null && typeof flags === "object";
}
