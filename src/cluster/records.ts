// What the driver of a training and its workers tell each other through Redis, as JSON.

import { Fingerprint } from "../base/fingerprint.js";
import type { KernelName } from "../kernel/kernel.js";
import type { Layout } from "../kernel/layout.js";
import type { Rows } from "../train/execution/visits.js";
import type { StoredOptions } from "../train/options/table.js";

/** Of what is written here: a worker takes part only in trainings whose version is its own. */
export const PROTOCOL = 1;

/** What is trained, and how. */
export interface Task {
  protocol: number;
  options: StoredOptions;
  kernel: KernelName;
  words: number;
  blocks: number;
  /** sentences that are held out, as ValidationSplit has it */
  share: number;
  /** of what follows from all that on every machine, see layoutHash */
  layout: string;
  /** whether words have learning-rate multipliers */
  hasMultipliers: boolean;
}

/** A chunk of text that all rows of the grid train. Rotations are numbered from 0 over the run. */
export interface Rotation {
  /** the plan by which rows are shared out */
  plan: number;
  epoch: number;
  /** number of its first batch in the epoch, and batches */
  first: number;
  batches: number;
  words: number;
  learningRate: number;
  /** of all ids */
  fingerprint: string;
}

/** A job of BullMQ: rows that one worker trains, from a rotation on, as long as rotations are of its plan. */
export interface Group extends Rows {
  /** id of the run */
  run: string;
  plan: number;
  /** its number in the plan */
  group: number;
  /** first rotation of the plan */
  first: number;
}

/** What a group made of a rotation. A loss is a string, since it may not be finite. */
export interface Report {
  cells: [step: number, context: number, loss: string, predictions: number][];
  /** words that subsampling kept, told by the group of the first row */
  kept: number;
  finite: boolean;
}

/** What a worker that takes part in a training says of itself. */
export interface Member {
  threads: number;
  /** blocks that it has taken and given: while it works, they become more */
  blocks: number;
}

/** Of what decides which bytes a block has, and how text is cut. */
export function layoutHash(
  { stride, grid }: Layout,
  { batchWords, maxSentenceLength }: { batchWords: number; maxSentenceLength: number },
): string {
  const { blocks, tile, batches, entries, pairs, pairSize, blockRows } = grid!;
  const alike = { stride, blocks, tile, batches, entries, pairs, pairSize, blockRows, batchWords, maxSentenceLength };
  return new Fingerprint().addBytes(new TextEncoder().encode(JSON.stringify(alike))).value;
}
