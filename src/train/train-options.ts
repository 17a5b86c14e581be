// Options of training: defaults and checks.

import { checkBoolean, checkFunction, checkInteger, checkKnown, checkNumber, checkOneOf, show } from "../base/check.js";
import { KERNEL_CHOICES, type KernelChoice } from "../kernel/engines/kernels.js";
import type { WasmSource } from "../kernel/engines/wasm.js";
import { LOSSES, type LossName } from "../kernel/layout.js";
import { checkThreads } from "../text/threads.js";
import { Vocabulary } from "../text/vocabulary.js";
import { WordVectors } from "../vectors/vectors.js";
import { Checkpoint } from "./checkpoint/checkpoint.js";
import { engineNamed } from "./execution/engines.js";
import { checkListeners, LISTENERS, type RunListeners } from "./listeners.js";
import {
  DEFAULT_LEARNING_RATE,
  DEFAULTS,
  fitsGrid,
  type Settings,
  type StoredOptions,
  UNSTORED,
} from "./options/settings.js";
import { SIZED_OPTIONS } from "./options/small-text.js";
import { resolveWindow, type WindowOptions } from "./options/window-shape.js";

/** Words, or whether a word is one of them. */
export type Freeze = readonly string[] | ((word: string) => boolean);

/** Rates of words; those that a map leaves out have 1. */
export type WordRates = ReadonlyMap<string, number> | ((word: string) => number);

/** Options of train; all have defaults. */
export interface TrainOptions extends WindowOptions, RunListeners {
  /** "skipgram" (default) or "cbow". */
  model?: "skipgram" | "cbow";
  /**
   * The output layer: "negative-sampling" (default), "hierarchical-softmax" over a Huffman tree, or the full "softmax",
   * whose cost grows with the vocabulary. Sections 3 to 5 of docs/math.md.
   */
  loss?: LossName;
  /** Floats of a vector. Default 100, or that of initialVectors. */
  dim?: number;
  /** Negative sampling: noise words of a prediction. Default 5. */
  negatives?: number;
  /**
   * Skip-gram: up to 16 pairs that follow each other share their noise words (default); or, false, each has its own, as in
   * word2vec.c. (9.5) of docs/math.md.
   */
  sharedNegatives?: boolean;
  /** CBOW: the hidden vector is the "mean" (default) or the "sum" of the context vectors. */
  cbowCombine?: "mean" | "sum";
  /**
   * CBOW: each context vector takes the whole gradient of the hidden vector ("undivided", default, as word2vec.c),
   * or 1/n of it for n context words ("divided"). The true gradient is "divided" for the mean, "undivided" for the sum.
   */
  cbowGradient?: "undivided" | "divided";
  /** Passes over the corpus. Default 5. */
  epochs?: number;
  /** Words seen less often have no vector. Default 5. */
  minCount?: number;
  /** At most so many words, the most frequent. Default: no limit. */
  maxVocabulary?: number;
  /** Distinct words held while counting; above it the rarest are dropped. Default 10,000,000. */
  maxCountedWords?: number;
  /** Words and counts from an earlier run instead of a first pass over the corpus; minCount, maxVocabulary and keep do not apply. */
  vocabulary?: Vocabulary;
  /** Whether a word that passed minCount gets a vector: for stop words and blocklists. Default: all do. */
  keep?: (word: string, count: number) => boolean;
  /** Threshold of subsampling frequent words; 0 keeps all. Default 1e-3. */
  subsample?: number;
  /** Negative sampling: the noise distribution is count^noiseExponent. Default 0.75. */
  noiseExponent?: number;
  /** At the start; falls linearly with the words read. Default 0.025, for CBOW 0.05. */
  learningRate?: number;
  /** Where it stops falling. Default learningRate / 10,000. */
  minLearningRate?: number;
  /** Integer from 0; the same seed, options and corpus give the same vectors, but for several threads with CBOW or a softmax. Default 1. */
  seed?: number;
  /** Engine: "auto" (default) is "simd"; "relaxed" is faster where fused multiply-add exists, but not the same on all machines. */
  kernel?: KernelChoice;
  /** A kernel binary instead of the embedded one: bytes, compiled module or URL. */
  wasm?: WasmSource;
  /** Longer sentences are split. Default 10,000 words. */
  maxSentenceLength?: number;
  /**
   * Read the text once: the pass that counts its words keeps them as numbers, 4 bytes a token, which epochs read instead of the
   * text; that spares them reading, unpacking and tokenising. In memory up to spoolMemory, the rest in a temporary file (in a page
   * in the origin private file system). If that fails, onWarning is told and training goes on from the text. "auto" (default) does so
   * where each pass would give the same, Corpus.isConstant: files, streams, textCorpus, arrays; not for functions and iterables.
   */
  spool?: boolean | "auto";
  /** Bytes that spool takes in memory before the file begins. Default 256 MiB in Node, 64 MiB in a page. */
  spoolMemory?: number;
  /** Train in workers (default), so that the calling thread stays free, or in process, on one thread. */
  worker?: boolean;
  /**
   * Workers that read and, then, workers that train: "auto" (default) is one for each core. Skip-gram with negative sampling is
   * trained by one for each block of words at most: by one below 512 words, by eight from 2,048 on. (9.7) of docs/math.md.
   */
  threads?: number | "auto";
  /**
   * Refuses what would give other bytes each time, or on other machines. Skip-gram with negative sampling, item2vec and node2vec
   * give the same bytes anyway, on any number of threads; CBOW and the softmaxes only on one thread, which this then asks for.
   * Default false: those train on all threads without locks where memory can be shared (Recht et al. 2011), different each time.
   */
  reproducible?: boolean;
  /** Words found there begin with their vectors from there, of the same dim; the others at random. Default: all at random. */
  initialVectors?: WordVectors;
  /** Words whose vectors stay as they begin, while all others and the output rows are trained. Default: none. */
  freeze?: Freeze;
  /**
   * The share of its steps that a word's vector keeps, from 0, which freezes it, to 1: (6.9) of docs/math.md; what gensim calls
   * vectors_lockf. The output rows are trained in full. Default: 1 for all.
   */
  wordRates?: WordRates;
  /**
   * Goes on with an interrupted training on the same corpus, but for several threads with CBOW or a softmax to the bytes of the
   * training that was not interrupted. Options are those of the checkpoint; threads, worker and listeners may be others.
   */
  resume?: Checkpoint;
}

