/**
 * Entry point wasm2vec/classify: classifiers of texts that were trained elsewhere, to predict with. Plain JavaScript, without WebAssembly.
 * @module wasm2vec/classify
 */

export {
  type ClassifierArgs,
  type ClassifierData,
  type ClassifierLoss,
  type ClassifierRows,
  DenseRows,
} from "./classifier/classifier-data.js";
export { readClassifier } from "./classifier/classifier-file.js";
export { readFastTextClassifier } from "./classifier/fasttext-classifier.js";
export { Classifier, type ClassifyOptions, type LabelProbability } from "./classifier/line-classifier.js";
