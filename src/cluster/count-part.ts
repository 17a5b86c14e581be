// A worker's side of counting: counts the part of a job, and leaves its words in Redis.

import { version } from "../../package.json";
import { checkInteger, escapeControls, show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { fileCorpus, rangeCorpus } from "../platform/node/corpus.js";
import type { ReadingThreads } from "../text/reading-link.js";
import { WordCounter } from "../text/vocabulary.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import { keysOf, type Redis } from "./connection.js";
import { type Counted, leaveCounted } from "./counted.js";
import { formed, RUN } from "./forms.js";
import type { FileRecipe, Stretch } from "./parts.js";
import { checkFiles, readRecipe, TextDiffersError } from "./recipe.js";

/** What the job of a worker says. */
export interface CountJob {
  run: string;
  part: number;
  stretches: readonly Stretch[];
  /** distinct words that may be counted */
  most: number;
}

export interface ReadingOptions {
  threads: ReadingThreads | undefined;
  signal?: AbortSignal;
}

/**
 * Counts the part of a job, and leaves the words with the run, if it is still there.
 * @throws TextDiffersError if this worker has another text; FormatError for a job that is none; what reading it throws: then the
 * driver reads that part itself
 */
export async function serveCount(
  redis: Redis,
  cluster: Pick<ClusterOptions, "prefix">,
  job: CountJob,
  options: ReadingOptions,
): Promise<void> {
  const { run, part, stretches, most } = job;
  const keys = keysOf(cluster.prefix).run(run);
  const [about, bytes] = await Promise.all([redis.get(keys.about), redis.getBuffer(keys.recipe)]);
  if (about === null || bytes === null) return;
  const driver = formed(about, RUN);
  if (driver?.version !== version)
    throw new TextDiffersError(
      `it reads texts as wasm2vec ${version} does, and the driver is of ${escapeControls(driver?.version ?? "another version")}: ` +
        "install the same on both",
    );
  const recipe = readRecipe(bytes);
  if (recipe.kind !== "files") throw new FormatError("the text of a count is not in files");
  checkJob(job, recipe.files.length);
  const counted = await countPart(recipe, stretches, { ...options, most }).catch((error) => {
    if (error instanceof TooManyWordsError) return undefined;
    throw error;
  });
  await leaveCounted(redis, keys, part, counted);
}

/** @throws FormatError */
function checkJob({ part, stretches, most }: CountJob, files: number): void {
  try {
    checkInteger("part", part, 0);
    checkInteger("most", most, 1);
    if (!Array.isArray(stretches)) throw new TypeError(`"stretches" expected an array, got ${show(stretches)}`);
    for (const { file, from, to } of stretches) {
      checkInteger("file", file, 0, files - 1);
      if (from === undefined && to === undefined) continue;
      checkInteger("to", to, checkInteger("from", from, 0) + 1);
    }
  } catch (cause) {
    throw new FormatError(
      `a job of counting in Redis is damaged, or not of wasm2vec: ${(cause as Error).message}; start the training again`,
      { cause },
    );
  }
}

/** More distinct words than may be counted. */
export class TooManyWordsError extends RangeError {
  constructor(most: number) {
    super(
      `the text has more than "maxCountedWords" (${most}) distinct words: one machine would forget the rarest, which parts ` +
        'of a text cannot do alike: raise "maxCountedWords", or give a "vocabulary"',
    );
  }
}

/** Counts stretches of a text. @throws TextDiffersError; TooManyWordsError; what reading it throws */
export async function countPart(
  { files, options }: FileRecipe,
  stretches: readonly Stretch[],
  { threads, signal, most }: ReadingOptions & { most: number },
): Promise<Counted> {
  await checkFiles([...new Set(stretches.map(({ file }) => files[file]))]);
  const counter = new WordCounter({ minCount: 1, maxVocabulary: Infinity, maxCountedWords: Infinity });
  for (const { file, from, to } of stretches) {
    const { path } = files[file];
    const corpus =
      from === undefined || to === undefined ? fileCorpus(path, options) : rangeCorpus(path, { from, to }, options);
    for await (const chunk of corpus.chunks(signal, threads)) {
      signal?.throwIfAborted();
      counter.add(chunk);
      if (counter.distinct > most) throw new TooManyWordsError(most);
    }
  }
  const counted: Counted = { words: [], counts: [] };
  for (const [word, count] of counter.entries()) {
    counted.words.push(word);
    counted.counts.push(count);
  }
  return counted;
}
