// A training worker, as the calling thread sees it.

import { Caller } from "../../base/calls.js";
import { type Channel, Link } from "../../base/link.js";
import { cut, paste, pieces, type Region } from "../../kernel/patch.js";
import type { BatchThread } from "./batch-runner.js";
import { layoutHash, PIECE, type TrainingCalls, type WorkerTask } from "./protocol.js";
import { ABORTED } from "./runner.js";
import type { StepResult } from "./step.js";

export class TrainingWorker implements BatchThread {
  private readonly caller: Caller<TrainingCalls>;

  /** @param transfer what of the task is given away */
  constructor(task: WorkerTask, channel: Channel, transfer: Transferable[] = []) {
    const layout = layoutHash(task.layout);
    this.caller = new Caller(new Link(channel, { other: "a training worker", layout, task, transfer }));
  }

  ask<Name extends keyof TrainingCalls>(
    call: Name,
    request: Parameters<TrainingCalls[Name]>[0],
    transfer?: Transferable[],
  ): Promise<ReturnType<TrainingCalls[Name]>> {
    return this.caller.ask(call, request, transfer);
  }

  async run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult> {
    return (await this.ask("run", { ids, learningRate }, [ids.buffer])).result;
  }

  /** Fills the same places of the worker's memory, which is not shared. */
  async fill(memory: WebAssembly.Memory, regions: readonly Region[]): Promise<void> {
    let room: ArrayBuffer | undefined;
    for (const piece of pieces(regions, PIECE)) {
      const patch = cut(memory, piece, room);
      room = (await this.ask("fill", { patch }, [patch])).patch;
    }
  }

  /** Brings them back. */
  async collect(memory: WebAssembly.Memory, regions: readonly Region[]): Promise<void> {
    let room: ArrayBuffer | undefined;
    for (;;) {
      const { patch } = await this.ask("collect", { regions, room }, room ? [room] : []);
      if (patch === undefined) return;
      paste(memory, patch);
      room = patch;
    }
  }

  async check(): Promise<boolean> {
    return (await this.ask("check", {})).finite;
  }

  close(): Promise<void> {
    return this.caller.close(new Error(ABORTED));
  }
}

export async function closeAll(workers: readonly TrainingWorker[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.close()));
}
