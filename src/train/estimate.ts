// What a training will take, before anything is allocated.

import { checkInteger } from "../math/check.js";
import { planMemory } from "../model/parameters.js";
import { resolveOptions, type TrainOptions } from "./options.js";
import { planCrew } from "./parallel.js";

export interface MemoryEstimate {
  /** of WebAssembly memory in all; above 4 GB training is refused. A worker that cannot share it has a copy */
  bytes: number;
  /** of both matrices */
  matrices: number;
  /** threads that this counts with */
  threads: number;
}

/**
 * Memory of a training, computed as training itself does; with hierarchical softmax the tree's size is that of a usual vocabulary.
 * The words themselves take some 100 bytes each besides.
 * @param vocabularySize words with vectors
 * @param cores threads that the machine runs at once, for `threads: "auto"`
 * @throws TypeError, RangeError for options
 */
export function estimateMemoryFor(options: TrainOptions, vocabularySize: number, cores: number): MemoryEstimate {
  const resolved = resolveOptions(options);
  const words = checkInteger("vocabularySize", vocabularySize, 1, 2 ** 24);
  const crew = planCrew(resolved, cores, resolved.worker, words, words);
  const levels = Math.ceil(Math.log2(words)) + 1;
  // codes of word counts: on average a level more than the logarithm, the longest half as long again
  const tree = { depth: Math.ceil(1.5 * levels), bits: words * (levels + 1) };
  const { layout, size } = planMemory(resolved, crew.workplace, words, tree);
  return { bytes: size, matrices: 2 * words * layout.stride, threads: crew.threads };
}
