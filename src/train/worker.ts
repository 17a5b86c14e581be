// The body of a training worker, the same in Node and browsers; the entry files worker.ts and worker-node.ts give it a port.

import { Param } from "../../assembly/params.js";
import type { Kernel, RoundsKernel } from "../kernel/kernel.js";
import { allocate } from "../kernel/memory.js";
import { cut } from "../kernel/patch.js";
import { startKernel } from "../kernel/pick.js";
import { SharedMeeting } from "./meeting.js";
import { ReplicaMeeting } from "./replicas.js";
import { RoundMember } from "./rounds.js";
import { buffersOf, type WorkerReply, type WorkerRequest, type WorkerTask } from "./runner.js";
import { type StepResult, step } from "./step.js";

interface Port {
  post(message: WorkerReply, transfer: Transferable[]): void;
  onMessage(listener: (message: WorkerRequest) => void): void;
}

export function serve(port: Port): void {
  let kernel: Kernel;
  let memory: WebAssembly.Memory;
  let task: WorkerTask;
  let member: RoundMember | undefined;

  const start = (request: WorkerTask & { memory: WebAssembly.Memory | ArrayBuffer }): void => {
    task = request;
    memory = request.memory instanceof ArrayBuffer ? copyToMemory(request.memory) : request.memory;
    kernel = startKernel(task.plan, memory);
    const { rounds, ports } = task;
    if (rounds === undefined) return;
    const meeting = ports
      ? new ReplicaMeeting(memory, rounds, ports)
      : new SharedMeeting(memory, rounds.rounds, rounds);
    member = new RoundMember(kernel as RoundsKernel, memory, rounds, meeting);
  };

  const handle = async (request: WorkerRequest): Promise<void> => {
    if (request.type === "start") {
      start(request);
    } else if (request.type === "run") {
      const { ids, learningRate } = request;
      const result = step(kernel, memory, task.scratch, ids, learningRate);
      port.post({ type: "result", result, ids }, [ids.buffer]);
    } else if (request.type === "train") {
      const { rounds } = request;
      const results: StepResult[][] = [];
      for (const [i, round] of rounds.entries()) results.push(await member!.train(round, rounds[i + 1]));
      port.post({ type: "trained", results, rounds }, buffersOf(rounds));
    } else {
      const { matrices } = task;
      const finite = kernel.allFinite(...matrices);
      const copied = memory.buffer instanceof ArrayBuffer;
      const holdings = member ? member.holdings() : [[task.scratch.params, Param.size] as const];
      const patch = copied ? cut(memory, task.brings ? [matrices, ...holdings] : holdings) : undefined;
      port.post({ type: "collected", finite, patch }, patch ? [patch] : []);
    }
  };

  // one request after the other, though a round waits for other threads
  let last = Promise.resolve();
  port.onMessage((request) => {
    last = last
      .then(() => handle(request))
      .catch((error: unknown) => port.post({ type: "error", error: error as Error }, []));
  });
}

function copyToMemory(image: ArrayBuffer): WebAssembly.Memory {
  const memory = allocate(image.byteLength, false, "the worker's copy of the model");
  new Uint8Array(memory.buffer).set(new Uint8Array(image));
  return memory;
}
