// The body of a training worker, the same in Node and browsers; the entry files worker.ts and worker-node.ts give it a port.

import type { Kernel, RoundsKernel } from "../kernel/kernel.js";
import type { Scratch } from "../kernel/layout.js";
import { allocate } from "../kernel/memory.js";
import { startKernel } from "../kernel/pick.js";
import { RoundMember } from "./rounds.js";
import type { WorkerReply, WorkerRequest } from "./runner.js";
import { step } from "./step.js";

interface Port {
  post(message: WorkerReply, transfer: ArrayBuffer[]): void;
  onMessage(listener: (message: WorkerRequest) => void): void;
}

export function serve(port: Port): void {
  let kernel: Kernel;
  let memory: WebAssembly.Memory;
  let scratch: Scratch;
  let member: RoundMember | undefined;

  const handle = (request: WorkerRequest): void => {
    if (request.type === "start") {
      const { plan, rounds } = request;
      scratch = request.scratch;
      memory = request.memory instanceof ArrayBuffer ? copyToMemory(request.memory) : request.memory;
      kernel = startKernel(plan, memory);
      member = rounds && new RoundMember(kernel as RoundsKernel, memory, rounds);
    } else if (request.type === "run") {
      const { ids, learningRate } = request;
      const result = step(kernel, memory, scratch, ids, learningRate);
      port.post({ type: "result", result, ids }, [ids.buffer]);
    } else if (request.type === "round") {
      const { batches } = request.round;
      const results = member!.train(request.round);
      port.post(
        { type: "trained", results, batches },
        batches.map((batch) => batch.buffer),
      );
    } else {
      const finite = kernel.allFinite(request.start, request.bytes);
      const image = memory.buffer instanceof ArrayBuffer ? memory.buffer.slice(0) : undefined;
      port.post({ type: "collected", finite, image }, image ? [image] : []);
    }
  };

  port.onMessage((request) => {
    try {
      handle(request);
    } catch (error) {
      port.post({ type: "error", error: error as Error }, []);
    }
  });
}

function copyToMemory(image: ArrayBuffer): WebAssembly.Memory {
  const memory = allocate(image.byteLength, false, "the worker's copy of the model");
  new Uint8Array(memory.buffer).set(new Uint8Array(image));
  return memory;
}
