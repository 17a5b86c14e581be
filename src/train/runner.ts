// Who trains on the batches: this thread, or a worker.

import type { Scratch } from "../kernel/layout.js";
import { cut, paste, pieces, type Region } from "../kernel/patch.js";
import { type KernelPlan, startKernel } from "../kernel/pick.js";
import { taskQueue } from "../math/breathe.js";
import type { Membership, Round, RoundQueue } from "./rounds.js";
import { type StepResult, step } from "./step.js";

/** Batches for each thread, and rounds, that are handed in ahead. */
const AHEAD = 4;
const ROUNDS_AHEAD = 8;

/** Bytes that go to or from an unshared memory at once: of a larger message each side would hold a copy of the model. */
export const PIECE = 2 ** 20;

export interface Runner {
  /** Batches of a round, which are trained on together. */
  readonly lanes: number;
  /** Batches to hand in ahead of those that are done, so that reading and training overlap. */
  readonly ahead: number;
  /** Trains on a batch, after all batches handed in before. ids is given away. */
  run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult>;
  /** No batch comes for now: those that wait for others to fill a round need wait no more. @param whole but those of a round that is not full go on waiting */
  flush?(whole?: boolean): void;
  /** Rounds begun, where training goes in rounds. */
  rounds?(): number;
  /** Brings the parameters into the caller's memory, where they are not there anyway, and says whether all are finite. */
  collect(): Promise<boolean>;
  /** Leaves no worker behind; batches under way are given up. */
  close(): void;
}

/** What a thread works on: a scratch of its own, or in rounds the parts that fall to it. */
export interface RunnerTask {
  plan: KernelPlan;
  memory: WebAssembly.Memory;
  scratch: Scratch;
  /** where both matrices lie */
  matrices: Region;
  rounds?: Membership;
}

/** What a worker must know besides. */
export interface WorkerTask extends Omit<RunnerTask, "memory"> {
  /** with a memory of its own: whether it brings the matrices on collect, or only what no other worker has */
  brings: boolean;
  /** to the other threads of a round, where they share no memory */
  ports?: (MessagePort | undefined)[];
}

/** Trains in process; between batches the event loop gets its turn. */
export function localRunner({ plan, memory, scratch, matrices }: RunnerTask): Runner {
  const kernel = startKernel(plan, memory);
  const inOrder = taskQueue();
  return {
    lanes: 1,
    ahead: AHEAD,
    run: (ids, learningRate) => inOrder(() => step(kernel, memory, scratch, ids, learningRate)),
    async collect() {
      return kernel.allFinite(...matrices);
    },
    close() {},
  };
}

/** What Node's and the browser's workers have in common, as the doors hand it in. */
export interface WorkerHandle {
  post(message: unknown, transfer: Transferable[]): void;
  onMessage(listener: (message: WorkerReply) => void): void;
  onError(listener: (error: Error) => void): void;
  terminate(): void;
}

/**
 * Messages to the worker. With unshared memory it works on a copy, of so many bytes, which is filled piece by piece; and on
 * each collect sends a piece of what was trained, in the piece before, until there is no more.
 */
export type WorkerRequest =
  | (WorkerTask & { type: "start"; memory: WebAssembly.Memory | number })
  | { type: "fill"; patch: ArrayBuffer }
  | { type: "train"; rounds: Round[] }
  | { type: "run"; ids: Uint32Array<ArrayBuffer>; learningRate: number }
  | { type: "collect"; room?: ArrayBuffer };

/** One reply to each request but start, in order. ids goes back, so that a worker, which seldom collects garbage, keeps none. */
export type WorkerReply =
  | { type: "filled"; patch: ArrayBuffer }
  | { type: "result"; result: StepResult; ids: Uint32Array<ArrayBuffer> }
  | { type: "trained"; results: StepResult[][]; rounds: Round[] }
  | { type: "collected"; patch: ArrayBuffer }
  | { type: "collected"; patch?: undefined; finite: boolean }
  | { type: "error"; error: Error };

/** The buffers of all batches. */
export function buffersOf(rounds: readonly Round[]): ArrayBuffer[] {
  return rounds.flatMap(({ batches }) => batches.map(({ buffer }) => buffer));
}

