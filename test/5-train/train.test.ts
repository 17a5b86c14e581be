// Training as users call it, from the build: workers start from build/worker-node.js.

import { describe, expect, it } from "vitest";
import { DivergenceError, type Progress, type TrainOptions, train, Vocabulary } from "wasm2vec";
import { parseAnalogies, parseWordPairs, qualityProbe } from "wasm2vec/evaluate";
import { train as trainInSource } from "../../src/node";
import { kernels } from "../support/kernels";
import { sha256 } from "../support/same-bytes";
import { sampleText } from "../support/sample";
import { unshared } from "../support/unshared";

const text = sampleText(2000);
const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3, threads: 1 };

describe("train", () => {
  it("learns: words of a topic come together, the loss falls", async () => {
    const model = await train(text, { ...small, epochs: 5 });
    const losses = model.history.map((record) => record.loss);
    expect(losses[4]).toBeLessThan(losses[0]);
    for (const topic of [0, 3, 6]) {
      const near = model.vectors.mostSimilar(`topic${topic}_0`, { topN: 5 });
      expect(near.every(({ word }) => word.startsWith(`topic${topic}_`))).toBe(true);
    }
  });

  it("gives the same bytes with simd, scalar, in process, in a worker, with shared memory or a copy, and from the source", async () => {
    const hashes = await Promise.all([
      train(text, small),
      train(text, small),
      train(text, { ...small, kernel: "scalar" }),
      train(text, { ...small, worker: false }),
      train(() => text, { ...small, kernel: "scalar", worker: false }),
      trainInSource(text, { ...(small as object), worker: false }),
    ]).then((models) => models.map((model) => sha256(model.vectors.matrix)));
    const { SharedArrayBuffer: shared } = globalThis;
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
    const copied = await train(text, small).finally(() => Object.assign(globalThis, { SharedArrayBuffer: shared }));
    expect(new Set([...hashes, sha256(copied.vectors.matrix)]).size).toBe(1);
  });

  // made by this test; a change here is a change of every user's vectors and belongs into CHANGELOG.md
  it.each<[string, TrainOptions, string]>([
    ["skipgram", {}, "2a08876b4f9b245d568beb4ce6d6f39ca542008d09273da197451e9f9be0a007"],
    [
      "skipgram, fresh negatives for each pair",
      { sharedNegatives: false },
      "4e20d974abff76a43b7659addcd703672e22d577d5b28d42fccc5d077d597cbc",
    ],
    [
      "skipgram, hierarchical softmax",
      { loss: "hierarchical-softmax" },
      "c9aa75b1799be3179b2c32685ecc43bed6a24696f78161c29fbdc2cda8e76149",
    ],
    [
      "cbow, hierarchical softmax",
      { model: "cbow", loss: "hierarchical-softmax" },
      "3de3a91942814719c1519cda05f3bafb4f36a290e22f63f717c4085eebb6d52a",
    ],
    [
      "skipgram, reproducible with all cores",
      { reproducible: true, threads: "auto" },
      "2a08876b4f9b245d568beb4ce6d6f39ca542008d09273da197451e9f9be0a007",
    ],
    [
      "skipgram, weighted windows",
      { windowWeights: "linear", threads: 2 },
      "7f8fa6106da8fb33e45c67d67fb8ac77ece3c9bab56e1a52895104be1cf9f9fe",
    ],
    ["cbow", { model: "cbow" }, "0dc02b2db3cbd7d77095f9cb0072224faf6efa15cded7ecb404b1b42adb6c6d2"],
  ])("holds the SHA-256 of vectors trained on demo/sample.txt.gz: %s", async (_, options, hash) => {
    // the rates of word2vec.c
    const learningRate = options.model === "cbow" ? 0.05 : 0.025;
    const model = await train("demo/sample.txt.gz", { epochs: 1, threads: 1, learningRate, ...options });
    expect(sha256(model.vectors.matrix)).toBe(hash);
  });

  it.each(["hierarchical-softmax", "softmax"] as const)("learns with loss %s, in all kernels alike", async (loss) => {
    const options: TrainOptions = { ...small, loss, epochs: 4, learningRate: 0.05 };
    const model = await train(text, options);
    const { history, vectors } = model;
    expect(history[3].loss).toBeLessThan(history[0].loss);
    // the loss is that of a word: below that of guessing, log n
    expect(history[3].loss).toBeLessThan(Math.log(vectors.size) - 0.3);
    const near = vectors.mostSimilar("topic3_0", { topN: 3 });
    expect(near.every(({ word }) => word.startsWith("topic3_"))).toBe(true);
    for (const kernel of kernels) {
      const other = await train(text, { ...options, epochs: 1, kernel, worker: false });
      expect(
        Math.abs(other.history[0].loss - (await train(text, { ...options, epochs: 1 })).history[0].loss),
      ).toBeLessThan(1e-3);
      if (kernel === "scalar") {
        const simd = await train(text, { ...options, epochs: 1, kernel: "simd" });
        expect(sha256(other.vectors.matrix)).toBe(sha256(simd.vectors.matrix));
      }
    }
  });

  it("has output vectors of words but with the tree, whose rows are of inner nodes", async () => {
    const softmax = await train(text, { ...small, loss: "softmax", epochs: 1 });
    expect(softmax.outputVectors.get("topic0_0")!.some((value) => value !== 0)).toBe(true);
    const tree = await train(text, { ...small, loss: "hierarchical-softmax", epochs: 1 });
    expect(() => tree.outputVectors).toThrow("inner nodes of a tree: use another loss");
    await tree.train(text, { epochs: 1 });
  });

  it("tells the cost of a full softmax before it starts, of a large vocabulary only", async () => {
    const warnings: string[] = [];
    const phases: string[] = [];
    const options: TrainOptions = {
      ...small,
      loss: "softmax",
      epochs: 1,
      onWarning: (message) => warnings.push(`${message} after ${new Set(phases).size} phases`),
      onProgress: ({ phase }) => phases.push(phase),
    };
    await train(text, options);
    expect(warnings).toEqual([]);
    phases.length = 0;
    const many = Array.from({ length: 30 }, (_, i) => Array.from({ length: 100 }, (_, j) => `w${100 * i + j}`));
    await train(many, { ...options, subsample: 0 });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^loss "softmax" scores all 3000 words in each prediction: 1\.1 million multiply-adds a word of text, some 0\.22 ms; "hierarchical-softmax" takes about 12 rows .* after 1 phases$/,
      ),
    ]);
  });

  it("gives other vectors for another seed", async () => {
    const [a, b] = await Promise.all([1, 2].map((seed) => train(text, { ...small, seed })));
    expect(sha256(a.vectors.matrix)).not.toBe(sha256(b.vectors.matrix));
  });

  it.each(kernels)("reaches about the same loss with the %s kernel", async (kernel) => {
    const [a, b] = await Promise.all([train(text, { ...small, kernel }), train(text, small)]);
    a.history.forEach((record, i) => {
      expect(record.kernel).toBe(kernel);
      expect(Math.abs(record.loss - b.history[i].loss)).toBeLessThan(1e-3);
      expect(record.predictions).toBe(b.history[i].predictions);
    });
  });

  it.each([{}, { worker: false }])(
    "keeps the event loop free: reads a slice between two of its turns, with %o",
    async (given) => {
      const sentences = sampleText(20_000);
      let words = 0;
      let most = 0;
      function* corpus() {
        for (const sentence of sentences) {
          words += sentence.length;
          most = Math.max(most, words);
          yield sentence;
        }
      }
      let turn = setImmediate(function next() {
        words = 0;
        turn = setImmediate(next);
      });
      await train(corpus, { ...small, ...given, epochs: 3 });
      clearImmediate(turn);
      // of some 190,000 in each pass
      expect(most).toBeLessThan(10_000);
    },
  );

  it("reports progress in both phases", async () => {
    const reports: Progress[] = [];
    const model = await train(text, { ...small, onProgress: (progress) => reports.push(progress) });
    expect(reports.some((r) => r.phase === "vocabulary")).toBe(true);
    const last = reports[reports.length - 1];
    expect(last).toMatchObject({ phase: "training", epoch: 2, epochs: 2, eta: 0, kernel: "simd" });
    expect(last.words).toBe(2 * model.vocabulary.totalWords);
    expect(last.words).toBe(last.totalWords);
    expect(last.loss).toBeCloseTo(model.history[1].loss, 10);
    expect(last.learningRate).toBeLessThan(0.025);
  });

  it("lets onEpochEnd look at the model, and stop", async () => {
    for (const given of [
      {},
      { worker: false },
      { threads: 3 },
      { threads: 2, wasm: unshared() },
      { threads: 3, model: "cbow" as const },
    ]) {
      const seen: string[] = [];
      const model = await train(text, {
        ...small,
        ...given,
        epochs: 9,
        onEpochEnd: async ({ vectors, history }, record) => {
          expect(history.at(-1)).toBe(record);
          seen.push(
            `${record.epoch} ${vectors.mostSimilar("topic0_0", { topN: 1 })[0].word.split("_")[0]} ${sha256(vectors.matrix)}`,
          );
          return record.epoch < 3;
        },
      });
      expect(seen.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["1 topic0", "2 topic0", "3 topic0"]);
      expect(new Set(seen.map((line) => line.split(" ")[2])).size).toBe(3);
      expect(seen[2]).toContain(sha256(model.vectors.matrix));
      expect(model.history).toHaveLength(3);
    }
    const failing = () => {
      throw new Error("no more");
    };
    await expect(train(text, { ...small, onEpochEnd: failing })).rejects.toThrow("no more");
    await expect(train(text, { ...small, onEpochEnd: 3 as never })).rejects.toThrow('"onEpochEnd" expected a function');
  });

  it("draws a quality curve", async () => {
    const probe = qualityProbe({
      wordPairs: parseWordPairs(
        "topic0_0\ttopic0_1\t9\ntopic0_0\ttopic3_1\t1\ntopic3_0\ttopic3_2\t8\ntopic3_0\ttopic6_2\t0\n",
      ),
      analogies: parseAnalogies(": topics\ntopic0_0 topic0_1 topic3_0 topic3_1\n"),
    });
    const model = await train(text, { ...small, epochs: 3, onEpochEnd: probe.onEpochEnd });
    expect(probe.curve.map(({ epoch, loss }) => [epoch, loss])).toEqual(
      model.history.map(({ epoch, loss }) => [epoch, loss]),
    );
    for (const { spearman, accuracy } of probe.curve) {
      expect(spearman).toBeGreaterThan(0.5);
      expect([0, 1]).toContain(accuracy);
    }
  });

  it("passes on what onProgress throws", async () => {
    const onProgress = () => {
      throw new Error("stop");
    };
    await expect(train(text, { ...small, onProgress })).rejects.toThrow("stop");
  });

  it("stops on abort, before and while it trains", async () => {
    await expect(train(text, { ...small, signal: AbortSignal.abort(new Error("never mind")) })).rejects.toThrow(
      "never mind",
    );
    for (const worker of [true, false]) {
      const controller = new AbortController();
      const onProgress = ({ phase }: Progress) => phase === "training" && controller.abort();
      const run = train(text, { ...small, epochs: 1000, worker, signal: controller.signal, onProgress });
      await expect(run).rejects.toMatchObject({ name: "AbortError" });
    }
  });

  it("says when it diverges", async () => {
    const error = await train(text, { ...small, learningRate: 1e30 }).catch((e) => e);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.message).toMatch(/training diverged in epoch 1 .* lower "learningRate" \(it was 1e\+30/);
  });

  it("trains on, keeps the words, adds to the history", async () => {
    const model = await train(text, small);
    const before = sha256(model.vectors.matrix);
    expect(await model.train([["unknown"], ...text.slice(0, 100)], { epochs: 1, learningRate: 0.01 })).toBe(model);
    expect(model.history.map((record) => record.epoch)).toEqual([1, 2, 3]);
    expect(sha256(model.vectors.matrix)).not.toBe(before);
    await expect(model.train([["unknown"]])).rejects.toThrow(/no words of the vocabulary/);
  });

  it("leaves the model usable when training on is aborted", async () => {
    const model = await train(text, small);
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    await expect(model.train(text, { epochs: 1000, signal: controller.signal, onProgress })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(model.vectors.mostSimilar("topic0_0", { topN: 3 })).toHaveLength(3);
    await model.train(text, { epochs: 1 });
  });

  it("takes a vocabulary instead of counting", async () => {
    const vocabulary = new Vocabulary([
      ["topic0_0", 50],
      ["topic0_1", 40],
      ["common0", 30],
    ]);
    const model = await train(text, { ...small, subsample: 0, vocabulary });
    expect(model.vectors.words).toEqual(["topic0_0", "topic0_1", "common0"]);
  });

  it("names a source that is used up", async () => {
    const iterator = text.values();
    await expect(train(() => iterator, small)).rejects.toThrow(
      /in epoch 1: if it is an iterator that was used up, pass a function/,
    );
  });

  it("refuses options it does not know or cannot use", async () => {
    await expect(train(text, { widnow: 3 } as never)).rejects.toThrow(
      'unknown option "widnow": did you mean "window"?',
    );
    await expect(train(text, { dim: 0 })).rejects.toThrow('"dim" expected integer 1 to 65536, got 0');
    await expect(train(text, { model: "glove" as never })).rejects.toThrow('"model" expected one of');
    await expect(train(text, { loss: "hs" as never })).rejects.toThrow(
      '"loss" expected one of "negative-sampling", "hierarchical-softmax", "softmax", got "hs"',
    );
    await expect(train(text, { loss: "softmax", negatives: 5 })).rejects.toThrow(
      '"negatives" goes with "loss" "negative-sampling", got "softmax": leave it out',
    );
    await expect(train(text, { vocabulary: {} as never })).rejects.toThrow('"vocabulary" expected a Vocabulary');
    await expect((async () => train("the cat sat on the mat"))()).rejects.toThrow(
      /got "the cat sat on the mat", and there is no such file: pass text as arrays/,
    );
    await expect(train("no/such/file.txt")).rejects.toThrow(/cannot read "no\/such\/file.txt"/);
  });
});
