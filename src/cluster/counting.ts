// Counting words, spread over workers: the driver cuts the text into parts, workers count one each, and the driver adds them up in the
// order of the text. So the vocabulary is the one that counting on one machine gives.

import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Queue } from "bullmq";
import { version } from "../../package.json";
import { FormatError } from "../base/errors.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { fileCorpus, rangeCorpus } from "../platform/node/corpus.js";
import { HEAD, isCompressed } from "../platform/node/decompress.js";
import { readError } from "../platform/node/files.js";
import type { Corpus } from "../text/corpus.js";
import type { ReadingThreads } from "../text/reading-link.js";
import type { BytesRead } from "../text/source.js";
import { makeTokenizer } from "../text/tokenize.js";
import { type Count, type VocabularyOptions, WordCounter } from "../text/vocabulary.js";
import { isWhitespace, NEWLINE } from "../text/whitespace.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import { COUNTING, connect, keysOf, type Redis, type RunKeys, untilLost } from "./connection.js";
import { checkFiles, type Recipe, readRecipe, TextDiffersError, type TextFile, writeRecipe } from "./recipe.js";
import { OwnRun, openQueue, workersOf } from "./runs.js";
import { leaveValue } from "./scripts.js";
import type { RunRecord } from "./seen.js";
import { inTime, sleep } from "./waiting.js";

/** Bytes of a part, about; a shorter text is counted by the driver. */
const PART = 2 ** 25;

/** A byte of compressed text is so many of text, about. */
const PACKED = 3;

/** Parts that wait for a worker, or to be added up. */
const AHEAD = 64;

/** Bytes looked through for an end of a line before any whitespace will do. */
const LINE = 2 ** 20;
const STEP = 2 ** 16;

/** Milliseconds between looks for a part that has been counted, and for workers that are left. */
const LOOK = 100;

/** Milliseconds for which no part comes before the driver counts the next one itself: a worker's disk may hang. */
const STUCK = 300_000;
const LOOK_FOR_WORKERS = 2_000;

/** Milliseconds that removing a run may take. */
const END = 10_000;

/** Most bytes of a part's words, unpacked. */
const MOST = 2 ** 30;

/** A stretch of a file, by its place among the recipe's; all of it where there are no bounds. */
interface Stretch {
  file: number;
  from?: number;
  to?: number;
}

/** What the job of a worker says. */
export interface CountJob {
  run: string;
  part: number;
  stretches: readonly Stretch[];
}

type FileRecipe = Extract<Recipe, { kind: "files" }>;

interface ReadingOptions {
  threads: ReadingThreads | undefined;
  signal?: AbortSignal;
}

/** The threads are those of the driver, which counts what no worker does. */
interface CountingOptions extends ReadingOptions {
  onTokens: (tokens: number, read: BytesRead) => void;
  onWarning?: (message: string) => unknown;
  /** bytes of a part, about */
  partBytes?: number;
}

/**
 * Counts a text on the workers that are alive. @returns undefined where it is to be counted here: it is short, cannot be cut, or there is
 * nobody else
 * @throws RangeError for more than maxCountedWords distinct words; as counting on one machine does; as connect
 */
