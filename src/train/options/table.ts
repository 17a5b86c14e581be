// The options of train that say what the model is to be and where it is trained. Types, defaults, checks, what a checkpoint
// holds, flags of the command line and the guide's table come from here. Options of one run are in ../train-options.ts.

import { checkBoolean, checkInteger, checkNumber } from "../../base/check.js";
import { isExact, KERNEL_CHOICES, type KernelChoice } from "../../kernel/engines/kernels.js";
import type { WasmSource } from "../../kernel/engines/wasm.js";
import { LOSSES, lossesWith, lossOf } from "../../model/losses/registry.js";
import { checkThreads } from "../../text/threads.js";
import type { WordVectors } from "../../vectors/vectors.js";
import { type BlocksOptions, type ClusterOptions, checkParts, PARTS } from "./elsewhere.js";
import {
  checkLearningRate,
  checkSchedule,
  FALLING,
  SCHEDULE_NAMES,
  type StoredSchedule,
  storedSchedule,
} from "./learning-rate.js";
import {
  boolean,
  callback,
  type Defaults,
  integer,
  namesOf,
  number,
  type Option,
  type OptionTable,
  oneOf,
  type Stored,
} from "./option.js";
import { PRESETS } from "./presets.js";
import { checkBuckets, checkExact, checkMinn, MOST_CHARACTERS, standardMinn } from "./subword-checks.js";
import { checkWeights, DEFAULT_WINDOW, MOST_WORDS } from "./window-shape.js";
import { checkFreeze, checkVectors, checkVocabulary, checkWordRates } from "./words.js";

const WITH_CBOW = { model: ["cbow"] } as const;

