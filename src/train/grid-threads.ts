// A thread's part in the grid. With shared memory threads take batches and cells as they are free; without it each has blocks of
// contexts of its own, and blocks of targets go round. (9.4) of docs/math.md.

import { CONTROL, type Grid } from "../kernel/grid.js";
import type { Layout } from "../kernel/layout.js";
import type { BlockPlaces, CellTrainer, ChunkTask } from "./cells.js";
import type { BlockRows, GridMembership } from "./link.js";
import type { StepResult } from "./step.js";

/** Something that all threads do together. */
export type GridJob =
  | {
      type: "sort";
      chunk: ChunkTask;
      /** batches sorted before, in the run */
      sorted: number;
      /** of all batches, where memory is not shared */
      ids?: Uint32Array<ArrayBuffer>;
    }
  /** step: of the chunk, from 0; number: of the run */
  | { type: "step"; chunk: number; step: number; number: number };

/** What a thread has done of a job. */
export interface GridResult {
  /** words that subsampling kept */
  trained: number;
  /** of the cells, by their block of contexts */
  cells: { context: number; result: StepResult }[];
}

export interface GridThread {
  do(job: GridJob): Promise<GridResult>;
}

const NOTHING: StepResult = { loss: 0, predictions: 0, trained: 0 };

/** Looks before a thread sleeps: another one is mostly about to be done. */
const LOOKS = 2000;

/** Chunks that may still be trained on, by their number. */
class Chunks {
  private readonly held = new Map<number, ChunkTask>();

  add(chunk: ChunkTask): void {
    this.held.set(chunk.number, chunk);
    this.held.delete(chunk.number - 2);
  }

  get(number: number): ChunkTask {
    return this.held.get(number)!;
  }
}

/** Where the blocks lie in a memory that holds all. */
export function allBlocks({ inputs, outputs, stride }: Layout, { blockRows }: Grid): BlockPlaces {
  return {
    contexts: (block) => inputs + block * blockRows * stride,
    targets: (block) => outputs + block * blockRows * stride,
  };
}

/** A thread that shares the memory, or is alone. */
export class SharedGridThread implements GridThread {
  private readonly control: Int32Array;
  private readonly chunks = new Chunks();
  /** batches that are sorted once the last chunk is */
  private sorted = 0;

  /** @param pause lets other events have their turn, where a thread does not wait for others */
  constructor(
    private readonly trainer: CellTrainer,
    memory: WebAssembly.Memory,
    private readonly grid: Grid,
    private readonly pause?: () => Promise<void>,
  ) {
    this.control = new Int32Array(memory.buffer, grid.control, CONTROL.contexts + 2 * grid.blocks);
  }

  async do(job: GridJob): Promise<GridResult> {
    return job.type === "sort"
      ? { trained: await this.sort(job), cells: [] }
      : { trained: 0, cells: await this.step(job) };
  }

  private async sort({ chunk, sorted }: GridJob & { type: "sort" }): Promise<number> {
    this.chunks.add(chunk);
    this.sorted = sorted + chunk.batches.length;
    let trained = 0;
    for (;;) {
      const ticket = this.take(CONTROL.sorting, this.sorted);
      if (ticket === undefined) return trained;
      trained += this.trainer.sort(chunk, ticket - sorted);
      this.finish(CONTROL.sorted);
      await this.pause?.();
    }
  }

  private async step({ chunk, step, number }: GridJob & { type: "step" }): Promise<GridResult["cells"]> {
    const { blocks } = this.grid;
    const first = number * blocks;
    const cells: GridResult["cells"] = [];
    this.waitFor(CONTROL.sorted, this.sorted);
    for (;;) {
      const ticket = this.take(CONTROL.training, first + blocks);
      if (ticket === undefined) return cells;
      const context = ticket - first;
      const target = (context + step) % blocks;
      const places = [CONTROL.contexts + context, CONTROL.contexts + blocks + target];
      // the cells of the same row and column in the step before
      for (const place of places) this.waitFor(place, number);
      cells.push({
        context,
        result: await trainCell(this.trainer, this.chunks.get(chunk), context, target, this.pause),
      });
      for (const place of places) this.finish(place);
    }
  }

  /** The next ticket of a counter, unless all below `end` are taken. */
  private take(counter: number, end: number): number | undefined {
    for (;;) {
      const next = Atomics.load(this.control, counter);
      if (next >= end) return undefined;
      if (Atomics.compareExchange(this.control, counter, next, next + 1) === next) return next;
    }
  }

  private finish(counter: number): void {
    Atomics.add(this.control, counter, 1);
    Atomics.notify(this.control, counter);
  }

  private waitFor(counter: number, count: number): void {
    for (let looks = 0; looks < LOOKS; looks++) if (Atomics.load(this.control, counter) >= count) return;
    for (;;) {
      const now = Atomics.load(this.control, counter);
      if (now >= count) return;
      Atomics.wait(this.control, counter, now);
    }
  }
}

