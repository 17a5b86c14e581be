// Writes the file of a model.

import { yieldToEventLoop } from "../../base/event-loop.js";
import { Fingerprint } from "../../base/fingerprint.js";
import { MODEL, safetensorsHeader, type TensorShape } from "../../format/safetensors.js";
import { type Snapshot, VERSION } from "./checkpoint.js";
import { countOf, pieces } from "./pieces.js";

/** Words of a piece: some milliseconds of work. */
const WORDS = 65_536;

/** The bytes of a model's file; nothing may be trained while they are taken. Rows that lie in blocks are left where they are. */
export async function* writeCheckpoint(snapshot: Snapshot): AsyncGenerator<Uint8Array> {
  const { vocabulary, dim, inputs, outputs, subwords, multipliers, ...state } = snapshot;
  const json = JSON.stringify(state);
  const rows = state.blocks ? [] : [inputs, outputs, ...(subwords ? [subwords] : [])];
  const { size } = vocabulary;
  const [inputRows, outputRows] = state.blocks ? [0, 0] : [countOf(inputs), countOf(outputs)];
  let bytesOfWords = 0;
  for (const piece of wordPieces(vocabulary.words)) bytesOfWords += piece.length;
  const tensors: TensorShape[] = [
    { name: "words", dtype: "U8", shape: [bytesOfWords] },
    { name: "counts", dtype: "F64", shape: [size] },
    { name: "inputs", dtype: "F32", shape: [inputRows, dim] },
    { name: "outputs", dtype: "F32", shape: [outputRows, dim] },
    ...(subwords ? [{ name: "subwords", dtype: "F32" as const, shape: [countOf(subwords), dim] }] : []),
    ...(multipliers ? [{ name: "rates", dtype: "F32" as const, shape: [multipliers.length] }] : []),
    { name: "fingerprint", dtype: "U8", shape: [16] },
  ];
  yield safetensorsHeader(tensors, { format: MODEL, version: VERSION, state: json });
  const fingerprint = new Fingerprint().addBytes(new TextEncoder().encode(json));
  const marked = (bytes: Uint8Array) => {
    fingerprint.addBytes(bytes);
    return bytes;
  };
  for (const piece of wordPieces(vocabulary.words)) {
    yield marked(piece);
    await yieldToEventLoop();
  }
  yield marked(new Uint8Array(vocabulary.counts.slice().buffer));
  for (const matrix of rows) {
    for (const piece of pieces(matrix, dim)) {
      yield marked(new Uint8Array(piece.buffer));
      await yieldToEventLoop();
    }
  }
  if (multipliers) yield marked(new Uint8Array(multipliers.buffer));
  yield new TextEncoder().encode(fingerprint.value);
}

/** The words as JSON, filled up with spaces to a multiple of 8 bytes: in pieces that are such multiples too. */
export function* wordPieces(words: readonly string[]): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let rest = "[";
  for (let first = 0; first < words.length || rest !== ""; first += WORDS) {
    const some = JSON.stringify(words.slice(first, first + WORDS)).slice(1, -1);
    const isLast = first + WORDS >= words.length;
    const bytes = encoder.encode(`${rest}${some}${isLast ? "]" : ","}`);
    // what fills it up is whitespace to JSON, between two words or after all
    const whole = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(32);
    whole.set(bytes);
    yield whole;
    rest = "";
  }
}
