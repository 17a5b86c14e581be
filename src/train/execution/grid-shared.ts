// Threads of the grid that share a memory take batches and cells as they are free. (9.4) of docs/math.md.

import { CONTROL, type Grid } from "../../kernel/grid-layout.js";
import type { Ptr } from "../../kernel/kernel.js";
import { blockPlace, type Layout } from "../../kernel/layout.js";
import type { BlockPlaces, CellTrainer } from "./cells.js";
import { Chunks, type GridJob, type GridResult, type GridThread, trainCell, type VisitJob } from "./grid-jobs.js";
import type { StepResult } from "./step.js";

/** Times that a thread looks before it sleeps: the other one is usually about to finish. */
const LOOKS = 2000;

/** Where the blocks lie in a memory that holds all, or, during a visit, some. */
export class SharedPlaces implements BlockPlaces {
  visit: Pick<VisitJob, "firstRow" | "slot"> | undefined;

  constructor(private readonly layout: Layout) {}

  contexts(block: number): Ptr {
    return blockPlace(this.layout, "inputs", block - (this.visit?.firstRow ?? 0));
  }

  targets(block: number): Ptr {
    return blockPlace(this.layout, "outputs", this.visit?.slot ?? block);
  }
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
    private readonly places: SharedPlaces,
    private readonly pause?: () => Promise<void>,
  ) {
    this.control = new Int32Array(memory.buffer, grid.control, CONTROL.contexts + 2 * grid.blocks);
  }

  async do(job: GridJob): Promise<GridResult> {
    if (job.type === "sort") return { trained: await this.sort(job), cells: [] };
    return { trained: 0, cells: await (job.type === "step" ? this.step(job) : this.visit(job)) };
  }

  private async sort({ chunk, sorted }: GridJob & { type: "sort" }): Promise<number> {
    this.chunks.add(chunk);
    this.sorted = sorted + chunk.batches.length;
    let trained = 0;
    for (const batch of this.tasks(CONTROL.sorting, sorted, chunk.batches.length)) {
      trained += this.trainer.sort(chunk, batch);
      this.finish(CONTROL.sorted);
      await this.pause?.();
    }
    return trained;
  }

  private async step({ chunk, step, steps, number }: GridJob & { type: "step" }): Promise<GridResult["cells"]> {
    const { blocks } = this.grid;
    const first = number * steps * blocks;
    const cells: GridResult["cells"] = [];
    this.waitFor(CONTROL.sorted, this.sorted);
    this.waitFor(CONTROL.spread, number * this.trainer.spreads);
    for (const cell of this.tasks(CONTROL.training, first, steps * blocks)) {
      const context = cell % blocks;
      const done = Math.floor(cell / blocks);
      const target = (context + step + done) % blocks;
      const places = [CONTROL.contexts + context, CONTROL.contexts + blocks + target];
      // the cells of the same row and column in the step before
      for (const place of places) this.waitFor(place, number * steps + done);
      if (done === 0) this.trainer.begin(context);
      cells.push({ step: step + done, context, result: await this.train(chunk, context, target) });
      if (done === steps - 1) this.trainer.end(context);
      for (const place of places) this.finish(place);
    }
    await this.spread(number, steps);
    return cells;
  }

  /** Once all cells of a job are trained, words give to their subwords what they have learnt. */
  private async spread(number: number, steps: number): Promise<void> {
    const { spreads } = this.trainer;
    if (spreads === 0) return;
    const { blocks } = this.grid;
    for (let context = 0; context < blocks; context++) this.waitFor(CONTROL.contexts + context, (number + 1) * steps);
    for (const task of this.tasks(CONTROL.spreading, number * spreads, spreads)) {
      this.trainer.spread(task);
      this.finish(CONTROL.spread);
      await this.pause?.();
    }
  }

  private async visit(job: VisitJob): Promise<GridResult["cells"]> {
    const { chunk, target, rows } = job;
    const cells: GridResult["cells"] = [];
    this.places.visit = job;
    const { blocks } = this.grid;
    for (let context = rows.to - 1; context >= rows.from; context--) {
      const step = (target - context + blocks) % blocks;
      cells.push({ step, context, result: await this.train(chunk, context, target) });
    }
    this.places.visit = undefined;
    return cells;
  }

  private train(chunk: number, context: number, target: number): Promise<StepResult> {
    return trainCell(this.trainer, this.chunks.get(chunk), context, target, this.pause);
  }

  /** As many of `count` tasks, from 0, as this thread gets, whose tickets begin at `first`. */
  private *tasks(counter: number, first: number, count: number): Generator<number> {
    for (;;) {
      const ticket = this.take(counter, first + count);
      if (ticket === undefined) return;
      yield (ticket - first) | 0;
    }
  }

  /** The next ticket of a counter, unless all before `end` are taken. Counters of long runs wrap around, so only differences say which comes first. */
  private take(counter: number, end: number): number | undefined {
    for (;;) {
      const next = Atomics.load(this.control, counter);
      if (((next - end) | 0) >= 0) return undefined;
      if (Atomics.compareExchange(this.control, counter, next, next + 1) === next) return next;
    }
  }

  private finish(counter: number): void {
    Atomics.add(this.control, counter, 1);
    Atomics.notify(this.control, counter);
  }

  private waitFor(counter: number, count: number): void {
    const isReached = (now: number) => ((now - count) | 0) >= 0;
    for (let looks = 0; looks < LOOKS; looks++) if (isReached(Atomics.load(this.control, counter))) return;
    for (;;) {
      const now = Atomics.load(this.control, counter);
      if (isReached(now)) return;
      Atomics.wait(this.control, counter, now);
    }
  }
}
