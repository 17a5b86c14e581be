// The vector file that a command reads, and its options.

import { open, stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import { type LoadOptions, loadFastText, loadVectors } from "../files.js";
import { FASTTEXT_MAGIC } from "../format/fasttext/model.js";
import { MODEL, parseSafetensorsHeader } from "../format/safetensors.js";
import { READ_FORMATS } from "../format/vectors.js";
import type { ReadFormat, SkippedRows } from "../formats.js";
import { loadModel, type WordVectors } from "../node.js";
import { readStandardInput } from "../platform/node/files.js";
import { loadFrom, wordsBeside } from "../platform/node/vectors.js";
import { removeComponents } from "../queries.js";
import { grouped, parseCountOrNone } from "./command.js";
import { printWarning } from "./progress.js";

/** Help text of the argument that names vectors. */
export const VECTORS = "file of vectors, from train or another trainer, plain or compressed; - is standard input";

/** Options of reading vectors. */
export interface VectorFlags {
  format: ReadFormat | "auto";
  words?: string;
  lenient?: true;
  removeComponents?: number;
}

/** @param flag that names the format */
export function addVectorOptions(command: Command, flag = "--format <format>"): Command {
  return command
    .addOption(
      new Option(flag, "format of the vectors; auto detects it from the content")
        .choices(["auto", ...READ_FORMATS])
        .default("auto"),
    )
    .option(
      "--words <file>",
      "word file of the vectors, for npy and tsv (default: x.words.txt or x.metadata.tsv beside them)",
    )
    .option("--lenient", "skip and count rows with a repeated or empty word or with numbers that are not finite")
    .option(
      "--remove-components <number>",
      "subtract the mean of all vectors read, then so many of their principal components; 0: the mean alone",
      parseCountOrNone,
    );
}

/** The vectors of a file or of standard input, without the components that are to be removed. @throws as loadVectors, removeComponents */
export async function openVectorFile(file: string, flags: VectorFlags, limit?: number): Promise<WordVectors> {
  const vectors = await load(file, flags, limit);
  const { removeComponents: components } = flags;
  return components === undefined ? vectors : removeComponents(vectors, { components });
}

async function load(file: string, { format, words, lenient }: VectorFlags, limit?: number): Promise<WordVectors> {
  const options: LoadOptions = { format, words, limit, lenient };
  if (lenient) options.onSkipped = (rows) => printWarning(skippedText(file, rows));
  if (file !== "-") {
    // with its n-grams, for words that it does not list
    const whose = format === "auto" && limit === undefined && words === undefined ? await composes(file) : undefined;
    if (whose === "fasttext") return (await loadFastText(file, { lenient, onSkipped: options.onSkipped })).vectors;
    if (whose === "wasm2vec" && !lenient) return (await loadModel(file)).vectors;
    return loadVectors(file, options);
  }
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

/** The word file of a vector file, if the name implies one. */
export function wordsRead(input: string): string | undefined {
  return /\.(npy|tsv)(\.gz)?$/i.test(input) ? wordsBeside(input) : undefined;
}

/** Bytes that the header of a model of ours may take. */
const HEADER_LIMIT = 2 ** 24;

/**
 * Whose model a file holds that composes words of subwords, if it does. What cannot be read is for others to refuse, and a pipe can be
 * read once only.
 */
async function composes(file: string): Promise<"fasttext" | "wasm2vec" | undefined> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) return undefined;
  const handle = await open(file).catch(() => undefined);
  const read = async (from: number, bytes: number) => {
    const { buffer, bytesRead } = await handle!.read(Buffer.alloc(bytes), 0, bytes, from);
    return buffer.subarray(0, bytesRead);
  };
  try {
    const first = handle === undefined ? Buffer.alloc(0) : await read(0, 8);
    if (first.length < 8) return undefined;
    if (FASTTEXT_MAGIC.every((byte, i) => first[i] === byte)) return "fasttext";
    const length = first.readBigUInt64LE();
    if (length > HEADER_LIMIT) return undefined;
    const { tensors, metadata } = parseSafetensorsHeader(await read(8, Number(length)), file, []);
    const isOurs = metadata.format === MODEL && tensors.some(({ name }) => name === "subwords");
    return isOurs ? "wasm2vec" : undefined;
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}