export async function countOnCluster(
  cluster: ClusterOptions,
  corpus: Corpus,
  recipe: Recipe,
  options: VocabularyOptions,
  { threads, onTokens, onWarning, signal, partBytes = PART }: CountingOptions,
): Promise<Count | undefined> {
  if (recipe.kind !== "files") return undefined;
  const parts = await partsOf(recipe, partBytes);
  if (parts.length < 2) return undefined;
  const redis = await connect(cluster, "cluster");
  const lost = untilLost(redis, cluster.url);
  try {
    if ((await workersOf(redis, cluster)).length === 0) return undefined;
    const run = await OwnRun.begin(redis, cluster, { kind: "count", corpus: corpus.name });
    try {
      const ended = AbortSignal.any([lost.signal, run.signal, ...(signal ? [signal] : [])]);
      const counting = new Counting(redis, cluster, run, recipe, parts, { threads, onWarning, signal: ended });
      const counter = new WordCounter(options);
      const read = { bytes: 0, total: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
      for (let part = 0; part < parts.length; part++) {
        const { words, counts } = await counting.next(part);
        if (counter.distinct + words.length > options.maxCountedWords) checkDistinct(counter, words, options);
        const occurrences = Uint32Array.from({ length: 2 * words.length }, (_, i) => (i % 2 ? counts[i >> 1] : i >> 1));
        counter.add({ numbers: new Uint32Array(), tokens: words, occurrences });
        read.bytes += parts[part].bytes;
        onTokens(counter.tokens, read);
        await counting.report(counter.tokens, read);
        await yieldToEventLoop();
      }
      const { tokens, isWhole } = counter;
      return { ...(await counter.finish(corpus.name)), tokens, isWhole };
    } finally {
      // what is left in a Redis that is away is removed by the next driver
      await inTime(run.end(), END);
    }
  } finally {
    lost.stop();
    redis.disconnect();
  }
}

/** @throws RangeError if a part brings more distinct words than are allowed */
function checkDistinct(
  { numbers }: WordCounter,
  words: readonly string[],
  { maxCountedWords }: VocabularyOptions,
): void {
  let fresh = 0;
  for (const word of words) if (!numbers.has(word)) fresh++;
  if (numbers.size + fresh <= maxCountedWords) return;
  throw new RangeError(
    `the text has more than "maxCountedWords" (${maxCountedWords}) distinct words: one machine would forget the rarest, which parts ` +
      'of a text cannot do alike: raise "maxCountedWords", or give a "vocabulary"',
  );
}

/** Part of a text. */
interface Part {
  stretches: Stretch[];
  bytes: number;
}

/** The driver's side: gives parts to workers, and takes what they counted in the order of the text. */
class Counting {
  private readonly keys: RunKeys;
  private queue: Queue | undefined;
  private given = 0;
  private readonly began = performance.now();
  private lookedForWorkers = performance.now();
  private isAlone = false;
  private readonly told = new Set<string>();
  private lastPart = performance.now();

  constructor(
    private readonly redis: Redis,
    private readonly cluster: ClusterOptions,
    private readonly run: OwnRun,
    private readonly recipe: FileRecipe,
    private readonly parts: readonly Part[],
    private readonly options: Pick<CountingOptions, "threads" | "onWarning"> & { signal: AbortSignal },
  ) {
    this.keys = run.keys;
  }

  /** The words of a part, after those of the parts before it. */
  async next(part: number): Promise<Counted> {
    const { signal } = this.options;
    await this.give(Math.min(this.parts.length, part + AHEAD));
    for (;;) {
      signal.throwIfAborted();
      const isOver = await this.isOver(part);
      const key = partKey(this.keys, part);
      const bytes = await this.redis.getBuffer(key);
      if (bytes !== null) {
        await this.redis.unlink(key);
        this.lastPart = performance.now();
        return readCounted(bytes);
      }
      await this.lookForWorkers();
      // what failed there fails here with an error of its own, or is done
      const isStuck = performance.now() - this.lastPart > STUCK;
      if (isOver || isStuck || this.isAlone) return countPart(this.recipe, this.parts[part].stretches, this.options);
      await sleep(LOOK, signal);
    }
  }

  /** Whether the job of a part has ended, or is gone: what is not there by now will not come. */
  private async isOver(part: number): Promise<boolean> {
    const job = await this.queue!.getJob(this.nameOf(part));
    return job === undefined || job.finishedOn !== undefined;
  }

  private nameOf(part: number): string {
    return `${this.run.about.id}-${part}`;
  }

  async report(words: number, { bytes, total = bytes }: BytesRead): Promise<void> {
    const seconds = (performance.now() - this.began) / 1000;
    await this.run.report({ share: bytes / total, epoch: 0, words, wordsPerSecond: words / seconds });
  }

  private async give(until: number): Promise<void> {
    if (until === this.given) return;
    const { redis, run, cluster, recipe } = this;
    if (this.queue === undefined) {
      await redis.set(this.keys.recipe, writeRecipe(recipe));
      this.queue = await openQueue(redis, keysOf(cluster.prefix), COUNTING);
      // who was killed while it removed the queue has left it paused
      await this.queue.resume();
    }
    const jobs = this.parts.slice(this.given, until).map(({ stretches }, i) => {
      const part = this.given + i;
      const data: CountJob = { run: run.about.id, part, stretches };
      // they stay in the queue until the run is removed
      return { name: `part ${part}`, data, opts: { jobId: this.nameOf(part) } };
    });
    this.given = until;
    await this.queue.addBulk(jobs);
  }

  /** Tells who takes no part, and sees whether anybody is left. */
  private async lookForWorkers(): Promise<void> {
    if (performance.now() - this.lookedForWorkers < LOOK_FOR_WORKERS) return;
    this.lookedForWorkers = performance.now();
    const refused = await this.redis.hgetall(this.keys.refused);
    const workers = await workersOf(this.redis, this.cluster);
    for (const { id, host, pid } of workers) {
      if (refused[id] === undefined || this.told.has(id)) continue;
      this.told.add(id);
      this.options.onWarning?.(`worker ${host}:${pid} does not count: ${refused[id]}`);
    }
    this.isAlone = workers.every(({ id }) => refused[id] !== undefined);
  }
}

/**
 * A worker's side: counts the part of a job, and leaves the words with the run, if it is still there.
 * @throws TextDiffersError if this worker has another text; what reading it throws: then the driver reads that part itself
 */
export async function serveCount(
  redis: Redis,
  cluster: Pick<ClusterOptions, "prefix">,
  { run, part, stretches }: CountJob,
  options: ReadingOptions,
): Promise<void> {
  const keys = keysOf(cluster.prefix).run(run);
  const [about, recipe] = await Promise.all([redis.get(keys.about), redis.getBuffer(keys.recipe)]);
  if (about === null || recipe === null) return;
  const driver: RunRecord = JSON.parse(about);
  if (driver.version !== version)
    throw new TextDiffersError(
      `it reads texts as wasm2vec ${version} does, and the driver is of ${driver.version}: install the same on both`,
    );
  const bytes = await countedBytes(readRecipe(recipe), stretches, options);
  await leaveValue(redis, keys, partKey(keys, part), bytes);
}

async function countedBytes(recipe: Recipe, stretches: readonly Stretch[], options: ReadingOptions): Promise<Buffer> {
  if (recipe.kind !== "files") throw new FormatError("the text of a count is not in files");
  return writeCounted(await countPart(recipe, stretches, options));
}

function partKey(keys: RunKeys, part: number): string {
  return keys.key(`counted:${part}`);
}

/** Words with counts, in the order of first occurrence. */
interface Counted {
  words: string[];
  counts: number[];
}

/** Counts stretches of a text. @throws TextDiffersError; what reading it throws */
export async function countPart(
  { files, options }: FileRecipe,
  stretches: readonly Stretch[],
  { threads, signal }: ReadingOptions,
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
    }
  }
  const counted: Counted = { words: [], counts: [] };
  for (const [word, count] of counter.entries()) {
    counted.words.push(word);
    counted.counts.push(count);
  }
  return counted;
}

