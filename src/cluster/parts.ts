// Cuts a text into parts, of which each worker counts one at a time.

import { type FileHandle, open } from "node:fs/promises";
import { HEAD, isCompressed } from "../platform/node/decompress.js";
import { isUrl } from "../platform/node/fetched.js";
import { readError } from "../platform/node/files.js";
import { makeTokenizer } from "../text/tokenize.js";
import { isWhitespace, NEWLINE } from "../text/whitespace.js";
import type { Recipe } from "./recipe.js";

/** A byte of compressed text is so many of text, about. */
const PACKED = 3;

/** Bytes looked through for an end of a line before any whitespace will do. */
const LINE = 2 ** 20;
const STEP = 2 ** 16;

/** A stretch of a file, by its place among the recipe's; all of it where there are no bounds. */
export interface Stretch {
  file: number;
  from?: number;
  to?: number;
}

/** Part of a text. */
export interface Part {
  stretches: Stretch[];
  bytes: number;
}

export type FileRecipe = Extract<Recipe, { kind: "files" }>;

/** Cuts a text: files that are large and plain at ends of lines; small ones go together. */
export async function partsOf({ files, options }: FileRecipe, partBytes: number): Promise<Part[]> {
  const { column, jsonField, missingField: _, invalid: __, delimiter: ___, header: ____, ...tokenizing } = options;
  const atLines = jsonField !== undefined || makeTokenizer(tokenizing) !== undefined;
  const parts: Part[] = [];
  let last: Part | undefined;
  const add = (stretch: Stretch, bytes: number) => {
    if (last === undefined || last.bytes + bytes > 1.5 * partBytes) {
      last = { stretches: [], bytes: 0 };
      parts.push(last);
    }
    last.stretches.push(stretch);
    last.bytes += bytes;
  };
  for (const [file, { path, size = partBytes }] of files.entries()) {
    // what is fetched comes as a whole
    const isCut = column === undefined && !isUrl(path);
    const cuts = isCut ? await cutsOf(path, size, atLines, partBytes) : [];
    if (cuts === undefined) add({ file }, PACKED * size);
    else if (cuts.length === 0) add({ file }, size);
    else
      for (const [i, from] of [0, ...cuts].entries()) {
        const to = cuts[i] ?? size;
        add({ file, from, to }, to - from);
      }
  }
  return parts;
}

/** Where a file is cut; undefined for one that is compressed. */
async function cutsOf(path: string, size: number, atLines: boolean, partBytes: number): Promise<number[] | undefined> {
  const file = await open(path).catch((error) => {
    throw readError(error, path);
  });
  try {
    if (isCompressed(await bytesAt(file, 0, HEAD))) return undefined;
    const cuts: number[] = [];
    for (let from = partBytes; size - from > partBytes / 2; ) {
      const cut = await cutFrom(file, from, size, atLines);
      if (cut >= size) break;
      cuts.push(cut);
      from = cut + partBytes;
    }
    return cuts;
  } finally {
    await file.close();
  }
}

/** The start of the next line from an offset; where lines are long and need not be whole, the end of the next word. */
async function cutFrom(file: FileHandle, from: number, size: number, atLines: boolean): Promise<number> {
  let word: number | undefined;
  for (let at = from; at < size; at += STEP) {
    const bytes = await bytesAt(file, at, Math.min(STEP, size - at));
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, end + 1)) {
      const cut = at + end + 1;
      // one within a text is part of a word, which it would not be at the start of a piece
      if (cut < size && (await bytesAt(file, cut, 1))[0] !== BYTE_ORDER_MARK) return cut;
    }
    const space = word === undefined ? bytes.findIndex((byte) => isWhitespace[byte] === 1) : -1;
    if (space >= 0) word = at + space + 1;
    if (!atLines && word !== undefined && at - from >= LINE) return word;
  }
  return size;
}

/** Its first byte in UTF-8. That of some other characters, too: a later line will do. */
const BYTE_ORDER_MARK = 0xef;

async function bytesAt(file: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}
