// Corpora in files and from pipes.

import { createWriteStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { show } from "../math/check.js";
import { type Corpus, type CorpusSource, toCorpus } from "../text/corpus.js";
import { textCorpus } from "../text/lines.js";
import { pathOf, readChunks } from "./files.js";

/** A text file, plain or gzip, UTF-8, one sentence a line, tokens parted by blanks. */
export function fileCorpus(path: string | URL): Corpus {
  return textCorpus(() => readChunks(path), pathOf(path));
}

/** A stream, spooled to a temporary file since training reads it several times; remove() deletes that. */
export async function streamCorpus(
  stream: Readable,
  name = "stdin",
): Promise<{ corpus: Corpus; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "wasm2vec-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, "corpus");
  try {
    await pipeline(stream, createWriteStream(path));
  } catch (error) {
    await remove();
    throw error;
  }
  return { corpus: { ...fileCorpus(path), name }, remove };
}

/** As toCorpus, and a string or URL is a file's path. @throws TypeError also for a string that is text, not a path */
export function toNodeCorpus(source: CorpusSource | string | URL): Corpus {
  if (typeof source === "string" && /\s/.test(source) && !existsSync(source))
    throw new TypeError(
      `corpus expected a file's path or sentences, got ${show(source)}, and there is no such file: ` +
        'pass text as arrays of tokens, for example [text.split(" ")]',
    );
  return typeof source === "string" || source instanceof URL ? fileCorpus(source) : toCorpus(source);
}