/** A thread with a memory of its own, for the rows of the grid from … to; blocks of targets go on to the thread before. */
export class RingGridThread implements GridThread, BlockPlaces {
  private readonly chunks = new Chunks();
  private readonly slots = new Map<number, number>();
  private readonly free: number[] = [];
  /** blocks of targets that have come and are not yet in the memory, and who waits for one */
  private readonly arrived = new Map<number, ArrayBuffer>();
  private readonly waiting = new Map<number, () => void>();
  private room: ArrayBuffer | undefined;
  private step: number;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly layout: Layout,
    private readonly grid: Grid,
    private readonly membership: GridMembership,
    private readonly trainerOf: (ring: RingGridThread) => CellTrainer,
  ) {
    const { step, ports } = membership;
    const [from, to] = this.rows;
    this.step = step;
    for (let row = from; row < to; row++) this.slots.set((row + step) % grid.blocks, row - from);
    if (ports === undefined) return;
    ports.after.onmessage = ({ data: { block, rows } }: MessageEvent<BlockRows>) => {
      this.arrived.set(block, rows);
      this.waiting.get(block)?.();
    };
  }

  get rows(): readonly [from: number, to: number] {
    return rowsOfThread(this.grid.blocks, this.membership);
  }

  contexts(block: number): number {
    return this.layout.inputs + (block - this.rows[0]) * this.blockBytes;
  }

  targets(block: number): number {
    return this.layout.outputs + this.slots.get(block)! * this.blockBytes;
  }

  private trainer: CellTrainer | undefined;

  async do(job: GridJob): Promise<GridResult> {
    this.trainer ??= this.trainerOf(this);
    if (job.type === "step") return { trained: 0, cells: await this.train(this.trainer, job) };
    const { chunk, ids } = job;
    this.chunks.add(chunk);
    new Uint32Array(this.memory.buffer).set(ids!, this.grid.chunks[chunk.number % 2].ids / 4);
    let trained = 0;
    for (let batch = 0; batch < chunk.batches.length; batch++) trained += this.trainer.sort(chunk, batch);
    // all threads sort all batches, each for its own rows: one of them counts
    return { trained: this.membership.thread === 0 ? trained : 0, cells: [] };
  }

  /** The n-th block that this memory holds, between two steps: first those of contexts, then of targets. */
  async give(index: number): Promise<BlockRows | undefined> {
    const [from, to] = this.rows;
    const count = to - from;
    if (index >= 2 * count) return undefined;
    const isContext = index < count;
    const row = from + (index % count);
    const block = isContext ? row : (row + this.step) % this.grid.blocks;
    if (!isContext) await this.hold(block);
    const start = isContext ? this.contexts(block) : this.targets(block);
    return { matrix: isContext ? "inputs" : "outputs", block, rows: this.copy(start) };
  }

  private async train(trainer: CellTrainer, job: GridJob & { type: "step" }): Promise<GridResult["cells"]> {
    const { blocks } = this.grid;
    const [from, to] = this.rows;
    const cells: GridResult["cells"] = [];
    for (let context = from; context < to; context++) {
      const target = (context + job.step) % blocks;
      await this.hold(target);
      cells.push({ context, result: await trainCell(trainer, this.chunks.get(job.chunk), context, target) });
      // the row before has it in the next step
      if (context === from) this.passOn(target);
    }
    this.step = (job.step + 1) % blocks;
    return cells;
  }

  private passOn(block: number): void {
    const { ports } = this.membership;
    if (ports === undefined) return;
    const rows = this.copy(this.targets(block), this.room);
    this.room = undefined;
    this.free.push(this.slots.get(block)!);
    this.slots.delete(block);
    ports.before.postMessage({ matrix: "outputs", block, rows } satisfies BlockRows, [rows]);
  }

  /** Waits until a block of targets is in the memory. */
  private async hold(block: number): Promise<void> {
    if (this.slots.has(block)) return;
    if (!this.arrived.has(block)) await new Promise<void>((resolve) => this.waiting.set(block, resolve));
    this.waiting.delete(block);
    const rows = this.arrived.get(block)!;
    this.arrived.delete(block);
    this.slots.set(block, this.free.pop()!);
    new Uint8Array(this.memory.buffer, this.targets(block), this.blockBytes).set(new Uint8Array(rows));
    this.room = rows;
  }

  private copy(start: number, room = new ArrayBuffer(this.blockBytes)): ArrayBuffer {
    new Uint8Array(room).set(new Uint8Array(this.memory.buffer, start, this.blockBytes));
    return room;
  }

  private get blockBytes(): number {
    return this.grid.blockRows * this.layout.stride;
  }
}

/** The rows of the grid that fall to a thread which shares no memory. */
export function rowsOfThread(
  blocks: number,
  { thread, threads }: { thread: number; threads: number },
): readonly [from: number, to: number] {
  return [Math.floor((thread * blocks) / threads), Math.floor(((thread + 1) * blocks) / threads)];
}

async function trainCell(
  trainer: CellTrainer,
  chunk: ChunkTask,
  context: number,
  target: number,
  pause?: () => Promise<void>,
): Promise<StepResult> {
  let all = NOTHING;
  for (const { loss, predictions, trained } of trainer.train(chunk, context, target)) {
    all = { loss: all.loss + loss, predictions: all.predictions + predictions, trained: all.trained + trained };
    await pause?.();
  }
  return all;
}
