// What all threads of the grid do together, a job at a time.

import type { CellTrainer, ChunkTask } from "./cells.js";
import type { StepResult } from "./step.js";
import type { Visit } from "./visits.js";

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
  /** step: of the chunk, from 0, the first of `steps` that follow each other; number: of the job, in the run */
  | { type: "step"; chunk: number; step: number; steps: number; number: number }
  | VisitJob;

/** Cells of rows that lie together, and of a block of targets: for one thread, where a memory holds some of the blocks. */
export interface VisitJob extends Pick<Visit, "target" | "rows"> {
  type: "visit";
  chunk: number;
  /** where they lie: the row whose contexts come first in the memory, and the place of the block of targets */
  firstRow: number;
  slot: number;
}

/** What a cell of a chunk came to. */
export interface TrainedCell {
  step: number;
  context: number;
  result: StepResult;
}

/** What a thread has done of a job. */
export interface GridResult {
  /** words that subsampling kept */
  trained: number;
  cells: TrainedCell[];
}

export interface GridThread {
  do(job: GridJob): Promise<GridResult>;
}

const NOTHING: StepResult = { loss: 0, predictions: 0, trained: 0 };

/** Chunks that may still be trained on, by their number. */
export class Chunks {
  private readonly held = new Map<number, ChunkTask>();

  add(chunk: ChunkTask): void {
    this.held.set(chunk.number, chunk);
    this.held.delete(chunk.number - 2);
  }

  get(number: number): ChunkTask {
    return this.held.get(number)!;
  }
}

/** Trains a cell. @param pause lets other events have their turn */
export async function trainCell(
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
