// Who trains on the text: this thread, or workers.

import { taskQueue, yieldToEventLoop } from "../../base/event-loop.js";
import { type KernelPlan, startTrainer } from "../../kernel/engines/kernels.js";
import type { Layout, Scratch } from "../../kernel/layout.js";
import { cut, paste, pieces, type Region } from "../../kernel/patch.js";
import type { Batch } from "../../text/encode.js";
import { PIECE, type WorkerHandle, type WorkerReply, type WorkerRequest, type WorkerTask } from "./link.js";
import { type StepResult, step } from "./step.js";

/** Chunks for each thread that are handed in ahead. */
const AHEAD = 4;

/** A stretch of text that is handed in at once: batches that are trained on together, or one. */
export interface Chunk {
  /** from 1, counted over all runs */
  epoch: number;
  /** number of its first batch in the epoch */
  first: number;
  batches: readonly Batch[];
  learningRate: number;
  /** steps of it that were done before */
  steps: number;
}

export interface Runner {
  /** Chunks to hand in ahead of those that are done, so that reading and training overlap. */
  readonly ahead: number;
  /** Steps of a chunk. */
  readonly steps: number;
  /** Whether a batch can be one of a chunk that has some. */
  fits(batch: Batch, chunk: readonly Batch[]): boolean;
  /**
   * Trains on a chunk, after all chunks handed in before. The ids are given away.
   * @param onStep is given what each step came to, as it ends
   * @returns words that subsampling kept
   */
  train(chunk: Chunk, onStep: (result: StepResult) => void): Promise<number>;
  /** Resolves when nothing is under way; chunks handed in may have to wait, some with a part of their steps done. */
  rest(): Promise<void>;
  /** Goes on after a rest, or begins. */
  go(): Promise<void>;
  /** During a rest: brings the parameters into the caller's memory, in the order of the words. */
  collect(): Promise<void>;
  /** During a rest: whether all parameters are finite. */
  check(): Promise<boolean>;
  /** Leaves no worker behind; chunks under way are given up. */
  close(): Promise<void>;
}

/** A thread that trains on one batch after the other. */
export interface BatchThread {
  run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult>;
}

const GIVEN_UP = "training was given up";

/** What this thread trains, one task after the other; before each, other events get their turn. */
export class LocalQueue {
  private readonly inOrder = taskQueue();
  private isClosed = false;

  run<T>(task: () => T | Promise<T>): Promise<T> {
    return this.inOrder(() => {
      this.check();
      return task();
    });
  }

  /** In the midst of a task: lets other events have their turn. @throws Error if it is not to go on */
  pause = async (): Promise<void> => {
    await yieldToEventLoop();
    this.check();
  };

  /** Gives up what was handed in; resolves when nothing is done any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.inOrder(() => {}).catch(() => {});
  }

  private check(): void {
    if (this.isClosed) throw new Error(GIVEN_UP);
  }
}

/** This thread. */
export function localThread(
  plan: KernelPlan,
  memory: WebAssembly.Memory,
  scratch: Scratch,
  queue: LocalQueue,
): BatchThread {
  const kernel = startTrainer(plan, memory);
  return { run: (ids, learningRate) => queue.run(() => step(kernel, memory, scratch, ids, learningRate)) };
}

/** A training worker: requests go out, replies come in the same order. */
export class TrainingWorker implements BatchThread {
  private readonly waiting: { resolve: (reply: never) => void; reject: (error: Error) => void }[] = [];
  private failure: Error | undefined;

  constructor(
    task: WorkerTask,
    private readonly worker: WorkerHandle<WorkerRequest, WorkerReply>,
    transfer: Transferable[] = [],
  ) {
    worker.onError((error) => this.fail(error));
    worker.onMessage((reply) => {
      if (reply.type === "error") this.fail(reply.error);
      else this.waiting.shift()?.resolve(reply as never);
    });
    worker.post({ ...task, type: "start" }, transfer);
  }

  async run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult> {
    return (await this.ask("result", { type: "run", ids, learningRate }, [ids.buffer])).result;
  }

  /** Fills the same places of the worker's memory, which is not shared. */
  async fill(memory: WebAssembly.Memory, regions: readonly Region[]): Promise<void> {
    let room: ArrayBuffer | undefined;
    for (const piece of pieces(regions, PIECE)) {
      const patch = cut(memory, piece, room);
      room = (await this.ask("filled", { type: "fill", patch }, [patch])).patch;
    }
  }

  /** Brings them back. */
  async collect(memory: WebAssembly.Memory, regions: readonly Region[]): Promise<void> {
    let room: ArrayBuffer | undefined;
    for (;;) {
      const { patch } = await this.ask("collected", { type: "collect", regions, room }, room ? [room] : []);
      if (patch === undefined) return;
      paste(memory, patch);
      room = patch;
    }
  }

  async check(): Promise<boolean> {
    return (await this.ask("checked", { type: "check" })).finite;
  }

  ask<T extends WorkerReply["type"]>(
    _reply: T,
    request: WorkerRequest,
    transfer: Transferable[] = [],
  ): Promise<Extract<WorkerReply, { type: T }>> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.worker.post(request, transfer);
      this.waiting.push({ resolve, reject });
    });
  }

  close(): Promise<void> {
    this.fail(new Error(GIVEN_UP));
    return this.worker.terminate();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}

/**
 * One thread, or several on one shared memory, without locks: updates of a row that happen at once may lose one another, which
 * is rare where words are many (Hogwild; Recht et al. 2011). A batch goes to the thread with the fewest on their way.
 */
export class BatchRunner implements Runner {
  readonly ahead: number;
  readonly steps = 1;
  private readonly underWay: number[];
  private readonly pending = new Set<Promise<unknown>>();

  constructor(
    private readonly threads: readonly BatchThread[],
    private readonly places: Pick<Runner, "collect" | "check" | "close"> & { ready?: Promise<void> },
  ) {
    this.ahead = AHEAD * threads.length;
    this.underWay = threads.map(() => 0);
  }

  fits(): boolean {
    return false;
  }

  async train({ batches: [{ ids }], learningRate }: Chunk, onStep: (result: StepResult) => void): Promise<number> {
    const least = this.underWay.indexOf(Math.min(...this.underWay));
    this.underWay[least]++;
    const done = this.threads[least].run(ids, learningRate);
    this.pending.add(done);
    try {
      const result = await done;
      onStep(result);
      return result.trained;
    } finally {
      this.pending.delete(done);
      this.underWay[least]--;
    }
  }

  async rest(): Promise<void> {
    await Promise.all(this.pending);
  }

  async go(): Promise<void> {
    await this.places.ready;
  }

  collect(): Promise<void> {
    return this.places.collect();
  }

  check(): Promise<boolean> {
    return this.places.check();
  }

  close(): Promise<void> {
    return this.places.close();
  }
}

/** Whether the parameters of a memory are finite. */
export function areFinite(plan: KernelPlan, memory: WebAssembly.Memory, layout: Layout): boolean {
  return startTrainer(plan, memory).allFinite(...matricesOf(layout));
}

/** Both matrices, from the first byte to the last. */
export function matricesOf({ inputs, outputs, outputRows, stride }: Layout): Region {
  return [inputs, outputs + outputRows * stride - inputs];
}
