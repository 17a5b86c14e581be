// The last good state of a training whose learning rate wasm2vec chose: where it goes back to if that was too high. (8.4) of docs/math.md.

import { yieldToEventLoop } from "../base/event-loop.js";
import type { Snapshot } from "./checkpoint/checkpoint.js";
import { countOf, pieces } from "./checkpoint/pieces.js";
import { type EpochRecord, type Position, type Schedule, START } from "./loop/records.js";
import type { Objective } from "./objective.js";
import type { Settings } from "./options/settings.js";

/** How often it is gone back before the error is the user's. */
const MOST = 8;

/** Losses of two tries at other rates that differ by less, of one, are those of the state: what its last steps did had not shown in their epoch. */
const ALIKE = 0.1;

/** Bytes of rows above which no copy is kept, which would be too much for a machine: there the way back is to the seed. */
const MOST_BYTES = 2 ** 30;

/** Bytes of the copy that is kept of rows of so many bytes. */
export function keptBytes({ learningRate, blocks }: Pick<Settings, "learningRate" | "blocks">, rows: number): number {
  return learningRate === "auto" && !blocks && rows <= MOST_BYTES ? rows : 0;
}

/** Copies that a run makes at most, evenly over its epochs. */
const COPIES = 10;

/** A state that can be gone back to. */
interface State {
  restore: () => Promise<void>;
  position: Position;
}

export class GoodState {
  /** undefined where there is no way back */
  private state: State | undefined;
  /** mean loss of the epoch that was last tried from it */
  private lastLoss = Number.NaN;
  private copy: { inputs: Float32Array; outputs: Float32Array; subwords?: Float32Array } | undefined;
  /** how often it was gone back */
  private times = 0;
  private readonly isCopied: boolean;
  /** where the rows can be begun again: those that this run began */
  private readonly beginning: State | undefined;

  constructor(
    private readonly objective: Objective,
    private readonly history: EpochRecord[],
    private readonly schedule: Schedule,
  ) {
    const { inputs, outputs, subwords, blocks } = objective.snapshot();
    const floats = [inputs, outputs, subwords].reduce((sum, rows) => sum + (rows ? countOf(rows) * rows.stride : 0), 0);
    this.isCopied = !blocks && 4 * floats <= MOST_BYTES;
    if (objective.beginAgain && schedule.firstEpoch === 0 && schedule.initialVectors === undefined)
      this.beginning = { restore: () => objective.beginAgain!(), position: START };
  }

  /** Keeps the state that a run begins in, or goes on from. Rows that are too many to be copied can be begun again. */
  async begin(position: Position): Promise<void> {
    if (this.isCopied) await this.keep(position);
    else if (position.epochs < this.interval) this.state = this.beginning;
  }

  /** Whether there is a way back. */
  get isKept(): boolean {
    return this.state !== undefined;
  }

  /** Epochs between two copies. */
  private get interval(): number {
    return Math.ceil(this.schedule.epochs / COPIES);
  }

  /** Whether the state at an epoch's end is one to keep. */
  isDue({ epochs }: Position): boolean {
    return epochs % this.interval === 0;
  }

  /**
   * Keeps the state, which is finite, in the place of the one before; the rows must be in the order of the words. Where they are
   * too many, it is lost: so much is not trained again.
   */
  async keep(position: Position): Promise<void> {
    if (!this.isCopied) {
      this.state = undefined;
      return;
    }
    const { inputs, outputs, subwords, multipliers, random, dim } = this.objective.snapshot();
    this.copy = {
      inputs: await compact(inputs, dim, this.copy?.inputs),
      outputs: await compact(outputs, dim, this.copy?.outputs),
      subwords: subwords && (await compact(subwords, dim, this.copy?.subwords)),
    };
    const tensors = { ...this.copy, multipliers };
    this.state = { restore: () => this.objective.restore({ tensors, random }), position: { ...position } };
    this.lastLoss = Number.NaN;
  }

  /**
   * Goes back to the state that was kept, to go on at a lower rate; or to the beginning, if that state was not a good one.
   * @returns whether there is a way back, and it was not gone too often
   */
  async goBack(position: Position): Promise<boolean> {
    const { state, beginning } = this;
    if (state === undefined || this.times++ === MOST) return false;
    const loss = position.loss / position.predictions;
    const isBad = beginning && !isBeginning(state.position) && Math.abs(loss - this.lastLoss) < ALIKE * loss;
    this.lastLoss = loss;
    // begun anew with less than the rate that led to the bad state, not than those that were tried from it
    const { lowered = 0 } = isBad ? state.position : position;
    this.state = isBad ? beginning : state;
    const { restore, position: from } = this.state;
    await restore();
    const kept = this.schedule.firstEpoch + from.epochs;
    const undone = [...this.history.slice(kept), position].reduce(
      (sum, { seconds, discardedSeconds = 0 }) => sum + seconds + discardedSeconds,
      -from.seconds,
    );
    const lost = { opening: undefined, whole: undefined };
    Object.assign(position, lost, from, { lowered: lowered + 1, discardedSeconds: undone });
    this.history.length = kept;
    return true;
  }
}

function isBeginning({ epochs, batches, steps }: Position): boolean {
  return epochs + batches + steps === 0;
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
