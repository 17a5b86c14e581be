// The loss of what is held out against the pure losses, and when patience ends.

import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random";
import type { KernelOptions } from "../../src/kernel/layout";
import { aliasTable } from "../../src/math/alias";
import { huffmanTree } from "../../src/math/huffman";
import { LOSSES } from "../../src/model/losses/registry";
import { Vocabulary } from "../../src/text/vocabulary";
import { checkMeasured, checkPatience, scoreOf, stalled } from "../../src/train/loop/patience";
import type { EpochRecord, Schedule } from "../../src/train/loop/records";
import { resolveOptions } from "../../src/train/train-options";
import { Validation } from "../../src/train/validation";
import { trainSentence } from "../support/reference";

const WORDS = 40;
const DIM = 7;
const vocabulary = new Vocabulary(Array.from({ length: WORDS }, (_, i) => [`w${i}`, 4 * (WORDS - i)]));
const random = Random.from(5, 0);
const rows = () =>
  Array.from({ length: WORDS }, () => Float32Array.from({ length: DIM }, () => random.next() / 2 ** 31 - 1));
const inputs = rows();
const outputs = rows();
const sentences = [30, 2, 1, 12].map((length) => Uint32Array.from({ length }, () => random.below(WORDS)));

/** What reads a row of a matrix. */
function rowOf(matrix: readonly Float32Array[]) {
  return (row: number) => matrix[row];
}

const shapes: Record<string, Partial<Omit<KernelOptions, "model">>> = {
  "drawn windows": {},
  "one side, all words": { windowLeft: 3, windowRight: 0, shrinkWindows: false },
  weights: { windowLeft: 2, windowRight: 3, windowWeights: [1, 0.5, 0.25] },
};
const models: Record<string, Partial<KernelOptions> & { model?: "cbow" }> = {
  "skip-gram": {},
  "CBOW, mean": { model: "cbow" },
  "CBOW, sum": { model: "cbow", cbowCombine: "sum" },
};

describe.each(LOSSES)("the loss of what is held out: %s", (loss) => {
  for (const [model, architecture] of Object.entries(models))
    it.each(Object.entries(shapes))(`is that of the pure losses: ${model}, %s`, async (_, shape) => {
      const sampled = loss === "negative-sampling" ? { negatives: 4 } : {};
      const options = resolveOptions({ loss, dim: DIM, subsample: 0, seed: 3, ...sampled, ...architecture, ...shape });
      const validation = new Validation(sentences, options, vocabulary);
      const tables = { noise: aliasTable(vocabulary.noiseWeights(0.75)), tree: huffmanTree(vocabulary.counts) };
      const state = {
        inputs: inputs.map((row) => Float64Array.from(row)),
        outputs: outputs.map((row) => Float64Array.from(row)),
        random: Random.from(3, 2 ** 16 + 2),
        multipliers: inputs.map(() => 1),
      };
      const total = { loss: 0, predictions: 0 };
      for (const sentence of sentences) {
        const outcome = trainSentence(state, [...sentence], options, tables, 0);
        total.loss += outcome.loss;
        total.predictions += outcome.predictions;
      }
      const mean = await validation.loss(rowOf(inputs), rowOf(outputs), DIM);
      expect(Math.abs(mean - total.loss / total.predictions)).toBeLessThan(1e-12 * mean);
      // the same again: the draws are fixed
      expect(await validation.loss(rowOf(inputs), rowOf(outputs), DIM)).toBe(mean);
    });
});

it("windows are those of what subsampling keeps", async () => {
  const loss = (subsample: number) =>
    new Validation(sentences, resolveOptions({ dim: DIM, subsample }), vocabulary).loss(
      rowOf(inputs),
      rowOf(outputs),
      DIM,
    );
  expect(await loss(0.001)).not.toBe(await loss(0));
  // a word alone, however often
  for (const lonely of [[Uint32Array.of(3)], [Uint32Array.of(3), Uint32Array.of(4)]])
    expect(() => new Validation(lonely, resolveOptions({}), vocabulary)).toThrow(/no word .* has another beside it/);
});

