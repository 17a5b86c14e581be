// The body of a training worker, the same in Node and browsers; the entry files worker.ts and worker-node.ts give it a port.

import { loadKernel, startTrainer } from "../../kernel/engines/kernels.js";
import type { Trainer } from "../../kernel/kernel.js";
import { allocate } from "../../kernel/memory.js";
import { cut, paste, pieces, type Region } from "../../kernel/patch.js";
import { matricesOf } from "./backend.js";
import { CellTrainer } from "./cells.js";
import type { GridThread } from "./grid-jobs.js";
import { RingGridThread } from "./grid-ring.js";
import { allBlocks, SharedGridThread } from "./grid-shared.js";
import { PIECE, type WorkerReply, type WorkerRequest, type WorkerTask } from "./link.js";
import { step } from "./step.js";

interface Port {
  post(message: WorkerReply, transfer: Transferable[]): void;
  onMessage(listener: (message: WorkerRequest) => void): void;
}

export function serve(port: Port): void {
  let kernel: Trainer;
  let memory: WebAssembly.Memory;
  let task: WorkerTask;
  let thread: GridThread | undefined;
  /** pieces that are still to be collected */
  let collecting: Iterator<Region[]> | undefined;

  const start = async (request: WorkerTask): Promise<void> => {
    task = request;
    await loadKernel(task.plan);
    memory =
      typeof request.memory === "number"
        ? allocate(request.memory, false, "the worker's part of the model")
        : request.memory;
    kernel = startTrainer(task.plan, memory);
  };

  const handle = async (request: WorkerRequest): Promise<void> => {
    if (request.type === "start") {
      await start(request);
    } else if (request.type === "fill") {
      const { patch } = request;
      paste(memory, patch);
      port.post({ type: "filled", patch }, [patch]);
    } else if (request.type === "run") {
      const { ids, learningRate } = request;
      const result = step(kernel, memory, task.layout.scratch[task.thread], ids, learningRate);
      port.post({ type: "result", result, ids }, [ids.buffer]);
    } else if (request.type === "job") {
      const { job } = request;
      thread ??= startThread(kernel, memory, task);
      const result = await thread.do(job);
      const ids = job.type === "sort" ? job.ids : undefined;
      port.post({ type: "done", result, ids }, ids ? [ids.buffer] : []);
    } else if (request.type === "check") {
      port.post({ type: "checked", finite: kernel.allFinite(...matricesOf(task.layout)) }, []);
    } else if (request.type === "give") {
      thread ??= startThread(kernel, memory, task);
      const block = await (thread as RingGridThread).give(request.index);
      port.post({ type: "given", block }, block ? [block.rows] : []);
    } else {
      collecting ??= pieces(request.regions, PIECE);
      const { value: piece } = collecting.next();
      if (piece === undefined) collecting = undefined;
      const patch = piece && cut(memory, piece, request.room);
      port.post({ type: "collected", patch }, patch ? [patch] : []);
    }
  };

  // one request after the other, though some wait for other threads
  let last = Promise.resolve();
  port.onMessage((request) => {
    last = last
      .then(() => handle(request))
      .catch((error: unknown) => port.post({ type: "error", error: error as Error }, []));
  });
}

/** Once the memory is filled. */
function startThread(
  kernel: Trainer,
  memory: WebAssembly.Memory,
  { layout, thread, grid, memory: given }: WorkerTask,
): GridThread {
  const { words, seed } = grid!;
  const { grid: places, scratch } = layout;
  if (typeof given === "number")
    return new RingGridThread(memory, layout, places!, grid!, (ring) => {
      return new CellTrainer(kernel, memory, layout, scratch[0], { words, seed, rows: ring.rows }, ring);
    });
  const rows = [0, places!.blocks] as const;
  const trainer = new CellTrainer(
    kernel,
    memory,
    layout,
    scratch[thread],
    { words, seed, rows },
    allBlocks(layout, places!),
  );
  return new SharedGridThread(trainer, memory, places!);
}
