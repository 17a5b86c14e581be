// The settings in a file of fastText, in the order in which they lie there.

import { checkInteger, checkOneOf } from "../../base/check.js";
import { type Fields, int32Bytes } from "./fields.js";

export type FastTextLoss = "hierarchical-softmax" | "negative-sampling" | "softmax" | "one-vs-all";

/** Losses and models by fastText's numbers for them, from 1. */
const LOSSES: readonly FastTextLoss[] = ["hierarchical-softmax", "negative-sampling", "softmax", "one-vs-all"];
const MODELS: readonly FastTextArgs["model"][] = ["cbow", "skipgram", "supervised"];

/** How a model of fastText was trained. Those that nobody asks for are kept, so that a file is written as it was read. */
export interface FastTextArgs {
  /** Numbers of a vector. */
  dim: number;
  window: number;
  epochs: number;
  minCount: number;
  negatives: number;
  /** Words of the longest n-gram of words that has a row. 1: none has. */
  wordNgrams: number;
  loss: FastTextLoss;
  /** A supervised one is a classifier. */
  model: "cbow" | "skipgram" | "supervised";
  /** Rows that n-grams share. */
  buckets: number;
  /** Characters of an n-gram of a word, at least and at most. maxn 0: there are none. */
  minn: number;
  maxn: number;
  /** Words between two changes of the learning rate. */
  lrUpdateRate: number;
  /** The threshold of subsampling. */
  subsample: number;
}

const BEFORE = ["dim", "window", "epochs", "minCount", "negatives", "wordNgrams"] as const;
const AFTER = ["buckets", "minn", "maxn", "lrUpdateRate"] as const;

/** dim is at most this, as NumPy's files have it here. */
const DIM_LIMIT = 2 ** 24;

/** @throws FormatError for settings that no training has */
export async function readArgs(fields: Fields): Promise<FastTextArgs> {
  const what = "its settings";
  const args = {} as FastTextArgs;
  for (const name of BEFORE) args[name] = await fields.int32(what);
  args.loss = oneOf(fields, "loss", LOSSES, await fields.int32(what));
  args.model = oneOf(fields, "model", MODELS, await fields.int32(what));
  for (const name of AFTER) args[name] = await fields.int32(what);
  args.subsample = (await fields.take(8, what)).getFloat64(0, true);
  const { dim, buckets, minn, maxn } = args;
  if (dim < 1 || dim > DIM_LIMIT) throw fields.fail(`expected dim 1 to ${DIM_LIMIT}, got ${dim}: damaged`);
  if (buckets < 0 || minn < 0 || maxn < 0)
    throw fields.fail(`expected counts of at least 0, got ${buckets} buckets, minn ${minn}, maxn ${maxn}: damaged`);
  return args;
}

function oneOf<T extends string>(fields: Fields, what: string, names: readonly T[], number: number): T {
  const name = names[number - 1];
  if (name !== undefined) return name;
  const known = names.map((one, i) => `${i + 1} (${one})`).join(", ");
  throw fields.fail(`expected one of the numbers ${known} for the ${what}, got ${number}: damaged`);
}

/** @throws TypeError, RangeError for settings that the file cannot hold */
export function argsBytes(args: FastTextArgs): Uint8Array<ArrayBuffer> {
  const pick = (names: readonly (typeof BEFORE | typeof AFTER)[number][]) =>
    Object.fromEntries(names.map((name) => [name, args[name]]));
  checkInteger("dim", args.dim, 1, DIM_LIMIT);
  for (const name of ["buckets", "minn", "maxn"] as const) checkInteger(name, args[name], 0);
  const numbers = int32Bytes({
    ...pick(BEFORE),
    loss: LOSSES.indexOf(checkOneOf("loss", args.loss, LOSSES)) + 1,
    model: MODELS.indexOf(checkOneOf("model", args.model, MODELS)) + 1,
    ...pick(AFTER),
  });
  const bytes = new Uint8Array(numbers.length + 8);
  bytes.set(numbers);
  new DataView(bytes.buffer).setFloat64(numbers.length, args.subsample, true);
  return bytes;
}
