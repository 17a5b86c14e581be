// The body of a training worker, the same in Node and browsers; the entry files worker.ts and worker-node.ts give it a port.

import type { Kernel } from "../kernel/kernel.js";
import { allocate, type Layout } from "../kernel/memory.js";
import { startKernel } from "../kernel/pick.js";
import type { WorkerReply, WorkerRequest } from "./runner.js";
import { step } from "./step.js";

interface Port {
  post(message: WorkerReply, transfer: ArrayBuffer[]): void;
  onMessage(listener: (message: WorkerRequest) => void): void;
}

export function serve(port: Port): void {
  let kernel: Kernel;
  let memory: WebAssembly.Memory;
  let layout: Layout;

  const handle = (request: WorkerRequest): void => {
    if (request.type === "start") {
      layout = request.layout;
      memory = request.memory instanceof ArrayBuffer ? copyToMemory(request.memory) : request.memory;
      kernel = startKernel(request.plan, memory);
    } else if (request.type === "run") {
      const { ids, learningRate } = request;
      const result = step(kernel, memory, layout, ids, learningRate);
      port.post({ type: "result", result, ids }, [ids.buffer]);
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
