// Who trains on the batches: this thread, or a worker.

import type { Ptr } from "../kernel/kernel.js";
import type { Layout } from "../kernel/memory.js";
import { type KernelPlan, startKernel } from "../kernel/pick.js";
import { breathe } from "../math/breathe.js";
import { type StepResult, step } from "./step.js";

export interface Runner {
  /** Trains on a batch, after all batches handed in before. ids is given away. */
  run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult>;
  /** Brings the parameters into the caller's memory, where they are not there anyway, and says whether all are finite. */
  collect(start: Ptr, bytes: number): Promise<boolean>;
  /** Leaves no worker behind; batches under way are given up. */
  close(): void;
}

export interface RunnerTask {
  plan: KernelPlan;
  memory: WebAssembly.Memory;
  layout: Layout;
}

/** Trains in process; between batches the event loop gets its turn. */
export function localRunner({ plan, memory, layout }: RunnerTask): Runner {
  const kernel = startKernel(plan, memory);
  return {
    async run(ids, learningRate) {
      await breathe();
      return step(kernel, memory, layout, ids, learningRate);
    },
    async collect(start, bytes) {
      return kernel.allFinite(start, bytes);
    },
    close() {},
  };
}

/** What Node's and the browser's workers have in common, as the doors hand it in. */
export interface WorkerHandle {
  post(message: unknown, transfer: ArrayBuffer[]): void;
  onMessage(listener: (message: WorkerReply) => void): void;
  onError(listener: (error: Error) => void): void;
  terminate(): void;
}

/** Messages to the worker. With unshared memory it works on a copy, `image`, and sends that back on collect. */
export type WorkerRequest =
  | { type: "start"; plan: KernelPlan; layout: Layout; memory: WebAssembly.Memory | ArrayBuffer }
  | { type: "run"; ids: Uint32Array<ArrayBuffer>; learningRate: number }
  | { type: "collect"; start: Ptr; bytes: number };

/** One reply to each request but start, in order. ids goes back, so that a worker, which seldom collects garbage, keeps none. */
export type WorkerReply =
  | { type: "result"; result: StepResult; ids: Uint32Array<ArrayBuffer> }
  | { type: "collected"; finite: boolean; image?: ArrayBuffer }
  | { type: "error"; error: Error };

/** Trains in a worker; the memory is shared with it, or sent there and back. */
export function workerRunner({ plan, memory, layout }: RunnerTask, worker: WorkerHandle): Runner {
  const waiting: { resolve: (reply: never) => void; reject: (error: Error) => void }[] = [];
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure = error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.onError(fail);
  worker.onMessage((reply) => {
    if (reply.type === "error") fail(reply.error);
    else waiting.shift()?.resolve(reply as never);
  });
  const ask = <T extends WorkerReply>(request: WorkerRequest, transfer: ArrayBuffer[]): Promise<T> =>
    new Promise((resolve, reject) => {
      if (failure) return reject(failure);
      waiting.push({ resolve, reject });
      worker.post(request, transfer);
    });
  const shared = typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
  const start: WorkerRequest = {
    type: "start",
    plan,
    layout,
    memory: shared ? memory : (memory.buffer.slice(0) as ArrayBuffer),
  };
  worker.post(start, start.memory instanceof ArrayBuffer ? [start.memory] : []);
  return {
    async run(ids, learningRate) {
      return (await ask<WorkerReply & { type: "result" }>({ type: "run", ids, learningRate }, [ids.buffer])).result;
    },
    async collect(start, bytes) {
      const { finite, image } = await ask<WorkerReply & { type: "collected" }>({ type: "collect", start, bytes }, []);
      if (image) new Uint8Array(memory.buffer).set(new Uint8Array(image));
      return finite;
    },
    close() {
      fail(new Error("training was given up"));
      worker.terminate();
    },
  };
}
