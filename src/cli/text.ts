// Options of the commands that read text.

import { type Command, Option } from "commander";
import { type FileOptions, fileCorpus, readText, streamCorpus } from "../node.js";
import type { Corpus } from "../text/corpus.js";
import { TOKENIZERS } from "../text/tokenize.js";
import { grouped, parseCount, UsageError, usage } from "./command.js";
import { printWarning } from "./progress.js";

export interface TextFlags extends Omit<FileOptions, "stopWords" | "delimiter" | "onInvalid" | "column"> {
  column?: string;
  columnDelimiter?: string;
  stopWords?: string;
}

export const TEXT_FLAGS: readonly (keyof TextFlags)[] = [
  ...(["tokenizer", "locale", "lowercase", "normalize", "stripAccents", "numbers", "apostrophes"] as const),
  ...([
    "minLength",
    "maxLength",
    "stopWords",
    "splitSentences",
    "jsonField",
    "column",
    "columnDelimiter",
    "invalid",
  ] as const),
];

/** What the argument <corpus...> takes. */
export const CORPUS = "text files, folders or globs, plain or packed (gzip, bzip2, Zstandard); - reads standard input";

export function addTextOptions(command: Command): Command {
  const choice = (flags: string, description: string, choices: readonly string[]) =>
    command.addOption(new Option(flags, description).choices(choices));
  choice(
    "--tokenizer <name>",
    "whitespace, the default; simple: words in lower case, as gensim's simple_preprocess; segmenter: any language",
    TOKENIZERS,
  );
  command
    .option("--locale <language>", "of the segmenter and of lower-casing, such as ja or tr")
    .option("--lowercase", "lower case")
    .option("--strip-accents", "é becomes e")
    .option("--numbers", "simple: keep numbers")
    .option("--apostrophes", "simple: keep don't in one")
    .option("--min-length <number>", "leave out tokens with fewer characters", parseCount)
    .option("--max-length <number>", "leave out tokens with more characters", parseCount)
    .option("--stop-words <file>", "leave out these words, parted by blanks or line ends")
    .option("--split-sentences", "cut lines into sentences");
  choice("--normalize <form>", "Unicode normalisation", ["NFC", "NFD", "NFKC", "NFKD"]);
  command
    .option("--json-field <name>", "the text is JSON Lines: the field that holds it, such as text or review.body")
    .option("--column <name>", "the text is a table (CSV, TSV): the column that holds it, by name or number")
    .option("--column-delimiter <character>", "between its columns (default: a comma, in .tsv files a tab)");
  return choice("--invalid <how>", "bytes that are no UTF-8: replace them, the default, or fail", ["replace", "error"]);
}

/** The corpus that a command names; remove() when it is no longer read. */
export async function openText(
  paths: readonly string[],
  flags: TextFlags,
): Promise<{ corpus: Corpus; remove(): Promise<void> }> {
  const { column, columnDelimiter, stopWords, ...rest } = Object.fromEntries(
    TEXT_FLAGS.map((name) => [name, flags[name]]).filter(([, value]) => value !== undefined),
  ) as TextFlags;
  const options: FileOptions = { ...rest, onInvalid: warnOnce() };
  if (column !== undefined) options.column = /^[1-9]\d*$/.test(column) ? Number(column) : column;
  if (columnDelimiter !== undefined) options.delimiter = columnDelimiter === "\\t" ? "\t" : columnDelimiter;
  if (stopWords !== undefined)
    options.stopWords = (await readText(stopWords)).split(/\s+/).filter((word) => word !== "");
  // before hours of reading standard input
  usage(() => fileCorpus("-", options));
  if (!paths.includes("-")) return { corpus: fileCorpus(paths, options), remove: async () => {} };
  if (paths.length > 1)
    throw new UsageError("- is standard input, which cannot be read with files: give one or the other");
  return streamCorpus(process.stdin, "standard input", options);
}

function warnOnce(): (count: number) => void {
  let told = false;
  return (count) => {
    if (!told)
      printWarning(
        `${grouped(count)} stretches of bytes are no UTF-8 and were replaced by U+FFFD; --invalid error refuses them`,
      );
    told = true;
  };
}
