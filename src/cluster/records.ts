// What the driver of a training and its workers tell each other through Redis, as JSON.

import { checkBoolean, checkInteger, checkKnown, checkNumber, checkOneOf, show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { Fingerprint } from "../base/fingerprint.js";
import { KERNELS } from "../kernel/engines/kernels.js";
import type { KernelName } from "../kernel/kernel.js";
import type { Layout } from "../kernel/layout.js";
import type { Rows } from "../train/execution/visits.js";
import { type ResolvedOptions, resolveOptions, type TrainOptions } from "../train/train-options.js";

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

/** @throws FormatError for what is no rotation */
export function readRotation(json: string): Rotation {
  return read<Rotation>(json, "a rotation", ({ plan, epoch, first, batches, words, learningRate, fingerprint }) => {
    for (const [name, value] of Object.entries({ plan, first, words })) checkInteger(name, value, 0);
    for (const [name, value] of Object.entries({ epoch, batches })) checkInteger(name, value, 1);
    checkNumber("learningRate", learningRate, 0);
    checkFingerprint("fingerprint", fingerprint);
  });
}

/**
 * The task of a training; that of another version is for the caller to refuse: its other fields may be others.
 * @throws FormatError for what is no task
 */
export function readTask(json: string): Task {
  return read<Task>(json, "the task of a training", ({ protocol, options, kernel, ...task }) => {
    if (checkInteger("protocol", protocol, 0) !== PROTOCOL) return;
    checkKnown("option", options, TRAINED);
    resolveOptions(options);
    checkOneOf("kernel", kernel, Object.keys(KERNELS));
    checkInteger("words", task.words, 1);
    checkInteger("blocks", task.blocks, 1);
    checkNumber("share", task.share, 0, 1);
    checkFingerprint("layout", task.layout);
    checkBoolean("hasMultipliers", task.hasMultipliers);
  });
}

/** What a group made of a rotation. A loss is a string, since it may not be finite. */
export interface Report {
  cells: [step: number, context: number, loss: string, predictions: number][];
  /** words that subsampling kept, told by the group of the first row */
  kept: number;
  finite: boolean;
}

/** @param rows that have made it, of a grid of so many blocks @throws FormatError for what is no report of theirs */
export function readReport(json: string, { from, to }: Rows, blocks: number): Report {
  return read<Report>(json, `the report of blocks ${from} to ${to - 1}`, ({ cells, kept, finite }) => {
    checkInteger("kept", kept, 0);
    checkBoolean("finite", finite);
    if (!Array.isArray(cells) || cells.length !== (to - from) * blocks)
      throw new RangeError(`"cells" expected an array of ${(to - from) * blocks}, got ${show(cells)}`);
    const seen = new Set<number>();
    for (const [step, context, loss, predictions] of cells) {
      checkInteger("step", step, 0, blocks - 1);
      checkInteger("context", context, from, to - 1);
      checkInteger("predictions", predictions, 0);
      if (String(Number(loss)) !== loss) throw new TypeError(`"loss" expected a number as a string, got ${show(loss)}`);
      seen.add(step * blocks + context);
    }
    if (seen.size !== cells.length) throw new RangeError('"cells" expected each cell once, got some twice');
  });
}

/** Reads what another machine wrote. @param what it is, for messages @throws FormatError */
function read<T>(json: string, what: string, check: (value: T) => void): T {
  try {
    const value: T = JSON.parse(json);
    if (value === null || typeof value !== "object") throw new TypeError(`expected an object, got ${show(value)}`);
    check(value);
    return value;
  } catch (cause) {
    throw new FormatError(
      `${what} in Redis is damaged, or not of wasm2vec: ${(cause as Error).message}; see that nobody else writes there, and start ` +
        "the same command again",
      { cause },
    );
  }
}

/** @throws TypeError */
function checkFingerprint(name: string, value: unknown): void {
  if (typeof value !== "string" || !/^[0-9a-f]{16}$/.test(value))
    throw new TypeError(`"${name}" expected 16 hexadecimal digits, got ${show(value)}`);
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
