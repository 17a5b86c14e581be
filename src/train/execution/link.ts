// What the calling thread and its training workers say to each other.

import type { KernelPlan } from "../../kernel/engines/kernels.js";
import type { Layout } from "../../kernel/layout.js";
import type { Region } from "../../kernel/patch.js";
import type { Side } from "../../kernel/shape.js";
import type { GridJob, GridResult } from "./grid-jobs.js";
import type { StepResult } from "./step.js";

/** Bytes that go to or from an unshared memory at once: of a larger message each side would hold a copy of the model. */
export const PIECE = 2 ** 20;

/** What Node's and the browser's workers have in common, as the doors hand it in. */
export interface WorkerHandle<Request, Reply> {
  post(message: Request, transfer: Transferable[]): void;
  onMessage(listener: (message: Reply) => void): void;
  onError(listener: (error: Error) => void): void;
  /** Resolves when it does nothing any more, as far as the engine tells. */
  terminate(): Promise<void>;
}

/** How a thread takes part in the grid. */
export interface GridMembership {
  words: number;
  seed: number;
  thread: number;
  threads: number;
  /** the step of a chunk that comes first */
  step: number;
  /** where memory is not shared: to the thread before, from the thread after; none for a thread that is alone */
  ports?: { before: MessagePort; after: MessagePort };
}

/** What a worker must know. */
export interface WorkerTask {
  plan: KernelPlan;
  /** one that is shared, or the bytes of one of its own, which is filled piece by piece */
  memory: WebAssembly.Memory | number;
  layout: Layout;
  thread: number;
  grid?: GridMembership;
}

export type WorkerRequest =
  | (WorkerTask & { type: "start" })
  | { type: "fill"; patch: ArrayBuffer }
  | { type: "run"; ids: Uint32Array<ArrayBuffer>; learningRate: number }
  | { type: "job"; job: GridJob }
  /** whether all parameters in its memory are finite */
  | { type: "check" }
  /** the next piece of these regions, in the piece before, until there is none */
  | { type: "collect"; regions: readonly Region[]; room?: ArrayBuffer }
  /** the rows of the n-th block that it holds, first of contexts, then of targets */
  | { type: "give"; index: number };

/** A block of rows between two memories. */
export interface BlockRows {
  matrix: Side;
  block: number;
  rows: ArrayBuffer;
}

/** One reply to each request but start, in order. ids goes back, so that a worker, which seldom collects garbage, keeps none. */
export type WorkerReply =
  | { type: "filled"; patch: ArrayBuffer }
  | { type: "result"; result: StepResult; ids: Uint32Array<ArrayBuffer> }
  | { type: "done"; result: GridResult; ids?: Uint32Array<ArrayBuffer> }
  | { type: "checked"; finite: boolean }
  | { type: "collected"; patch?: ArrayBuffer }
  | { type: "given"; block?: BlockRows }
  | { type: "error"; error: Error };
