// A model and its training in a file: all that is needed to resume as if it had not stopped. The container is safetensors, see
// docs/formats.md. A checkpoint is such a file of a training that may not have ended.

import { show } from "../../base/check.js";
import { FormatError } from "../../base/errors.js";
import { Fingerprint } from "../../base/fingerprint.js";
import { MODEL, readSafetensors, type Tensor } from "../../format/safetensors.js";
import type { RowStream } from "../../kernel/shape.js";
import { hasSubwords, shapeOf } from "../../model/spec.js";
import { Vocabulary } from "../../text/vocabulary.js";
import type { BlocksState } from "../execution/block-store.js";
import type { ParallelMode } from "../execution/engines.js";
import type { EpochRecord, Position, Schedule } from "../loop/records.js";
import { DEFAULTS, type StoredOptions, storedOf } from "../options/table.js";

/** What the header says. */
interface State {
  options: StoredOptions;
  schedule: Schedule;
  position: Position;
  mode: ParallelMode;
  history: readonly EpochRecord[];
  /** u32[4] of each lane's generator */
  random: readonly (readonly number[])[];
  /** the caller's own */
  metadata?: Record<string, unknown>;
  /** where the rows are, if they lie in blocks beside the file */
  blocks?: BlocksState;
}

/** Rows of a matrix, `stride` floats apart. */
export interface Rows {
  data: Float32Array;
  stride: number;
}

export interface Snapshot extends State {
  vocabulary: Vocabulary;
  dim: number;
  inputs: Rows | RowStream;
  outputs: Rows | RowStream;
  /** what inputs are composed of, where words have subwords */
  subwords?: Rows;
  /** learning-rate multiplier of each input row; see TrainOptions.wordRates */
  multipliers?: Float32Array<ArrayBuffer>;
}

export const VERSION = "6";

/** Tensors in the order of the file. */
const ORDER = ["words", "counts", "inputs", "outputs", "subwords", "rates"];

/** The formats that are read, by the version: each with its name and its tensors, in the order of the file. */
const READ: Record<string, { format: string; order: readonly string[] }> = {
  "2": { format: "wasm2vec.checkpoint", order: ["inputs", "outputs", "counts", "words", "rates"] },
  "3": { format: MODEL, order: ORDER },
  "4": { format: MODEL, order: ORDER },
  "5": { format: MODEL, order: ORDER },
  [VERSION]: { format: MODEL, order: ORDER },
};

/** A training as a file holds it: for train's option `resume`, or for loadModel. */
export class Checkpoint {
  /** as the training was given them, or their defaults */
  readonly options: StoredOptions;
  /** the epochs done */
  readonly history: readonly EpochRecord[];
  readonly position: Position;
  readonly schedule: Schedule;
  readonly mode: ParallelMode;
  /** what CheckpointOptions.metadata or Model.save gave */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** @internal */
  readonly random: readonly (readonly number[])[];
  /** @internal where the rows are, if the tensors hold none */
  readonly blocks: BlocksState | undefined;

  /** @internal use readCheckpoint */
  constructor(
    state: State,
    readonly vocabulary: Vocabulary,
    /** @internal rows of dim floats, and the learning-rate multiplier of each input row */
    readonly tensors: {
      inputs: Float32Array;
      outputs: Float32Array;
      subwords?: Float32Array;
      multipliers?: Float32Array;
    },
    /** for messages */
    readonly name: string,
    /** @internal whether an older version wrote it, which trained in another way: it is a model, but not to go on with */
    readonly isOlder = false,
  ) {
    ({ options: this.options, history: this.history, position: this.position } = state);
    ({ schedule: this.schedule, mode: this.mode, random: this.random, metadata: this.metadata = {} } = state);
    this.blocks = state.blocks;
  }

  /** Whether no epoch is left to train. */
  get isFinished(): boolean {
    return this.position.epochs >= this.schedule.epochs;
  }

  /** The epoch that it stands in, of how many, for messages. */
  get progress(): string {
    const { position, schedule, isFinished } = this;
    const last = schedule.firstEpoch + schedule.epochs;
    return isFinished ? `all ${last} epochs done` : `epoch ${schedule.firstEpoch + position.epochs + 1} of ${last}`;
  }
}

/**
 * Reads what a training or Model.save has written: version 6 of the format, and versions 2 to 5. Models of versions 2 to 5
 * can be queried and trained further, but their trainings cannot be resumed.
 * @param bytes are kept, not copied
 * @throws TypeError for what is no bytes; FormatError for a file that is damaged, of another program, or of a newer version
 */
