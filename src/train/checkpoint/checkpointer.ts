// Handles what happens between batches: pauses, looks, and checkpoints when they are due.

import { orAborted, untilAborted } from "../../text/abort.js";
import type { EpochModel, PausePoint, Position } from "../loop/records.js";
import { type CheckpointOptions, DEFAULT_INTERVAL, parseInterval, type TrainingControl } from "./control.js";

export interface CheckpointerOptions {
  checkpoint?: CheckpointOptions;
  control?: TrainingControl;
  onWarning?: (message: string) => void;
  signal?: AbortSignal;
}

/** What a checkpoint is to hold. */
export interface Image {
  /** of its training, the epochs done before this run */
  firstEpoch: number;
  /** how a user goes on with it */
  goOn: string;
  /** of the file; nothing may be trained while they are taken */
  bytes(): AsyncIterable<Uint8Array>;
}

/** Handles checkpoints, pauses and looks between batches, for one run. */
export class Checkpointer implements PausePoint {
  private readonly milliseconds: number;
  private readonly epochs: number;
  private image!: (position: Position) => Promise<Image>;
  private view!: () => Promise<EpochModel>;
  private last = performance.now();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wake = () => {};
  private epochsSince = 0;
  /** what the last checkpoint holds */
  private kept = "";

  constructor(private readonly options: CheckpointerOptions) {
    const interval = parseInterval(options.checkpoint?.every ?? DEFAULT_INTERVAL);
    const timed = options.checkpoint !== undefined && "milliseconds" in interval;
    this.milliseconds = timed ? interval.milliseconds : Number.POSITIVE_INFINITY;
    this.epochs = "epochs" in interval ? interval.epochs : Number.POSITIVE_INFINITY;
  }

  /** Begins to serve what trains, until end(); again where training goes back. @param view a copy of the model, to look at while it trains */
  begin(image: (position: Position) => Promise<Image>, view: () => Promise<EpochModel>): void {
    this.image = image;
    this.view = view;
    this.wait();
  }

  /** Wakes the training loop when the next checkpoint is due. */
  private wait(): void {
    clearTimeout(this.timer);
    // a timer takes no more
    if (this.milliseconds < 2 ** 31) this.timer = setTimeout(() => this.wake(), this.milliseconds + 1);
  }

  isDue(): boolean {
    const { control } = this.options;
    return control?.paused === true || control?.looks.any === true || this.mustWrite();
  }

  requested(): Promise<undefined> {
    const { control } = this.options;
    return new Promise((resolve) => {
      this.wake = () => resolve(undefined);
      // requested while something else was done
      if (this.isDue()) this.wake();
      else control?.changed().then(this.wake);
    });
  }

  /** Stops the timer: no more checkpoints. */
  end(): void {
    clearTimeout(this.timer);
  }

  async serve(position: Position, doubt?: string): Promise<void> {
    const { control, signal } = this.options;
    for (;;) {
      if (this.mustWrite()) await this.write(position, doubt);
      await this.answerLooks();
      if (!control?.paused) return;
      // asked for meanwhile
      if (control.looks.any || control.checkpoints.any) continue;
      await orAborted(control.changed(), signal);
    }
  }

  async save(position: Position, doubt?: string): Promise<void> {
    if (this.options.checkpoint) await this.write(position, doubt);
  }

  /** @param finished whether no epoch follows */
  async epochEnded(position: Position, finished: boolean): Promise<void> {
    const due = ++this.epochsSince >= this.epochs || finished;
    const { checkpoint, control } = this.options;
    if ((checkpoint && due) || control?.checkpoints.any) await this.write(position);
    await this.answerLooks();
  }

  /** What refuses a look does not end the training. */
  private async answerLooks(): Promise<void> {
    const { control } = this.options;
    if (!control?.looks.any) return;
    const view = this.view();
    control.looks.settle(view);
    await view.catch(() => {});
  }

  /** Adds to an error that ended training what the last checkpoint holds. */
  explain(error: unknown): unknown {
    // defined, not assigned: a DOMException's message can only be read
    if (error instanceof Error && this.kept !== "")
      Object.defineProperty(error, "message", { value: `${error.message}; ${this.kept}`, configurable: true });
    return error;
  }

  private mustWrite(): boolean {
    return this.options.control?.checkpoints.any === true || performance.now() - this.last >= this.milliseconds;
  }

  /** @param doubt why nothing is to be written: what was written before stays */
  private async write(position: Position, doubt?: string): Promise<void> {
    const { checkpoint, control, onWarning, signal } = this.options;
    signal?.throwIfAborted();
    if (checkpoint === undefined) {
      control?.checkpoints.settle(
        Promise.reject(new Error('there is nowhere to write a checkpoint: give train a "checkpoint"')),
      );
      return;
    }
    const name = checkpoint.name ?? "the checkpoint";
    const image = await this.image(position);
    const outcome =
      doubt === undefined
        ? orAborted(checkpoint.write(untilAborted(image.bytes(), signal)), signal)
        : Promise.reject(new Error(doubt));
    control?.checkpoints.settle(outcome);
    try {
      await outcome;
      const { epochs, wordsBefore, words } = position;
      const epoch = image.firstEpoch + epochs + 1;
      this.kept = `${name} holds training up to word ${wordsBefore + words}, of epoch ${epoch}: ${image.goOn}`;
    } catch (cause) {
      signal?.throwIfAborted();
      const message = `checkpoint not written: ${(cause as Error).message}${this.kept === "" ? "" : `; ${this.kept}`}`;
      if (onWarning === undefined && doubt === undefined) throw new Error(message, { cause });
      onWarning?.(message);
    } finally {
      this.last = performance.now();
      this.epochsSince = 0;
      this.wait();
    }
  }
}
