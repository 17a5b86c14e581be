// Door for browsers: the public API without anything of Node.

import { openSpool, SPOOL_MEMORY } from "./platform/browser/spool.js";
import { spawnWorker } from "./platform/browser/worker.js";
import {
  type BasketSource,
  basketCorpus,
  itemOptions,
  type NodeOptions,
  walksAndOptions,
} from "./presets/sequences.js";
import { type CorpusSource, toCorpus } from "./text/corpus.js";
import { learnPhrases as learnFrom, type PhraseOptions, type Phrases } from "./text/phrases.js";
import type { Edge } from "./text/walks.js";
import { Checkpoint, readCheckpoint } from "./train/checkpoint/checkpoint.js";
import { estimateMemoryFor, type MemoryEstimate } from "./train/estimate.js";
import type { Model } from "./train/model.js";
import type { Platform } from "./train/platform.js";
import { type LoadModelOptions, loadModelOn, trainOn } from "./train/train.js";
import type { TrainOptions } from "./train/train-options.js";

const platform: Platform<CorpusSource> = {
  ...{ toCorpus, cores, openSpool },
  spawn: spawnWorker,
  spoolMemory: SPOOL_MEMORY,
};

/**
 * Trains word vectors on a corpus: sentences as arrays of tokens, or a function that returns a fresh (async) iterable of them.
 * @throws TypeError, RangeError naming the option or sentence; DivergenceError; the signal's reason
 */
export function train(corpus: CorpusSource, options?: TrainOptions): Promise<Model> {
  return trainOn(platform, corpus, options);
}

/**
 * The model that Model.save or a checkpoint wrote: with everything, to query, to train on, on the same or other text, to grow.
 * @param file its bytes, or a Checkpoint @param options where it will train: kernel, wasm, threads, worker, spool
 * @throws TypeError, RangeError for options; FormatError if it is no model, or damaged
 */
export async function loadModel(file: Uint8Array | Checkpoint, options?: LoadModelOptions): Promise<Model> {
  return loadModelOn(platform, file instanceof Checkpoint ? file : readCheckpoint(file, "model"), options);
}

/**
 * Vectors of items from baskets, sessions or histories: train with ITEM_DEFAULTS, which options change.
 * @throws TypeError naming the basket; and as train
 */
export async function item2vec(baskets: BasketSource, options?: TrainOptions): Promise<Model> {
  return train(basketCorpus(baskets), itemOptions(options));
}

/**
 * Vectors of the nodes of a graph by random walks: train on randomWalks with NODE_DEFAULTS, which options change.
 * @throws TypeError, RangeError as randomWalks and train
 */
export async function node2vec(edges: Iterable<Edge>, options?: NodeOptions): Promise<Model> {
  return train(...walksAndOptions(edges, options));
}

/**
 * Memory that training will take, before anything is allocated. @param vocabularySize words with vectors
 * @param tokens of the text; default: as many as take the most
 * @throws TypeError, RangeError for options
 */
export function estimateMemory(options: TrainOptions, vocabularySize: number, tokens?: number): MemoryEstimate {
  return estimateMemoryFor(platform, options, vocabularySize, tokens);
}

/**
 * Counts the pairs of a corpus and keeps those that score above the threshold.
 * @throws TypeError, RangeError for options; what onWords throws; the signal's reason
 */
export function learnPhrases(corpus: CorpusSource, options?: PhraseOptions): Promise<Phrases> {
  return learnFrom(corpus, options, platform);
}

function cores(): number {
  return navigator.hardwareConcurrency || 1;
}

export * from "./api.js";
