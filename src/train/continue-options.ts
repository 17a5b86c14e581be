// What Model.train is given: options of train that may be others each time, and its own.

import { LISTENERS, type RunListeners } from "./listeners.js";
import { type GivenAgain, namesOf, optionsAgain } from "./options/option.js";
import { SETTINGS } from "./options/table.js";
import type { Freeze, WordRates } from "./options/words.js";

/** Options of train that Model.train takes too. */
export const CONTINUED = optionsAgain(SETTINGS, "train");

/** Options of Model.train. Default: their values in the first training. */
export interface ContinueOptions extends GivenAgain<typeof SETTINGS, "train">, RunListeners {
  /** Initial learning rate of this call: the schedule restarts from it. Default: what the first training was given, or "auto". */
  learningRate?: number | "auto";
  /** Of this call alone, whatever the first training was given. Default 0. */
  validationShare?: number;
  /** Of this call alone, whatever the first training was given. Default: all epochs are trained. */
  patience?: number;
  /** Of this call alone, whatever the first training was given. Default 0. */
  minDelta?: number;
  /**
   * Adds the words of the corpus that reach minCount, and the counts of all. Known words keep their vectors and output vectors.
   * Hierarchical softmax gets a new tree, whose nodes start at 0. Default false: words without a vector are skipped.
   */
  updateVocabulary?: boolean;
  /** Giving freeze or wordRates replaces both as they were; [] freezes no word. */
  freeze?: Freeze;
  /** Giving freeze or wordRates replaces both as they were. */
  wordRates?: WordRates;
}

export const CONTINUE_OPTIONS = [...namesOf(CONTINUED), "updateVocabulary", ...namesOf(LISTENERS)];
