// The body of a training worker, the same in Node and browsers; the entry files worker.ts and worker-node.ts give it a channel.

import { type Answers, answerCalls, type Reply, type Request } from "../../base/calls.js";
import { type Channel, Link } from "../../base/link.js";
import type { KernelPlan } from "../../kernel/engines/kernels.js";
import type { Trainer } from "../../kernel/kernel.js";
import { matricesOf } from "../../kernel/layout.js";
import { allocate } from "../../kernel/memory.js";
import { cut, paste, pieces, type Region } from "../../kernel/patch.js";
import { CellTrainer } from "./cells.js";
import type { GridThread } from "./grid-jobs.js";
import { LostThreadError, openRing, type Ring, RingGridThread } from "./grid-ring.js";
import { SharedGridThread, SharedPlaces } from "./grid-shared.js";
import { layoutHash, PIECE, type TrainingCalls, type WorkerTask } from "./protocol.js";
import { step } from "./step.js";

/** Starts what trains a memory; each worker knows the kernels that it can be asked for. */
export type StartTrainer = (plan: KernelPlan, memory: WebAssembly.Memory) => Promise<Trainer>;

/** Answers calls until the link to the calling thread ends; sends it the errors of this thread. */
export async function serveTraining(channel: Channel, task: WorkerTask, start: StartTrainer): Promise<void> {
  const { plan, layout, memory: memoryOrSize } = task;
  const link = new Link<Reply<TrainingCalls>, Request<TrainingCalls>>(channel, {
    other: "the calling thread",
    layout: layoutHash(layout),
  });
  let ring: Ring | undefined;
  try {
    const memory =
      typeof memoryOrSize === "number" ? allocate(memoryOrSize, false, "the worker's part of the model") : memoryOrSize;
    const trainer = await start(plan, memory);
    ring = openRing(task);
    await answerCalls(link, answersOf(trainer, memory, task, ring));
  } catch (error) {
    ring?.close(error);
    await link.close(error);
  }
}

function answersOf(
  kernel: Trainer,
  memory: WebAssembly.Memory,
  task: WorkerTask,
  ring: Ring | undefined,
): Answers<TrainingCalls> {
  const { layout } = task;
  let shared: GridThread | undefined;
  let apart: RingGridThread | undefined;
  // once the memory is filled
  const ringThread = () => {
    apart ??= startRingThread(kernel, memory, task, ring);
    return apart;
  };
  const gridThread = () => {
    if (typeof task.memory === "number") return ringThread();
    shared ??= startSharedThread(kernel, memory, task);
    return shared;
  };
  /** pieces that are still to be collected */
  let collecting: Iterator<Region[]> | undefined;
  return {
    async fill({ patch }) {
      paste(memory, patch);
      return { answer: { patch }, transfer: [patch] };
    },
    async run({ ids, learningRate }) {
      const result = step(kernel, memory, layout.scratch[task.thread], ids, learningRate);
      return { answer: { result, ids }, transfer: [ids.buffer] };
    },
    async job({ job }) {
      try {
        const result = await gridThread().do(job);
        const ids = job.type === "sort" ? job.ids : undefined;
        return { answer: { result, ids }, transfer: ids ? [ids.buffer] : [] };
      } catch (error) {
        if (error instanceof LostThreadError) return { answer: { lost: error.lost } };
        throw error;
      }
    },
    async check() {
      return { answer: { finite: kernel.allFinite(...matricesOf(layout)) } };
    },
    async give({ index }) {
      const block = await ringThread().give(index);
      return { answer: { block }, transfer: block ? [block.rows] : [] };
    },
    async collect({ regions, room }) {
      collecting ??= pieces(regions, PIECE);
      const { value: piece } = collecting.next();
      if (piece === undefined) collecting = undefined;
      const patch = piece && cut(memory, piece, room);
      return { answer: { patch }, transfer: patch ? [patch] : [] };
    },
  };
}

function startRingThread(
  kernel: Trainer,
  memory: WebAssembly.Memory,
  { layout, grid }: WorkerTask,
  ring: Ring | undefined,
): RingGridThread {
  const { words, seed } = grid!;
  return new RingGridThread({ memory, layout, membership: grid!, ring }, (places) => {
    return new CellTrainer(kernel, memory, layout, layout.scratch[0], { words, seed, rows: places.rows }, places);
  });
}

function startSharedThread(
  kernel: Trainer,
  memory: WebAssembly.Memory,
  { layout, thread, grid }: WorkerTask,
): GridThread {
  const { words, seed } = grid!;
  const places = layout.grid!;
  const rows = { from: 0, to: places.blocks };
  const blocks = new SharedPlaces(layout);
  const trainer = new CellTrainer(kernel, memory, layout, layout.scratch[thread], { words, seed, rows }, blocks);
  return new SharedGridThread(trainer, memory, places, blocks);
}
