// A training in a file: all that is needed to go on as if it had not stopped. The container is safetensors; docs/formats.md.

import { readSafetensors, safetensorsHeader, type Tensor, type TensorShape } from "../format/safetensors.js";
import { breathe } from "../math/breathe.js";
import { show } from "../math/check.js";
import { FormatError } from "../math/error.js";
import { Fingerprint } from "../math/fingerprint.js";
import { Vocabulary } from "../text/vocabulary.js";
import type { EpochRecord, Position, Schedule } from "./epochs.js";
import type { StoredOptions } from "./options.js";
import type { ParallelMode } from "./progress.js";

/** What the header says. */
interface State {
  options: StoredOptions;
  schedule: Schedule;
  position: Position;
  mode: ParallelMode;
  history: readonly EpochRecord[];
  /** u32[4] of each lane's generator */
  random: readonly (readonly number[])[];
}

/** Rows of a matrix, `stride` floats apart. */
export interface Rows {
  data: Float32Array;
  stride: number;
}

export interface Snapshot extends State {
  vocabulary: Vocabulary;
  dim: number;
  inputs: Rows;
  outputs: Rows;
  /** of each word; see TrainOptions.wordRates */
  rates?: Float32Array<ArrayBuffer>;
}

const FORMAT = "wasm2vec.checkpoint";
const VERSION = "2";

/** Floats written at a time: some milliseconds of work. */
const PIECE = 262_144;

/** The bytes of a checkpoint; nothing may be trained while they are taken. */
export async function* writeCheckpoint(snapshot: Snapshot): AsyncGenerator<Uint8Array> {
  const { vocabulary, dim, inputs, outputs, rates, ...state } = snapshot;
  const json = JSON.stringify(state);
  const words = padded(new TextEncoder().encode(JSON.stringify(vocabulary.words)));
  const { size } = vocabulary;
  const tensors: TensorShape[] = [
    { name: "inputs", dtype: "F32", shape: [size, dim] },
    { name: "outputs", dtype: "F32", shape: [size, dim] },
    { name: "counts", dtype: "F64", shape: [size] },
    { name: "words", dtype: "U8", shape: [words.length] },
    ...(rates ? [{ name: "rates", dtype: "F32" as const, shape: [size] }] : []),
    { name: "fingerprint", dtype: "U8", shape: [16] },
  ];
  yield safetensorsHeader(tensors, { format: FORMAT, version: VERSION, state: json });
  const fingerprint = new Fingerprint().addBytes(new TextEncoder().encode(json));
  for (const rows of [inputs, outputs]) {
    for (const piece of pieces(rows, dim)) {
      const bytes = new Uint8Array(piece.buffer);
      fingerprint.addBytes(bytes);
      yield bytes;
      await breathe();
    }
  }
  for (const { buffer } of [vocabulary.counts.slice(), words, ...(rates ? [rates] : [])]) {
    const bytes = new Uint8Array(buffer);
    fingerprint.addBytes(bytes);
    yield bytes;
  }
  yield new TextEncoder().encode(fingerprint.value);
}

/** The floats of rows, without what pads them. */
function* pieces({ data, stride }: Rows, dim: number): Generator<Float32Array> {
  const rows = Math.max(1, Math.floor(PIECE / dim));
  for (let first = 0; first * stride < data.length; first += rows) {
    const count = Math.min(rows, data.length / stride - first);
    const piece = new Float32Array(count * dim);
    for (let i = 0; i < count; i++) piece.set(data.subarray((first + i) * stride, (first + i) * stride + dim), i * dim);
    yield piece;
  }
}

/** Blanks after it, to a multiple of 8. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(32);
  whole.set(bytes);
  return whole;
}

/** A training that was interrupted, for train's option `resume`. */
export class Checkpoint {
  /** @internal use readCheckpoint */
  constructor(
    /** as the training was given them, or their defaults */
    readonly options: StoredOptions,
    readonly vocabulary: Vocabulary,
    /** the epochs done */
    readonly history: readonly EpochRecord[],
    readonly position: Position,
    readonly schedule: Schedule,
    readonly mode: ParallelMode,
    /** @internal */
    readonly random: readonly (readonly number[])[],
    /** @internal rows of dim floats */
    readonly inputs: Float32Array,
    /** @internal */
    readonly outputs: Float32Array,
    /** @internal */
    readonly rates: Float32Array | undefined,
    /** for messages */
    readonly name: string,
  ) {}
}

/** @throws FormatError for a file that is damaged, of another program, or of a newer version */
export function readCheckpoint(bytes: Uint8Array, name = "checkpoint"): Checkpoint {
  const { tensors, metadata } = readContainer(bytes, name);
  const { format, version } = metadata;
  if (format !== FORMAT)
    throw new FormatError(`${name}: expected a checkpoint of training, got format ${show(format)}`);
  if (version !== VERSION)
    throw new FormatError(
      `${name}: expected version ${VERSION} of the format, got ${show(version)}: use the wasm2vec that wrote it`,
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
  const rates = tensors.has("rates") ? take("rates", Float32Array) : undefined;
  const fingerprint = new Fingerprint().addBytes(new TextEncoder().encode(metadata.state));
  for (const { buffer } of [inputs, outputs, counts, words, ...(rates ? [rates] : [])])
    fingerprint.addBytes(new Uint8Array(buffer));
  if (new TextDecoder().decode(take("fingerprint", Uint8Array)) !== fingerprint.value)
    throw new FormatError(`${name}: the file is damaged: its bytes are not those that were written; take an older one`);
  const { options, schedule, position, mode, history, random }: State = JSON.parse(metadata.state);
  const names: string[] = JSON.parse(new TextDecoder().decode(words));
  const vocabulary = new Vocabulary(names.map((word, id) => [word, counts[id]]));
  return new Checkpoint(options, vocabulary, history, position, schedule, mode, random, inputs, outputs, rates, name);
}

function readContainer(bytes: Uint8Array, name: string): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(bytes, name);
  } catch (cause) {
    throw new FormatError(`${(cause as Error).message}; a checkpoint is what training wrote with "checkpoint"`, {
      cause,
    });
  }
}
