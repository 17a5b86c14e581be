// Messages between the calling thread and its training workers, and among the workers of a ring.

import { Fingerprint } from "../../base/fingerprint.js";
import type { KernelPlan } from "../../kernel/engines/kernels.js";
import type { Layout } from "../../kernel/layout.js";
import type { Region } from "../../kernel/patch.js";
import type { Side } from "../../kernel/shape.js";
import type { GridJob, GridResult } from "./grid-jobs.js";
import type { StepResult } from "./step.js";

/** Bytes that go to or from an unshared memory at once: of a larger message each side would hold a copy of the model. */
export const PIECE = 2 ** 20;

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

/** Calls to a worker. It sends ids back: a worker seldom collects garbage, and would keep them. */
export type TrainingCalls = {
  fill(request: { patch: ArrayBuffer }): { patch: ArrayBuffer };
  run(request: { ids: Uint32Array<ArrayBuffer>; learningRate: number }): {
    result: StepResult;
    ids: Uint32Array<ArrayBuffer>;
  };
  /** a job of the grid; without a result if another thread of the ring was lost, which says more */
  job(request: { job: GridJob }): { result?: GridResult; ids?: Uint32Array<ArrayBuffer>; lost?: LostThread };
  /** whether all parameters in its memory are finite */
  check(request: object): { finite: boolean };
  /** the next piece of these regions, in the piece before, until there is none */
  collect(request: { regions: readonly Region[]; room?: ArrayBuffer }): { patch?: ArrayBuffer };
  /** the rows of the n-th block that it holds, first of contexts, then of targets, then of subwords */
  give(request: { index: number }): { block?: BlockRows };
};

export interface LostThread {
  thread: number;
  reason: string;
}

/** A block of rows between two memories. */
export interface BlockRows {
  matrix: Side | "subwords";
  block: number;
  rows: ArrayBuffer;
}

/** What the memory of a worker has in common with the calling thread's idea of it. */
export function layoutHash(layout: Layout): string {
  return hashOf(layout);
}

/** What the memories of a ring have in common: each holds other blocks, but a block and all before it lie alike. */
export function ringHash({ stride, inputs, grid }: Layout): string {
  const { holds: _, ...alike } = grid!;
  return hashOf({ stride, inputs, ...alike });
}

function hashOf(value: object): string {
  return new Fingerprint().addBytes(new TextEncoder().encode(JSON.stringify(value))).value;
}
