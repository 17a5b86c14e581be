// What the driver of a training and its workers tell each other through Redis, as JSON.

import { checkInteger, checkNumber } from "../base/check.js";
import { Fingerprint } from "../base/fingerprint.js";
import type { KernelName } from "../kernel/kernel.js";
import type { Layout } from "../kernel/layout.js";
import type { Rows } from "../train/execution/visits.js";
import type { ResolvedOptions, TrainOptions } from "../train/train-options.js";

/** Of what is written here: a worker takes part only in trainings whose version is its own. */
export const PROTOCOL = 1;

/** Options that decide what training does with a text and its words. */
const TRAINED = [
  ...(["dim", "windowLeft", "windowRight", "windowWeights", "shrinkWindows", "subsample", "seed"] as const),
  ...(["negatives", "noiseExponent", "sharedNegatives", "parts", "maxSentenceLength"] as const),
] as const;
type TrainedOptions = Pick<TrainOptions, (typeof TRAINED)[number]>;

export function trainedOptions(options: ResolvedOptions): TrainedOptions {
  const entries = TRAINED.map((name) => [name, options[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}

/** What is trained, and how. */
export interface Task {
  protocol: number;
  options: TrainedOptions;
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

/** @throws TypeError, RangeError for rows that the grid does not have */
export function checkGroup({ from, to, first, plan, group }: Group, blocks: number): void {
  checkInteger("to", to, 1, blocks);
  checkInteger("from", from, 0, to - 1);
  for (const [name, value] of Object.entries({ first, plan, group })) checkInteger(name, value, 0);
}

/** @throws TypeError, RangeError; SyntaxError for what is not JSON */
export function readRotation(json: string): Rotation {
  const rotation: Rotation = JSON.parse(json);
  const { plan, epoch, first, batches, words, learningRate } = rotation;
  for (const [name, value] of Object.entries({ plan, first, words })) checkInteger(name, value, 0);
  for (const [name, value] of Object.entries({ epoch, batches })) checkInteger(name, value, 1);
  checkNumber("learningRate", learningRate, 0);
  return rotation;
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
  /** blocks that it has taken and given, and batches of the text that it has read: while it works, they become more */
  blocks: number;
  batches: number;
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
