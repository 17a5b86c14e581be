// Corpora from files and streams.

import { createReadStream, existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { checkKnown, show } from "../../base/check.js";
import { type Corpus, type CorpusSource, toCorpus } from "../../text/corpus.js";
import { tokenizerOf } from "../../text/examples.js";
import type { Tally } from "../../text/fields.js";
import { tokensOfLine } from "../../text/labels.js";
import { checkMissing, TEXT_OPTIONS, type TextOptions, TextReader } from "../../text/lines.js";
import type { NamedText, Place } from "../../text/pieces.js";
import type { BytesRead } from "../../text/source.js";
import { isIterable, type TokenizeOptions } from "../../text/tokenize.js";
import type { TokenChunk } from "../../text/tokens.js";
import { FetchedText, isUrl } from "./fetched.js";
import { filePlace, type Range } from "./file-place.js";
import { CHUNK, decompressed, fileBytes, pathOf } from "./files.js";
import { KeptStream } from "./kept.js";
import { type FoundFile, filesOf } from "./paths.js";
import { isPipe, openPipe } from "./pipe.js";
import { checkTable, type TableOptions, tableColumn, tableExamples } from "./table.js";

/** How text files are read. */
export interface FileOptions extends TextOptions, TableOptions {}

export const FILE_OPTIONS: readonly string[] = [
  ...TEXT_OPTIONS,
  "column",
  "labelColumn",
  "labelSeparator",
  "delimiter",
  "header",
];

/** What a corpus of files was made from. */
export interface Files {
  paths: readonly string[];
  options: FileOptions;
}

const made = new WeakMap<Corpus, Files>();

/** What fileCorpus was given for a corpus, or for the one that it was derived from by its prototype; undefined for any other. */
export function madeFrom(corpus: Corpus): Files | undefined {
  for (let one: Corpus | null = corpus; one !== null; one = Object.getPrototypeOf(one)) {
    const files = made.get(one);
    if (files) return files;
  }
  return undefined;
}

/**
 * Text files, plain or compressed (gzip, bzip2, Zstandard), UTF-8, one sentence a line, tokens separated by whitespace unless
 * the options say otherwise. Pipes, such as /dev/stdin, are read once; an unlinked temporary file keeps their bytes.
 * @param paths files, pipes, folders (all files in them, by name, without hidden ones; links are followed) and globs
 * ("texts/**\/*.txt.gz"), and http and https URLs, which each pass fetches anew; read one after the other
 * @throws TypeError, RangeError for paths and options; while it is read: Error for files that cannot be read, FormatError for
 * their contents
 */
export function fileCorpus(paths: string | URL | readonly (string | URL)[], given: FileOptions = {}): Corpus {
  // an iterable may give its words only once
  const options = isIterable(given?.stopWords) ? { ...given, stopWords: [...given.stopWords] } : given;
  const reading = new FileReading(options);
  const checked = (Array.isArray(paths) ? paths : [paths]).map(checkPath);
  if (checked.length === 0) throw new RangeError("corpus expected the paths of files, got none");
  const name = checked.length === 1 ? checked[0] : `${checked[0]} and ${checked.length - 1} more`;
  const files = new FoundFiles(checked, options.onWarning);
  const corpus = { ...reading.corpus(name, () => files.sources()), close: () => files.close() };
  made.set(corpus, { paths: checked, options });
  return corpus;
}

/** A range of a plain file, which begins and ends between tokens. */
export function rangeCorpus(path: string, range: Range, options: FileOptions): Corpus {
  const place = async (onRead: (bytes: number) => void) => {
    const found = await filePlace(path, onRead, range);
    if (found === undefined)
      throw new Error(`cannot read ${show(path)}: it has changed while it was read; start again`);
    return found;
  };
  const { from, to } = range;
  const read = () => createReadStream(path, { start: from, end: to - 1, highWaterMark: CHUNK });
  return new FileReading(options).corpus(path, async () => [{ name: path, size: to - from, read, place }]);
}

/**
 * A stream, such as standard input. The first pass reads it, and an unlinked temporary file keeps its bytes for later passes.
 * remove() releases both.
 * @throws TypeError, RangeError for options
 */
export function streamCorpus(
  stream: Readable,
  name = "stdin",
  options: FileOptions = {},
): { corpus: Corpus; remove: () => Promise<void> } {
  const reading = new FileReading(options);
  if (typeof stream?.[Symbol.asyncIterator] !== "function" || typeof stream.destroy !== "function")
    throw new TypeError(`streamCorpus expected a Readable, such as process.stdin, got ${show(stream)}`);
  const kept = new KeptStream(stream, name);
  const remove = () => kept.remove();
  const corpus = reading.corpus(name, async () => [kept]);
  return { corpus: { ...corpus, close: remove }, remove };
}

/** As toCorpus; in addition a string or URL is a path of a file or folder, a glob, or an http or https URL. @throws TypeError also for a string that is text, not a path */
export function toNodeCorpus(source: CorpusSource | string | URL, onWarning?: (message: string) => unknown): Corpus {
  if (typeof source === "string" && /\s/.test(source) && !existsSync(source) && !source.includes("*"))
    throw new TypeError(
      `corpus expected a file's path or sentences, got ${show(source)}, and there is no such file: ` +
        'pass text as arrays of tokens, for example [text.split(" ")]',
    );
  return typeof source === "string" || source instanceof URL ? fileCorpus(source, { onWarning }) : toCorpus(source);
}

/** A text file whose lines hold labels among their words. @throws as toNodeCorpus */
export function labelledFile(
  path: string | URL,
  tokenize: TokenizeOptions,
  onWarning?: (message: string) => unknown,
): Corpus {
  if (Object.keys(tokenize).length === 0) return toNodeCorpus(path, onWarning);
  const tokensOf = tokenizerOf(tokenize);
  return fileCorpus(path, { tokenizer: (line) => tokensOfLine(line, tokensOf), onWarning });
}

/** A source of bytes that each pass reads from the start. */
interface Source {
  readonly name: string;
  /** Size in bytes, if known. */
  readonly size: number | undefined;
  /** A pass. @param onRead is called with the bytes read so far */
  read(onRead: (bytes: number) => void): AsyncIterable<Uint8Array>;
  /** For a pass by other threads, if they can read it. */
  place?(onRead: (bytes: number) => void): Promise<Place | undefined>;
}

/** The files that paths name, resolved at the first pass. */
class FoundFiles {
  private found: Promise<Source[]> | undefined;
  private readonly pipes: KeptStream[] = [];
  private isClosed = false;

  constructor(
    private readonly paths: readonly string[],
    private readonly onWarning: ((message: string) => unknown) | undefined,
  ) {}

  sources(): Promise<Source[]> {
    this.found ??= this.find();
    return this.found;
  }

  /** Releases pipes. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const pipe of this.pipes) await pipe.remove();
  }

  private async find(): Promise<Source[]> {
    const sources: Source[] = [];
    for (const named of this.paths) {
      if (isUrl(named)) sources.push(new FetchedText(named));
      else for (const file of await filesOf([named], this.onWarning)) sources.push(await this.sourceOf(file));
    }
    return sources;
  }

  private async sourceOf({ path, stats }: FoundFile): Promise<Source> {
    if (!isPipe(stats))
      return {
        name: path,
        size: stats.size,
        read: (onRead) => fileBytes(path, onRead),
        place: (onRead) => filePlace(path, onRead),
      };
    const pipe = new KeptStream(await openPipe(path, stats), path);
    this.pipes.push(pipe);
    if (this.isClosed) await pipe.remove();
    return pipe;
  }
}

/** Reads files with options that are checked once. */
class FileReading {
  private readonly table: TableOptions;
  private readonly text: TextOptions;
  private readonly reader: TextReader;

  /** @throws TypeError, RangeError */
  constructor(options: FileOptions) {
    checkKnown("option", options, FILE_OPTIONS);
    const { column, labelColumn, labelSeparator, delimiter, header, ...text } = options;
    this.table = { column, labelColumn, labelSeparator, delimiter, header };
    this.text = text;
    checkTable(this.table);
    if (column !== undefined && text.jsonField !== undefined)
      throw new RangeError('"column" is for tables and "jsonField" for JSON Lines: give one of them');
    if (column === undefined) checkMissing(text);
    this.reader = new TextReader(text);
  }

  corpus(name: string, sources: () => Promise<readonly Source[]>): Corpus {
    const read: BytesRead = { bytes: 0 };
    const { reader, table } = this;
    return {
      name,
      isConstant: true,
      progress: () => read,
      chunks: (signal, threads) =>
        reader.pass(name, (tally) => {
          const texts = textsOf(sources, read);
          return table.column === undefined ? reader.read(texts, tally, threads, signal) : this.columns(texts, tally);
        }),
    };
  }

  /** The rows of a table. Rows may span lines, so one thread reads them. */
  private async *columns(texts: AsyncIterable<NamedText>, tally: Tally): AsyncGenerator<TokenChunk> {
    const { reader, table, text } = this;
    for await (const { name, bytes } of texts) {
      const given = [reader.check(bytes, name, tally), name, table, tally, text.missingField] as const;
      if (table.labelColumn === undefined) yield* reader.tokens(tableColumn(...given), name);
      else yield* reader.labelledTokens(tableExamples(...given), name);
    }
  }
}

/** A pass over sources. @param read is updated with the progress */
async function* textsOf(sources: () => Promise<readonly Source[]>, read: BytesRead): AsyncGenerator<NamedText> {
  Object.assign(read, { bytes: 0, total: undefined });
  const all = await sources();
  let before = 0;
  for (const source of all) {
    const onRead = (bytes: number) => {
      read.bytes = before + bytes;
      read.total = totalSize(all);
    };
    yield {
      name: source.name,
      bytes: decompressed(source.read(onRead), source.name),
      place: async () => source.place?.(onRead),
    };
    before = read.bytes;
  }
}

/** Sum of the sizes; undefined if one is unknown. */
function totalSize(sources: readonly Source[]): number | undefined {
  return sources.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
}

/** @throws TypeError, RangeError for a value that is not a path */
function checkPath(path: string | URL): string {
  if (path instanceof URL && isUrl(path.href)) return path.href;
  if (path instanceof URL && path.protocol !== "file:")
    throw new RangeError(
      `corpus expected the path of a file, or a file:, http: or https: URL, got ${show(path.href)}: read it with textCorpus`,
    );
  if (!(path instanceof URL) && (typeof path !== "string" || path === ""))
    throw new TypeError(`corpus expected the path of a file, got ${show(path)}`);
  return pathOf(path);
}
