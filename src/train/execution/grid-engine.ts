// The grid: pairs are sorted into cells that share no row, so threads that train them do not meet. (9.4) of docs/math.md.

import { evenly } from "../../kernel/grid-layout.js";
import { ZERO } from "../../kernel/kernel.js";
import { hasSubwords } from "../../model/spec.js";
import { batchCapacity } from "../../text/encode.js";
import { threadsOf } from "../../text/threads.js";
import { fitsGrid } from "../options/settings.js";
import { ChunkRoom } from "./chunk-room.js";
import { chunkWordsOf, cutText } from "./cut.js";
import type { Engine, Site } from "./engine.js";
import { type GridPlaces, GridRunner } from "./grid.js";
import { rowsOfThread } from "./grid-ring.js";
import { gridThread, startThreads } from "./grid-threads.js";
import { type BlockRows, type GridMembership, PIECE } from "./protocol.js";
import type { Runner } from "./runner.js";
import { closeAll, TrainingWorker } from "./worker-client.js";

export const grid = {
  name: "grid",
  isDeterministic: true,
  isParallel: true,
  fits: (options) => fitsGrid(options),
  plan(options, { cores, shared }, extent) {
    const { shape, batchWords, maxSentenceLength } = cutText(options, extent.shape, extent.totalWords);
    const holds = { ...shape.holds, chunks: shared || !options.worker };
    // subwords are in all blocks: who shares no memory has them alone
    const most = shared || !options.worker || !hasSubwords(options) ? shape.blocks : 1;
    const threads = Math.min(threadsOf(options, cores), most);
    const capacity = batchCapacity(maxSentenceLength, batchWords);
    const memoryOptions = { batchCapacity: capacity, lanes: shared ? threads : 1, grid: { ...shape, holds }, shared };
    return { threads, batchWords, maxSentenceLength, memoryOptions };
  },
  // each has its blocks, tables and chunks; a block of targets is on its way between two of them, three not yet collected
  apart({ threads, memoryOptions }, { layout, outputs }) {
    const shape = memoryOptions.grid!;
    const sizes = Array.from({ length: threads }, (_, thread) => {
      const { from, to } = rowsOfThread(shape.blocks, { thread, threads });
      return layout({ ...memoryOptions, grid: { ...shape, holds: { chunks: true, blocks: evenly(to - from) } } });
    });
    const own = sizes.reduce((sum, bytes) => sum + bytes, 0);
    return { own, messages: threads * (2 * PIECE + (4 * outputs) / shape.blocks) };
  },
  start(site, words, step): Runner {
    const { plan, parameters, options } = site;
    const shape = parameters.layout.grid!;
    const places = options.worker && !plan.memoryOptions.shared ? ring(site, step) : together(site);
    return new GridRunner(shape, places, new ChunkRoom(shape, options, chunkWordsOf(words, shape.chunkWords, options)));
  },
} as const satisfies Engine;

/** All rows in one memory: of this thread, or of workers that share it. */
function together(site: Site): GridPlaces {
  const { parameters } = site;
  const { threads, check, close } = startThreads(site);
  return {
    threads,
    memory: parameters.memory,
    ready: () => parameters.toBlocks(),
    collect: () => parameters.toWords(),
    check,
    async close() {
      await close();
      // what a chunk that was broken off has not given to its subwords is lost
      await parameters.toWords();
    },
  };
}

/** Workers that share no memory: each holds as many blocks of contexts as of targets, and these go round. */
function ring(site: Site, step: number): GridPlaces {
  const { parameters } = site;
  const workers = startRing(site, step);
  let filled: Promise<unknown> | undefined;
  return {
    threads: workers.map((_, thread) => gridThread(workers, thread)),
    async ready() {
      filled ??= Promise.all(workers.map((_, thread) => fill(site, workers, thread, step)));
      await filled;
    },
    async collect() {
      // before the first step there is nothing to bring
      if (filled === undefined) return;
      for (const worker of workers) {
        let block: BlockRows | undefined;
        for (let index = 0; ; index++) {
          ({ block } = await worker.ask("give", { index }));
          if (block === undefined) break;
          if (block.matrix === "subwords") parameters.subwords!.put(block.block, block.rows);
          else parameters.putBlock(block.matrix, block.block, block.rows);
        }
      }
      await parameters.compose();
    },
    async check() {
      const all = await Promise.all(workers.map((worker) => worker.check()));
      return all.every((finite) => finite);
    },
    close: () => closeAll(workers).then(() => parameters.compose()),
  };
}

function startRing({ plan, kernel, parameters, options, spawn }: Site, step: number): TrainingWorker[] {
  const { layout: whole } = parameters;
  const { words } = parameters.shape;
  const { threads } = plan;
  const channels = Array.from({ length: threads }, () => new MessageChannel());
  if (threads === 1) channels[0].port1.close();
  return channels.map(({ port1 }, thread) => {
    const ports = threads > 1 ? { before: port1, after: channels[(thread + 1) % threads].port2 } : undefined;
    const membership: GridMembership = { words, seed: options.seed, thread, threads, step, ports };
    const { from, to } = rowsOfThread(whole.grid!.blocks, membership);
    const layout = parameters.layoutOf(to - from);
    const task = { plan: kernel, memory: layout.size, layout, thread, grid: membership };
    return new TrainingWorker(task, spawn(), ports ? [ports.before, ports.after] : []);
  });
}

/** Gives a thread of the ring its tables and blocks. */
async function fill(
  { parameters, plan: { threads } }: Site,
  workers: readonly TrainingWorker[],
  thread: number,
  step: number,
): Promise<void> {
  const { memory } = parameters;
  const { blocks, tablesEnd } = parameters.layout.grid!;
  const worker = workers[thread];
  await worker.fill(memory, [[ZERO, tablesEnd]]);
  const { from, to } = rowsOfThread(blocks, { thread, threads });
  const layout = parameters.layoutOf(to - from);
  for (let row = from; row < to; row++) {
    for (const [matrix, block] of [
      ["inputs", row],
      ["outputs", (row + step) % blocks],
    ] as const) {
      const patch = parameters.cutBlock(matrix, block, layout, row - from);
      await worker.ask("fill", { patch }, [patch]);
    }
  }
  for (const patch of parameters.subwords?.cut(layout) ?? []) await worker.ask("fill", { patch }, [patch]);
}
