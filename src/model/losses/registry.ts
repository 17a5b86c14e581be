// The losses: a new one is a file beside these, a line here, and its arithmetic in the kernels.

import { hierarchicalSoftmax } from "./hierarchical-softmax.js";
import { negativeSampling } from "./negative-sampling.js";
import { oneVsAll } from "./one-vs-all.js";
import type { OutputLoss } from "./output-loss.js";
import { softmax } from "./softmax.js";

const ALL = [negativeSampling, hierarchicalSoftmax, softmax] as const;

/** Those that predict labels of lines: a line may have several. */
const OF_LABELS = [...ALL, oneVsAll] as const;

/** The output layer. */
export type LossName = (typeof ALL)[number]["name"];
export const LOSSES: readonly LossName[] = ALL.map(({ name }) => name);

/** The output layer of a classifier. */
export type LabelLossName = (typeof OF_LABELS)[number]["name"];
export const LABEL_LOSSES: readonly LabelLossName[] = OF_LABELS.map(({ name }) => name);

export function lossOf(name: LabelLossName): OutputLoss<LabelLossName> {
  return OF_LABELS.find((loss) => loss.name === name)!;
}

/** The losses that an option of training goes with; none for an option that does not depend on the loss. */
export function lossesWith(option: string): LossName[] {
  return LOSSES.filter((name) => lossOf(name).options.includes(option));
}
