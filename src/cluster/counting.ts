// Counting words, spread over workers: the driver cuts the text into parts, workers count one each, and the driver adds them up in the
// order of the text. So the vocabulary is the one that counting on one machine gives.

import type { Queue } from "bullmq";
import { escapeControls } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { orAborted } from "../text/abort.js";
import type { Corpus } from "../text/corpus.js";
import type { BytesRead } from "../text/source.js";
import { type Count, type VocabularyOptions, WordCounter } from "../text/vocabulary.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import { COUNTING, connect, keysOf, type Redis, type RunKeys, untilLost } from "./connection.js";
import { type CountJob, countPart, type ReadingOptions, TooManyWordsError } from "./count-part.js";
import { type Counted, takeCounted } from "./counted.js";
import { type FileRecipe, type Part, partsOf } from "./parts.js";
import { type Recipe, writeRecipe } from "./recipe.js";
import { awayOf, OwnRun, openQueue, workersOf } from "./runs.js";
import { inTime, sleep } from "./waiting.js";

/** Bytes of a part, about; a shorter text is counted by the driver. */
const PART = 2 ** 25;

/** Parts that wait for a worker, or to be added up. */
const AHEAD = 64;

/** Milliseconds between looks for a part that has been counted, and for workers that are left. */
const LOOK = 100;

/** Milliseconds for which no part comes before the driver counts the next one itself: a worker's disk may hang. */
const STUCK = 300_000;
const LOOK_FOR_WORKERS = 2_000;

/** Milliseconds that removing a run may take. */
const END = 10_000;

/** Most occurrences that a number of 32 bits has room for. */
const MOST = 2 ** 32 - 1;

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
  const lost = untilLost(redis, cluster.url, awayOf(cluster));
  try {
    if ((await orAborted(workersOf(redis, cluster), lost.signal)).length === 0) return undefined;
    const about = { kind: "count", corpus: corpus.name } as const;
    const run = await orAborted(OwnRun.begin(redis, cluster, about), lost.signal);
    try {
      const ended = AbortSignal.any([lost.signal, run.signal, ...(signal ? [signal] : [])]);
      const most = options.maxCountedWords;
      const counting = new Counting(redis, cluster, run, recipe, parts, { threads, onWarning, signal: ended, most });
      // parts are added up whole: too many words are seen here
      const counter = new WordCounter({ ...options, maxCountedWords: Infinity });
      const read = { bytes: 0, total: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
      for (let part = 0; part < parts.length; part++) {
        const { words, counts } = await orAborted(counting.next(part), ended);
        counter.add({ numbers: new Uint32Array(), tokens: words, occurrences: occurrencesOf(counts) });
        if (counter.distinct > most) throw new TooManyWordsError(most);
        read.bytes += parts[part].bytes;
        onTokens(counter.tokens, read);
        await orAborted(counting.report(counter.tokens, read), ended);
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

/** Pairs of a word's number and its count; those of a count that needs more than 32 bits several times. */
function occurrencesOf(counts: readonly number[]): Uint32Array {
  const pairs: number[] = [];
  for (const [number, count] of counts.entries())
    for (let left = count; left > 0; left -= MOST) pairs.push(number, Math.min(left, MOST));
  return Uint32Array.from(pairs);
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
    private readonly options: Pick<CountingOptions, "threads" | "onWarning"> & { signal: AbortSignal; most: number },
  ) {
    this.keys = run.keys;
  }

  /** The words of a part, after those of the parts before it. */
  async next(part: number): Promise<Counted> {
    const { signal, most } = this.options;
    await this.give(Math.min(this.parts.length, part + AHEAD));
    for (;;) {
      signal.throwIfAborted();
      const isOver = await this.isOver(part);
      const counted = await takeCounted(this.redis, this.keys, part);
      if (counted === "too many") throw new TooManyWordsError(most);
      if (counted !== undefined) {
        this.lastPart = performance.now();
        return counted;
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
      const data: CountJob = { run: run.about.id, part, stretches, most: this.options.most };
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
      this.options.onWarning?.(escapeControls(`worker ${host}:${pid} does not count: ${refused[id]}`));
    }
    this.isAlone = workers.every(({ id }) => refused[id] !== undefined);
  }
}
