// The user's control of a training between batches: pauses, looks and checkpoints.

import { checkBoolean, checkFunction, checkKnown, show } from "../../base/check.js";
import type { EpochModel } from "../loop/records.js";
import type { Checkpoint } from "./checkpoint.js";

/** Where checkpoints of a training go, and how often. */
export interface CheckpointOptions {
  /** "30s", "5m", "2h", or "1epoch", "2epochs". Default "5m"; one more is written at the end. */
  every?: string;
  /**
   * Stores the bytes whole or not at all, as fileCheckpoint does. When it fails, onWarning receives the error and training
   * continues; without an onWarning training ends.
   */
  write(chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Reads what was written last, also by an earlier run; undefined if there is nothing. It makes an interrupted training resume
   * when it is started again with the same options and text, and keeps another training from overwriting an unfinished one.
   */
  read?(): Promise<Checkpoint | undefined>;
  /** Starts over, whatever `read` finds. Default false. */
  overwrite?: boolean;
  /** JSON to keep in each checkpoint; readers find it as Checkpoint.metadata. */
  metadata?: Record<string, unknown>;
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
  checkKnown("option of checkpoint", options, ["every", "write", "read", "overwrite", "metadata", "name"]);
  checkFunction("checkpoint.read", options.read);
  if (options.overwrite !== undefined) checkBoolean("checkpoint.overwrite", options.overwrite);
  parseInterval(options.every ?? DEFAULT_INTERVAL);
  return options;
}

export const DEFAULT_INTERVAL = "5m";

/** Requests that are answered between batches. */
class Requests<T> {
  private waiting: { resolve: (value: T) => void; reject: (error: unknown) => void }[] = [];
  private hasEnded = false;

  /** @param refusal why requests are rejected once training has ended */
  constructor(private readonly refusal: string) {}

  get any(): boolean {
    return this.waiting.length > 0;
  }

  add(): Promise<T> {
    if (this.hasEnded) return Promise.reject(this.ended());
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  settle(outcome: Promise<T>): void {
    for (const { resolve, reject } of this.waiting.splice(0)) outcome.then(resolve, reject);
  }

  begin(): void {
    this.hasEnded = false;
  }

  end(): void {
    this.hasEnded = true;
    for (const { reject } of this.waiting.splice(0)) reject(this.ended());
  }

  private ended(): Error {
    return new Error(`training has ended, ${this.refusal}`);
  }
}

/** Pauses a training, looks into it, and requests checkpoints. Each training needs its own. */
export class TrainingControl {
  /** @internal */
  readonly checkpoints = new Requests<void>("no checkpoint was written");
  /** @internal */
  readonly looks = new Requests<EpochModel>("the model is what train returns");
  private stopped = false;
  private isInUse = false;
  private wake = () => {};

  /** Whether training is to pause. */
  get paused(): boolean {
    return this.stopped;
  }

  /** Pauses training as soon as the batches under way are done; its workers stay. */
  pause(): void {
    this.stopped = true;
    this.wake();
  }

  /** Resumes training; it gives the bytes that it would have given without the pause. */
  resume(): void {
    this.stopped = false;
    this.wake();
  }

  /**
   * Writes a checkpoint as soon as the batches under way are done, paused or not.
   * @throws what writing throws; Error once training has ended
   */
  checkpoint(): Promise<void> {
    const written = this.checkpoints.add();
    this.wake();
    return written;
  }

  /**
   * Gives the model as soon as the batches under way are done, for maps and queries during training: a copy of its vectors, while
   * training continues at once. @throws Error once training has ended
   */
  look(): Promise<EpochModel> {
    const seen = this.looks.add();
    this.wake();
    return seen;
  }

  /** @internal a run starts with it. @throws Error if another run uses it */
  begin(): void {
    if (this.isInUse)
      throw new Error('"control" is in use by another training: give each a TrainingControl of its own');
    this.isInUse = true;
    this.checkpoints.begin();
    this.looks.begin();
  }

  /** @internal training has ended: rejects requests that are pending, and those to come */
  end(): void {
    this.isInUse = false;
    this.checkpoints.end();
    this.looks.end();
  }

  /** @internal resolves when something is to be done */
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
