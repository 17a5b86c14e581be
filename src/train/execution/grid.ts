// Training on the grid as the calling thread sees it: chunks are sorted, then trained a step at a time, or all steps at once, by all threads together.

import { CHUNKS, type Grid } from "../../kernel/grid-layout.js";
import type { Batch } from "../../text/encode.js";
import { type ChunkRoom, layIds } from "./chunk-room.js";
import { stepCount } from "./cut.js";
import type { GridJob, GridResult, GridThread } from "./grid-jobs.js";
import { ABORTED, type Chunk, type Runner } from "./runner.js";
import type { StepResult } from "./step.js";

/** Steps handed in before they are done, so that the threads need not wait for this one. */
const STEPS_AHEAD = 2;

/** What the threads have in common. */
export interface GridPlaces extends Pick<Runner, "collect" | "check" | "close"> {
  threads: readonly GridThread[];
  /** where ids go that all threads read; none where each is sent them */
  memory?: WebAssembly.Memory;
  /** brings the rows to where they are trained */
  ready(): Promise<void>;
}

/** A chunk that waits or is trained. */
interface Active {
  chunk: Chunk;
  onStep: (result: StepResult) => void;
  resolve: (trained: number) => void;
  reject: (error: Error) => void;
  number: number;
  /** steps handed in, and done */
  handedIn: number;
  done: number;
  trained: Promise<number>;
}

export class GridRunner implements Runner {
  readonly ahead = CHUNKS + 1;
  readonly steps: number;
  private readonly waiting: Active[] = [];
  private readonly active: Active[] = [];
  private chunks = 0;
  private sorted = 0;
  /** steps handed in, of the run, and those under way */
  private stepNumber = 0;
  private readonly underWay = new Set<Promise<unknown>>();
  private isPaused = true;
  private failure: Error | undefined;

  constructor(
    private readonly grid: Grid,
    private readonly places: GridPlaces,
    private readonly room: ChunkRoom,
  ) {
    this.steps = stepCount(grid);
  }

  fits(batch: Batch, chunk: readonly Batch[]): boolean {
    return this.room.fits(batch, chunk);
  }

  train(chunk: Chunk, onStep: (result: StepResult) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      const { steps: handedIn } = chunk;
      const number = this.chunks++;
      this.waiting.push({
        chunk,
        onStep,
        resolve,
        reject,
        number,
        handedIn,
        done: handedIn,
        trained: Promise.resolve(0),
      });
      this.advance();
    });
  }

  async pause(): Promise<void> {
    this.isPaused = true;
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    if (this.failure) throw this.failure;
  }

  async go(): Promise<void> {
    await this.places.ready();
    this.isPaused = false;
    this.advance();
  }

  collect(): Promise<void> {
    return this.places.collect();
  }

  check(): Promise<boolean> {
    return this.places.check();
  }

  close(): Promise<void> {
    this.fail(new Error(ABORTED));
    return this.places.close();
  }

  /** Hands in what the threads can do. */
  private advance(): void {
    while (!this.isPaused && this.failure === undefined && this.underWay.size < STEPS_AHEAD) {
      while (this.active.length < CHUNKS && this.waiting.length > 0) this.sort(this.waiting.shift()!);
      const next = this.active.find(({ handedIn }) => handedIn < this.steps);
      if (next === undefined) return;
      const step = this.step(next).finally(() => {
        this.underWay.delete(step);
        this.advance();
      });
      // the chunk's promise rejects with it
      step.catch(() => {});
      this.underWay.add(step);
    }
  }

  private sort(active: Active): void {
    this.active.push(active);
    const { chunk, number } = active;
    const { memory } = this.places;
    const task = this.room.place(chunk, number);
    const ids = layIds(chunk, task, this.grid, memory);
    const last = this.places.threads.length - 1;
    const done = this.all((thread) => {
      return {
        type: "sort",
        chunk: task,
        sorted: this.sorted,
        ids: memory ? undefined : ((thread < last ? ids.slice() : ids) as Uint32Array<ArrayBuffer>),
      };
    });
    this.sorted += task.batches.length;
    active.trained = done.then((results) => results.reduce((sum, { trained }) => sum + trained, 0));
    active.trained.catch((error) => this.fail(error));
  }

  private async step(active: Active): Promise<void> {
    const { stepsAtOnce: steps } = this.grid;
    const step = steps * active.handedIn++;
    const job: GridJob = { type: "step", chunk: active.number, step, steps, number: this.stepNumber++ };
    try {
      const results = await this.all(() => job);
      active.onStep(sumOf(results));
      active.done++;
      if (active.done < this.steps) return;
      this.active.splice(this.active.indexOf(active), 1);
      active.resolve(await active.trained);
    } catch (error) {
      this.fail(error as Error);
      throw error;
    }
  }

  private all(jobOf: (thread: number) => GridJob): Promise<GridResult[]> {
    return Promise.all(this.places.threads.map((thread, t) => thread.do(jobOf(t))));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of [...this.active.splice(0), ...this.waiting.splice(0)]) reject(this.failure);
  }
}

/** What the cells of a job came to, added up in their order whoever trained them. */
function sumOf(results: readonly GridResult[]): StepResult {
  const sum = { loss: 0, predictions: 0, trained: 0 };
  const cells = results.flatMap((result) => result.cells).sort((a, b) => a.step - b.step || a.context - b.context);
  for (const { result } of cells) {
    sum.loss += result.loss;
    sum.predictions += result.predictions;
  }
  return sum;
}
