// Training batch by batch: each goes to a thread that trains on it alone.

import type { Chunk, Runner } from "./runner.js";
import type { StepResult } from "./step.js";

/** Chunks for each thread that are handed in ahead. */
const AHEAD = 4;

/** A thread that trains on one batch after the other. */
export interface BatchThread {
  run(ids: Uint32Array<ArrayBuffer>, learningRate: number): Promise<StepResult>;
}

/** What the threads have in common. */
export interface BatchPlaces extends Pick<Runner, "collect" | "check" | "close"> {
  /** brings the parameters to where they are trained */
  ready(): Promise<void>;
}

/** One thread or several; a batch goes to the thread with the fewest batches under way. */
export class BatchRunner implements Runner {
  readonly ahead: number;
  readonly steps = 1;
  private readonly underWay: number[];
  private readonly pending = new Set<Promise<unknown>>();

  constructor(
    private readonly threads: readonly BatchThread[],
    private readonly places: BatchPlaces,
  ) {
    this.ahead = AHEAD * threads.length;
    this.underWay = threads.map(() => 0);
  }

  fits(): boolean {
    return false;
  }

  async train({ batches: [{ ids }], learningRate }: Chunk, onStep: (result: StepResult) => void): Promise<number> {
    const least = this.underWay.indexOf(Math.min(...this.underWay));
    this.underWay[least]++;
    const done = this.threads[least].run(ids, learningRate);
    this.pending.add(done);
    try {
      const result = await done;
      onStep(result);
      return result.trained;
    } finally {
      this.pending.delete(done);
      this.underWay[least]--;
    }
  }

  async pause(): Promise<void> {
    await Promise.all(this.pending);
  }

  go(): Promise<void> {
    return this.places.ready();
  }

  collect(): Promise<void> {
    return this.places.collect();
  }

  check(): Promise<boolean> {
    return this.places.check();
  }

  close(): Promise<void> {
    return this.places.close();
  }
}
