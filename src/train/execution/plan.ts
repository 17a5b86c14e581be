// How many threads train a model, and how they work together.

import { Param } from "../../../assembly/params.js";
import { type KernelPlan, startTrainer } from "../../kernel/engines/kernels.js";
import { ZERO } from "../../kernel/kernel.js";
import type { Shape } from "../../kernel/shape.js";
import type { Parameters, Workplace } from "../../model/parameters.js";
import { BATCH_WORDS, batchCapacity } from "../../text/encode.js";
import { threadsOf } from "../../text/threads.js";
import { fitsGrid, type Settings } from "../options/settings.js";
import { areFinite, BatchRunner, LocalQueue, localThread, type Runner, TrainingWorker } from "./backend.js";
import { CellTrainer } from "./cells.js";
import { chunkWordsOf, cutText } from "./cut.js";
import { type GridPlaces, GridRunner } from "./grid.js";
import type { GridThread } from "./grid-jobs.js";
import { rowsOfThread } from "./grid-ring.js";
import { allBlocks, SharedGridThread } from "./grid-shared.js";
import type { BlockRows, GridMembership, WorkerHandle, WorkerReply, WorkerRequest } from "./link.js";

/**
 * How threads work together: there is one only; all update one memory without locks; or they train the cells of a grid, with the
 * same result whatever their number, shared memory or not.
 */
export type ParallelMode = "none" | "hogwild" | "grid";

export interface Crew {
  mode: ParallelMode;
  threads: number;
  /** of a batch and a sentence, at most */
  batchWords: number;
  maxSentenceLength: number;
  /** the memory that this takes */
  workplace: Workplace;
}

/**
 * @param cores threads that the machine runs at once
 * @param shared whether workers can share memory
 * @param rows of the model, @param totalWords of the text
 * @param before how a training that is taken up again went
 */
export function planCrew(
  options: Settings,
  cores: number,
  shared: boolean,
  rows: Shape,
  totalWords: number,
  before?: ParallelMode,
): Crew {
  const { maxSentenceLength, worker, reproducible } = options;
  const wanted = threadsOf(options, cores);
  if (fitsGrid(options)) {
    const { shape, batchWords, maxSentenceLength: longest } = cutText(options, rows, totalWords);
    const holds = { ...shape.holds, chunks: shared || !worker };
    const threads = Math.min(wanted, shape.blocks);
    const capacity = batchCapacity(longest, batchWords);
    const workplace = { batchCapacity: capacity, lanes: shared ? threads : 1, grid: { ...shape, holds }, shared };
    return { mode: "grid", threads, batchWords, maxSentenceLength: longest, workplace };
  }
  const threads = shared && !reproducible && before !== "none" ? wanted : 1;
  return {
    mode: threads > 1 ? "hogwild" : "none",
    threads,
    batchWords: BATCH_WORDS,
    maxSentenceLength,
    workplace: { batchCapacity: batchCapacity(maxSentenceLength), lanes: threads, shared },
  };
}

/** What a run trains, and where. */
export interface Site {
  crew: Crew;
  plan: KernelPlan;
  parameters: Parameters;
  options: Settings;
  spawn: () => WorkerHandle<WorkerRequest, WorkerReply>;
}

/**
 * Starts the workers, or none with `worker: false`.
 * @param words of an epoch
 * @param step of a chunk that comes first
 */
export function startRunner(site: Site, words: number, step: number): Runner {
  return site.crew.mode === "grid" ? startGrid(site, words, step) : startBatches(site);
}

function startBatches({ crew, plan, parameters, options, spawn }: Site): Runner {
  const { memory, layout } = parameters;
  const { scratch } = layout;
  if (!options.worker) {
    const queue = new LocalQueue();
    return new BatchRunner([localThread(plan, memory, scratch[0], queue)], {
      async collect() {},
      check: async () => areFinite(plan, memory, layout),
      close: () => queue.close(),
    });
  }
  const { shared } = crew.workplace;
  const place = shared ? memory : memory.buffer.byteLength;
  const workers = Array.from({ length: crew.threads }, (_, thread) => {
    return new TrainingWorker({ plan, memory: place, layout, thread }, spawn());
  });
  const [first] = workers;
  return new BatchRunner(workers, {
    ready: shared ? undefined : first.fill(memory, [[ZERO, memory.buffer.byteLength]]),
    async collect() {
      if (!shared) await first.collect(memory, [parameters.matrices, [scratch[0].params, Param.size]]);
    },
    check: () => first.check(),
    close: () => closeAll(workers),
  });
}

