// The file of a text classifier: safetensors, see docs/formats.md. Files of trainings that have not ended hold where they stand, too.

import { show } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { Fingerprint } from "../base/fingerprint.js";
import { readSafetensors, type Tensor } from "../format/safetensors.js";
import { type ClassifierArgs, type ClassifierData, DenseRows } from "./classifier-data.js";
import { Classifier } from "./line-classifier.js";

export const CLASSIFIER_FORMAT = "wasm2vec.classifier";
export const CLASSIFIER_VERSION = "1";

/** Tensors in the order of the file. */
const ORDER = ["words", "counts", "labels", "label_counts", "buckets", "inputs", "outputs"];

/** A file, read: what predicts, and what the header says of the training. */
export interface ClassifierFile {
  data: ClassifierData;
  /** args, and what train-classifier.ts adds */
  state: { args: ClassifierArgs } & Record<string, unknown>;
  name: string;
}

/**
 * The classifier that ClassifierModel.save or a checkpoint wrote, to predict with.
 * @param bytes are kept, not copied
 * @throws TypeError for what is no bytes; FormatError for a file that is damaged, of another program, or of a newer version
 */
export function readClassifier(bytes: Uint8Array, name = "classifier"): Classifier {
  return new Classifier(readClassifierFile(bytes, name).data);
}

/** @throws as readClassifier */
export function readClassifierFile(bytes: Uint8Array, name: string): ClassifierFile {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`${name} expected the bytes of a file as Uint8Array, got ${show(bytes)}`);
  const fail = (what: string) => new FormatError(`${name}: ${what}`);
  const { tensors, metadata } = readContainer(bytes, name);
  const { format, version, state: json = "" } = metadata;
  if (format !== CLASSIFIER_FORMAT)
    throw fail(`expected a classifier, which ClassifierModel.save writes, got format ${show(format)}`);
  if (version !== CLASSIFIER_VERSION)
    throw fail(
      `expected version ${CLASSIFIER_VERSION} of the format, got ${show(version)}: use the wasm2vec that wrote it, or a newer one`,
    );
  const fingerprint = new Fingerprint().addBytes(new TextEncoder().encode(json));
  for (const key of ORDER) {
    const data = tensors.get(key)?.data;
    if (data) fingerprint.addBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const take = <T extends Tensor["data"]>(key: string, type: abstract new (...args: never[]) => T): T => {
    const data = tensors.get(key)?.data;
    if (!(data instanceof type)) throw fail(`expected a tensor "${key}" of ${type.name}`);
    return data;
  };
  if (new TextDecoder().decode(take("fingerprint", Uint8Array)) !== fingerprint.value)
    throw fail("the file is damaged: its bytes are not those that were written; take an older one");
  const parse = <T>(text: string, what: string): T => {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new FormatError(`${name}: ${what} expected JSON: ${(cause as Error).message}`, { cause });
    }
  };
  const state = parse<ClassifierFile["state"]>(json, "state");
  const namesOf = (key: string) => parse<string[]>(new TextDecoder().decode(take(key, Uint8Array)), key);
  const [words, labels] = [namesOf("words"), namesOf("labels")];
  const rowBuckets = take("buckets", Uint32Array);
  const { dim, buckets } = state.args;
  const data: ClassifierData = {
    args: state.args,
    words,
    counts: take("counts", Float64Array),
    labels,
    labelCounts: take("label_counts", Float64Array),
    rowBuckets,
    inputs: new DenseRows(take("inputs", Float32Array), dim),
    outputs: new DenseRows(take("outputs", Float32Array), dim),
  };
  for (const [key, got, expected] of [
    ["counts", data.counts.length, words.length],
    ["label_counts", data.labelCounts.length, labels.length],
    ["inputs", data.inputs.rows * dim, (words.length + rowBuckets.length) * dim],
    ["outputs", data.outputs.rows * dim, labels.length * dim],
  ] as const)
    if (got !== expected) throw fail(`tensor "${key}" expected ${expected} numbers, got ${got}`);
  if (!rowBuckets.every((bucket) => bucket < buckets)) throw fail(`tensor "buckets" expected numbers below ${buckets}`);
  return { data, state, name };
}

function readContainer(bytes: Uint8Array, name: string): ReturnType<typeof readSafetensors> {
  // { after the length of the header
  if (bytes.length <= 8 || bytes[8] !== 0x7b)
    throw new FormatError(
      `${name}: expected a classifier, which ClassifierModel.save writes, got another kind of file`,
    );
  return readSafetensors(bytes, name);
}
