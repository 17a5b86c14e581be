// The body of a training worker, the same in Node and browsers; the entry files worker.ts and worker-node.ts give it a port.

import { Param } from "../../assembly/params.js";
import type { Kernel, RoundsKernel } from "../kernel/kernel.js";
import { allocate } from "../kernel/memory.js";
import { cut, paste, pieces, type Region } from "../kernel/patch.js";
import { startKernel } from "../kernel/pick.js";
import { SharedMeeting } from "./meeting.js";
import { ReplicaMeeting } from "./replicas.js";
import { RoundMember } from "./rounds.js";
import { buffersOf, PIECE, type WorkerReply, type WorkerRequest, type WorkerTask } from "./runner.js";
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
  /** pieces that are still to be collected */
  let collecting: Iterator<Region[]> | undefined;

  const start = (request: WorkerTask & { memory: WebAssembly.Memory | number }): void => {
    task = request;
    memory =
      typeof request.memory === "number"
        ? allocate(request.memory, false, "the worker's copy of the model")
        : request.memory;
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
    } else if (request.type === "fill") {
      const { patch } = request;
      paste(memory, patch);
      port.post({ type: "filled", patch }, [patch]);
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
      collecting ??= pieces(trained(), PIECE);
      const { value: piece } = collecting.next();
      if (piece === undefined) {
        collecting = undefined;
        port.post({ type: "collected", finite: kernel.allFinite(...task.matrices) }, []);
      } else {
        const patch = cut(memory, piece, request.room);
        port.post({ type: "collected", patch }, [patch]);
      }
    }
  };

  /** What the caller's memory lacks; nothing where it is this one. */
  const trained = (): Region[] => {
    if (!(memory.buffer instanceof ArrayBuffer)) return [];
    const holdings = member ? member.holdings() : [[task.scratch.params, Param.size] as const];
    return task.brings ? [task.matrices, ...holdings] : holdings;
  };

  // one request after the other, though a round waits for other threads
  let last = Promise.resolve();
  port.onMessage((request) => {
    last = last
      .then(() => handle(request))
      .catch((error: unknown) => port.post({ type: "error", error: error as Error }, []));
  });
}
