// How other machines make the same corpus: the files that are read and the options, or a module that each of them names.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { checkKnown, show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { FILE_OPTIONS, type FileOptions, fileCorpus, madeFrom } from "../platform/node/corpus.js";
import { isUrl, sizeAt } from "../platform/node/fetched.js";
import { readError } from "../platform/node/files.js";
import { type FoundFile, filesOf } from "../platform/node/paths.js";
import { type Corpus, type CorpusSource, isCorpus, toCorpus } from "../text/corpus.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";

/** A file of a text. */
export interface TextFile {
  /** absolute; or the URL of one that is fetched */
  path: string;
  /** in bytes, as the driver sees it; undefined for a URL whose server does not tell */
  size?: number;
}

/** A text, as JSON. Nothing of it is code: a module is named by whoever starts a worker. */
export type Recipe =
  | { kind: "files"; files: readonly TextFile[]; options: FileOptions }
  | { kind: "module"; name: string };

/** Files named in a message about differences. */
const NAMED = 3;

/** A worker sees another text than the driver. */
export class TextDiffersError extends Error {
  override name = "TextDiffersError";
}

/**
 * @throws RangeError, before anything is read, for a corpus that only this process has, and for pipes; Error for files that cannot be read
 */
export async function recipeOf(
  corpus: Corpus,
  { corpusModule }: Pick<ClusterOptions, "corpusModule">,
): Promise<Recipe> {
  if (corpusModule !== undefined) return { kind: "module", name: moduleUrl(corpusModule) };
  const made = madeFrom(corpus);
  if (made === undefined) throw new RangeError(`"cluster": ${corpus.name} is in this process alone: ${REMEDY}`);
  const { paths, options } = made;
  const { onInvalid: _, onWarning: __, ...data } = options;
  if (typeof data.tokenizer === "function")
    throw new RangeError(`"cluster": "tokenizer" is a function, which stays in this process: ${REMEDY}`);
  if (data.stopWords !== undefined) data.stopWords = [...data.stopWords];
  const files: TextFile[] = [];
  for (const path of paths) {
    if (isUrl(path)) files.push({ path, size: await sizeAt(path) });
    else files.push(...(await filesOf([path], undefined)).map(textFileOf));
  }
  return { kind: "files", files, options: data };
}

function textFileOf({ path, stats }: FoundFile): TextFile {
  if (stats.isFile()) return { path: resolve(path), size: stats.size };
  throw new RangeError(`"cluster": ${show(path)} is a pipe, which other machines cannot read: write it to a file`);
}

const REMEDY =
  "give the paths of files that every machine has, or a module that makes the corpus, corpusModule of ClusterOptions";

/**
 * The same corpus on this machine.
 * @param corpusModule that this worker names @throws TextDiffersError; as fileCorpus and the module do
 */
export async function corpusOf(
  recipe: Recipe,
  { corpusModule }: Pick<ClusterOptions, "corpusModule"> = {},
): Promise<Corpus> {
  if (recipe.kind === "files") {
    await checkFiles(recipe.files);
    return fileCorpus(
      recipe.files.map(({ path }) => path),
      recipe.options,
    );
  }
  if (corpusModule === undefined)
    throw new TextDiffersError(
      `the corpus is made by a module, ${show(recipe.name)}, which is code: start the worker with its own corpusModule (--corpus-module)`,
    );
  const name = moduleUrl(corpusModule);
  const { default: made } = (await import(name)) as { default?: CorpusSource | (() => Promise<Corpus>) };
  if (made === undefined) throw new TypeError(`${name} expected a default export that makes a corpus, got none`);
  const corpus = typeof made === "function" ? await made() : made;
  return isCorpus(corpus) ? corpus : toCorpus(made as CorpusSource);
}

/** @throws TextDiffersError naming files, if any is not as the driver has it */
export async function checkFiles(files: readonly TextFile[]): Promise<void> {
  const differing: string[] = [];
  for (const { path, size } of files) {
    const here = await (isUrl(path) ? sizeAt(path) : fileSize(path)).catch(({ message }: Error) => message);
    if (typeof here === "string") differing.push(here);
    // of a file that is none of the driver's Redis is told nothing
    else if (here !== size && here !== undefined && size !== undefined)
      differing.push(`${show(path)} is not a file of ${size} bytes`);
  }
  if (differing.length === 0) return;
  const more = differing.length > NAMED ? `, and ${differing.length - NAMED} more` : "";
  throw new TextDiffersError(
    `not the text of the driver: ${differing.slice(0, NAMED).join(", ")}${more}; mount or copy the same files to the same paths`,
  );
}

/** @returns NaN for what is no file @throws Error */
async function fileSize(path: string): Promise<number> {
  const here = await stat(path).catch((error) => {
    throw readError(error, path);
  });
  return here.isFile() ? here.size : Number.NaN;
}

/** A recipe as bytes, which Redis holds. */
export function writeRecipe(recipe: Recipe): Buffer {
  return gzipSync(JSON.stringify(recipe));
}

/** @throws FormatError for bytes that are not a recipe */
export function readRecipe(bytes: Uint8Array): Recipe {
  const recipe = parse(bytes);
  if (!isRecipe(recipe)) throw new FormatError("the recipe of a text in Redis is damaged: start the training again");
  return recipe;
}

/** Most bytes of a recipe, unpacked. */
const MOST = 2 ** 28;

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(gunzipSync(bytes, { maxOutputLength: MOST }).toString());
  } catch {
    return undefined;
  }
}

function isRecipe(value: unknown): value is Recipe {
  const { kind, name, files, options } = (value ?? {}) as Record<string, unknown>;
  if (kind === "module") return typeof name === "string";
  if (kind !== "files" || !Array.isArray(files) || options === null || typeof options !== "object") return false;
  checkKnown("option", options as object, FILE_OPTIONS);
  return files.every(({ path, size }) => {
    if (typeof path !== "string") return false;
    return (size === undefined && isUrl(path)) || (Number.isSafeInteger(size) && size >= 0);
  });
}

/** The URL of a module that a path or a URL names. */
function moduleUrl(name: string): string {
  return /^[a-z][a-z+.-]+:/i.test(name) ? name : pathToFileURL(resolve(name)).href;
}