/** Settings, and what belongs to one run. */
export interface ResolvedOptions extends Settings, RunListeners {
  initialVectors?: WordVectors;
  freeze?: Freeze;
  wordRates?: WordRates;
  resume?: Checkpoint;
}

/** All options of train. */
export const TRAIN_OPTIONS: readonly string[] = [
  ...Object.keys(DEFAULTS),
  ...["windowLeft", "windowRight", "shrinkWindows", "windowWeights"],
  "learningRate",
  "minLearningRate",
  "spoolMemory",
  "vocabulary",
  "keep",
  "wasm",
  "initialVectors",
  "freeze",
  "wordRates",
  "resume",
  ...LISTENERS,
];

/** @throws TypeError, RangeError naming the option */
export function resolveOptions(options: TrainOptions = {}): ResolvedOptions {
  checkKnown("option", options, TRAIN_OPTIONS);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const o = { ...DEFAULTS, ...(given as TrainOptions) };
  const model = checkOneOf("model", o.model, ["skipgram", "cbow"]);
  const learningRate = checkNumber("learningRate", o.learningRate ?? DEFAULT_LEARNING_RATE[model], 0);
  const loss = checkOneOf("loss", o.loss, LOSSES);
  for (const name of ["negatives", "noiseExponent"]) {
    if (loss !== "negative-sampling" && name in given)
      throw new RangeError(`"${name}" goes with loss "negative-sampling", got loss "${loss}": leave it out`);
  }
  for (const name of ["cbowCombine", "cbowGradient"]) {
    if (model !== "cbow" && name in given)
      throw new RangeError(`"${name}" goes with model "cbow", got model "${model}": leave it out`);
  }
  if ("sharedNegatives" in given && (model !== "skipgram" || loss !== "negative-sampling"))
    throw new RangeError(
      `"sharedNegatives" goes with model "skipgram" and loss "negative-sampling", got "${model}" and "${loss}": leave it out`,
    );
  const reproducible = checkBoolean("reproducible", o.reproducible);
  const kernel = checkOneOf("kernel", o.kernel, KERNEL_CHOICES);
  if (reproducible && (kernel === "relaxed" || kernel === "js"))
    throw new RangeError(`"reproducible" needs kernel "simd" or "scalar", got "${kernel}"`);
  if (kernel === "js" && o.wasm !== undefined)
    throw new RangeError('"wasm" goes with kernels of WebAssembly, got kernel "js": leave one out');
  const initialVectors = checkVectors(o.initialVectors);
  const { worker, threads } = checkThreads(o.worker, o.threads);
  if (reproducible && !fitsGrid({ model, loss }) && threads !== "auto" && threads > 1)
    throw new RangeError(
      `"reproducible" with ${model === "cbow" ? 'model "cbow"' : `loss "${loss}"`} needs one thread, not "threads" ${threads}: leave one out`,
    );
  return {
    model,
    loss,
    dim: checkDim(options.dim, initialVectors),
    ...resolveWindow(given),
    negatives: checkInteger("negatives", o.negatives, 1, 1_000),
    sharedNegatives: checkBoolean("sharedNegatives", o.sharedNegatives),
    cbowCombine: checkOneOf("cbowCombine", o.cbowCombine, ["mean", "sum"]),
    cbowGradient: checkOneOf("cbowGradient", o.cbowGradient, ["undivided", "divided"]),
    epochs: checkInteger("epochs", o.epochs, 1),
    minCount: checkInteger("minCount", o.minCount, 1),
    // two words, so that there is one to predict; a Map of V8 ends at 2^24 entries
    maxVocabulary: checkInteger("maxVocabulary", o.maxVocabulary, 2, 2 ** 24),
    maxCountedWords: checkInteger("maxCountedWords", o.maxCountedWords, 1, 2 ** 24),
    vocabulary: checkVocabulary(o.vocabulary),
    keep: checkFunction("keep", o.keep),
    subsample: checkNumber("subsample", o.subsample, 0),
    noiseExponent: checkNumber("noiseExponent", o.noiseExponent, -10, 10),
    learningRate,
    minLearningRate: checkNumber("minLearningRate", o.minLearningRate ?? learningRate * 1e-4, 0, learningRate),
    seed: checkInteger("seed", o.seed, 0),
    kernel,
    wasm: o.wasm,
    maxSentenceLength: checkInteger("maxSentenceLength", o.maxSentenceLength, 2, 1_000_000),
    spool: o.spool === "auto" ? o.spool : checkBoolean("spool", o.spool),
    spoolMemory: o.spoolMemory === undefined ? undefined : checkInteger("spoolMemory", o.spoolMemory, 0),
    worker,
    threads,
    reproducible,
    initialVectors,
    freeze: checkFreeze(o.freeze),
    wordRates: checkWordRates(o.wordRates),
    resume: checkResume(o.resume),
    ...checkListeners(o),
    open: SIZED_OPTIONS.filter((name) => !(name in given)),
  };
}

