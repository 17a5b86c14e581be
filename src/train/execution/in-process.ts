// Training in the calling thread: tasks of a few milliseconds, with yields to the event loop between them.

import { taskQueue, yieldToEventLoop } from "../../base/event-loop.js";
import { type KernelPlan, startTrainer } from "../../kernel/engines/kernels.js";
import { type Layout, matricesOf, type Scratch } from "../../kernel/layout.js";
import type { BatchThread } from "./batch-runner.js";
import { ABORTED } from "./runner.js";
import { step } from "./step.js";

/** The tasks of this thread, one after the other; it yields to the event loop before each. */
export class LocalQueue {
  private readonly inOrder = taskQueue();
  private isClosed = false;

  run<T>(task: () => T | Promise<T>): Promise<T> {
    return this.inOrder(() => {
      this.check();
      return task();
    });
  }

  /** Yields to the event loop within a task. @throws Error if training was closed meanwhile */
  pause = async (): Promise<void> => {
    await yieldToEventLoop();
    this.check();
  };

  /** Aborts the tasks handed in; resolves when none runs any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.inOrder(() => {}).catch(() => {});
  }

  private check(): void {
    if (this.isClosed) throw new Error(ABORTED);
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

/** Whether the parameters of a memory are finite. */
export function areFinite(plan: KernelPlan, memory: WebAssembly.Memory, layout: Layout): boolean {
  return startTrainer(plan, memory).allFinite(...matricesOf(layout));
}
