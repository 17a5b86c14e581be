// Writes the file of a text classifier; src/classifier/classifier-file.ts reads it.

import { yieldToEventLoop } from "../../base/event-loop.js";
import { Fingerprint } from "../../base/fingerprint.js";
import { type ClassifierData, floatsOf } from "../../classifier/classifier-data.js";
import { CLASSIFIER_FORMAT, CLASSIFIER_VERSION } from "../../classifier/classifier-file.js";
import { safetensorsHeader, type TensorShape } from "../../format/safetensors.js";
import { wordPieces } from "./write.js";

/** Floats of a piece: some milliseconds of work. */
const PIECE = 262_144;

/** The bytes of a classifier's file; nothing may be trained while they are taken. @param state JSON of the training */
export async function* writeClassifier(data: ClassifierData, state: object): AsyncGenerator<Uint8Array> {
  const { args, words, counts, labels, labelCounts, inputs, outputs } = data;
  const json = JSON.stringify({ args, ...state });
  const { rows: inputRows } = inputs;
  // of a dense matrix all buckets, in their order
  const buckets = data.rowBuckets ?? Uint32Array.from({ length: inputRows - words.length }, (_, bucket) => bucket);
  const sizeOf = (names: readonly string[]) => {
    let bytes = 0;
    for (const piece of wordPieces(names)) bytes += piece.length;
    return bytes;
  };
  const tensors: TensorShape[] = [
    { name: "words", dtype: "U8", shape: [sizeOf(words)] },
    { name: "counts", dtype: "F64", shape: [words.length] },
    { name: "labels", dtype: "U8", shape: [sizeOf(labels)] },
    { name: "label_counts", dtype: "F64", shape: [labels.length] },
    { name: "buckets", dtype: "U32", shape: [buckets.length] },
    { name: "inputs", dtype: "F32", shape: [inputRows, args.dim] },
    { name: "outputs", dtype: "F32", shape: [outputs.rows, args.dim] },
    { name: "fingerprint", dtype: "U8", shape: [16] },
  ];
  yield safetensorsHeader(tensors, { format: CLASSIFIER_FORMAT, version: CLASSIFIER_VERSION, state: json });
  const fingerprint = new Fingerprint().addBytes(new TextEncoder().encode(json));
  const most = Math.max(1, Math.floor(PIECE / args.dim));
  const all = function* (): Generator<Uint8Array> {
    yield* wordPieces(words);
    yield new Uint8Array(counts.slice().buffer);
    yield* wordPieces(labels);
    yield new Uint8Array(labelCounts.slice().buffer);
    yield new Uint8Array(buckets.slice().buffer);
    for (const matrix of [inputs, outputs])
      for (let first = 0; first < matrix.rows; first += most) {
        const rows = Math.min(most, matrix.rows - first);
        const piece = floatsOf({ rows, row: (index) => matrix.row(first + index) }, args.dim);
        yield new Uint8Array(piece.buffer);
      }
  };
  for (const piece of all()) {
    fingerprint.addBytes(piece);
    yield piece;
    await yieldToEventLoop();
  }
  yield new TextEncoder().encode(fingerprint.value);
}
