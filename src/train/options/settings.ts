// What a training is set to: the values of its options. Those that are objects of one run are in ../train-options.ts.

import type { KernelChoice } from "../../kernel/engines/kernels.js";
import type { WasmSource } from "../../kernel/engines/wasm.js";
import { lossOf } from "../../model/losses/registry.js";
import type { ParameterOptions } from "../../model/parameters.js";
import type { Vocabulary, VocabularyOptions } from "../../text/vocabulary.js";
import type { SizedOption } from "./small-text.js";
import { DEFAULT_WINDOW } from "./window-shape.js";

/** Options with their values. */
export interface Settings extends ParameterOptions, VocabularyOptions {
  sharedNegatives: boolean;
  /** those of the options that suit themselves to a small text which were not given */
  open: readonly SizedOption[];
  vocabulary?: Vocabulary;
  epochs: number;
  learningRate: number;
  minLearningRate: number;
  /** the larger of windowLeft and windowRight */
  window: number;
  kernel: KernelChoice;
  wasm?: WasmSource;
  maxSentenceLength: number;
  spool: boolean | "auto";
  spoolMemory?: number;
  worker: boolean;
  threads: number | "auto";
  reproducible: boolean;
}

/**
 * Values of the options that are not given; learningRate and minLearningRate depend on others, and for texts of less than 10,000
 * words minCount, subsample and epochs on the words: see small-text.ts.
 */
export const DEFAULTS = {
  model: "skipgram",
  loss: "negative-sampling",
  dim: 100,
  window: DEFAULT_WINDOW,
  negatives: 5,
  sharedNegatives: true,
  cbowCombine: "mean",
  cbowGradient: "undivided",
  epochs: 5,
  minCount: 5,
  maxVocabulary: 2 ** 24,
  maxCountedWords: 10_000_000,
  subsample: 1e-3,
  noiseExponent: 0.75,
  seed: 1,
  kernel: "auto",
  maxSentenceLength: 10_000,
  spool: "auto",
  worker: true,
  threads: "auto",
  reproducible: false,
} as const;

export const DEFAULT_LEARNING_RATE = { skipgram: 0.025, cbow: 0.05 } as const;

/** Those that a checkpoint does not hold: functions and objects, and where training runs. */
export const UNSTORED = ["vocabulary", "keep", "wasm", "spool", "spoolMemory", "worker", "open"] as const;

/** Settings as a checkpoint holds them. */
export type StoredOptions = Omit<Settings, (typeof UNSTORED)[number]>;

/** Whether predictions are pairs of rows, which cells can be made of. */
export function fitsGrid({ model, loss }: Pick<Settings, "model" | "loss">): boolean {
  return model === "skipgram" && lossOf(loss).fitsGrid;
}
