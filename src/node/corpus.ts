// Corpora in files and from pipes.

import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import { glob, isDynamicPattern } from "tinyglobby";
import { checkKnown, show } from "../math/check.js";
import { FormatError } from "../math/error.js";
import { checkUtf8 } from "../text/check-utf8.js";
import { type Corpus, type CorpusSource, toCorpus } from "../text/corpus.js";
import { TEXT_OPTIONS, type TextOptions, textCorpus } from "../text/lines.js";
import { stringCorpus } from "../text/strings.js";
import { pathOf, readChunks, readError } from "./files.js";

/** How text files are read. */
export interface FileOptions extends TextOptions {
  /** The files are tables (CSV, TSV): the name, in the first row, or the number, from 1, of the column that holds the text. */
  column?: string | number;
  /** Between the columns of a table. Default ",", for files that end with .tsv or .tab a tab. */
  delimiter?: string;
}

/**
 * Text files, plain or packed (gzip, bzip2, Zstandard), UTF-8, one sentence a line, tokens parted by blanks unless the options say otherwise.
 * @param paths files, folders (all files in them, by name) and globs ("texts/**\/*.txt.gz"), read one after the other
 * @throws TypeError, RangeError for options; while it is read Error for files that cannot be read, FormatError for what they hold
 */
export function fileCorpus(paths: string | URL | readonly (string | URL)[], options: FileOptions = {}): Corpus {
  checkKnown("option", options, [...TEXT_OPTIONS, "column", "delimiter"]);
  const given = (Array.isArray(paths) ? paths : [paths]).map(pathOf);
  if (given.length === 0) throw new RangeError("corpus expected the paths of files, got none");
  const { column, delimiter, ...reading } = options;
  if (delimiter !== undefined && column === undefined)
    throw new RangeError(
      '"delimiter" goes with "column", the column of a table that holds the text: give both, or none',
    );
  if (column !== undefined && reading.jsonField !== undefined)
    throw new RangeError('"column" is for tables and "jsonField" for JSON Lines: give one of them');
  const open = (path: string) =>
    column === undefined
      ? textCorpus(() => readChunks(path), path, reading)
      : tableCorpus(path, column, delimiter ?? (/\.(tsv|tab)(\.\w+)?$/.test(path) ? "\t" : ","), reading);
  // options are checked before anything is read
  open(given[0]);
  let files: Promise<string[]> | undefined;
  return {
    name: given.length === 1 ? given[0] : `${given[0]} and ${given.length - 1} more`,
    async *chunks() {
      files ??= filesOf(given);
      for (const path of await files) yield* open(path).chunks();
    },
  };
}

/** The texts of one column, by csv-parse: quotes, line ends within quotes, byte order mark. */
function tableCorpus(path: string, column: string | number, delimiter: string, options: TextOptions): Corpus {
  const { invalid, onInvalid, jsonField: _, ...tokenizing } = options;
  const fail = (what: string, cause?: unknown) => new FormatError(`${path}: ${what}`, { cause });
  async function* rows() {
    const table = parse({ delimiter, bom: true, relax_column_count: true, skip_empty_lines: true });
    const reading = pipeline(Readable.from(checkUtf8(readChunks(path), path, { invalid, onInvalid })), table);
    reading.catch(() => {});
    let at = typeof column === "number" ? column - 1 : -1;
    let number = 0;
    try {
      for await (const row of table as AsyncIterable<string[]>) {
        number++;
        if (at < 0) {
          at = row.indexOf(String(column));
          if (at < 0) throw fail(`expected a column ${show(column)}, got ${row.map(show).join(", ")}`);
          continue;
        }
        if (row[at] === undefined) throw fail(`row ${number} expected ${at + 1} columns, got ${row.length}`);
        yield row[at].replace(/[\r\n]+/g, " ");
      }
      await reading;
    } catch (error) {
      if ((error as { code?: string }).code?.startsWith("CSV_")) throw fail((error as Error).message, error);
      throw error;
    }
  }
  return stringCorpus(rows, path, tokenizing);
}

/** Files, those of folders and those that a glob matches, in the order given, else by name. @throws Error naming the path */
async function filesOf(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const there = await stat(path).catch((error) => {
      if (isDynamicPattern(path)) return undefined;
      throw readError(error, path);
    });
    let found = [path];
    if (there === undefined) found = (await glob(path, { absolute: false })).sort();
    else if (there.isDirectory())
      found = (await readdir(path, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort();
    if (found.length === 0)
      throw new Error(`cannot read ${show(path)}: ${there ? "the folder holds no file" : "no file matches it"}`);
    files.push(...found);
  }
  return files;
}

/** A stream, spooled to a temporary file since training reads it several times; remove() deletes that. */
export async function streamCorpus(
  stream: Readable,
  name = "stdin",
  options: FileOptions = {},
): Promise<{ corpus: Corpus; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "wasm2vec-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, "corpus");
  try {
    await pipeline(stream, createWriteStream(path));
    return { corpus: { ...fileCorpus(path, options), name }, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** As toCorpus, and a string or URL is the path of a file or folder, or a glob. @throws TypeError also for a string that is text, not a path */
export function toNodeCorpus(source: CorpusSource | string | URL): Corpus {
  if (typeof source === "string" && /\s/.test(source) && !existsSync(source) && !source.includes("*"))
    throw new TypeError(
      `corpus expected a file's path or sentences, got ${show(source)}, and there is no such file: ` +
        'pass text as arrays of tokens, for example [text.split(" ")]',
    );
  return typeof source === "string" || source instanceof URL ? fileCorpus(source) : toCorpus(source);
}
