// Early stopping: whether an epoch was one too many.

import { show } from "../../base/check.js";
import type { ValidationSplit } from "../../text/validation-split.js";
import type { EpochRecord, Schedule } from "./records.js";

interface Asked {
  patience?: number;
  minDelta?: number;
  validationShare?: number;
  onEpochEnd?: unknown;
}

/** @throws RangeError for options of early stopping that say nothing together */
export function checkPatience({ patience, minDelta = 0, validationShare = 0, onEpochEnd }: Asked): void {
  if (patience === undefined && minDelta > 0)
    throw new RangeError('"minDelta" goes with "patience": give that too, or leave it out');
  if (patience !== undefined && validationShare === 0 && onEpochEnd === undefined)
    throw new RangeError(
      '"patience" has nothing to go by: give "validationShare", such as 0.001, or an "onEpochEnd" that returns { score }, such as that of qualityProbe',
    );
}

/**
 * What has not improved by minDelta for as many epochs as patience says; undefined: training goes on.
 * @param records of the epochs of this run
 */
export function stalled(
  records: readonly EpochRecord[],
  { patience = Number.POSITIVE_INFINITY, minDelta = 0 }: Schedule,
): "score" | "validationLoss" | undefined {
  const measure = records.some(({ score }) => score !== undefined) ? "score" : "validationLoss";
  const sign = measure === "score" ? 1 : -1;
  let best = Number.NEGATIVE_INFINITY;
  let since = 0;
  for (const { [measure]: value } of records) {
    // onEpochEnd, which scores, may have saved the model
    if (value === undefined) continue;
    const isBetter = sign * value > best && sign * value >= best + minDelta;
    if (isBetter) best = sign * value;
    since = isBetter ? 0 : since + 1;
  }
  return since >= patience ? measure : undefined;
}

/** @throws RangeError for an epoch that patience cannot judge */
export function checkMeasured({ score, validationLoss }: EpochRecord, { patience }: Schedule): void {
  if (patience !== undefined && score === undefined && validationLoss === undefined)
    throw new RangeError(
      '"patience" has nothing to go by: "onEpochEnd" expected to return { score }, as no text is held out; return it, or give "validationShare"',
    );
}

/** The score that onEpochEnd returned. @throws RangeError if it is not a finite number */
export function scoreOf(answer: unknown): number | undefined {
  if (answer === null || typeof answer !== "object" || !("score" in answer)) return undefined;
  const { score } = answer;
  if (Number.isFinite(score)) return score as number;
  throw new RangeError(`"score" that "onEpochEnd" returned expected a finite number, got ${show(score)}`);
}

/** What a pass found: the sentences that are held out, and the words of all others. */
export interface SplitText {
  split: ValidationSplit;
  trainedWords: number;
}

/** What a schedule has of early stopping. */
export function stoppingOf({ patience, minDelta }: Pick<Asked, "patience" | "minDelta">, text?: SplitText) {
  const { share: validationShare, fingerprint: validation } = text?.split ?? {};
  return { validationShare, validation, patience, minDelta: patience && minDelta };
}