export function readCheckpoint(bytes: Uint8Array, name = "checkpoint"): Checkpoint {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`readCheckpoint expected the bytes of a file as Uint8Array, got ${show(bytes)}`);
  const { tensors, metadata } = readContainer(bytes, name);
  const { format, version, state: json } = metadata;
  if (!Object.values(READ).some((known) => known.format === format))
    throw new FormatError(`${name}: expected a model or a checkpoint of wasm2vec, got format ${show(format)}`);
  if (!Object.hasOwn(READ, version) || READ[version].format !== format)
    throw new FormatError(
      `${name}: expected version ${Object.keys(READ).join(" or ")} of the format, got ${show(version)}: ` +
        "use the wasm2vec that wrote it, or a newer one",
    );
  const take = <T extends Tensor["data"]>(key: string, type: abstract new (...args: never[]) => T): T => {
    const data = tensors.get(key)?.data;
    if (!(data instanceof type)) throw new FormatError(`${name}: expected a tensor "${key}" of ${type.name}`);
    return data;
  };
  const inputs = take("inputs", Float32Array);
  const outputs = take("outputs", Float32Array);
  const counts = take("counts", Float64Array);
  const words = take("words", Uint8Array);
  const multipliers = tensors.has("rates") ? take("rates", Float32Array) : undefined;
  const subwords = tensors.has("subwords") ? take("subwords", Float32Array) : undefined;
  const fingerprint = new Fingerprint().addBytes(new TextEncoder().encode(json));
  for (const key of READ[version].order) {
    const data = tensors.get(key)?.data;
    if (data) fingerprint.addBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  if (new TextDecoder().decode(take("fingerprint", Uint8Array)) !== fingerprint.value)
    throw new FormatError(`${name}: the file is damaged: its bytes are not those that were written; take an older one`);
  const state = parseJson<State>(json, name, "state");
  const { learningRateSchedule = DEFAULTS.learningRateSchedule } = state.schedule ?? {};
  const schedule = { ...state.schedule, learningRateSchedule };
  // older records do not say where the rate started
  const history = (state.history ?? []).map((record) => ({
    ...record,
    initialLearningRate: record.initialLearningRate ?? schedule.learningRate,
  }));
  const written = { ...state, options: storedOf(state.options ?? {}), schedule, history };
  const isOlder = version !== VERSION;
  const known = isOlder ? fromOlder(written, version) : written;
  const list = parseJson<string[]>(new TextDecoder().decode(words), name, "words");
  const { inputRows, outputRows } = shapeOf({ size: list.length });
  // none where they lie in blocks
  const dim = state.blocks ? 0 : state.options?.dim;
  for (const [key, got, expected] of [
    ["counts", counts.length, list.length],
    ["inputs", inputs.length, inputRows * dim],
    ["outputs", outputs.length, outputRows * dim],
    ["rates", multipliers?.length ?? inputRows, inputRows],
  ] as const)
    if (got !== expected)
      throw new FormatError(
        `${name}: tensor "${key}" expected ${expected} numbers for ${list.length} words, got ${got}`,
      );
  // one by one: an array of pairs would take more than the words
  const vocabulary = new Vocabulary(entriesOf(list, counts));
  checkSubwords(known.options, list.length, subwords, name);
  return new Checkpoint(known, vocabulary, { inputs, outputs, subwords, multipliers }, name, isOlder);
}

/** @throws FormatError for rows of subwords that the words cannot have; how many each has is known once their n-grams are made */
function checkSubwords(options: StoredOptions, words: number, subwords: Float32Array | undefined, name: string): void {
  const rows = (subwords?.length ?? 0) / options.dim;
  if (hasSubwords(options) ? rows >= words && Number.isInteger(rows) : rows === 0) return;
  throw new FormatError(
    `${name}: tensor "subwords" expected ${hasSubwords(options) ? `rows of ${options.dim} numbers for ${words} words and their n-grams` : "no numbers"}, got ${subwords?.length ?? 0}`,
  );
}

function* entriesOf(words: readonly string[], counts: Float64Array): Generator<[word: string, count: number]> {
  for (let id = 0; id < words.length; id++) yield [words[id], counts[id]];
}

/** The state of an older version, whose threads may have worked together in ways that are gone. */
function fromOlder({ position, mode, options, ...state }: State, version: string): State {
  return {
    ...state,
    // before version 5 another option had this name
    options: version < "5" ? { ...options, parts: undefined } : options,
    position: { ...position, steps: 0 },
    mode: mode === "hogwild" || mode === "grid" ? mode : "none",
  };
}

function parseJson<T>(text: string, name: string, what: string): T {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`${name}: ${what} expected JSON: ${(cause as Error).message}`, { cause });
  }
}

function readContainer(bytes: Uint8Array, name: string): ReturnType<typeof readSafetensors> {
  // { after the length of the header
  if (bytes.length > 8 && bytes[8] !== 0x7b)
    throw new FormatError(
      `${name}: expected a model or a checkpoint of wasm2vec, got another kind of file; a model is what Model.save wrote, a ` +
        'checkpoint what training wrote with "checkpoint"; vectors are read by loadVectors, and begun with by "initialVectors"',
    );
  try {
    return readSafetensors(bytes, name);
  } catch (cause) {
    const what = 'a model is what Model.save wrote, a checkpoint what training wrote with "checkpoint"';
    throw new FormatError(`${(cause as Error).message}; ${what}`, { cause });
  }
}
