// A model of fastText as its file holds it: .bin, and quantized .ftz. Bojanowski et al. 2017; Joulin et al. 2017, 2016 ("FastText.zip").
// Layout of versions 11 and 12, https://github.com/facebookresearch/fastText (facts of the format only).

import { show } from "../../base/check.js";
import { argsBytes, type FastTextArgs, readArgs } from "./args.js";
import { type FastTextDictionary, readDictionary, writeDictionary } from "./dictionary.js";
import { type Fields, int32Bytes } from "./fields.js";
import { DenseMatrix, type RowMatrix, readShape, writeDense } from "./matrix.js";
import { QuantizedMatrix, readQuantized, writeQuantized } from "./quantized.js";

/** Magic number. */
export const FASTTEXT_MAGIC = Uint8Array.of(0xba, 0x16, 0x4f, 0x2f);

/** Versions of the format; the later one is written. In the earlier one classifiers have no n-grams of characters. */
const VERSIONS = [11, 12];

/** What gives vectors: everything but the output rows. */
export interface FastTextInputs extends FastTextDictionary {
  args: FastTextArgs;
  /** Rows of the words, then of the buckets; if pruned, then of the buckets that have kept theirs. */
  inputs: RowMatrix;
}

/** Everything that a file of fastText holds, as data. */
export interface FastTextModel extends FastTextInputs {
  /** Rows of the labels; of the words, if it is no classifier. With hierarchical softmax those of inner nodes, and one more. */
  outputs: RowMatrix;
}

/** Reads up to the output rows. @throws FormatError */
export async function readInputs(fields: Fields): Promise<FastTextInputs> {
  const magic = await fields.take(4, "its first bytes");
  if (!FASTTEXT_MAGIC.every((byte, i) => magic.getUint8(i) === byte))
    throw fields.fail("is not a fastText model: its first bytes differ");
  const version = await fields.int32("the version");
  if (!VERSIONS.includes(version))
    throw fields.fail(
      `expected version ${VERSIONS.join(" or ")} of fastText's models, got ${version}: write it again with fastText 0.9`,
    );
  const args = await readArgs(fields);
  if (version === 11 && args.model === "supervised") args.maxn = 0;
  const dictionary = await readDictionary(fields, args);
  const what = "the input matrix";
  const isQuantized = await fields.flag(what);
  if (dictionary.pruned && !isQuantized)
    throw fields.fail("expected a quantized matrix, since n-grams are pruned, got a dense one: damaged");
  const inputs = await readMatrix(fields, args.dim, isQuantized, what, (rows) =>
    faultOfInputRows(args, dictionary, rows),
  );
  return { ...dictionary, args, inputs };
}

/** Reads the output rows and what remains. @throws FormatError */
export async function readOutputs(fields: Fields, inputs: FastTextInputs): Promise<RowMatrix> {
  const isQuantized = await areQuantized(fields, inputs);
  const fault = (rows: number) => faultOfOutputRows(inputs, rows);
  const outputs = await readMatrix(fields, inputs.args.dim, isQuantized, "the output matrix", fault);
  await fields.checkEnd();
  return outputs;
}

/** @param faultOf what is wrong with so many rows */
async function readMatrix(
  fields: Fields,
  dim: number,
  isQuantized: boolean,
  what: string,
  faultOf: (rows: number) => string | undefined,
): Promise<RowMatrix> {
  const quantized = isQuantized ? await readQuantized(fields, dim, what) : undefined;
  const rows = quantized?.rows ?? (await readShape(fields, dim, what));
  const fault = faultOf(rows);
  if (fault) throw fields.fail(`${what} ${fault}: damaged`);
  return quantized ?? DenseMatrix.read(fields, rows, dim, what);
}

/** As readOutputs, but keeps none: whoever asks for vectors only learns here whether the file is whole. @throws FormatError */
export async function skipOutputs(fields: Fields, inputs: FastTextInputs): Promise<void> {
  const { dim } = inputs.args;
  const what = "the output matrix";
  if (await areQuantized(fields, inputs)) await readQuantized(fields, dim, what);
  else await fields.skip((await readShape(fields, dim, what)) * dim * 4, what);
  await fields.checkEnd();
}

/** fastText heeds the byte only if the input rows are quantized, too. */
async function areQuantized(fields: Fields, { inputs }: FastTextInputs): Promise<boolean> {
  return (await fields.flag("the output matrix")) && inputs instanceof QuantizedMatrix;
}

/** What is wrong with so many input rows. */
function faultOfInputRows(args: FastTextArgs, { words, pruned }: FastTextDictionary, rows: number): string | undefined {
  const buckets = pruned?.size ?? args.buckets;
  if (rows === words.length + buckets) return undefined;
  // some writers count buckets that no n-gram uses
  if (args.maxn === 0 && args.wordNgrams <= 1 && !pruned && rows >= words.length) return undefined;
  return `expected ${words.length} rows of words and ${buckets} of n-grams, got ${rows}`;
}

function faultOfOutputRows({ args, words, labels }: FastTextInputs, rows: number): string | undefined {
  const expected = (args.model === "supervised" ? labels : words).length;
  return rows === expected ? undefined : `expected ${expected} rows, got ${rows}`;
}

/**
 * The pieces of a file, of version 12.
 * @throws before the first RangeError for parts that do not fit together; later for a word or number that the file cannot hold
 */
export function partsOf(model: FastTextModel): Iterable<Uint8Array> {
  const { args, inputs, outputs } = model;
  for (const [name, { dim }] of Object.entries({ inputs, outputs }))
    if (dim !== args.dim) throw new RangeError(`"${name}" expected rows of dim ${args.dim}, got ${dim}`);
  const inputFault = faultOfInputRows(args, model, inputs.rows);
  if (inputFault) throw new RangeError(`"inputs" ${inputFault}`);
  const outputFault = faultOfOutputRows(model, outputs.rows);
  if (outputFault) throw new RangeError(`"outputs" ${outputFault}`);
  for (const [names, counts] of [["words", "wordCounts"] as const, ["labels", "labelCounts"] as const])
    if (model[names].length !== model[counts].length)
      throw new RangeError(`"${counts}" expected ${model[names].length} counts, got ${show(model[counts].length)}`);
  if (!(inputs instanceof QuantizedMatrix) && (outputs instanceof QuantizedMatrix || model.pruned))
    throw new RangeError('"inputs" expected quantized rows, as "outputs" or "pruned" are there: quantize the model');
  return write(model);
}

function* write(model: FastTextModel): Generator<Uint8Array> {
  yield FASTTEXT_MAGIC;
  yield int32Bytes({ version: VERSIONS[VERSIONS.length - 1] });
  yield argsBytes(model.args);
  yield* writeDictionary(model);
  yield* writeMatrix(model.inputs);
  yield* writeMatrix(model.outputs);
}

function* writeMatrix(matrix: RowMatrix): Generator<Uint8Array> {
  const isQuantized = matrix instanceof QuantizedMatrix;
  yield Uint8Array.of(isQuantized ? 1 : 0);
  yield* isQuantized ? writeQuantized(matrix) : writeDense(matrix);
}
