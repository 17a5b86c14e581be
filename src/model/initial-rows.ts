// What rows begin with, by the seed.

import { Random } from "../base/random.js";

/** Stream of the seed; training has those from 1 on. */
const STREAM = 0;

export interface InitialOptions {
  seed: number;
  initialRange: number;
}

/** What the input rows of all words begin with, in their order: uniform in ± initialRange / dim. */
export class InitialRows {
  private readonly random: Random;
  private readonly parts: number;

  constructor(
    { seed, initialRange }: InitialOptions,
    private readonly dim: number,
  ) {
    this.random = Random.from(seed, STREAM);
    this.parts = dim / (2 * initialRange);
  }

  /** Fills the next rows. @param stride floats from one to the next */
  fill(rows: Float32Array, stride: number): void {
    for (let start = 0; start < rows.length; start += stride)
      this.random.fill(rows.subarray(start, start + this.dim), this.parts);
  }
}