/** A training worker: requests go out, replies come in the same order. The memory is shared with it, or sent there and back. */
export class TrainingWorker implements Runner {
  readonly lanes = 1;
  readonly ahead = AHEAD;
  private readonly waiting: { resolve: (reply: never) => void; reject: (error: Error) => void }[] = [];
  /** when the worker's memory is as the caller's */
  private readonly filled: Promise<void>;
  private failure: Error | undefined;

  constructor(
    private readonly memory: WebAssembly.Memory,
    task: WorkerTask,
    private readonly worker: WorkerHandle,
  ) {
    worker.onError((error) => this.fail(error));
    worker.onMessage((reply) => {
      if (reply.type === "error") this.fail(reply.error);
      else this.waiting.shift()?.resolve(reply as never);
    });
    const shared = typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
    const ports = (task.ports ?? []).filter((port) => port !== undefined);
    const request = { ...task, type: "start", memory: shared ? memory : memory.buffer.byteLength } as const;
    worker.post(request satisfies WorkerRequest, ports);
    this.filled = shared ? Promise.resolve() : this.fill();
    // a failure is told to whoever asks
    this.filled.catch(() => {});
  }

  async run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult> {
    return (await this.ask("result", { type: "run", ids, learningRate }, [ids.buffer])).result;
  }

  /** What the parts that fall to this worker have counted. Batches are given away. */
  async train(rounds: Round[]): Promise<StepResult[][]> {
    return (await this.ask("trained", { type: "train", rounds }, buffersOf(rounds))).results;
  }

  async collect(): Promise<boolean> {
    let room: ArrayBuffer | undefined;
    for (;;) {
      const reply = await this.ask("collected", { type: "collect", room }, room ? [room] : []);
      if (reply.patch === undefined) return reply.finite;
      paste(this.memory, reply.patch);
      room = reply.patch;
    }
  }

  close(): void {
    this.fail(new Error("training was given up"));
    this.worker.terminate();
  }

  private async fill(): Promise<void> {
    let room: ArrayBuffer | undefined;
    for (const piece of pieces([[0, this.memory.buffer.byteLength]], PIECE)) {
      const patch = cut(this.memory, piece, room);
      room = (await this.request("filled", { type: "fill", patch }, [patch])).patch;
    }
  }

  /** As request, once the worker's memory is filled. */
  private async ask<T extends WorkerReply["type"]>(reply: T, request: WorkerRequest, transfer: Transferable[]) {
    await this.filled;
    return this.request(reply, request, transfer);
  }

  private request<T extends WorkerReply["type"]>(
    _reply: T,
    request: WorkerRequest,
    transfer: Transferable[],
  ): Promise<Extract<WorkerReply, { type: T }>> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.waiting.push({ resolve, reject });
      this.worker.post(request, transfer);
    });
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}

/**
 * Several workers on one shared memory, without locks: updates of a row that happen at once may lose one another, which
 * is rare where words are many (Hogwild; Recht et al. 2011). A batch goes to the worker with the fewest on their way.
 */
export function hogwildRunner(workers: readonly Runner[]): Runner {
  const underWay = workers.map(() => 0);
  return {
    // no batch waits for another
    lanes: 1,
    ahead: AHEAD * workers.length,
    async run(ids, learningRate) {
      const least = underWay.indexOf(Math.min(...underWay));
      underWay[least]++;
      const result = await workers[least].run(ids, learningRate);
      underWay[least]--;
      return result;
    },
    collect: () => workers[0].collect(),
    close: () => workers.forEach((worker) => worker.close()),
  };
}

/** Threads that train in rounds, see rounds.ts: workers, or this thread alone. */
export function roundsRunner(
  queue: RoundQueue,
  parts: number,
  { collect, close }: Pick<Runner, "collect" | "close">,
): Runner {
  return {
    lanes: parts,
    ahead: ROUNDS_AHEAD * parts,
    run: (ids, learningRate) => queue.run(ids, learningRate),
    flush: (whole) => queue.flush(whole),
    rounds: () => queue.number,
    collect,
    close,
  };
}