function startGrid(site: Site, words: number, step: number): Runner {
  const { crew, parameters, options } = site;
  const grid = parameters.layout.grid!;
  const places = !options.worker ? alone(site) : crew.workplace.shared ? sharing(site) : ring(site, step);
  return new GridRunner(grid, places, options, chunkWordsOf(words, grid.chunkWords));
}

/** This thread; between calls of the kernel the event loop gets its turn. */
function alone({ plan, parameters, options }: Site): GridPlaces {
  const { memory, layout } = parameters;
  const { words } = parameters.shape;
  const grid = layout.grid!;
  const task = { words, seed: options.seed, rows: [0, grid.blocks] as const };
  const trainer = new CellTrainer(
    startTrainer(plan, memory),
    memory,
    layout,
    layout.scratch[0],
    task,
    allBlocks(layout, grid),
  );
  parameters.clearControl();
  const queue = new LocalQueue();
  const thread = new SharedGridThread(trainer, memory, grid, queue.pause);
  return {
    threads: [{ do: (job) => queue.run(() => thread.do(job)) }],
    memory,
    ready: () => parameters.toBlocks(),
    collect: () => parameters.toWords(),
    check: async () => areFinite(plan, memory, layout),
    close: () => queue.close(),
  };
}

/** Workers on one memory. */
function sharing({ crew, plan, parameters, options, spawn }: Site): GridPlaces {
  const { memory, layout } = parameters;
  const { words } = parameters.shape;
  const { threads } = crew;
  parameters.clearControl();
  const workers = Array.from({ length: threads }, (_, thread) => {
    const grid = { words, seed: options.seed, thread, threads, step: 0 };
    return new TrainingWorker({ plan, memory, layout, thread, grid }, spawn());
  });
  return {
    threads: workers.map(gridThread),
    memory,
    ready: () => parameters.toBlocks(),
    collect: () => parameters.toWords(),
    check: () => workers[0].check(),
    close: () => closeAll(workers),
  };
}

/** Workers that share no memory: each holds as many blocks of contexts as of targets, and these go round. */
function ring({ crew, plan, parameters, options, spawn }: Site, step: number): GridPlaces {
  const { memory } = parameters;
  const { words } = parameters.shape;
  const { threads } = crew;
  const { blocks } = parameters.layout.grid!;
  const channels = Array.from({ length: threads }, () => new MessageChannel());
  const workers = channels.map(({ port1 }, thread) => {
    const ports = threads > 1 ? { before: port1, after: channels[(thread + 1) % threads].port2 } : undefined;
    const grid: GridMembership = { words, seed: options.seed, thread, threads, step, ports };
    const [from, to] = rowsOfThread(blocks, grid);
    const layout = parameters.layoutOf(to - from);
    const task = { plan, memory: layout.size, layout, thread, grid };
    return new TrainingWorker(task, spawn(), ports ? [ports.before, ports.after] : []);
  });
  if (threads === 1) channels.forEach(({ port1 }) => port1.close());
  const fill = async (worker: TrainingWorker, thread: number) => {
    await worker.fill(memory, [[ZERO, parameters.layout.grid!.tablesEnd]]);
    const [from, to] = rowsOfThread(blocks, { thread, threads });
    for (let row = from; row < to; row++) {
      for (const [matrix, block] of [
        ["inputs", row],
        ["outputs", (row + step) % blocks],
      ] as const) {
        const patch = parameters.cutBlock(matrix, block, parameters.layoutOf(to - from), row - from);
        await worker.ask("filled", { type: "fill", patch }, [patch]);
      }
    }
  };
  let filled: Promise<unknown> | undefined;
  return {
    threads: workers.map(gridThread),
    async ready() {
      filled ??= Promise.all(workers.map(fill));
      await filled;
    },
    async collect() {
      // before the first step there is nothing to bring
      if (filled === undefined) return;
      for (const worker of workers) {
        let block: BlockRows | undefined;
        for (let index = 0; ; index++) {
          ({ block } = await worker.ask("given", { type: "give", index }));
          if (block === undefined) break;
          parameters.putBlock(block.matrix, block.block, block.rows);
        }
      }
    },
    async check() {
      const all = await Promise.all(workers.map((worker) => worker.check()));
      return all.every((finite) => finite);
    },
    close: () => closeAll(workers),
  };
}

function gridThread(worker: TrainingWorker): GridThread {
  return {
    do: async (job) => {
      const transfer = job.type === "sort" && job.ids ? [job.ids.buffer] : [];
      return (await worker.ask("done", { type: "job", job }, transfer)).result;
    },
  };
}

async function closeAll(workers: readonly TrainingWorker[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.close()));
}
