// How the training of a classifier stands.

import type { ParallelMode } from "./execution/engines.js";
import type { EpochRecord, Position, Schedule } from "./loop/records.js";
import type { StoredClassifierSettings } from "./options/classifier-table.js";

/** How a training stands, as its file has it beside the rows. */
export interface ClassifierTraining {
  options: StoredClassifierSettings;
  schedule: Schedule;
  position: Position;
  mode: ParallelMode;
  /** u32[4] of each lane's generator */
  random: readonly (readonly number[])[];
  /** fingerprint of the lines that it trains on */
  text: string;
  history: readonly EpochRecord[];
  metadata?: Record<string, unknown>;
}
