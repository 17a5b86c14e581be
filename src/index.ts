// Door for browsers: the public API without anything of Node.

import { spawnWorker } from "./browser/worker.js";
import { type CorpusSource, toCorpus } from "./text/corpus.js";
import { estimateMemoryFor, type MemoryEstimate } from "./train/estimate.js";
import type { Model } from "./train/model.js";
import type { TrainOptions } from "./train/options.js";
import { trainOn } from "./train/train.js";

/**
 * Trains word vectors on a corpus: sentences as arrays of tokens, or a function that returns a fresh (async) iterable of them.
 * @throws TypeError, RangeError naming the option or sentence; DivergenceError; the signal's reason
 */
export function train(corpus: CorpusSource, options?: TrainOptions): Promise<Model> {
  return trainOn({ toCorpus, cores, spawn: spawnWorker }, corpus, options);
}

/**
 * Memory that training will take, before anything is allocated. @param vocabularySize words with vectors
 * @throws TypeError, RangeError for options
 */
export function estimateMemory(options: TrainOptions, vocabularySize: number): MemoryEstimate {
  return estimateMemoryFor(options, vocabularySize, cores());
}

function cores(): number {
  return navigator.hardwareConcurrency || 1;
}

export * from "./api.js";
export { learnPhrases } from "./text/phrases.js";
