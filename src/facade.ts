// The functions of the root that depend on where they run: the same for pages and for Node, made from the platform of each.

import {
  type BasketSource,
  basketCorpus,
  itemOptions,
  type NodeOptions,
  walksAndOptions,
} from "./presets/sequences.js";
import type { CorpusSource } from "./text/corpus.js";
import type { ExampleSource } from "./text/examples.js";
import { learnPhrases, type PhraseOptions, type Phrases } from "./text/phrases.js";
import type { Edge } from "./text/walks.js";
import type { Checkpoint } from "./train/checkpoint/checkpoint.js";
import type { ClassifierModel } from "./train/classifier-model.js";
import type { MemoryEstimate } from "./train/estimate.js";
import type { Model } from "./train/model.js";
import type { Platform } from "./train/platform.js";
import { withCorpus } from "./train/reading.js";
import { type LoadModelOptions, trainOn } from "./train/train.js";
import type { ClassifierOptions } from "./train/train-classifier.js";
import type { TrainOptions } from "./train/train-options.js";

/** Where an entry point runs. Path: the type of a file's name there, string | URL in Node; never in a page. */
export type Host<Path> = Platform<CorpusSource | Path>;

/** The functions that depend on where they run. Path: the type of a file's name, string | URL in Node; never in a page. */
export interface Facade<Path> {
  /**
   * Trains word vectors on a corpus.
   * @param corpus sentences as arrays of tokens, a function that returns a fresh (async) iterable of them, or a Corpus;
   * in Node also the path of a text file, plain or compressed, of a pipe or a folder, a glob, or an http or https URL
   * @throws TypeError, RangeError naming the option or sentence; Error if a file cannot be read; DivergenceError; the signal's reason
   */
  train(corpus: CorpusSource | Path, options?: TrainOptions): Promise<Model<CorpusSource | Path>>;

  /**
   * Vectors of items from baskets, sessions or histories: train with ITEM_DEFAULTS, which options change.
   * @param baskets in Node also the path of a file with one a line
   * @throws TypeError naming the basket; and as train
   */
  item2vec(baskets: BasketSource | Path, options?: TrainOptions): Promise<Model<CorpusSource | Path>>;

  /**
   * Vectors of the nodes of a graph by random walks: train on randomWalks with NODE_DEFAULTS, which options change.
   * @throws TypeError, RangeError as randomWalks and train
   */
  node2vec(edges: Iterable<Edge>, options?: NodeOptions): Promise<Model<CorpusSource | Path>>;

  /**
   * Counts the pairs of a corpus and keeps those that score above the threshold.
   * @param corpus as for train
   * @throws TypeError, RangeError for options; Error if a file cannot be read; what onWords throws; the signal's reason
   */
  learnPhrases(corpus: CorpusSource | Path, options?: PhraseOptions): Promise<Phrases>;

  /**
   * The model that Model.save or a checkpoint wrote: with everything, to query, to train on, on the same or other text, to grow.
   * @param file its bytes, or a Checkpoint; in Node also its path
   * @param options where it will train: kernel, wasm, threads, worker, spool
   * @throws TypeError, RangeError for options; Error if the file cannot be read; FormatError if it is no model, or damaged
   */
  loadModel(file: Uint8Array | Checkpoint | Path, options?: LoadModelOptions): Promise<Model<CorpusSource | Path>>;

  /**
   * Trains a classifier of texts: fastText's, with its defaults.
   * @param source examples { text, labels }, lines in which labels stand as words such as __label__spam, something that gives an iterator
   * of either, or a Corpus whose tokens have such labels among them; in Node also the path of a text file with such lines
   * @throws TypeError, RangeError naming the option or example; Error if a file cannot be read; DivergenceError; the signal's reason
   */
  trainClassifier(source: ExampleSource | Path, options?: ClassifierOptions): Promise<ClassifierModel<Path>>;

  /**
   * The classifier that ClassifierModel.save or a checkpoint wrote: to predict, to test, to go on with its training.
   * @param file its bytes; in Node also its path
   * @throws TypeError, Error if the file cannot be read; FormatError if it is no classifier, or damaged
   */
  loadClassifier(file: Uint8Array | Path): Promise<ClassifierModel<Path>>;

  /**
   * Memory that training will take, before anything is allocated.
   * @param vocabularySize words with vectors @param tokens of the text; default: as many as take the most
   * @throws TypeError, RangeError for options
   */
  estimateMemory(options: TrainOptions, vocabularySize: number, tokens?: number): MemoryEstimate;
}

export function item2vecOn<Path>(host: Host<Path>, ...[baskets, options]: Parameters<Facade<Path>["item2vec"]>) {
  return trainOn(host, basketCorpus(baskets), itemOptions(options));
}

export function node2vecOn<Path>(host: Host<Path>, ...[edges, options]: Parameters<Facade<Path>["node2vec"]>) {
  return trainOn(host, ...walksAndOptions(edges, options));
}

export function learnPhrasesOn<Path>(
  host: Host<Path>,
  ...[corpus, options = {}]: Parameters<Facade<Path>["learnPhrases"]>
) {
  // learnPhrases checks the options first, and heeds the signal
  const onWarning = (message: string) => options.onWarning?.(message);
  return withCorpus(host, corpus, { onWarning }, (read) => learnPhrases(read, options, host));
}