const [pack, unpack] = [promisify(gzip), promisify(gunzip)];

async function writeCounted(counted: Counted): Promise<Buffer> {
  // a checksum of its own stands in gzip
  return pack(JSON.stringify(counted), { level: 1 });
}

/** @throws FormatError for what no worker wrote */
async function readCounted(bytes: Uint8Array): Promise<Counted> {
  const counted: Counted = await unpack(bytes, { maxOutputLength: MOST }).then(
    (text) => JSON.parse(text.toString()),
    () => undefined,
  );
  const isCount = (count: unknown) =>
    Number.isSafeInteger(count) && (count as number) > 0 && (count as number) < 2 ** 32;
  const { words, counts } = counted ?? {};
  if (
    Array.isArray(words) &&
    Array.isArray(counts) &&
    words.length === counts.length &&
    words.every((word) => typeof word === "string" && word !== "") &&
    counts.every(isCount) &&
    new Set(words).size === words.length
  )
    return counted;
  throw new FormatError("the words that a worker counted are damaged: start the training again");
}

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
  for (const [file, { size }] of files.entries()) {
    const cuts = column === undefined ? await cutsOf(files[file], atLines, partBytes) : [];
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
async function cutsOf({ path, size }: TextFile, atLines: boolean, partBytes: number): Promise<number[] | undefined> {
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
