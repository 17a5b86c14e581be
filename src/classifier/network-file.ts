// A network in a safetensors file.

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { readSafetensors, type Tensor, writeSafetensors } from "../format/safetensors.js";
import type { NetworkParameters } from "../math/hidden-layer.js";
import type { NetworkShape } from "./network-memory.js";

export interface NetworkEpoch {
  /** from 1, counted over all calls of train */
  epoch: number;
  /** mean loss of the examples during the epoch, in nats */
  loss: number;
  /** wall-clock time, only of epochs trained in this process, because files do not store it */
  seconds?: number;
}

/** The whole state of a network. */
export interface NetworkState {
  shape: NetworkShape;
  labels: readonly string[];
  /** u32[4] */
  random: number[];
  history: readonly NetworkEpoch[];
  weights: NetworkParameters;
  /** sums of squared gradients, if AdaGrad was used */
  squares?: NetworkParameters;
}

/** Format and version in the header of the file. */
const FORMAT = "wasm2vec.network";
const VERSION = "1";

export function writeNetwork({ labels, random, history, weights, squares }: NetworkState): Uint8Array<ArrayBuffer> {
  const tensors = toTensors("", weights);
  if (squares) tensors.push(...toTensors("adagrad.", squares));
  return writeSafetensors(tensors, {
    format: FORMAT,
    version: VERSION,
    labels: JSON.stringify(labels),
    random: JSON.stringify(random),
    history: JSON.stringify(history.map(withoutClock)),
  });
}

/** @throws FormatError */
export function readNetwork(bytes: Uint8Array, name: string): NetworkState {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const { format, version } = metadata;
  if (format !== FORMAT)
    throw new FormatError(`${name}: expected a file of HiddenLayerNetwork.save, got format ${show(format)}`);
  if (version !== VERSION)
    throw new FormatError(`${name}: expected version ${VERSION} of the format, got ${show(version)}: update wasm2vec`);
  const labels = parseJson(metadata.labels, `${name}: labels`, isLabels);
  const random = parseJson(metadata.random, `${name}: random`, isState);
  // older files also store the seconds
  const history = parseJson(metadata.history, `${name}: history`, isHistory).map(withoutClock);
  const [inputs, hidden] = tensors.get("W1")?.shape ?? [];
  if (!(inputs > 0 && hidden > 0)) throw new FormatError(`${name}: expected a tensor "W1" of two dimensions above 0`);
  const shape = { inputs, hidden, classes: labels.length };
  const weights = fromTensors("", tensors, shape, name);
  const squares = tensors.has("adagrad.W1") ? fromTensors("adagrad.", tensors, shape, name) : undefined;
  return { shape, labels, random, history, weights, squares };
}

/** Names of classes: at least two, all different. */
export function isLabels(value: unknown): value is string[] {
  if (!Array.isArray(value) || value.length < 2) return false;
  return value.every((label) => typeof label === "string") && new Set(value).size === value.length;
}

function isState(value: unknown): value is number[] {
  return Array.isArray(value) && value.length === 4 && value.every((word) => Number.isInteger(word));
}

function isHistory(value: unknown): value is NetworkEpoch[] {
  const isRecord = (record: unknown) =>
    typeof (record as NetworkEpoch)?.epoch === "number" && typeof (record as NetworkEpoch).loss === "number";
  return Array.isArray(value) && value.every(isRecord);
}

/** The part of a record that is equal for identical trainings. */
function withoutClock({ epoch, loss }: NetworkEpoch): NetworkEpoch {
  return { epoch, loss };
}

function parseJson<T>(text: string | undefined, what: string, isValid: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (isValid(value)) return value;
  } catch {
    // reported below, like other invalid values
  }
  throw new FormatError(`${what} expected JSON of HiddenLayerNetwork.save, got ${show(text)}`);
}

/** The shape of each matrix, (rows, columns) or (length). */
export function shapes({ inputs, hidden, classes }: NetworkShape): Record<keyof NetworkParameters, number[]> {
  return { W1: [inputs, hidden], b1: [hidden], W2: [hidden, classes], b2: [classes] };
}

function toTensors(prefix: string, { W1, b1, W2, b2 }: NetworkParameters): Tensor[] {
  const flat = (matrix: readonly Float64Array[]) => Float32Array.from(matrix.flatMap((row) => [...row]));
  return [
    { name: `${prefix}W1`, dtype: "F32", shape: [W1.length, b1.length], data: flat(W1) },
    { name: `${prefix}b1`, dtype: "F32", shape: [b1.length], data: Float32Array.from(b1) },
    { name: `${prefix}W2`, dtype: "F32", shape: [W2.length, b2.length], data: flat(W2) },
    { name: `${prefix}b2`, dtype: "F32", shape: [b2.length], data: Float32Array.from(b2) },
  ];
}

function fromTensors(
  prefix: string,
  tensors: Map<string, Tensor>,
  shape: NetworkShape,
  file: string,
): NetworkParameters {
  const expected = shapes(shape);
  const take = (name: keyof NetworkParameters): Float32Array => {
    const tensor = tensors.get(prefix + name);
    if (tensor?.shape.join() !== expected[name].join() || !(tensor.data instanceof Float32Array))
      throw new FormatError(
        `${file}: tensor "${prefix}${name}" expected F32 of shape [${expected[name].join(", ")}], got ${tensor ? `${tensor.dtype} of [${tensor.shape.join(", ")}]` : "none"}`,
      );
    if (!tensor.data.every(Number.isFinite))
      throw new FormatError(`${file}: tensor "${prefix}${name}" has a value that is not finite`);
    return tensor.data;
  };
  const rows = (name: "W1" | "W2"): Float64Array[] => {
    const data = take(name);
    const [count, width] = expected[name];
    return Array.from({ length: count }, (_, i) => Float64Array.from(data.subarray(i * width, (i + 1) * width)));
  };
  return { W1: rows("W1"), b1: Float64Array.from(take("b1")), W2: rows("W2"), b2: Float64Array.from(take("b2")) };
}
