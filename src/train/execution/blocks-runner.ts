// Training where a store holds the blocks: rows of the grid come into the memory a group at a time, and blocks of targets pass by them.
// (9.10) of docs/math.md.

import type { Grid } from "../../kernel/grid-layout.js";
import type { Side } from "../../kernel/shape.js";
import type { Batch } from "../../text/encode.js";
import type { BlockStore } from "./block-store.js";
import { type ChunkRoom, layIds } from "./chunk-room.js";
import type { TrainedCell } from "./grid-jobs.js";
import type { SharedThreads } from "./grid-threads.js";
import { type Passage, stepsOf } from "./passage.js";
import { ABORTED, type Chunk, type Runner } from "./runner.js";
import type { StepResult } from "./step.js";
import { type Rows, rowsOfGroup } from "./visits.js";

/** What the runner works with. */
interface BlocksSite {
  memory: WebAssembly.Memory;
  grid: Grid;
  passage: Passage;
  threads: SharedThreads;
  store: BlockStore;
  /** groups of rows, of which the memory holds one */
  groups: number;
  room: ChunkRoom;
  /** whether all numbers of a place in the memory are finite */
  areFinite(bytes: Uint8Array): boolean;
  /** told whether rows are being changed, so that nobody reads them */
  onBusy(isBusy: boolean): void;
}

/** A part of a chunk: a group of rows, and the columns that pass by. */
export interface Stage {
  rows: Rows;
  columns: Rows;
}

/**
 * What is done of a chunk one after the other, so that each cell comes after those that it needs: all groups, the last first, as far as
 * the columns go round once; then all of them again with the other columns.
 */
export function stagesOf(blocks: number, groups: number): Stage[] {
  const all = { from: 0, to: blocks };
  const lastFirst = Array.from({ length: groups }, (_, i) => rowsOfGroup(all, groups - 1 - i, groups));
  const once = lastFirst.map((rows) => ({ rows, columns: { from: rows.from, to: blocks } }));
  const again = lastFirst.map((rows) => ({ rows, columns: { from: blocks, to: rows.to + blocks - 1 } }));
  return [...once, ...again].filter(({ columns }) => columns.from < columns.to);
}

interface Waiting {
  chunk: Chunk;
  onStep: (result: StepResult) => void;
  resolve: (trained: number) => void;
  reject: (error: Error) => void;
}

/** Trains whole chunks: it pauses between them. */
export class BlocksRunner implements Runner {
  readonly ahead = 2;
  readonly steps: number;
  private readonly waiting: Waiting[] = [];
  private underWay: Promise<void> | undefined;
  private chunks = 0;
  private isPaused = true;
  private isLocked = false;
  private failure: Error | undefined;
  /** rows whose contexts the memory holds, and whether they are others than those of the store */
  private held: Rows | undefined;
  private isChanged = false;
  private isFinite = true;

  constructor(private readonly site: BlocksSite) {
    this.steps = site.grid.blocks;
  }

  fits(batch: Batch, chunk: readonly Batch[]): boolean {
    return this.site.room.fits(batch, chunk);
  }

  train(chunk: Chunk, onStep: (result: StepResult) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.waiting.push({ chunk, onStep, resolve, reject });
      this.advance();
    });
  }

  async pause(): Promise<void> {
    this.isPaused = true;
    await this.underWay;
    this.throwIfEnded();
  }

  async go(): Promise<void> {
    if (!this.isLocked) await this.site.store.lock();
    this.isLocked = true;
    this.site.onBusy(true);
    this.isPaused = false;
    this.advance();
  }

  /** Brings the rows to the store. */
  async collect(): Promise<void> {
    if (this.isChanged) await this.eachHeld((block, bytes) => this.keep("inputs", block, bytes));
    this.isChanged = false;
    await this.site.store.seal(this.throwIfEnded);
    this.site.store.refresh();
    this.site.onBusy(false);
  }

  async check(): Promise<boolean> {
    if (this.isChanged) await this.eachHeld(async (_, bytes) => this.checkFinite(bytes));
    return this.isFinite;
  }

  async close(): Promise<void> {
    this.fail(new Error(ABORTED));
    const { threads, store, onBusy } = this.site;
    await threads.close();
    await this.underWay;
    store.refresh();
    onBusy(false);
    if (this.isLocked) await store.unlock();
    this.isLocked = false;
  }

  private readonly throwIfEnded = (): void => {
    if (this.failure) throw this.failure;
  };

  private advance(): void {
    if (this.isPaused || this.underWay || this.failure) return;
    const next = this.waiting.shift();
    if (next === undefined) return;
    this.underWay = this.run(next).then(
      () => this.ended(),
      (error) => {
        next.reject(this.failure ?? error);
        this.fail(error);
        this.ended();
      },
    );
  }

  private ended(): void {
    this.underWay = undefined;
    this.advance();
  }

  private async run({ chunk, onStep, resolve }: Waiting): Promise<void> {
    const { memory, grid, passage, room, groups } = this.site;
    const number = this.chunks++;
    const task = room.place(chunk, number);
    layIds(chunk, task, grid, memory);
    const trained = await passage.sort(task);
    const cells: TrainedCell[] = [];
    for (const { rows, columns } of stagesOf(grid.blocks, groups)) {
      await this.hold(rows);
      this.isChanged = true;
      cells.push(...(await passage.run(number, { rows, columns }, this.targets)));
    }
    for (const result of stepsOf(cells, grid.blocks)) onStep(result);
    resolve(trained);
  }

  private readonly targets = {
    take: async ({ target }: { target: number }, bytes: Uint8Array): Promise<void> => {
      this.throwIfEnded();
      await this.site.store.read("outputs", target, bytes);
    },
    give: async ({ target, after }: { target: number; after: number }, bytes: Uint8Array): Promise<void> => {
      const { store, grid } = this.site;
      // once in a chunk
      if (after === grid.blocks) await this.keep("outputs", target, bytes);
      else await store.write("outputs", target, bytes);
    },
  };

  /** Brings the contexts of rows into the memory, in the place of those that are there. */
  private async hold(rows: Rows): Promise<void> {
    const { passage, store } = this.site;
    const { held, isChanged } = this;
    if (held?.from === rows.from && held.to === rows.to) return;
    const blockAt = (slot: number, of: Rows | undefined) => (of && of.from + slot < of.to ? of.from + slot : undefined);
    const slots = Math.max(rows.to - rows.from, held ? held.to - held.from : 0);
    const exchange = async (slot: number) => {
      const bytes = passage.contexts(slot);
      const [before, after] = [blockAt(slot, held), blockAt(slot, rows)];
      if (before !== undefined && isChanged) await this.keep("inputs", before, bytes);
      if (after !== undefined) await store.read("inputs", after, bytes);
    };
    await Promise.all(Array.from({ length: slots }, (_, slot) => exchange(slot)));
    this.held = rows;
    this.isChanged = false;
  }

  private async eachHeld(visit: (block: number, bytes: Uint8Array) => Promise<void>): Promise<void> {
    const { from, to } = this.held!;
    const blocks = Array.from({ length: to - from }, (_, slot) => from + slot);
    await Promise.all(blocks.map((block) => visit(block, this.site.passage.contexts(block - from))));
  }

  private async keep(side: Side, block: number, bytes: Uint8Array): Promise<void> {
    this.checkFinite(bytes);
    await this.site.store.write(side, block, bytes);
  }

  private checkFinite(bytes: Uint8Array): void {
    if (this.isFinite) this.isFinite = this.site.areFinite(bytes);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}
