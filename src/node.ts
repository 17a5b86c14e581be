/**
 * Entry point wasm2vec in Node, and wasm2vec/node: the public API, where a path may stand for a corpus or a model.
 * @module wasm2vec
 */

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type Facade, type Host, item2vecOn, learnPhrasesOn, node2vecOn } from "./facade.js";
import { fetchWasm } from "./kernel/engines/wasm.js";
import { openCheckpoint } from "./platform/node/checkpoint.js";
import { labelledFile, toNodeCorpus } from "./platform/node/corpus.js";
import { pathOf, readError, readWhole, writeAtomically } from "./platform/node/files.js";
import { openSpool, SPOOL_MEMORY } from "./platform/node/spool.js";
import { spawnWorker } from "./platform/node/worker.js";
import type { CorpusSource } from "./text/corpus.js";
import { estimateMemoryFor } from "./train/estimate.js";
import { loadModelOn, trainOn } from "./train/train.js";

const host: Host<string | URL> = {
  toCorpus: toNodeCorpus,
  spawn: spawnWorker,
  cores: availableParallelism,
  fetchBytes,
  openSpool,
  spoolMemory: SPOOL_MEMORY,
  writeFile: writeAtomically,
  labelledFile,
  makerElsewhere: async (options, corpus) =>
    (await import("./cluster/elsewhere.js")).makerElsewhere(host, options, corpus),
};

/** What train takes in Node: also the path of a text file, plain or compressed, of a pipe or a folder, a glob, or an http or https URL. */
export type NodeCorpusSource = CorpusSource | string | URL;

// each a function of its own, so that a bundle holds only what its page calls
/** @function */
export const train: Facade<string | URL>["train"] = (corpus, options) => trainOn(host, corpus, options);
/** @function */
export const item2vec: Facade<string | URL>["item2vec"] = async (...given) => item2vecOn(host, ...given);
/** @function */
export const node2vec: Facade<string | URL>["node2vec"] = async (...given) => node2vecOn(host, ...given);
/** @function */
export const learnPhrases: Facade<string | URL>["learnPhrases"] = async (...given) => learnPhrasesOn(host, ...given);
/** @function */
export const loadModel: Facade<string | URL>["loadModel"] = async (file, options) =>
  loadModelOn(host, await openCheckpoint(file), options);
/** @function */
export const trainClassifier: Facade<string | URL>["trainClassifier"] = async (source, options) =>
  (await import("./train/train-classifier.js")).trainClassifierOn(host, source, options);
/** @function */
export const loadClassifier: Facade<string | URL>["loadClassifier"] = async (file) => {
  const { loadClassifierOn } = await import("./train/classifier-model.js");
  if (file instanceof Uint8Array) return loadClassifierOn(host, file, "the classifier");
  return loadClassifierOn(host, await readWhole(file), pathOf(file));
};
/** @function */
export const estimateMemory: Facade<string | URL>["estimateMemory"] = (...given) => estimateMemoryFor(host, ...given);

/** Node's fetch knows no file: URLs. */
async function fetchBytes(url: URL | string): Promise<Uint8Array<ArrayBuffer>> {
  if (/^https?:/.test(String(url))) return fetchWasm(url);
  const bytes = await readFile(url).catch((error) => {
    throw readError(error, url instanceof URL ? fileURLToPath(url) : url);
  });
  return new Uint8Array(bytes);
}

export * from "./api.js";
