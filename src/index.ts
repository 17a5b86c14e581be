// Entry point wasm2vec in pages: the public API without anything of Node.

import { type Facade, type Host, item2vecOn, learnPhrasesOn, node2vecOn } from "./facade.js";
import { spawnWorker } from "./platform/browser/worker.js";
import { toCorpus } from "./text/corpus.js";
import { Checkpoint, readCheckpoint } from "./train/checkpoint/checkpoint.js";
import { estimateMemoryFor } from "./train/estimate.js";
import { loadModelOn, trainOn } from "./train/train.js";

/** Default of spoolMemory: bytes in memory; the rest goes to a file. */
const SPOOL_MEMORY = 64 * 2 ** 20;

const host: Host<never> = {
  toCorpus,
  // a small text needs no file
  openSpool: async () => (await import("./platform/browser/spool.js")).openSpool(),
  spawn: spawnWorker,
  cores: () => navigator.hardwareConcurrency || 1,
  spoolMemory: SPOOL_MEMORY,
};

// each a function of its own, so that a bundle holds only what its page calls
export const train: Facade<never>["train"] = (corpus, options) => trainOn(host, corpus, options);
export const item2vec: Facade<never>["item2vec"] = async (...given) => item2vecOn(host, ...given);
export const node2vec: Facade<never>["node2vec"] = async (...given) => node2vecOn(host, ...given);
export const learnPhrases: Facade<never>["learnPhrases"] = async (...given) => learnPhrasesOn(host, ...given);
export const loadModel: Facade<never>["loadModel"] = async (file, options) =>
  loadModelOn(host, file instanceof Checkpoint ? file : readCheckpoint(file, "model"), options);
// the classifier's code is loaded when one is asked for
export const trainClassifier: Facade<never>["trainClassifier"] = async (source, options) =>
  (await import("./train/train-classifier.js")).trainClassifierOn(host, source, options);
export const loadClassifier: Facade<never>["loadClassifier"] = async (file) =>
  (await import("./train/classifier-model.js")).loadClassifierOn(host, file, "the classifier");
export const estimateMemory: Facade<never>["estimateMemory"] = (...given) => estimateMemoryFor(host, ...given);

export * from "./api.js";
