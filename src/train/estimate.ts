// What a training will take, before anything is allocated.

import { checkInteger } from "../math/check.js";
import { planMemory, type Workplace } from "../model/parameters.js";
import { rowsOfThread } from "./grid-ring.js";
import { PIECE } from "./link.js";
import { resolveOptions, type TrainOptions } from "./options.js";
import { type Crew, planCrew } from "./parallel.js";
import { canShare } from "./platform.js";

/** Bytes that a training takes. Where a number is measured, it is of Node on Linux: pages and other engines differ. */
export interface MemoryEstimate {
  /** of the model's WebAssembly memory, computed as training does; above 4 GB training is refused */
  bytes: number;
  /** of the memories of their own that workers have, where they do not share that one */
  own: number;
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
  /** of all: bytes + own + messages + workers + words + reading. What the peak of the process grows by */
  total: number;
}

/** Measured with Node 20: bytes of a worker, of a word, and of reading a text of some million words. Node 24 takes some 20 MB more. */
const WORKER = 8 * 2 ** 20;
const WORD = 700;
const READING = 28 * 2 ** 20;
/** What reading takes more where a worker does it; while cores are free there may be several. */
const READER = 30 * 2 ** 20;

/**
 * Memory of a training here, on a text of some million words; a short one takes less. With hierarchical softmax the tree's size
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
  const crew = planCrew(resolved, cores, shared, words, Number.POSITIVE_INFINITY);
  const levels = Math.ceil(Math.log2(words)) + 1;
  // codes of word counts: on average a level more than the logarithm, the longest half as long again
  const tree = { depth: Math.ceil(1.5 * levels), bits: words * (levels + 1) };
  const { layout, size } = planMemory(resolved, crew.workplace, words, tree);
  const { threads } = crew;
  const matrix = words * layout.stride;
  const isApart = resolved.worker && !shared;
  const parts = {
    own: isApart ? memoriesOf(crew, size, (workplace) => planMemory(resolved, workplace, words, tree).layout.size) : 0,
    messages: isApart ? messagesOf(crew, matrix) : 0,
    workers: resolved.worker ? threads * WORKER : 0,
    words: words * WORD,
    reading: READING + (resolved.worker ? READER : 0),
  };
  const total = size + parts.own + parts.messages + parts.workers + parts.words + parts.reading;
  return { bytes: size, matrices: 2 * matrix, threads, ...parts, total };
}

/** Bytes of all workers' memories: in the grid each has its blocks, tables and chunks, else the only one has a copy of all. */
function memoriesOf({ threads, workplace }: Crew, size: number, sizeOf: (workplace: Workplace) => number): number {
  const { grid } = workplace;
  if (grid === undefined) return size;
  const sizes = Array.from({ length: threads }, (_, thread) => {
    const [from, to] = rowsOfThread(grid.blocks, { thread, threads });
    return sizeOf({ ...workplace, grid: { ...grid, holds: { chunks: true, blocks: to - from } } });
  });
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** Pieces of the model on their way to each worker and back, and in the grid a block of targets on its way between two of them. */
function messagesOf({ threads, workplace }: Crew, matrix: number): number {
  const block = workplace.grid ? matrix / workplace.grid.blocks : 0;
  return threads * (2 * PIECE + 2 * block);
}
