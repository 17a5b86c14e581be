// What the help of wasm2vec classify train and the table of docs/guides/classify.md say of each option of trainClassifier.

import type { ClassifierOptions } from "../node.js";
import type { OptionLine } from "./option-lines.js";

const FUNCTION = "none: a function";

export const CLASSIFIER_LINES: { readonly [Name in keyof ClassifierOptions]-?: OptionLine } = {
  loss: { help: "output layer; one-vs-all for lines with several labels" },
  initialVectors: {
    help: "start from the vectors of this file, where it has the word",
    takes: "<file>",
    guide: "begin with vectors from elsewhere, where they have the word",
  },
  dim: { help: "floats of the hidden vector", byDefault: 'or that of "initialVectors"' },
  initialRange: { help: 'rows begin at random numbers up to this, divided by "dim"' },
  wordNgrams: { help: "words of an n-gram at most; 2 adds pairs of words that follow each other" },
  minn: { help: "characters of an n-gram of a word at least" },
  maxn: { help: "characters of an n-gram of a word at most; 0: words have none" },
  buckets: { help: "numbers that n-grams are hashed to" },
  negatives: { help: "labels drawn as noise for a line (negative-sampling)" },
  noiseExponent: { help: "they are drawn by count to this power (negative-sampling)" },
  classWeights: {
    help: "balanced: each label counts as much as any other; or label=weight, separated by commas",
    byDefault: "all lines count 1",
    takes: "<weights>",
    guide: '`"balanced"`: each label counts as much as any other; or an object `{ label: weight }`',
  },
  epochs: { help: "passes over the lines" },
  learningRate: { help: "where the learning rate starts; it falls to 0" },
  shuffle: {
    help: "train the lines in their order, as fastText",
    guide: "shuffle the lines once, by the seed; `false`: in their order, as fastText",
  },
  minCount: { help: "words seen less often have no row of their own" },
  minCountLabel: { help: "labels seen less often are left out" },
  tokenize: {
    help: "how texts become tokens",
    byDefault: "at whitespace",
    noFlag: "`--tokenizer`, `--lowercase` and others, as of `wasm2vec train`",
    guide: "how texts become tokens: options of [textCorpus](page.md), without `splitSentences`",
  },
  seed: { help: "the same seed, options and text give the same bytes on one thread" },
  kernel: { help: "engine; auto is simd, the fastest that is the same on all machines" },
  wasm: {
    help: "a kernel binary instead of the embedded one",
    takes: "<file>",
    byDefault: "the embedded one",
  },
  worker: { help: "train in the main thread", guide: "train in a worker; `false`: in the calling thread" },
  threads: {
    help: "threads that train, or auto; more than 1 are faster, and give other bytes each time",
    takes: "<number>",
  },
  resume: {
    help: "go on with the training of this checkpoint, on the same files",
    takes: "<file>",
    byDefault: "a new training",
    guide: "go on with an interrupted training, as `loadClassifier` reads its checkpoint",
  },
  checkpoint: {
    help: "write checkpoints to this file while training",
    takes: "<file>",
    byDefault: "none",
    guide: "write checkpoints while training: `fileCheckpoint`",
  },
  control: { help: "pause, and ask for checkpoints", noFlag: "none: signals do that" },
  onProgress: { help: "called at most ten times a second", noFlag: FUNCTION },
  onEpochEnd: { help: "called as each epoch ends; false stops training early", noFlag: FUNCTION },
  onWarning: { help: "receives warnings", noFlag: FUNCTION },
  signal: { help: "stops training", noFlag: "none: signals do that" },
};
