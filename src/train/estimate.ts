// What a training will take, before anything is allocated.

import { checkInteger } from "../math/check.js";
import { planMemory } from "../model/parameters.js";
import { canShare } from "./model.js";
import { resolveOptions, type TrainOptions } from "./options.js";
import { type Crew, planCrew } from "./parallel.js";
import { PIECE } from "./runner.js";

/** Bytes that a training takes. Where a number is measured, it is of Node on Linux: pages and other engines differ. */
export interface MemoryEstimate {
  /** of the model's WebAssembly memory, computed as training does; above 4 GB training is refused */
  bytes: number;
  /** how many as large as that workers have besides, where they do not share it */
  copies: number;
  /** of both matrices, which are in `bytes` */
  matrices: number;
  /** threads that this counts with */
  threads: number;
  /** of messages under way between workers that share no memory, and of those that the engine has not yet collected */
  messages: number;
  /** of the workers themselves: their code, heaps and stacks. Measured */
  workers: number;
  /** of the words: strings, counts, tables that find them. Measured */
  words: number;
  /** of reading the text: buffers, tables of tokens, batches, what the engine has not yet collected. Measured */
  reading: number;
  /** of all: bytes × (1 + copies) + messages + workers + words + reading. What the peak of the process grows by */
  total: number;
}

/** Measured with Node 20: bytes of a worker, of a word, and of reading a text of some million words. Node 24 takes some 20 MB more. */
const WORKER = 8 * 2 ** 20;
const WORD = 700;
const READING = 34 * 2 ** 20;
/** What reading takes more where a worker does it; while cores are free there may be several. */
const READER = 24 * 2 ** 20;

/** A buffer of a patch is so much larger than what was to go when it was made, see kernel/patch.ts. */
const SPARE = 1.25;

/**
 * Memory of a training here: of replicas, too, on a page that cannot share memory. With hierarchical softmax the tree's size
 * is that of a usual vocabulary. Not counted: the different words of the text while it is counted (some 200 to 350 bytes for each
 * of them, those below minCount too), the numbers of its tokens that `spool` keeps (4 bytes each, up to spoolMemory), a corpus or checkpoint that the caller holds, and queries to the vectors.
 * @param vocabularySize words with vectors
 * @param cores threads that the machine runs at once, for `threads: "auto"`
 * @throws TypeError, RangeError for options
 */
export function estimateMemoryFor(options: TrainOptions, vocabularySize: number, cores: number): MemoryEstimate {
  const resolved = resolveOptions(options);
  const words = checkInteger("vocabularySize", vocabularySize, 1, 2 ** 24);
  const shared = canShare(resolved);
  const crew = planCrew(resolved, cores, shared, words, words);
  const levels = Math.ceil(Math.log2(words)) + 1;
  // codes of word counts: on average a level more than the logarithm, the longest half as long again
  const tree = { depth: Math.ceil(1.5 * levels), bits: words * (levels + 1) };
  const { layout, size } = planMemory(resolved, crew.workplace, words, tree);
  const { threads } = crew;
  const copies = resolved.worker && !shared ? threads : 0;
  const matrix = words * layout.stride;
  const parts = {
    messages: copies > 0 ? messagesOf(crew, matrix, size - layout.size) : 0,
    workers: resolved.worker ? threads * WORKER : 0,
    words: words * WORD,
    reading: READING + (resolved.worker ? READER : 0),
  };
  const total = size * (1 + copies) + parts.messages + parts.workers + parts.words + parts.reading;
  return { bytes: size, copies, matrices: 2 * matrix, threads, ...parts, total };
}

/**
 * Pieces of the model on their way to each worker and back. Between replicas also what a round changed: the output rows,
 * which move on from one to the next, and the parts that each has trained, which go to all others.
 * @param matrix bytes of the output rows @param parts bytes of all parts
 */
function messagesOf({ mode, threads }: Crew, matrix: number, parts: number): number {
  const changed = mode === "replicas" && threads > 1 ? matrix + (threads - 1) * parts : 0;
  return SPARE * (2 * threads * PIECE + changed);
}
