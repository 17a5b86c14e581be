/**
 * Door for Node: the public API with files and worker_threads.
 * @module wasm2vec
 */

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { fetchWasm } from "./kernel/engines/wasm.js";
import { openCheckpoint } from "./platform/node/checkpoint.js";
import { toNodeCorpus } from "./platform/node/corpus.js";
import { readError, writeAtomically } from "./platform/node/files.js";
import { openSpool, SPOOL_MEMORY } from "./platform/node/spool.js";
import { spawnWorker } from "./platform/node/worker.js";
import {
  type BasketSource,
  basketCorpus,
  itemOptions,
  type NodeOptions,
  walksAndOptions,
} from "./presets/sequences.js";
import type { CorpusSource } from "./text/corpus.js";
import { learnPhrases as learnFrom, type PhraseOptions, type Phrases } from "./text/phrases.js";
import type { Edge } from "./text/walks.js";
import type { Checkpoint } from "./train/checkpoint/checkpoint.js";
import { estimateMemoryFor, type MemoryEstimate } from "./train/estimate.js";
import type { Model } from "./train/model.js";
import type { Platform } from "./train/platform.js";
import { withCorpus } from "./train/reading.js";
import { type LoadModelOptions, loadModelOn, trainOn } from "./train/train.js";
import type { TrainOptions } from "./train/train-options.js";

const platform: Platform<NodeCorpusSource> = {
  toCorpus: toNodeCorpus,
  spawn: spawnWorker,
  cores: availableParallelism,
  fetchBytes,
  openSpool,
  spoolMemory: SPOOL_MEMORY,
  writeFile: writeAtomically,
};

/** What train takes in Node: also the path of a text file, plain or compressed, of a pipe or a folder, or a glob. */
export type NodeCorpusSource = CorpusSource | string | URL;

/**
 * Trains word vectors on a corpus: a file's path, sentences as arrays of tokens, or a function that returns a fresh (async) iterable of them.
 * @throws TypeError, RangeError naming the option or sentence; DivergenceError; the signal's reason
 */
export function train(corpus: NodeCorpusSource, options?: TrainOptions): Promise<Model<NodeCorpusSource>> {
  return trainOn(platform, corpus, options);
}

/**
 * The model that Model.save or a checkpoint wrote: with everything, to query, to train on, on the same or other text, to grow.
 * @param file a path, its bytes, or a Checkpoint @param options where it will train: kernel, wasm, threads, worker, spool
 * @throws TypeError, RangeError for options; Error if the file cannot be read; FormatError if it is no model, or damaged
 */
export async function loadModel(
  file: string | URL | Uint8Array | Checkpoint,
  options?: LoadModelOptions,
): Promise<Model<NodeCorpusSource>> {
  return loadModelOn(platform, await openCheckpoint(file), options);
}

/**
 * Vectors of items from baskets, sessions or histories, of which a file has one a line: train with ITEM_DEFAULTS, which options change.
 * @throws TypeError naming the basket; and as train
 */
export async function item2vec(
  baskets: BasketSource | string | URL,
  options?: TrainOptions,
): Promise<Model<NodeCorpusSource>> {
  const source = typeof baskets === "string" || baskets instanceof URL ? baskets : basketCorpus(baskets);
  return train(source, itemOptions(options));
}

/**
 * Vectors of the nodes of a graph by random walks: train on randomWalks with NODE_DEFAULTS, which options change.
 * @throws TypeError, RangeError as randomWalks and train
 */
export async function node2vec(edges: Iterable<Edge>, options?: NodeOptions): Promise<Model<NodeCorpusSource>> {
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
 * Counts the pairs of a corpus, which may be a file's path, and keeps those that score above the threshold.
 * @throws TypeError, RangeError for options; Error if the file cannot be read; what onWords throws; the signal's reason
 */
export async function learnPhrases(corpus: NodeCorpusSource, options: PhraseOptions = {}): Promise<Phrases> {
  // learnFrom checks the options first, and heeds the signal
  const onWarning = (message: string) => options.onWarning?.(message);
  return withCorpus(platform, corpus, { onWarning }, (read) => learnFrom(read, options, platform));
}

/** Node's fetch knows no file: URLs. */
async function fetchBytes(url: URL | string): Promise<Uint8Array<ArrayBuffer>> {
  if (/^https?:/.test(String(url))) return fetchWasm(url);
  const bytes = await readFile(url).catch((error) => {
    throw readError(error, url instanceof URL ? fileURLToPath(url) : url);
  });
  return new Uint8Array(bytes);
}

export * from "./api.js";
export type { Subwords } from "./format/fasttext.js";
export { fileCheckpoint, loadCheckpoint } from "./platform/node/checkpoint.js";
export { type FileOptions, fileCorpus, streamCorpus } from "./platform/node/corpus.js";
export { checkWritable, readChunks, readText, writeAtomically } from "./platform/node/files.js";
export type { TableOptions } from "./platform/node/table.js";
export {
  type LoadOptions,
  loadFastText,
  loadVectors,
  loadVocabulary,
  type SaveOptions,
  saveVectors,
  saveVocabulary,
} from "./platform/node/vectors.js";