/** What a checkpoint does not hold. */
const OWN = [...UNSTORED, "resume", "initialVectors", "freeze", "wordRates", ...LISTENERS] as const;

export function storedOptions(options: ResolvedOptions): StoredOptions {
  const entries = Object.entries(options).filter(([name]) => !(OWN as readonly string[]).includes(name));
  return Object.fromEntries(entries) as unknown as StoredOptions;
}

/** Kernels whose bytes are the same. */
const EXACT: readonly KernelChoice[] = ["auto", "simd", "scalar"];

/** Where training runs, which says nothing of the model. */
const PLACES: readonly string[] = ["threads"];

/** Options given that the training of a checkpoint did not have: each with what it was and what it is to be. */
export function otherOptions(
  given: TrainOptions,
  { options: stored }: Checkpoint,
): { name: string; was: string; is: string }[] {
  const resolved = resolveOptions(given);
  const shown = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : show(value));
  return (Object.keys(stored) as (keyof StoredOptions)[])
    .filter((name) => {
      if (PLACES.includes(name) || JSON.stringify(resolved[name]) === JSON.stringify(stored[name])) return false;
      return !(name === "kernel" && EXACT.includes(stored.kernel) && EXACT.includes(resolved.kernel));
    })
    .map((name) => ({ name, was: shown(stored[name]), is: shown(resolved[name]) }));
}

