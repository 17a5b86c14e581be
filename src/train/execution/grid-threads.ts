// Starts the threads of the grid that share a memory.

import { startTrainer } from "../../kernel/engines/kernels.js";
import { CellTrainer } from "./cells.js";
import type { Site } from "./engine.js";
import type { GridPlaces } from "./grid.js";
import type { GridThread } from "./grid-jobs.js";
import { SharedGridThread, SharedPlaces } from "./grid-shared.js";
import { areFinite, LocalQueue } from "./in-process.js";
import { closeAll, TrainingWorker } from "./worker-client.js";

/** Threads on the memory of a site. */
export type SharedThreads = Pick<GridPlaces, "threads" | "check" | "close">;

/** Workers; or, with \`worker: false\`, this thread, which yields to the event loop between calls of the kernel. */
export function startThreads(site: Site): SharedThreads {
  site.parameters.clearControl();
  return site.options.worker ? workers(site) : here(site);
}

function here({ plan, kernel, parameters, options }: Site): SharedThreads {
  const { memory, layout } = parameters;
  const grid = layout.grid!;
  const task = { words: parameters.shape.words, seed: options.seed, rows: { from: 0, to: grid.blocks } };
  const queue = new LocalQueue();
  const threads = Array.from({ length: plan.threads }, (_, lane): GridThread => {
    const places = new SharedPlaces(layout);
    const trainer = new CellTrainer(startTrainer(kernel, memory), memory, layout, layout.scratch[lane], task, places);
    const thread = new SharedGridThread(trainer, memory, grid, places, queue.pause);
    return { do: (job) => queue.run(() => thread.do(job)) };
  });
  return { threads, check: async () => areFinite(kernel, memory, layout), close: () => queue.close() };
}

function workers({ plan, kernel, parameters, options, spawn }: Site): SharedThreads {
  const { memory, layout, shape } = parameters;
  const { threads } = plan;
  const workers = Array.from({ length: threads }, (_, thread) => {
    const membership = { words: shape.words, seed: options.seed, thread, threads, step: 0 };
    return new TrainingWorker({ plan: kernel, memory, layout, thread, grid: membership }, spawn());
  });
  return {
    threads: workers.map((_, thread) => gridThread(workers, thread)),
    check: () => workers[0].check(),
    close: () => closeAll(workers),
  };
}

/** @param workers all of them: where one reports that another was lost, the lost one's own error says more */
export function gridThread(workers: readonly TrainingWorker[], thread: number): GridThread {
  return {
    async do(job) {
      const transfer = job.type === "sort" && job.ids ? [job.ids.buffer] : [];
      const { result, lost } = await workers[thread].ask("job", { job }, transfer);
      if (result) return result;
      // rejects with the reason where that thread has ended
      await workers[lost!.thread].check();
      throw new Error(`thread ${thread} of the ring lost thread ${lost!.thread}: ${lost!.reason}`);
    },
  };
}
