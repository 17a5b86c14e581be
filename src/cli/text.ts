// Options of commands that read text.

import { type Command, Option } from "commander";
import type { ClassifierArgs } from "../classifier/classifier-data.js";
import { type FileOptions, fileCorpus, streamCorpus } from "../files.js";
import { FormatError } from "../node.js";
import { readText } from "../platform/node/files.js";
import type { Corpus } from "../text/corpus.js";
import { tokenizerOf } from "../text/examples.js";
import { tokensOfLine } from "../text/labels.js";
import { TOKENIZERS } from "../text/tokenize.js";
import type { TokenChunk } from "../text/tokens.js";
import { grouped, parseCount, UsageError } from "./command.js";
import { flagsOf, inFlags } from "./flags.js";
import { printWarning } from "./progress.js";

export interface TextFlags
  extends Omit<FileOptions, "stopWords" | "delimiter" | "onInvalid" | "onWarning" | "column" | "labelColumn"> {
  column?: string;
  labelColumn?: string;
  columnDelimiter?: string;
  stopWords?: string;
}

/** How lines become tokens. */
const TOKENIZE_FLAGS = [
  ...(["tokenizer", "locale", "lowercase", "normalize", "stripAccents", "numbers", "apostrophes"] as const),
  ...(["minLength", "maxLength", "stopWords"] as const),
] as const;

export const TEXT_FLAGS: readonly (keyof TextFlags)[] = [
  ...TOKENIZE_FLAGS,
  ...(["splitSentences"] as const),
  ...(["jsonField", "column", "columnDelimiter", "header", "missingField", "invalid"] as const),
];

/** Where the labels of a text are. */
const LABEL_FLAGS = ["labelField", "labelColumn", "labelSeparator"] as const;

/** Flags for messages, by option. */
const FLAGS = {
  ...flagsOf([...TEXT_FLAGS, ...LABEL_FLAGS]),
  ...{ delimiter: "--column-delimiter", header: "--no-header" },
};

/** Flags for messages while text is read. Others are not replaced, because such messages may quote words of the text. */
const WHILE_READING = flagsOf(["missingField", "invalid", "tokenizer"]);

/** Help text of the argument <corpus...>. */
export const CORPUS =
  "text files, pipes, folders, globs or http(s) URLs, plain or compressed (gzip, bzip2, Zstandard); - reads standard input";

export function addTextOptions(command: Command): Command {
  addTokenizeOptions(command).option("--split-sentences", "split lines into sentences");
  return addFieldOptions(command);
}

/** Options of how lines become tokens. */
export function addTokenizeOptions(command: Command): Command {
  choice(
    command,
    "--tokenizer <name>",
    "whitespace, the default; simple: words in lower case, as gensim's simple_preprocess; segmenter: any language",
    TOKENIZERS,
  );
  command
    .option("--locale <language>", "language of the segmenter and of lower-casing, such as ja or tr")
    .option("--lowercase", "convert to lower case")
    .option("--strip-accents", "é becomes e")
    .option("--numbers", "simple: keep numbers")
    .option("--apostrophes", "simple: keep don't as one token")
    .option("--min-length <number>", "drop tokens with fewer characters", parseCount)
    .option("--max-length <number>", "drop tokens with more characters", parseCount)
    .option("--stop-words <file>", "drop the words of this file, separated by whitespace");
  return choice(command, "--normalize <form>", "Unicode normalization", ["NFC", "NFD", "NFKC", "NFKD"]);
}

/** Options of where in a file the text is. */
export function addFieldOptions(command: Command): Command {
  command
    .option("--json-field <name>", "read JSON Lines: the field that holds the text, such as text or review.body")
    .option("--column <name>", "read tables (CSV, TSV): the column that holds the text, by name or number")
    .option("--column-delimiter <character>", "separates the columns (default: a comma, in .tsv files a tab)")
    .option("--no-header", "the first row of a table is text, not names; --column is a number");
  choice(command, "--missing-field <how>", "rows without the field: error (default) fails, skip skips them", [
    "error",
    "skip",
  ]);
  return choice(command, "--invalid <how>", "invalid UTF-8: replace (default) or error", ["replace", "error"]);
}

