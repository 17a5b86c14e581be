// A model with more rows than words: words are trained as without them, and nobody touches the others.

import { describe, expect, it } from "vitest";
import type { Side } from "../../src/kernel/shape";
import { toCorpus } from "../../src/text/corpus";
import { type Batch, encode } from "../../src/text/encode";
import { Vocabulary } from "../../src/text/vocabulary";
import type { TrainOptions } from "../../src/train/train-options";
import { kernels } from "../support/kernels";
import { type TrainingRun, trainBatches } from "../support/runs";
import { sampleText } from "../support/sample";

/** words enough for four blocks */
const text = sampleText(1500, 1, 160);
const counts = new Map<string, number>();
for (const word of text.flat()) counts.set(word, (counts.get(word) ?? 0) + 1);
const vocabulary = new Vocabulary(counts);

const WAYS: Record<string, TrainOptions & { shared?: boolean }> = {
  "skip-gram on the grid": {},
  "skip-gram on the grid, weighted windows": { windowWeights: "linear" },
  "skip-gram, a ring of workers": { worker: true, threads: 2 },
  "skip-gram, workers on one memory": { worker: true, threads: 2, shared: true },
  CBOW: { model: "cbow" },
  "CBOW in a worker": { model: "cbow", worker: true, threads: 1 },
  "skip-gram with hierarchical softmax": { loss: "hierarchical-softmax" },
  "CBOW with hierarchical softmax": { model: "cbow", loss: "hierarchical-softmax" },
  "skip-gram with the full softmax": { loss: "softmax" },
  "CBOW with the full softmax": { model: "cbow", loss: "softmax" },
};

/** Bits of the rows from … to. */
function bits({ parameters }: TrainingRun, side: Side, from = 0, to = Number.POSITIVE_INFINITY): Uint32Array {
  const { stride } = parameters.layout;
  const floats = parameters.matrix(side).slice((from * stride) / 4, (to * stride) / 4);
  return new Uint32Array(floats.buffer);
}

describe.each(kernels)("kernel %s", (kernel) => {
  it.each(Object.entries(WAYS))("trains words alone: %s", async (_, { shared, ...way }) => {
    const options = { dim: 6, window: 3, worker: false, epochs: 1, minCount: 1, kernel, ...way };
    const isTiny = way.loss === "softmax";
    const batches: Batch[] = [];
    for await (const batch of encode(toCorpus(text.slice(0, isTiny ? 20 : text.length)), vocabulary, 1000, 3000))
      batches.push(batch);
    const words = vocabulary.size;
    // the full softmax chooses from all output rows
    const more = { inputRows: words + 1300, outputRows: words + (isTiny ? 0 : 77) };
    const without = await trainBatches(options, vocabulary, batches, { shared });
    const padded = await trainBatches(options, vocabulary, batches, { shared, more });
    const untrained = await trainBatches(options, vocabulary, [], { shared, more });
    for (const side of ["inputs", "outputs"] as const) {
      expect(bits(padded, side, 0, words)).toEqual(bits(without, side));
      expect(bits(padded, side, 0, words)).not.toEqual(bits(untrained, side, 0, words));
      expect(bits(padded, side, words)).toEqual(bits(untrained, side, words));
    }
    // they do begin with something
    expect(bits(untrained, "inputs", words).some((value) => value !== 0)).toBe(true);
    expect(padded.results).toEqual(without.results);
  });
});

it("grows with rows that are not of words: they keep their order, words and multipliers go to their new rows", async () => {
  const options: TrainOptions & { kernel: "js" } = { dim: 3, minCount: 1, worker: false, kernel: "js" };
  for (const way of [options, { ...options, loss: "hierarchical-softmax" as const }]) {
    const [old, larger] = [
      new Vocabulary([
        ["b", 3],
        ["a", 2],
      ]),
      new Vocabulary([
        ["a", 9],
        ["c", 8],
        ["b", 7],
      ]),
    ];
    const [before, after] = [
      (await trainBatches(way, old, [], { more: { inputRows: 6, outputRows: 3 } })).parameters,
      (await trainBatches(way, larger, [], { more: { inputRows: 8, outputRows: 4 } })).parameters,
    ];
    before.matrix("outputs").set([1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0]);
    before.multipliers = Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
    const isTree = way !== options;
    const begun = after.matrix("inputs").slice();
    after.take(
      before,
      old.words.map((word) => larger.id(word)!),
    );
    const row = (matrix: Float32Array, i: number) => [...matrix.subarray(4 * i, 4 * i + 4)];
    const [from, to] = [before.matrix("inputs"), after.matrix("inputs")];
    // b, a, and four others, to c's right; a row that is new stays as it began
    [2, 0, 3, 4, 5, 6].forEach((place, i) => expect(row(to, place)).toEqual(row(from, i)));
    for (const place of [1, 7]) expect(row(to, place)).toEqual(row(begun, place));
    const outputs = isTree ? new Array(16).fill(0) : [4, 5, 6, 0, 0, 0, 0, 0, 1, 2, 3, 0, 7, 8, 9, 0];
    expect([...after.matrix("outputs")]).toEqual(outputs);
    expect(after.multipliers).toEqual(Float32Array.of(0.2, 1, 0.1, 0.3, 0.4, 0.5, 0.6, 1));
  }
});
