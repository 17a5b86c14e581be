/**
 * Entry point wasm2vec/files, for Node: vectors, vocabularies, checkpoints and texts in files.
 * @module wasm2vec/files
 */

export { fileCheckpoint, loadCheckpoint } from "./platform/node/checkpoint.js";
export { type FileOptions, fileCorpus, streamCorpus } from "./platform/node/corpus.js";
export { readChunks, writeAtomically } from "./platform/node/files.js";
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