/** Options of where in a file labels are; lines of text hold them among their words. */
export function addLabelOptions(command: Command): Command {
  return addFieldOptions(command)
    .option("--label-field <name>", "with --json-field: the field that holds the label, or an array of them")
    .option("--label-column <name>", "with --column: the column that holds the label, by name or number")
    .option("--label-separator <text>", "with --label-column: separates several labels of a row");
}

function choice(command: Command, flags: string, description: string, choices: readonly string[]): Command {
  return command.addOption(new Option(flags, description).choices(choices));
}

/** The corpus that a command names; call remove() when it is no longer needed. @throws UsageError */
export async function openText(
  paths: readonly string[],
  flags: TextFlags,
): Promise<{ corpus: Corpus; remove(): Promise<void> }> {
  return openFiles(paths, await optionsOf(flags));
}

/** How a command is to tokenize. @throws UsageError */
export async function tokenizeOf(flags: TextFlags): Promise<ClassifierArgs["tokenize"]> {
  const { onInvalid: _, onWarning: __, ...options } = await optionsOf(flags, TOKENIZE_FLAGS);
  return options as ClassifierArgs["tokenize"];
}

/** The corpus of examples that a command names. @param tokenize how their texts are tokenized @throws UsageError */
export async function openExamples(
  paths: readonly string[],
  flags: TextFlags,
  tokenize: ClassifierArgs["tokenize"],
): ReturnType<typeof openText> {
  const ofFields = [
    ...TEXT_FLAGS.filter((name) => !(TOKENIZE_FLAGS as readonly string[]).includes(name)),
    ...LABEL_FLAGS,
  ];
  const options = await optionsOf(flags, ofFields);
  const hasFields = options.jsonField !== undefined || options.column !== undefined;
  if (hasFields || Object.keys(tokenize).length === 0) return openFiles(paths, { ...options, ...tokenize });
  const tokensOf = tokenizerOf(tokenize);
  return openFiles(paths, { ...options, tokenizer: (line) => tokensOfLine(line, tokensOf) });
}

function openFiles(paths: readonly string[], options: FileOptions): Awaited<ReturnType<typeof openText>> {
  if (paths.includes("-") && paths.length > 1)
    throw new UsageError("- is standard input, which cannot be read with files: give one or the other");
  try {
    const corpus = paths.includes("-")
      ? streamCorpus(process.stdin, "standard input", options).corpus
      : fileCorpus(paths, options);
    return {
      corpus: Object.create(corpus, {
        chunks: { value: (...given: Parameters<Corpus["chunks"]>) => explained(corpus, ...given) },
      }),
      remove: async () => corpus.close?.(),
    };
  } catch (error) {
    throw new UsageError(inFlags((error as Error).message, FLAGS), { cause: error });
  }
}

async function optionsOf(flags: TextFlags, names: readonly (keyof TextFlags)[] = TEXT_FLAGS): Promise<FileOptions> {
  const { column, labelColumn, columnDelimiter, stopWords, header, ...others } = Object.fromEntries(
    names.map((name) => [name, flags[name]]).filter(([, value]) => value !== undefined),
  ) as TextFlags;
  const options: FileOptions = { ...others, onInvalid: warnOnce(), onWarning: printWarning };
  const place = (name: string) => (/^[1-9]\d*$/.test(name) ? Number(name) : name);
  if (column !== undefined) options.column = place(column);
  if (labelColumn !== undefined) options.labelColumn = place(labelColumn);
  if (columnDelimiter !== undefined) options.delimiter = columnDelimiter === "\\t" ? "\t" : columnDelimiter;
  // commander sets true if nothing was typed
  if (header === false) options.header = false;
  if (stopWords !== undefined)
    options.stopWords = (await readText(stopWords)).split(/\s+/).filter((word) => word !== "");
  return options;
}

/** A pass whose errors name flags of the command line. */
async function* explained(corpus: Corpus, ...given: Parameters<Corpus["chunks"]>): AsyncGenerator<TokenChunk> {
  try {
    yield* corpus.chunks(...given);
  } catch (error) {
    const isOurs = error instanceof FormatError || error instanceof RangeError || error instanceof TypeError;
    if (isOurs) error.message = inFlags(error.message, WHILE_READING);
    throw error;
  }
}

function warnOnce(): (count: number) => void {
  let isTold = false;
  return (count) => {
    if (!isTold)
      printWarning(`${grouped(count)} invalid UTF-8 sequences were replaced by U+FFFD; --invalid error refuses them`);
    isTold = true;
  };
}
