// The file of vectors that a command reads, and the options that say how.

import { type Command, Option } from "commander";
import { type LoadOptions, loadVectors } from "../files.js";
import { READ_FORMATS } from "../format/vectors.js";
import type { ReadFormat, SkippedRows } from "../formats.js";
import type { WordVectors } from "../node.js";
import { readStandardInput } from "../platform/node/files.js";
import { loadFrom, wordsBeside } from "../platform/node/vectors.js";
import { grouped } from "./command.js";
import { printWarning } from "./progress.js";

/** What the argument that names vectors says of itself. */
export const VECTORS = "vectors, as train or another trainer wrote them, plain or compressed; - is standard input";

/** How a file of vectors is read. */
export interface VectorFlags {
  format: ReadFormat | "auto";
  words?: string;
  lenient?: true;
}

/** @param flag that names the format */
export function addVectorOptions(command: Command, flag = "--format <format>"): Command {
  return command
    .addOption(
      new Option(flag, "format of the file read; auto: by its content")
        .choices(["auto", ...READ_FORMATS])
        .default("auto"),
    )
    .option(
      "--words <file>",
      "words of the vectors read, for npy and tsv (default: beside them, x.words.txt or x.metadata.tsv)",
    )
    .option("--lenient", "skip rows with a repeated or empty word or numbers that are not finite, and count them");
}

/** Vectors of a file, or of standard input. @throws as loadVectors */
export function openVectorFile(file: string, flags: VectorFlags, limit?: number): Promise<WordVectors> {
  const { format, words, lenient } = flags;
  const options: LoadOptions = { format, words, limit, lenient };
  if (lenient) options.onSkipped = (rows) => printWarning(skippedText(file, rows));
  if (file !== "-") return loadVectors(file, options);
  return loadFrom(readStandardInput(), "standard input", async () => undefined, options);
}

function skippedText(file: string, { repeated, empty, nonFinite }: SkippedRows): string {
  const reasons = [
    [repeated, "with the word of an earlier row"],
    [empty, "with an empty word"],
    [nonFinite, "with numbers that are not finite"],
  ] as const;
  const rows = repeated + empty + nonFinite;
  const counts = reasons.filter(([count]) => count > 0).map(([count, reason]) => `${grouped(count)} ${reason}`);
  return `skipped ${grouped(rows)} row${rows === 1 ? "" : "s"} of ${file === "-" ? "standard input" : file}: ${counts.join(", ")}`;
}

/** The list of words that a file of vectors has beside it, if its name says that it has one. */
export function wordsRead(input: string): string | undefined {
  return /\.(npy|tsv)(\.gz)?$/i.test(input) ? wordsBeside(input) : undefined;
}
