// Writes the file of a model.

import { yieldToEventLoop } from "../../base/event-loop.js";
import { Fingerprint } from "../../base/fingerprint.js";
import { safetensorsHeader, type TensorShape } from "../../format/safetensors.js";
import { FORMAT, type Snapshot, VERSION } from "./checkpoint.js";
import { pieces } from "./pieces.js";

/** The bytes of a model's file; nothing may be trained while they are taken. */
export async function* writeCheckpoint(snapshot: Snapshot): AsyncGenerator<Uint8Array> {
  const { vocabulary, dim, inputs, outputs, multipliers, ...state } = snapshot;
  const json = JSON.stringify(state);
  const words = padded(new TextEncoder().encode(JSON.stringify(vocabulary.words)));
  const { size } = vocabulary;
  const tensors: TensorShape[] = [
    { name: "words", dtype: "U8", shape: [words.length] },
    { name: "counts", dtype: "F64", shape: [size] },
    { name: "inputs", dtype: "F32", shape: [inputs.data.length / inputs.stride, dim] },
    { name: "outputs", dtype: "F32", shape: [outputs.data.length / outputs.stride, dim] },
    ...(multipliers ? [{ name: "rates", dtype: "F32" as const, shape: [multipliers.length] }] : []),
    { name: "fingerprint", dtype: "U8", shape: [16] },
  ];
  yield safetensorsHeader(tensors, { format: FORMAT, version: VERSION, state: json });
  const fingerprint = new Fingerprint().addBytes(new TextEncoder().encode(json));
  const marked = (bytes: Uint8Array) => {
    fingerprint.addBytes(bytes);
    return bytes;
  };
  yield marked(words);
  yield marked(new Uint8Array(vocabulary.counts.slice().buffer));
  for (const rows of [inputs, outputs]) {
    for (const piece of pieces(rows, dim)) {
      yield marked(new Uint8Array(piece.buffer));
      await yieldToEventLoop();
    }
  }
  if (multipliers) yield marked(new Uint8Array(multipliers.buffer));
  yield new TextEncoder().encode(fingerprint.value);
}

/** Appends spaces, to a multiple of 8 bytes. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(32);
  whole.set(bytes);
  return whole;
}
