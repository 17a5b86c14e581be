// The last good state of a training whose learning rate wasm2vec chose: where it goes back to if that was too high. (8.4) of docs/math.md.

import { yieldToEventLoop } from "../base/event-loop.js";
import type { Snapshot } from "./checkpoint/checkpoint.js";
import { countOf, pieces } from "./checkpoint/pieces.js";
import type { EpochRecord, Position, Schedule } from "./loop/records.js";
import type { Objective, Restored } from "./objective.js";
import type { Settings } from "./options/settings.js";

/** How often it is lowered before the error is the user's. */
const MOST = 8;

/** Bytes of rows above which none are kept: a copy of them would be too much for a machine. */
const MOST_BYTES = 2 ** 30;

/** Bytes of the copy that is kept of rows of so many bytes. */
export function keptBytes({ learningRate, blocks }: Pick<Settings, "learningRate" | "blocks">, rows: number): number {
  return learningRate === "auto" && !blocks && rows <= MOST_BYTES ? rows : 0;
}

/** Copies that a run makes at most, evenly over its epochs. */
const COPIES = 10;

export class GoodState {
  private state: { rows: Restored; position: Position } | undefined;

  private constructor(
    private readonly objective: Objective,
    private readonly history: EpochRecord[],
    private readonly epochs: number,
  ) {}

  /** The state that a training begins in; undefined where its rows are too many to be copied. */
  static async of(
    objective: Objective,
    history: EpochRecord[],
    epochs: number,
    position: Position,
  ): Promise<GoodState | undefined> {
    const { inputs, outputs, blocks } = objective.snapshot();
    const floats = countOf(inputs) * inputs.stride + countOf(outputs) * outputs.stride;
    if (blocks || 4 * floats > MOST_BYTES) return undefined;
    const good = new GoodState(objective, history, epochs);
    await good.keep(position);
    return good;
  }

  /** Whether the state at an epoch's end is one to keep. */
  isDue({ epochs }: Position): boolean {
    return epochs % Math.ceil(this.epochs / COPIES) === 0;
  }

  /** Keeps the state, which is finite, in the place of the one before; the rows must be in the order of the words. */
  async keep(position: Position): Promise<void> {
    const { inputs, outputs, multipliers, random, dim } = this.objective.snapshot();
    const before = this.state?.rows.tensors;
    const tensors = {
      inputs: await compact(inputs, dim, before?.inputs),
      outputs: await compact(outputs, dim, before?.outputs),
      multipliers,
    };
    this.state = { rows: { tensors, random }, position: { ...position } };
  }

  /**
   * Goes back to the state that was kept, to go on at a lower rate.
   * @returns whether the rate has not been lowered too often
   */
  goBack(position: Position, { firstEpoch }: Schedule): boolean {
    const lowered = (position.lowered ?? 0) + 1;
    if (this.state === undefined || lowered > MOST) return false;
    this.objective.restore(this.state.rows);
    Object.assign(position, { opening: undefined, whole: undefined }, this.state.position, { lowered });
    this.history.length = firstEpoch + position.epochs;
    return true;
  }
}

/** The floats of rows, without what pads them. @param floats where they go */
async function compact(rows: Snapshot["inputs"], dim: number, floats?: Float32Array): Promise<Float32Array> {
  const all = floats ?? new Float32Array(countOf(rows) * dim);
  let at = 0;
  for (const piece of pieces(rows, dim)) {
    all.set(piece, at);
    at += piece.length;
    await yieldToEventLoop();
  }
  return all;
}
