// What a training will take, before anything is allocated.

import { checkInteger } from "../math/check.js";
import { planMemory } from "../model/parameters.js";
import { resolveOptions, type TrainOptions } from "./options.js";
import { planCrew } from "./parallel.js";

export interface MemoryEstimate {
  /** of the model's WebAssembly memory; above 4 GB training is refused */
  bytes: number;
  /** that workers have besides, as large, where they do not share it */
  copies: number;
  /** of both matrices */
  matrices: number;
  /** threads that this counts with */
  threads: number;
}

/**
 * Memory of a training where it can be shared, computed as training itself does; with hierarchical softmax the tree's size is that of a usual vocabulary.
 * The words themselves take some 100 bytes each besides.
 * @param vocabularySize words with vectors
 * @param cores threads that the machine runs at once, for `threads: "auto"`
 * @throws TypeError, RangeError for options
 */
export function estimateMemoryFor(options: TrainOptions, vocabularySize: number, cores: number): MemoryEstimate {
  const resolved = resolveOptions(options);
  const words = checkInteger("vocabularySize", vocabularySize, 1, 2 ** 24);
  const { worker, parallel } = resolved;
  const shared = worker && parallel !== "replicas";
  const crew = planCrew(resolved, cores, shared, words, words);
  const levels = Math.ceil(Math.log2(words)) + 1;
  // codes of word counts: on average a level more than the logarithm, the longest half as long again
  const tree = { depth: Math.ceil(1.5 * levels), bits: words * (levels + 1) };
  const { layout, size } = planMemory(resolved, crew.workplace, words, tree);
  const copies = worker && !shared ? crew.threads : 0;
  return { bytes: size, copies, matrices: 2 * words * layout.stride, threads: crew.threads };
}
