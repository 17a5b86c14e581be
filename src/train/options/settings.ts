// What a training is set to: the values of its options. Those that are objects of one run are in ../train-options.ts.

import { lossOf } from "../../model/losses/registry.js";
import type { Values } from "./option.js";
import type { SizedOption } from "./small-text.js";
import type { SETTINGS } from "./table.js";

/** Options with their values; window is the larger of windowLeft and windowRight. */
export interface Settings extends Values<typeof SETTINGS> {
  /** those of the options that suit themselves to a small text which were not given */
  open: readonly SizedOption[];
}

/** Whether predictions are pairs of rows, which cells can be made of. */
export function fitsGrid({ model, loss }: Pick<Settings, "model" | "loss">): boolean {
  return model === "skipgram" && lossOf(loss).fitsGrid;
}