export const SETTINGS = {
  /** The defaults of "word2vec" (word2vec.c), "gensim" or "fasttext" for the options that are not given. Default: our own. */
  preset: { ...oneOf(PRESETS), stored: false },
  /** "skipgram" (default) or "cbow". */
  model: { ...oneOf(["skipgram", "cbow"]), default: "skipgram" },
  /**
   * The output layer: "negative-sampling" (default), "hierarchical-softmax" over a Huffman tree, or the full "softmax",
   * whose cost grows with the vocabulary. Sections 3 to 5 of docs/math.md.
   */
  loss: { ...oneOf(LOSSES), default: "negative-sampling" },
  /** Words found there begin with their vectors from there, of the same dim; the others at random. Default: all at random. */
  initialVectors: { check: checkVectors, stored: false, isSpent: true },
  /** Floats of a vector. Default 100, or that of initialVectors. */
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
  /**
   * Characters of a subword at most, the marks of a word's begin and end included; 0 (default): words have none. A word's vector is then
   * the mean of its own row and those of its character n-grams, and words never seen have vectors too. Bojanowski et al. 2017; fastText's
   * default is 6. (6.10) of docs/math.md.
   */
  maxn: { ...integer(0, MOST_CHARACTERS), default: 0 },
  /** Characters of a subword at least. Default 3, or maxn if that is less. */
  minn: {
    kind: "number",
    check: checkMinn,
    default: 3,
    derive: ({ maxn }: { maxn: number }) => standardMinn(maxn),
  },
  /** Buckets that n-grams share by their hash, as in fastText. Only those of words of the vocabulary take memory. Default 2,000,000. */
  buckets: { kind: "number", check: checkBuckets, default: 2_000_000 },
  /** Each n-gram of the vocabulary has its own row, as in finalfrontier, instead of sharing a bucket. fastText's files cannot hold it. */
  exactNgrams: { kind: "switch", check: checkExact, default: false },
  /** Input rows begin uniform in ± initialRange / dim. Default 0.5, as in word2vec.c; gensim and fastText have 1. */
  initialRange: { ...number(0, 1_000), default: 0.5 },
  /** Words on each side at most; the radius is drawn from 1 … window for each word, as in word2vec.c. Default 5. */
  window: { ...integer(1, MOST_WORDS), default: DEFAULT_WINDOW },
  /** Words before the centre word at most; 0 for none. Default `window`. */
  windowLeft: { ...integer(0, MOST_WORDS), derive: ({ window }: { window: number }) => window },
  /** Words after the centre word at most; 0 for none. Default `window`. */
  windowRight: { ...integer(0, MOST_WORDS), derive: ({ window }: { window: number }) => window },
  /**
   * What context words count by their distance d: "harmonic" is 1/d (as GloVe), "linear" (window + 1 − d) / window, what
   * drawn radii come to on average, or a number from 1e-6 to 1e6 for each distance up to the window. (6.8) of docs/math.md. Default: all 1.
   */
  windowWeights: { check: checkWeights, derive: () => [] },
  /**
   * Whether the radius is drawn for each word, from 1 … the larger of windowLeft and windowRight; false: every window has all
   * its words, as baskets ask for. Default true, but false with windowWeights.
   */
  shrinkWindows: {
    ...boolean(),
    derive: ({ windowWeights }: { windowWeights: readonly number[] }) => windowWeights.length === 0,
  },
  /** Negative sampling: noise words of a prediction. Default 5. */
  negatives: { ...integer(1, 1_000), default: 5, goesWith: { loss: lossesWith("negatives") } },
  /** Negative sampling: the noise distribution is count^noiseExponent. Default 0.75. */
  noiseExponent: { ...number(-10, 10), default: 0.75, goesWith: { loss: lossesWith("noiseExponent") } },
  /**
   * Skip-gram: up to 16 pairs that follow each other share their noise words (default); or, false, each has its own, as in
   * word2vec.c. (9.5) of docs/math.md.
   */
  sharedNegatives: {
    ...boolean(),
    default: true,
    goesWith: { model: ["skipgram"], loss: LOSSES.filter((name) => lossOf(name).fitsGrid) },
  },
  /**
   * Node, skip-gram with negative sampling: a folder where the rows are kept, as files of blocks, or BlocksOptions. A model may then be
   * larger than memory, and than the 4 GB of one WebAssembly memory; an interrupted training goes on with the same call. Default: the rows are in memory.
   */
  blocks: { check: (_: string, value: string | URL | BlocksOptions) => value, stored: false, again: "load" },
  /** Bytes of rows that are held in memory, with `blocks`. Default 768 MiB. */
  blocksMemory: { ...integer(2 ** 20), stored: false, again: "load" },
  /**
   * Node, skip-gram with negative sampling: trains on the machines that run clusterWorker for this Redis, its URL or ClusterOptions. Needs
   * the packages bullmq and ioredis. Default: this machine trains.
   */
  cluster: { check: (_: string, value: string | ClusterOptions) => value, stored: false, again: "load" },
  /**
   * Skip-gram: cuts the words into so many blocks, a power of two from 2 to 256, and the text into chunks of a fifteenth, as `cluster`
   * and `blocks` do: with the same parts all three give the same bytes. There are fewer parts than asked for where they would have
   * less than 256 words, more where they would have more than 65,536. (9.9) of docs/math.md. Default 16 with these, else cut
   * for one machine.
   */
  parts: {
    kind: "number",
    check: checkParts,
    derive: ({ blocks, cluster }: { blocks?: unknown; cluster?: unknown }) => (blocks || cluster ? PARTS : undefined),
    goesWith: { model: ["skipgram"], loss: LOSSES.filter((name) => lossOf(name).fitsGrid) },
  },
  /** CBOW: the hidden vector is the "mean" (default) or the "sum" of the context vectors. */
  cbowCombine: { ...oneOf(["mean", "sum"]), default: "mean", goesWith: WITH_CBOW },
  /**
   * CBOW: each context vector takes the whole gradient of the hidden vector ("undivided", default, as word2vec.c),
   * or 1/n of it for n context words ("divided"). The true gradient is "divided" for the mean, "undivided" for the sum.
   */
  cbowGradient: { ...oneOf(["undivided", "divided"]), default: "undivided", goesWith: WITH_CBOW },
  /** Passes over the corpus. Default 5. */
  epochs: { ...integer(1), default: 5, again: "train" },
  /**
   * The rate that learningRateSchedule starts from: "auto" (default) follows from the model and from the words that all epochs read;
   * should it turn out too high, training goes back to where all was well, and on with a quarter of it. (8.4) of docs/math.md.
   */
  learningRate: { kind: "number", check: checkLearningRate, default: "auto", again: "train" },
  /**
   * How the learning rate goes with the words read: "linear" (default) falls to minLearningRate, as in word2vec.c; "constant" stays;
   * "cosine" falls along half a cosine; or a function from the progress, 0 to 1, to a share of learningRate, a finite number from 0.
   * It is asked before each batch, in skip-gram with negative sampling each chunk. A checkpoint does not hold a function: to resume,
   * give the same one again. (8.3) of docs/math.md.
   */
  learningRateSchedule: {
    kind: "name",
    names: SCHEDULE_NAMES,
    check: checkSchedule,
    default: "linear",
    store: storedSchedule,
    // of the same name, so that the function itself is taken
    suits: (was: StoredSchedule, is: StoredSchedule) => was === is,
    again: "train",
  },
  /** Where the learning rate stops falling, with "linear" and "cosine". Default: a ten-thousandth of where it starts. */
  minLearningRate: {
    kind: "number",
    check: (name: string, value: number, { learningRate }: { learningRate: number | "auto" }) =>
      checkNumber(name, value, 0, learningRate === "auto" ? undefined : learningRate),
    goesWith: { learningRateSchedule: FALLING },
    again: "train",
  },
  /**
   * Share of the sentences, up to ½, that is held out: of 1/n every n-th is not trained on, and after each epoch the mean loss of their
   * predictions (of a sample of at most 20,000 words) stands in the history as validationLoss: (10.3) of docs/math.md. A sentence longer than
   * maxSentenceLength is several. Texts that may be drawn anew in each pass need `spool: true`. Default 0: all are trained on.
   */
  validationShare: { ...number(0, 0.5), default: 0, again: "train" },
  /**
   * Ends training after so many epochs without an improvement by minDelta: of the score that onEpochEnd returns as { score }, where
   * it does, else of validationLoss. The vectors are those of the last epoch. Default: all epochs are trained.
   */
  patience: { ...integer(1), again: "train" },
  /** Least improvement that patience counts as one. Default 0: any. */
  minDelta: { ...number(0), default: 0, again: "train" },
  /** Words seen less often have no vector. Default 5. */
  minCount: { ...integer(1), default: 5 },
  /** At most so many words, the most frequent. Default: no limit. */
  // two words, so that there is one to predict; a Map of V8 ends at 2^24 entries
  maxVocabulary: { ...integer(2, 2 ** 24), default: 2 ** 24 },
  /** Distinct words held while counting; above it the rarest are dropped. Default 10,000,000. */
  maxCountedWords: { ...integer(1, 2 ** 24), default: 10_000_000 },
  /** Words and counts from an earlier run instead of a first pass over the corpus; minCount, maxVocabulary and keep do not apply. */
  vocabulary: { check: checkVocabulary, stored: false, isSpent: true },
  /** Whether a word that passed minCount gets a vector: for stop words and blocklists. Default: all do. */
  keep: { ...callback<(word: string, count: number) => boolean>(), isSpent: true },
  /** Threshold of subsampling frequent words; 0 keeps all. Default 1e-3. */
  subsample: { ...number(0), default: 1e-3 },
  /** Longer sentences are split. Default 10,000 words. */
  maxSentenceLength: { ...integer(2, 1_000_000), default: 10_000 },
  /** Words whose vectors stay as they begin, while all others and the output rows are trained. Default: none. */
  freeze: { check: checkFreeze, stored: false, isSpent: true, again: "train" },
  /**
   * Learning-rate multiplier of each word's vector, from 0, which freezes it, to 1: (6.9) of docs/math.md; gensim's vectors_lockf.
   * It does not affect the output rows. Default: 1 for all.
   */
  wordRates: { check: checkWordRates, stored: false, isSpent: true, again: "train" },
  /** Integer from 0; the same seed, options and corpus give the same vectors, but for several threads with CBOW or a softmax. Default 1. */
  seed: { ...integer(0), default: 1 },
  /** Engine: "auto" (default) is "simd"; "relaxed" is faster where fused multiply-add exists, but not the same on all machines. */
  kernel: {
    ...oneOf(KERNEL_CHOICES),
    default: "auto",
    suits: (was: KernelChoice, is: KernelChoice) => was === is || (isExact(was) && isExact(is)),
    again: "load",
  },
  /** A kernel binary instead of the embedded one: bytes, compiled module or URL. */
  wasm: { check: (_: string, value: WasmSource) => value, stored: false, again: "load" },
  /** Train in workers (default), so that the calling thread stays free, or in process, on one thread. */
  worker: { ...boolean(), default: true, stored: false, again: "load" },
  /**
   * Workers that read and, then, workers that train: "auto" (default) is one for each core. Skip-gram with negative sampling is
   * trained by one for each block of words at most: by one below 512 words, by eight from 2,048 on. (9.7) of docs/math.md.
   */
  threads: {
    check: (_: string, value: number | "auto", { worker }: { worker: boolean }) => checkThreads(worker, value).threads,
    default: "auto",
    // where training runs, which says nothing of the model
    suits: () => true,
    again: "load",
  },
  /**
   * Refuses what would give other bytes each time, or on other machines. Skip-gram with negative sampling, item2vec and node2vec
   * give the same bytes anyway, on any number of threads; CBOW and the softmaxes only on one thread, which this then asks for.
   * Default false: those train on all threads without locks where memory can be shared (Recht et al. 2011), different each time.
   */
  reproducible: { ...boolean(), default: false },
  /**
   * Read the text once: the pass that counts its words keeps them as numbers, 4 bytes a token, which epochs read instead of the
   * text; that spares them reading, unpacking and tokenising. In memory up to spoolMemory, the rest in a temporary file (in a page
   * in the origin private file system). If that fails, onWarning gets a warning and training continues from the text. "auto" (default) does so
   * where each pass would give the same, Corpus.isConstant: files, streams, textCorpus, arrays; not for functions and iterables.
   */
  spool: {
    kind: "switch",
    check: (name: string, value: boolean | "auto") => (value === "auto" ? value : checkBoolean(name, value)),
    default: "auto",
    stored: false,
    again: "load",
  },
  /** Bytes that spool takes in memory before the file begins. Default 256 MiB in Node, 64 MiB in a page and with `blocks`. */
  spoolMemory: { ...integer(0), stored: false, again: "load" },
} as const satisfies OptionTable;

/** Settings as a checkpoint holds them. */
export interface StoredOptions extends Stored<typeof SETTINGS> {}

/** Defaults that depend on no other option. */
interface DefaultValues extends Defaults<typeof SETTINGS> {}

/**
 * Values of the options that are not given, where they depend on no other option; for texts of less than 10,000 words minCount,
 * subsample and epochs depend on the words: see small-text.ts.
 */
export const DEFAULTS: DefaultValues = Object.fromEntries(
  namesOf(SETTINGS, (option) => "default" in option).map((name) => [name, (SETTINGS as OptionTable)[name].default]),
) as unknown as DefaultValues;

/** Options as a checkpoint holds them. Options that came after it was written get their defaults. */
export function storedOf(options: { readonly [Name in keyof StoredOptions]?: unknown }): StoredOptions {
  const names = namesOf(SETTINGS, ({ stored }) => stored !== false) as (keyof StoredOptions)[];
  const entries = names.map((name) => {
    const { store, default: standard } = SETTINGS[name] as Option;
    const value = options[name] ?? standard;
    return [name, store ? store(value as never) : value];
  });
  return Object.fromEntries(entries);
}
