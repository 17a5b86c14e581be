// How much of a model whose blocks lie in a store, or with the workers of a cluster, is in memory at a time.

import { evenly, rowsOfBlock } from "../kernel/grid-layout.js";
import { rowStride, sizeOf } from "../kernel/memory.js";
import type { Shape, Side } from "../kernel/shape.js";
import { lossOf } from "../model/losses/registry.js";
import { planMemory } from "../model/parameters.js";
import { batchCapacity } from "../text/encode.js";
import { threadsOf } from "../text/threads.js";
import type { BlocksShape } from "./execution/block-store.js";
import { cutText } from "./execution/cut.js";
import type { EnginePlan, Extent, Resources } from "./execution/engine.js";
import { SPARE_SLOTS } from "./execution/passage.js";
import type { ResolvedOptions } from "./train-options.js";

/** Default of blocksMemory. */
const BLOCKS_MEMORY = 768 * 2 ** 20;

/** Bytes that a WebAssembly memory has at most. */
const ADDRESSED = 2 ** 32;

export interface BlocksPlan extends EnginePlan {
  /** groups of rows, of which the memory holds one: with one all contexts stay there */
  groups: number;
  shape: BlocksShape;
  /** bytes of the memory */
  bytes: number;
}

/** @throws RangeError if blocksMemory is too little */
export function planBlocks(options: ResolvedOptions, { cores, shared }: Resources, extent: Extent): BlocksPlan {
  const { blocksMemory = BLOCKS_MEMORY, dim } = options;
  const { shape: cut, batchWords, maxSentenceLength } = cutText(options, extent.shape, extent.totalWords);
  const shape = shapeOfBlocks(cut.blocks, extent.shape, rowStride(dim));
  const capacity = batchCapacity(maxSentenceLength, batchWords);
  const output = lossOf(options.loss).estimate(options, extent.shape);
  const planFor = (threads: number, inputs: number) => {
    const holds = { chunks: 1, blocks: { inputs, outputs: threads + SPARE_SLOTS } } as const;
    const memoryOptions = { batchCapacity: capacity, lanes: threads, grid: { ...cut, holds }, shared };
    return { memoryOptions, bytes: planMemory(options, memoryOptions, extent.shape, output).size };
  };
  const block = (side: Side) => shape.blockRows[side] * shape.stride;
  /** blocks of contexts that fit beside those of targets */
  const fitting = (threads: number) => {
    const rest = Math.min(
      blocksMemory - (threads + SPARE_SLOTS) * block("outputs"),
      ADDRESSED - planFor(threads, 0).bytes,
    );
    return Math.min(cut.blocks, Math.floor(rest / block("inputs")));
  };
  // a thread without rows would be idle; without shared memory this one trains
  let threads = shared ? Math.min(threadsOf(options, cores), cut.blocks) : 1;
  while (threads > 1 && fitting(threads) < threads) threads--;
  const most = fitting(threads);
  if (most < 1) {
    const needed = (1 + SPARE_SLOTS) * block("outputs") + block("inputs");
    throw new RangeError(
      `"blocksMemory" expected at least ${sizeOf(needed)} for ${cut.blocks} blocks of ${extent.shape.words} words and dim ${dim}, got ${sizeOf(blocksMemory)}: ` +
        'raise it, or give more "parts"',
    );
  }
  const groups = Math.ceil(cut.blocks / most);
  return { threads, batchWords, maxSentenceLength, groups, shape, ...planFor(threads, Math.ceil(cut.blocks / groups)) };
}

export function shapeOfBlocks(blocks: number, { inputRows, outputRows }: Shape, stride: number): BlocksShape {
  const rows = { inputs: inputRows, outputs: outputRows };
  const blockRows = { inputs: rowsOfBlock(blocks, inputRows), outputs: rowsOfBlock(blocks, outputRows) };
  return { blocks, rows, blockRows, stride };
}

/** What the driver of a cluster has in memory of a plan: all rows, for one thread. Workers have the chunks of text. */
export function planOfDriver<Plan extends EnginePlan>(plan: Plan): Plan {
  const shape = plan.memoryOptions.grid!;
  const grid = { ...shape, holds: { chunks: false, blocks: evenly(shape.blocks) } };
  return { ...plan, memoryOptions: { ...plan.memoryOptions, grid, lanes: 1 } };
}

/** Bytes in Redis besides blocks, for each machine of a cluster: pieces that it sends and receives, connections, jobs. */
const MACHINE = 10 * 2 ** 20;

/** Bytes that Redis needs for a training by so many workers: "Many machines" in docs/design.md. */
export function redisBytes({ blocks, blockRows, stride }: Omit<BlocksShape, "rows">, workers: number): number {
  const bytes = (side: Side) => blocks * blockRows[side] * stride;
  // a version for each worker that a block comes by, those before and after a rotation, and what overlaps with the next one
  return (workers + 1) * MACHINE + 2 * bytes("inputs") + (workers + 2) * bytes("outputs");
}

/** Bytes of the rows, and of the two files that each block has. */
export function storedBytes({ blocks, rows, blockRows, stride }: BlocksShape): { matrices: number; disk: number } {
  return {
    matrices: (rows.inputs + rows.outputs) * stride,
    disk: 2 * blocks * (blockRows.inputs + blockRows.outputs) * stride,
  };
}
