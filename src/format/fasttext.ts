// fastText's model.bin and model.ftz: whole models, read and written, and the vectors of their words. See fasttext/model.ts.

import { checkKnown, show } from "../base/check.js";
import { ByteReader } from "./bytes.js";
import { Fields } from "./fasttext/fields.js";
import type { RowMatrix } from "./fasttext/matrix.js";
import { type FastTextModel, partsOf, readInputs, readOutputs, skipOutputs } from "./fasttext/model.js";
import { Subwords } from "./fasttext/subwords.js";
import { gathered } from "./gather.js";
import { type RowOptions, RowSink, type VectorRows } from "./rows.js";

/**
 * Reads a whole model of fastText, from bytes in chunks of any size: versions 11 and 12, `.bin` and quantized `.ftz`, of vectors and of
 * classifiers.
 * @param options name: of the file, for errors
 * @throws FormatError naming what does not fit, if the bytes are truncated, too long, damaged, or hold numbers that are not finite
 */
export async function readFastTextModel(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { name?: string } = {},
): Promise<FastTextModel> {
  checkKnown("option", options, ["name"]);
  const bytes = new ByteReader(chunks);
  const fields = new Fields(bytes, options.name ?? "model");
  try {
    const read = await readInputs(fields);
    const model = { ...read, outputs: await readOutputs(fields, read) };
    checkFinite(fields, "input", model.inputs);
    checkFinite(fields, "output", model.outputs);
    return model;
  } finally {
    await bytes.close();
  }
}

function checkFinite(fields: Fields, which: string, matrix: RowMatrix): void {
  for (let index = 0; index < matrix.rows; index++) {
    const row = matrix.row(index);
    const bad = row.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0)
      throw fields.fail(`${which} row ${index + 1} expected finite floats, float ${bad + 1} is ${row[bad]}`);
  }
}

/**
 * The bytes of a model, in chunks of some hundred kilobytes, as fastText writes them (version 12): `.bin`, or `.ftz` if it is quantized.
 * What readFastTextModel has read is written as the same bytes.
 * @throws before the first bytes RangeError for parts that do not fit together; later for a word that holds a zero byte, or a setting or
 * count that is no whole number
 */
export function writeFastTextModel(model: FastTextModel): Generator<Uint8Array<ArrayBuffer>> {
  if (model === null || typeof model !== "object" || !("inputs" in model) || !("args" in model))
    throw new TypeError(`model expected a model of fastText, got ${show(model)}`);
  return gathered(partsOf(model));
}

/**
 * The vectors of the words, each the mean of its row and those of its n-grams, as in fastText; and the subwords for other words.
 * @throws FormatError
 */
export async function readFastText(
  bytes: ByteReader,
  options: RowOptions,
): Promise<VectorRows & { subwords: Subwords }> {
  const fields = new Fields(bytes, options.name);
  const model = await readInputs(fields);
  const { words } = model;
  const subwords = new Subwords(model);
  const sink = new RowSink(model.args.dim, words.length, options);
  for (let row = 0; row < words.length && !sink.isFull; row++) {
    sink.begin(words[row]);
    sink.vector().set(subwords.get(words[row]));
    sink.end();
  }
  if (!sink.isFull) await skipOutputs(fields, model);
  return { ...sink.finish(), subwords };
}
