// Stops between two batches: to pause, and to write checkpoints.

import { checkKnown, show } from "../math/check.js";

/** Where checkpoints of a training go, and how often. */
export interface CheckpointOptions {
  /** "30s", "5m", "2h", or "1epoch", "2epochs". Default "5m"; one more is written at the end. */
  every?: string;
  /**
   * Stores the bytes whole or not at all, as fileCheckpoint does. When it fails, onWarning is told and training goes on;
   * without an onWarning training ends.
   */
  write(chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Where they go, for messages. */
  name?: string;
}

/** Every so many milliseconds, or epochs. */
type Interval = { milliseconds: number } | { epochs: number };

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** @throws RangeError */
export function parseInterval(text: string): Interval {
  const match = /^(\d+(?:\.\d+)?)(s|m|h|epochs?)$/.exec(text);
  const count = Number(match?.[1]);
  if (!match || !(count > 0) || (match[2].startsWith("epoch") && !Number.isInteger(count)))
    throw new RangeError(
      `checkpoint "every" expected a time such as "30s", "5m", "2h", or "1epoch", got ${show(text)}`,
    );
  return match[2] in UNITS ? { milliseconds: count * UNITS[match[2]] } : { epochs: count };
}

/** @throws TypeError, RangeError */
export function checkCheckpoint(options: CheckpointOptions | undefined): CheckpointOptions | undefined {
  if (options === undefined) return undefined;
  if (options === null || typeof options !== "object" || typeof options.write !== "function")
    throw new TypeError(`"checkpoint" expected { write, every }, as fileCheckpoint gives it, got ${show(options)}`);
  checkKnown("option of checkpoint", options, ["every", "write", "name"]);
  parseInterval(options.every ?? DEFAULT_INTERVAL);
  return options;
}

export const DEFAULT_INTERVAL = "5m";

/** Pauses a training, and asks for checkpoints. One for each training. */
export class TrainingControl {
  private stopped = false;
  private requests: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  private wake = () => {};

  /** Whether training is to rest. */
  get paused(): boolean {
    return this.stopped;
  }

  /** Training rests as soon as the batches under way are done; its workers stay. */
  pause(): void {
    this.stopped = true;
  }

  /** Training goes on, with the bytes that it would have had without the pause. */
  resume(): void {
    this.stopped = false;
    this.wake();
  }

  /**
   * Has a checkpoint written as soon as the batches under way are done, paused or not.
   * @throws what writing throws, or ended training
   */
  checkpoint(): Promise<void> {
    const written = new Promise<void>((resolve, reject) => this.requests.push({ resolve, reject }));
    this.wake();
    return written;
  }

  /** @internal whether a checkpoint was asked for */
  get asked(): boolean {
    return this.requests.length > 0;
  }

  /** @internal tells those who asked */
  settle(outcome: Promise<void>): void {
    for (const { resolve, reject } of this.requests.splice(0)) outcome.then(resolve, reject);
  }

  /** @internal training has ended: no checkpoint will be written any more */
  end(): void {
    if (this.asked) this.settle(Promise.reject(new Error("training has ended, no checkpoint was written")));
  }

  /** @internal resolves when resume or checkpoint is called */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

/** @throws TypeError */
export function checkControl(control: TrainingControl | undefined): TrainingControl | undefined {
  if (control === undefined || control instanceof TrainingControl) return control;
  throw new TypeError(`"control" expected a TrainingControl, got ${show(control)}: use new TrainingControl()`);
}
