// The options of trainClassifier that say what the model is to be and where it is trained, as table.ts has those of train.

import { checkInteger, checkKnown, checkNumber, show } from "../../base/check.js";
import type { ClassifierArgs } from "../../classifier/classifier-data.js";
import { isExact, KERNEL_CHOICES, type KernelChoice } from "../../kernel/engines/kernels.js";
import type { WasmSource } from "../../kernel/engines/wasm.js";
import { LABEL_LOSSES } from "../../model/losses/registry.js";
import { checkThreads } from "../../text/threads.js";
import { isIterable, makeTokenizer, TOKENIZE_OPTIONS, type TokenizeOptions } from "../../text/tokenize.js";
import type { WordVectors } from "../../vectors/vectors.js";
import { boolean, integer, number, type OptionTable, oneOf, type Stored, type Values } from "./option.js";
import { checkVectors } from "./words.js";

/** What lines count by their label: each label that is named, the others 1; "balanced": each label as much as any other. */
export type ClassWeights = "balanced" | Readonly<Record<string, number>>;

export const CLASSIFIER_SETTINGS = {
  /**
   * The output layer: "softmax" (default), where a line has one label; "one-vs-all" for lines with several, each label of which has a
   * probability of its own; "hierarchical-softmax" or "negative-sampling" for thousands of labels. All but "one-vs-all" train a line
   * with several labels on one of them, drawn anew each time, as fastText.
   */
  loss: { ...oneOf(LABEL_LOSSES), default: "softmax" },
  /** Words found there begin with their vectors from there, of the same dim; the others at random. Default: all at random. */
  initialVectors: { check: checkVectors, stored: false },
  /** Floats of the hidden vector. Default 100, or that of initialVectors. */
  dim: {
    kind: "number",
    check: (name: string, value: number, { initialVectors: vectors }: { initialVectors?: WordVectors }) => {
      const dim = checkInteger(name, value, 1, 65_536);
      if (vectors !== undefined && vectors.dim !== dim)
        throw new RangeError(
          `"${name}" ${dim} clashes with "initialVectors", whose dim is ${vectors.dim}: leave dim out`,
        );
      return dim;
    },
    default: 100,
    derive: ({ initialVectors }: { initialVectors?: WordVectors }) => initialVectors?.dim,
  },
  /** Input rows begin uniform in ± initialRange / dim. Default 1, as in fastText. */
  initialRange: { ...number(0, 1_000), default: 1 },
  /** Words of an n-gram at most; 2 adds pairs of words that follow each other. Default 1: words alone. */
  wordNgrams: { ...integer(1, 100), default: 1 },
  /** Characters of an n-gram of a word at least, marks of its begin and end included. Default 0. */
  minn: { ...integer(0, 100), default: 0 },
  /** Characters of an n-gram of a word at most. Default 0: words have none. */
  maxn: {
    kind: "number",
    check: (name: string, value: number, { minn }: { minn: number }) => {
      checkInteger(name, value, 0, 100);
      if (value < minn) throw new RangeError(`"${name}" expected at least "minn" ${minn}, got ${value}`);
      return value;
    },
    default: 0,
  },
  /** Numbers that n-grams are hashed to, as in fastText. Memory goes by those that the text has. Default 2,000,000. */
  buckets: { ...integer(1, 100_000_000), default: 2_000_000 },
  /** Negative sampling: labels drawn as noise for a line. Default 5. */
  negatives: { ...integer(1, 1_000), default: 5, goesWith: { loss: ["negative-sampling"] } },
  /** Negative sampling: the noise distribution is count^noiseExponent. Default 0.5, as in fastText. */
  noiseExponent: { ...number(-10, 10), default: 0.5, goesWith: { loss: ["negative-sampling"] } },
  /**
   * What lines count by their label: "balanced" gives each label the same sum over all its lines; or a number from 0 for labels that
   * are to count more or less than 1. A line with several labels counts by the one that it is trained on, with one-vs-all by their
   * mean. Default: all lines count 1.
   */
  classWeights: { check: checkWeights },
  /** Passes over the lines. Default 5. */
  epochs: { ...integer(1), default: 5 },
  /** The rate that training starts from; it falls to 0, linearly with the words read. Default 0.1, as in fastText. */
  learningRate: { ...number(0), default: 0.1 },
  /**
   * Shuffles the lines once, by the seed (default): lines that are sorted by label teach little but the last one. false: in the order of
   * the text, as fastText, for lines of which the last ones matter most.
   */
  shuffle: { ...boolean(), default: true },
  /** Words seen less often have no row of their own. Default 1. */
  minCount: { ...integer(1), default: 1 },
  /** Labels seen less often are left out. Default 1. */
  minCountLabel: { ...integer(1), default: 1 },
  /**
   * How texts are tokenized, those of examples, of files and of predict: TokenizeOptions without splitSentences, and no function, which
   * a file cannot hold. A Corpus comes as it is tokenized: give the same options here. Default: at whitespace.
   */
  tokenize: { check: checkTokenize, default: {} as ClassifierArgs["tokenize"] },
  /** Integer from 0; the same seed, options and text give the same bytes on one thread. Default 1. */
  seed: { ...integer(0), default: 1 },
  /** Engine: "auto" (default) is "simd"; "relaxed" is faster where fused multiply-add exists, but not the same on all machines. */
  kernel: {
    ...oneOf(KERNEL_CHOICES),
    default: "auto",
    suits: (was: KernelChoice, is: KernelChoice) => was === is || (isExact(was) && isExact(is)),
  },
  /** A kernel binary instead of the embedded one: bytes, compiled module or URL. */
  wasm: { check: (_: string, value: WasmSource) => value, stored: false },
  /** Train in a worker (default), so that the calling thread stays free, or in process. */
  worker: { ...boolean(), default: true, stored: false },
  /**
   * Threads that train: 1 (default) gives the same bytes for the same seed; more, or "auto" for one for each core, are faster where
   * memory can be shared, work without locks (Recht et al. 2011), and give other bytes each time.
   */
  threads: {
    check: (_: string, value: number | "auto", { worker }: { worker: boolean }) => checkThreads(worker, value).threads,
    default: 1 as number | "auto",
    stored: false,
  },
} as const satisfies OptionTable;

