// What the help of the command line and the table of docs/guides/options.md say of each option of train. Apart from the tables
// of options, so that pages need not load it.

import type { TrainOptions } from "../node.js";

/** Of one option. Options are named in double quotes: the help makes flags of them, the guide code. */
export interface OptionLine {
  /** what it does, for the help, and for the guide unless that has a text of its own */
  help: string;
  /** its default in words, or what is to be said of it beside its value */
  byDefault?: string;
  /** what its flag takes, where the kind of the option does not say it: a file's name stands for what the file holds */
  takes?: `<${string}>`;
  /** what the flag with no- does, where both are there */
  negated?: string;
  /** why it has no flag */
  noFlag?: string;
  /** in the guide: Markdown */
  guide?: string;
}

const FUNCTION = "none: a function";
const SIGNALS = "none: signals do that";

export const OPTION_LINES: { readonly [Name in keyof TrainOptions]-?: OptionLine } = {
  preset: {
    help: "the defaults of another program for all options that are not given",
    guide:
      "the defaults of word2vec.c, gensim or fastText for all options that are not given ([what they are](../quality.md))",
  },
  model: { help: "skip-gram or continuous bag of words" },
  loss: {
    help: "output layer",
    guide: "the output layer. The cost of the full softmax grows with the vocabulary",
  },
  initialVectors: {
    help: "start from the vectors of this file, where it has the word",
    takes: "<file>",
    guide: "begin with vectors from elsewhere, where they have the word",
  },
  dim: { help: "floats of a vector", byDefault: 'or that of "initialVectors"' },
  maxn: { help: "characters of a subword at most; words never seen then have vectors too (0: no subwords)" },
  minn: { help: "characters of a subword at least, the marks of begin and end included", byDefault: "or maxn" },
  buckets: { help: "buckets that subwords share by their hash, as in fastText" },
  exactNgrams: { help: "each subword has a row of its own instead of a bucket" },
  initialRange: { help: 'vectors begin at random numbers up to this, divided by "dim"' },
  window: { help: "words on each side at most" },
  windowLeft: { help: "words before at most, 0 for none", byDefault: '"window"' },
  windowRight: { help: "words after at most, 0 for none", byDefault: '"window"' },
  windowWeights: {
    help: "what words of a window count by their distance: harmonic, linear, or numbers such as 1,0.5,0.25",
    byDefault: "all 1",
    takes: "<weights>",
    guide: 'what a context word counts by its distance: `"harmonic"`, `"linear"` or numbers',
  },
  shrinkWindows: {
    help: 'all words of each window, instead of a radius drawn from 1 to "window"',
    guide: "radii are drawn from 1 to `window`, as in word2vec.c; `false`: every window has all its words",
    byDefault: 'true, but false with "windowWeights"',
  },
  negatives: { help: "noise words of a prediction (negative-sampling)" },
  noiseExponent: { help: "noise words are drawn by count to this power (negative-sampling)" },
  sharedNegatives: {
    help: "skipgram: train pair by pair, each with its own noise words, as word2vec.c; not several pairs at once",
    guide:
      "skip-gram with negative sampling: up to 16 pairs in one step, with one set of noise words; `false`: pair by pair, each with its own, as in word2vec.c",
  },
  blocks: {
    help: "keep the rows in files of this folder: for models larger than memory",
    takes: "<folder>",
    byDefault: "in memory",
    guide:
      "Node: keep the rows in files of this folder, for models larger than memory ([larger than memory](larger-than-memory.md))",
  },
  blocksMemory: {
    help: 'bytes of rows held in memory with "blocks"',
    byDefault: "768M",
    takes: "<bytes>",
    guide: "bytes of rows held in memory with `blocks`: the more, the less is read and written",
  },
  cluster: {
    help: "train on the machines that run wasm2vec worker for this Redis",
    takes: "<url>",
    byDefault: "this machine",
    guide:
      "Node: train on the machines that run `wasm2vec worker` for this Redis, its URL or `{ url, prefix }` ([many machines](cluster.md))",
  },
  parts: {
    help: "skipgram: cut the words into so many blocks, and the text into a fifteenth at a time, as a cluster does",
    byDefault: "16 with blocks or cluster, else cut for one machine",
    guide:
      "skip-gram with negative sampling: cuts the words into so many blocks, a power of two, and the text into chunks of a fifteenth, as `cluster` and `blocks` do: the same bytes as theirs. (9.9) of [math.md](../math.md)",
  },
  cbowCombine: { help: "cbow: hidden vector", guide: "CBOW: what of its context vectors the hidden vector is" },
  cbowGradient: {
    help: "cbow: gradient of each context word",
    guide: "CBOW: whether each context word takes the whole gradient, as in word2vec.c, or its share",
  },
  epochs: {
    help: "passes over the corpus",
    byDefault: "more below 10,000 words",
    guide:
      "passes over the corpus; more for less than 10,000 words, so that the vectors move at all: (9.6) of [math.md](../math.md)",
  },
  learningRate: {
    help: "at the start; auto follows from the model and the words to read",
    guide:
      'where it starts. `"auto"` follows from the model and from the words that all epochs read ((8.4) of [math.md](../math.md)); should it turn out too high, training goes back and on at a quarter of it',
  },
  learningRateSchedule: {
    help: "how the learning rate changes with the words read; linear and cosine fall",
    guide:
      "how the learning rate goes with the words read; also a function from the progress, 0 to 1, to a share of `learningRate`: (8.3) of [math.md](../math.md)",
  },
  minLearningRate: { help: "where it stops falling", byDefault: 'a ten-thousandth of "learningRate"' },
  validationShare: {
    help: "hold out this share of the sentences, such as 0.001, and tell its loss after each epoch",
    guide:
      "this share of the sentences, at most ½, is not trained on, and its loss stands in the history after each epoch as `validationLoss`: [when to stop](#when-to-stop)",
  },
  patience: {
    help: "end after so many epochs in which neither score nor held-out loss improves",
    byDefault: "all epochs are trained",
    guide:
      "ends after so many epochs in which the score that `onEpochEnd` returns, or else `validationLoss`, has not improved: [when to stop](#when-to-stop)",
  },
  minDelta: { help: 'how much better an epoch must be for "patience" to count it' },
  minCount: { help: "drop words seen less often", byDefault: "less below 10,000 words" },
  maxVocabulary: {
    help: "keep at most so many words, the most frequent",
    byDefault: "all that there can be",
  },
  maxCountedWords: { help: "distinct words held while counting, above it the rarest are dropped" },
  vocabulary: {
    help: "take words and counts from here instead of counting",
    takes: "<file>",
    guide: "words and counts from an earlier run, instead of counting",
  },
  keep: { help: "whether a word gets a vector, by the word and its count", byDefault: "all do", noFlag: FUNCTION },
  subsample: { help: "threshold for thinning out frequent words, 0 for none", byDefault: "more below 10,000 words" },
  maxSentenceLength: { help: "split longer sentences" },
  freeze: {
    help: "do not train the vectors of these words: one word a line",
    takes: "<file>",
    guide: "words whose vectors stay as they begin",
  },
  wordRates: {
    help: "learning-rate multipliers of words, from 0 to 1: lines of a word, a space, a number",
    byDefault: "1 for all",
    takes: "<file>",
    guide: "a learning-rate multiplier from 0 to 1 for each word's vector (gensim's `vectors_lockf`)",
  },
  seed: {
    help: 'same seed, options and corpus: same vectors; where several threads train without locks, with "reproducible"',
  },
  kernel: {
    help: "engine; auto is simd",
    guide: '`"auto"` is `"simd"`; `"relaxed"` is faster, but not the same bits on every machine',
  },
  wasm: { help: "a kernel binary instead of the embedded one", takes: "<file>" },
  worker: {
    help: "read and train in the main thread",
    guide: "`false`: reads and trains in this thread alone",
  },
  threads: {
    help: "threads that read and train; auto is one for each core",
    takes: "<number>",
    guide:
      "workers that read and, then, workers that train: one for each core; skip-gram with negative sampling is trained by one for each block of words at most: 8 from 2,048 words on, 16 or more from 131,072; fewer than 512 words are one block, which one worker trains ((9.7) of [math.md](../math.md))",
  },
  reproducible: {
    help: "refuse whatever gives different bytes each time; cbow and the softmaxes then train on one thread",
    guide: "refuses what would give other bytes each time: [the same bytes again](reproducibility.md)",
  },
  spool: {
    help: "read the text once and keep its words as numbers, even if each pass would draw a new text",
    negated: "read the text anew in each epoch",
    guide:
      'read the text once: counting keeps its tokens as numbers, 4 bytes each, which every epoch reads. `"auto"` does so where each pass would give the same (files, streams, `textCorpus`, arrays), not for functions, iterables and walks; `true` always, `false` never',
  },
  spoolMemory: {
    help: "memory for those numbers, such as 1G; a temporary file holds the rest",
    byDefault: "256M",
    takes: "<bytes>",
    guide:
      "bytes of those numbers in memory, in a page and with `blocks` 64 MiB; the rest goes to a temporary file (in a page OPFS). If that fails, training goes on from the text",
  },
  resume: {
    help: "resume a checkpoint, with the options, corpus and output that it was started with",
    takes: "<file>",
    guide: "continue the training of a checkpoint",
  },
  checkpoint: {
    help: "save the training in this file, and resume from it after an interruption",
    takes: "<file>",
    guide: "nothing is lost when a process dies: the same call again goes on",
  },
  control: { help: "pauses the training, looks into it, asks for checkpoints", noFlag: SIGNALS },
  onProgress: { help: "receives the progress, at most ten times a second", noFlag: FUNCTION },
  onVocabulary: { help: "receives the vocabulary, before anything is trained", noFlag: FUNCTION },
  onEpochEnd: { help: "given the model after each epoch; false ends the training", noFlag: FUNCTION },
  onWarning: { help: "receives warnings", noFlag: FUNCTION },
  signal: { help: "an AbortSignal that ends the training", noFlag: SIGNALS },
};