/** Whether several threads are asked for, for a training whose bytes are those of one. */
export function asksForThreads({ threads }: TrainOptions, { mode }: Checkpoint): boolean {
  return typeof threads === "number" && threads > 1 && !engineNamed(mode).isParallel;
}

/** The options of a checkpoint, with those of the training that goes on which may be others. @throws TypeError, RangeError */
export function goOnOptions(given: TrainOptions, { options: stored, vocabulary }: Checkpoint): ResolvedOptions {
  const resolved = resolveOptions({ ...given, initialVectors: undefined, freeze: undefined, wordRates: undefined });
  const own = Object.fromEntries(OWN.map((option) => [option, resolved[option]])) as Pick<
    ResolvedOptions,
    (typeof OWN)[number]
  >;
  return {
    ...stored,
    ...own,
    vocabulary,
    kernel: given.kernel === undefined ? stored.kernel : resolved.kernel,
    threads: given.threads === undefined ? stored.threads : resolved.threads,
  };
}

/**
 * The options of a checkpoint, with those given that may be others.
 * @throws RangeError for one that may not, TypeError as resolveOptions
 */
export function resumeOptions(given: TrainOptions, checkpoint: Checkpoint): ResolvedOptions {
  const { name } = checkpoint;
  const fail = (option: string, was: string): never => {
    throw new RangeError(`"${option}" clashes with "resume": ${was}; leave it out, or train anew without resume`);
  };
  for (const option of ["vocabulary", "keep", "initialVectors", "freeze", "wordRates"] as const)
    if (given[option] !== undefined) fail(option, `words and vectors are those of ${name}`);
  if (checkpoint.isOlder && !checkpoint.isFinished)
    throw new RangeError(
      `"resume" ${name} was begun by an older wasm2vec, which trained in another way: end it with that one, or load it as a model ` +
        "and train on from there",
    );
  if (asksForThreads(given, checkpoint)) fail("threads", `${name} was trained with one thread, got ${given.threads}`);
  for (const { name: option, was, is } of otherOptions(given, checkpoint))
    if (given[option as keyof TrainOptions] !== undefined) fail(option, `${name} was trained with ${was}, got ${is}`);
  return goOnOptions(given, checkpoint);
}

/** Initial vectors decide it, where there are some. */
function checkDim(given: number | undefined, vectors: WordVectors | undefined): number {
  const dim = checkInteger("dim", given ?? vectors?.dim ?? DEFAULTS.dim, 1, 65_536);
  if (vectors !== undefined && vectors.dim !== dim)
    throw new RangeError(`"dim" ${dim} clashes with "initialVectors", whose dim is ${vectors.dim}: leave dim out`);
  return dim;
}

function checkVectors(value: WordVectors | undefined): WordVectors | undefined {
  if (value === undefined || value instanceof WordVectors) return value;
  throw new TypeError(`"initialVectors" expected WordVectors, got ${show(value)}: use loadVectors or createVectors`);
}

/** @throws TypeError */
export function checkFreeze(value: Freeze | undefined): Freeze | undefined {
  if (value === undefined || typeof value === "function" || Array.isArray(value)) return value;
  throw new TypeError(`"freeze" expected an array of words or a function, got ${show(value)}`);
}

/** @throws TypeError */
export function checkWordRates(value: WordRates | undefined): WordRates | undefined {
  if (value === undefined || typeof value === "function" || value instanceof Map) return value;
  throw new TypeError(`"wordRates" expected a Map of words to numbers or a function, got ${show(value)}`);
}

function checkResume(value: Checkpoint | undefined): Checkpoint | undefined {
  if (value === undefined || value instanceof Checkpoint) return value;
  throw new TypeError(`"resume" expected a Checkpoint, got ${show(value)}: use readCheckpoint or loadCheckpoint`);
}

function checkVocabulary(value: unknown): Vocabulary | undefined {
  if (value === undefined || value instanceof Vocabulary) return value;
  throw new TypeError(`"vocabulary" expected a Vocabulary, got ${show(value)}: use Vocabulary.parse or loadVocabulary`);
}