/** Settings with their values. */
export interface ClassifierSettings extends Values<typeof CLASSIFIER_SETTINGS> {}

/** Settings as a file holds them. */
export interface StoredClassifierSettings extends Stored<typeof CLASSIFIER_SETTINGS> {}

/** @throws TypeError, RangeError */
function checkWeights(name: string, value: ClassWeights): ClassWeights {
  if (value === "balanced") return value;
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new TypeError(`"${name}" expected "balanced" or an object { label: weight }, got ${show(value)}`);
  for (const [label, weight] of Object.entries(value)) checkNumber(`${name}.${label}`, weight, 0);
  return value;
}

/** @throws TypeError, RangeError */
function checkTokenize(name: string, value: TokenizeOptions): ClassifierArgs["tokenize"] {
  checkKnown(`option of "${name}"`, value, TOKENIZE_OPTIONS);
  const { splitSentences, stopWords, ...options } = value;
  if (splitSentences) throw new RangeError(`"${name}" expected no splitSentences: a line is one example`);
  if (typeof options.tokenizer === "function")
    throw new TypeError(
      `"${name}" expected the name of a tokenizer, which a file can hold, got a function: tokenize beforehand, texts may be arrays of tokens`,
    );
  // an iterable may give its words only once, and is not JSON
  const listed = stopWords === undefined ? {} : { stopWords: isIterable(stopWords) ? [...stopWords] : stopWords };
  makeTokenizer({ ...options, ...listed });
  return { ...options, ...listed };
}

/** What each label counts, for labels in their order; empty where all count 1. @throws RangeError for a label that there is not */
export function weightsOf(
  weights: ClassWeights | undefined,
  { words: labels, counts }: { words: readonly string[]; counts: Float64Array },
): number[] {
  if (weights === undefined) return [];
  if (weights === "balanced") {
    const all = counts.reduce((a, b) => a + b, 0);
    return labels.map((_, label) => all / (labels.length * counts[label]));
  }
  const unknown = Object.keys(weights).find((label) => !labels.includes(label));
  if (unknown !== undefined)
    throw new RangeError(
      `"classWeights" names ${show(unknown)}, which is no label of the text: it has ${labels.slice(0, 20).map(show).join(", ")}`,
    );
  return labels.map((label) => weights[label] ?? 1);
}