it("an abort ends it", async () => {
  const long = [Uint32Array.from({ length: 20_000 }, () => random.below(WORDS))];
  const validation = new Validation(long, resolveOptions({ dim: DIM }), vocabulary);
  const abort = AbortSignal.abort(new Error("enough"));
  await expect(validation.loss(rowOf(inputs), rowOf(outputs), DIM, abort)).rejects.toThrow("enough");
});

describe("patience", () => {
  const schedule = (patience: number | undefined, minDelta?: number) => ({ patience, minDelta }) as Schedule;
  const losses = (...all: (number | undefined)[]) => all.map((validationLoss) => ({ validationLoss }) as EpochRecord);
  const scores = (...all: (number | undefined)[]) => all.map((score) => ({ score, validationLoss: 1 }) as EpochRecord);

  it.each<[string, EpochRecord[], Schedule, ReturnType<typeof stalled>]>([
    ["falls", losses(3, 2, 1), schedule(1), undefined],
    ["rises", losses(3, 2, 2.5), schedule(1), "validationLoss"],
    ["rises once of two", losses(3, 2, 2.5), schedule(2), undefined],
    ["stays", losses(3, 2, 2), schedule(1), "validationLoss"],
    ["rises, then falls below its best", losses(3, 2, 2.5, 1.9), schedule(1), undefined],
    ["rises, then falls, but not so far", losses(3, 2, 2.5, 2.2), schedule(2), "validationLoss"],
    ["falls by less than minDelta", losses(3, 2, 1.9), schedule(1, 0.2), "validationLoss"],
    ["falls by minDelta in two steps", losses(3, 2, 1.9, 1.75), schedule(2, 0.25), undefined],
    ["falls by just minDelta", losses(3, 2.75), schedule(1, 0.25), undefined],
    ["is 0", losses(1, 0), schedule(1), undefined],
    ["rises without patience", losses(3, 4, 5, 6), schedule(undefined), undefined],
    ["is of one epoch", losses(3), schedule(1), undefined],
    ["is of none", [], schedule(1), undefined],
  ])("the loss %s", (_, records, asked, expected) => {
    expect(stalled(records, asked)).toBe(expected);
  });

  it("goes by the score where there is one, which rises", () => {
    expect(stalled(scores(-1, 0, 0.5), schedule(1))).toBeUndefined();
    expect(stalled(scores(0.5, 0.4), schedule(1))).toBe("score");
    expect(stalled(scores(0.5, 0.4, 0.3, 0.6), schedule(2))).toBeUndefined();
    // saved by the listener that would have scored it
    expect(stalled(scores(0.5, 0.4, undefined), schedule(2))).toBeUndefined();
  });

  it("takes a score from what onEpochEnd returns, if it is one", () => {
    expect([undefined, null, false, true, 3, {}, []].map(scoreOf)).toEqual(Array(7).fill(undefined));
    expect(scoreOf({ score: -2 })).toBe(-2);
    for (const score of [Number.NaN, "1", undefined, Number.POSITIVE_INFINITY])
      expect(() => scoreOf({ score })).toThrow(/"score" .* expected a finite number, got /);
  });

  it("refuses what says nothing", () => {
    expect(() => checkPatience({ patience: 2 })).toThrow('"patience" has nothing to go by: give "validationShare"');
    expect(() => checkPatience({ minDelta: 2, validationShare: 0.1 })).toThrow('"minDelta" goes with "patience"');
    checkPatience({ patience: 2, minDelta: 0.1, validationShare: 0.1 });
    checkPatience({ patience: 2, onEpochEnd: () => {} });
    expect(() => checkMeasured({} as EpochRecord, schedule(1))).toThrow('"onEpochEnd" expected to return { score }');
    for (const record of [...scores(0), ...losses(0)]) checkMeasured(record, schedule(1));
    checkMeasured({} as EpochRecord, schedule(undefined));
  });
});
