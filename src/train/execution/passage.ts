// Training where a memory holds some of the blocks: rows of the grid stay, while blocks of targets pass by. (9.10) of docs/math.md.

import { blockBytes, blockPlace, type Layout } from "../../kernel/layout.js";
import type { ChunkTask } from "./cells.js";
import type { GridThread, TrainedCell } from "./grid-jobs.js";
import type { StepResult } from "./step.js";
import { columnsOf, type Rows, rowsOfGroup, type Visit, visitAt } from "./visits.js";

/** Where blocks of targets come from and go to. `bytes` are a place in the memory that trains them. */
export interface Targets {
  /** Fills the memory with a block as it is before a visit. */
  take(visit: Visit, bytes: Uint8Array): Promise<void>;
  /** Keeps the block as it is after a visit. */
  give(visit: Visit, bytes: Uint8Array): Promise<void>;
}

/** The memory that holds the blocks, and the threads that share it. */
interface Place {
  memory: WebAssembly.Memory;
  layout: Layout;
  threads: readonly GridThread[];
}

/** Places for blocks of targets, besides that of each thread: for those that come and those that go. */
export const SPARE_SLOTS = 3;

export class Passage {
  /** places for blocks of targets, those that are free, and who waits for one */
  private readonly free: number[];
  private readonly waiting: ((slot: number) => void)[] = [];
  private sorted = 0;

  constructor(private readonly place: Place) {
    this.free = Array.from({ length: place.layout.grid!.holds.blocks.outputs }, (_, slot) => slot);
  }

  /** The memory of the n-th block of contexts that it holds. */
  contexts(slot: number): Uint8Array {
    return this.bytesOf("inputs", slot);
  }

  /** Sorts a chunk whose ids lie in the memory. @returns the words that subsampling kept */
  async sort(chunk: ChunkTask): Promise<number> {
    const { sorted } = this;
    this.sorted += chunk.batches.length;
    const results = await Promise.all(this.place.threads.map((thread) => thread.do({ type: "sort", chunk, sorted })));
    return results.reduce((sum, { trained }) => sum + trained, 0);
  }

  /**
   * Trains what rows have of a sorted chunk, some columns or all of them. Each thread has some of the rows; a block of targets goes from
   * one to the next.
   * @param chunk its number @param rows whose contexts lie in the memory, from the first place on
   */
  async run(
    chunk: number,
    { rows, columns = columnsOf(rows, this.blocks) }: { rows: Rows; columns?: Rows },
    targets: Targets,
  ): Promise<TrainedCell[]> {
    const { blocks } = this;
    const threads = this.place.threads.slice(0, rows.to - rows.from);
    const parts = threads.map((thread, i) => ({ thread, rows: rowsOfGroup(rows, i, threads.length) }));
    const cells: TrainedCell[] = [];
    /** the last visit of each part, and what was last done with each block */
    const busy = new Map<(typeof parts)[number], Promise<void>>();
    const kept = new Map<number, Promise<void>>();
    let failure: { reason: unknown } | undefined;
    for (let column = columns.from; column < columns.to; column++) {
      const visit = visitAt(rows, column, blocks);
      if (visit === undefined) continue;
      const { target } = visit;
      const slot = await this.takeSlot();
      if (failure) {
        this.giveSlot(slot);
        break;
      }
      const bytes = this.bytesOf("outputs", slot);
      const take = async () => {
        // the block may come by twice
        await kept.get(target);
        await targets.take(visit, bytes);
      };
      let passed = take();
      // the last row first
      for (let i = parts.length - 1; i >= 0; i--) {
        const part = parts[i];
        const due = visitAt(part.rows, column, blocks);
        if (due === undefined) continue;
        const train = async () => {
          await Promise.all([passed, busy.get(part)]);
          const job = { type: "visit", chunk, target, rows: due.rows, firstRow: rows.from, slot } as const;
          cells.push(...(await part.thread.do(job)).cells);
        };
        passed = train();
        busy.set(part, passed);
      }
      const keep = async () => {
        try {
          await passed;
          await targets.give(visit, bytes);
        } catch (reason) {
          failure ??= { reason };
        } finally {
          this.giveSlot(slot);
        }
      };
      kept.set(target, keep());
    }
    await Promise.all(kept.values());
    if (failure) throw failure.reason;
    return cells;
  }

  private get blocks(): number {
    return this.place.layout.grid!.blocks;
  }

  private bytesOf(side: "inputs" | "outputs", slot: number): Uint8Array {
    const { memory, layout } = this.place;
    return new Uint8Array(memory.buffer, blockPlace(layout, side, slot), blockBytes(layout, side));
  }

  private takeSlot(): Promise<number> {
    const slot = this.free.pop();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private giveSlot(slot: number): void {
    const next = this.waiting.shift();
    if (next) next(slot);
    else this.free.push(slot);
  }
}

/** What the steps of a chunk came to, in their order, whoever trained the cells. */
export function stepsOf(cells: readonly TrainedCell[], blocks: number): StepResult[] {
  const steps = Array.from({ length: blocks }, (): StepResult => ({ loss: 0, predictions: 0, trained: 0 }));
  const inOrder = [...cells].sort((a, b) => a.context - b.context);
  for (const { step, result } of inOrder) {
    steps[step].loss += result.loss;
    steps[step].predictions += result.predictions;
  }
  return steps;
}
