// Estimates the memory of a training, before anything is allocated.

import { checkInteger } from "../base/check.js";
import type { GridShape } from "../kernel/grid-layout.js";
import { rowStride } from "../kernel/memory.js";
import { shapeOf } from "../model/spec.js";
import { threadsOf } from "../text/threads.js";
import { planBlocks, planOfDriver, redisBytes, shapeOfBlocks, storedBytes } from "./blocks-plan.js";
import { keptBytes } from "./good-state.js";
import type { Machine } from "./machine.js";
import { canShare, type Platform } from "./platform.js";
import { spoolMemoryOf } from "./reading.js";
import { type ResolvedOptions, resolveOptions, type TrainOptions } from "./train-options.js";
import { memoryOf, planWords } from "./word2vec-objective.js";

/** Bytes that a training takes. Numbers marked "Measured" are those of Node on Linux; pages and other engines differ. */
export interface MemoryEstimate {
  /** of the model's WebAssembly memory, computed as training does; above 4 GB training is refused */
  bytes: number;
  /** of the workers' own memories, where they do not share the model's */
  own: number;
  /** of both matrices and the rows of subwords, which are in `bytes`; or in files, with `blocks` */
  matrices: number;
  /** on the disk, not in `total`: of the files of `blocks`, two for each block; 0 without */
  disk: number;
  /** in Redis, not in `total`: of a training by one worker with `cluster`, and of each other worker; 0 without */
  redis: number;
  redisWorker: number;
  /** threads that train here, as the estimate assumes; 0 with `cluster`, whose workers train */
  threads: number;
  /** of the copy of the rows that training goes back to if a learning rate of "auto" was too high; 0 above 1 GiB of rows */
  kept: number;
  /** of messages under way between workers that share no memory, or blocks between memory and files, and of what the engine has not yet collected of them */
  messages: number;
  /** of the workers themselves: their code, heaps and stacks. Measured */
  workers: number;
  /** of the words: strings, counts, tables that find them. Measured */
  words: number;
  /** of reading while the model is there: buffers, batches, what the engine has not yet collected, workers that read. Measured */
  reading: number;
  /** before the model is there: of counting the words by all workers that read, with the words. 0 with a `vocabulary`. Measured */
  counting: number;
  /** growth of the process's peak memory: bytes + own + kept + messages + workers + words + reading, or counting if that is more */
  total: number;
  /**
   * of the text's tokens that the option `spool` keeps in memory, at most: 4 for each token, up to spoolMemory; 0 with spool false.
   * Not in `total`
   */
  spool: number;
}

/**
 * Measured with Node 20: bytes of a worker that trains, of a word, of a word while it is counted, of reading a text of some million words, and what that takes more
 * for each worker that reads. Node 24 takes some 20 MB more.
 */
const WORKER = 8 * 2 ** 20;
const WORD = 190;
const COUNTED = 350;
const READING = 24 * 2 ** 20;
const READER = 14 * 2 ** 20;

/** Measured too: what is on its way between memory and files, and blocks that the engine has not yet collected, so many or so many bytes. */
const ON_THE_WAY = 14 * 2 ** 20;
const LEFT_BLOCKS = 10;
const LEFT = 40 * 2 ** 20;

/**
 * Memory of a training here, on a text of some million words; a short one takes less. With hierarchical softmax the tree's size
 * is that of a usual vocabulary. Not counted: the different words of the text that get no vector while it is counted (some 200 to
 * 350 bytes for each of them), a corpus or checkpoint that the caller holds, and queries to the vectors.
 * @param vocabularySize words with vectors @param tokens of the text, where they are known: of a short one less is sorted at once
 * @throws TypeError, RangeError for options
 */
export function estimateMemoryFor<Source>(
  { cores, spoolMemory }: Platform<Source>,
  options: TrainOptions,
  vocabularySize: number,
  tokens = Number.POSITIVE_INFINITY,
): MemoryEstimate {
  const resolved = resolveOptions(options);
  if (tokens !== Number.POSITIVE_INFINITY) checkInteger("tokens", tokens, 1);
  const words = checkInteger("vocabularySize", vocabularySize, 1, 2 ** 24);
  const { threads, bytes, matrices, disk, ...apart } = modelMemory({ cores }, resolved, words, tokens);
  const readers = resolved.worker ? threadsOf(resolved, cores()) : 0;
  const isCounted = resolved.vocabulary === undefined;
  // once the words are counted their readers have ended; the engine keeps about as much as one had
  const readersLeft = isCounted && resolved.spool !== false ? Math.min(1, readers) : readers;
  const parts = {
    ...apart,
    kept: keptBytes(resolved, matrices),
    workers: resolved.worker ? threads * WORKER : 0,
    words: words * WORD,
    reading: READING + readersLeft * READER,
  };
  const training = bytes + parts.own + parts.kept + parts.messages + parts.workers + parts.words + parts.reading;
  const counting = isCounted ? words * COUNTED + READING + readers * READER : 0;
  const spool = resolved.spool === false ? 0 : Math.min(4 * tokens, spoolMemoryOf({ spoolMemory }, resolved));
  const total = Math.max(training, counting);
  return { bytes, matrices, disk, threads, ...parts, counting, total, spool };
}

const NOWHERE_ELSE = { disk: 0, redis: 0, redisWorker: 0, own: 0, messages: 0 };

/** What a model and its threads take here; of one that a cluster trains, what its driver takes. */
function modelMemory(machine: Pick<Machine, "cores">, options: ResolvedOptions, words: number, tokens: number) {
  if (options.blocks) {
    const resources = { cores: machine.cores(), shared: canShare(options) };
    const plan = planBlocks(options, resources, { shape: shapeOf({ size: words }), totalWords: tokens });
    const { threads, bytes, shape } = plan;
    const messages = ON_THE_WAY + Math.min(LEFT, LEFT_BLOCKS * shape.blockRows.inputs * shape.stride);
    return { threads, bytes, ...NOWHERE_ELSE, ...storedBytes(shape), messages };
  }
  const plan = planWords(machine, options, { size: words, totalWords: tokens });
  const { grid } = plan.memoryOptions;
  if (!options.cluster || !grid) return { threads: plan.threads, ...NOWHERE_ELSE, ...memoryOf(plan, options, words) };
  const memory = memoryOf(planOfDriver(plan), options, words);
  return { threads: 0, ...memory, ...NOWHERE_ELSE, ...redisMemory(grid, options, words) };
}

/** What a training by a cluster takes of Redis. */
function redisMemory({ blocks }: GridShape, { dim }: ResolvedOptions, words: number) {
  const shape = shapeOfBlocks(blocks, shapeOf({ size: words }), rowStride(dim));
  const redis = redisBytes(shape, 1);
  return { redis, redisWorker: redisBytes(shape, 2) - redis };
}
