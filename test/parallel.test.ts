// Several threads, from the build: workers start from build/worker-node.js.

import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { estimateMemory, type Progress, type TrainOptions, train } from "wasm2vec";
import { sampleText } from "./sample";

const text = sampleText(6000);
const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3 };

const topics = [0, 3, 6];
/** Share of the nearest words of a topic's word that are of its topic. */
function purity(model: Awaited<ReturnType<typeof train>>): number {
  const near = topics.flatMap((topic) =>
    model.vectors
      .mostSimilar(`topic${topic}_0`, { topN: 5 })
      .map(({ word }) => Number(word.startsWith(`topic${topic}_`))),
  );
  return near.reduce((a, b) => a + b) / near.length;
}

describe("hogwild", () => {
  it.each([2, 5])(
    "learns with %i threads, trains on every word, and says that it is not reproducible",
    async (threads) => {
      const reports: Progress[] = [];
      const onProgress = (progress: Progress) => void reports.push(progress);
      const [one, model] = [
        await train(text, { ...small, threads: 1 }),
        await train(text, { ...small, threads, onProgress }),
      ];
      expect(purity(model)).toBeGreaterThan(0.9);
      model.history.forEach((record, i) => {
        expect(record).toMatchObject({ threads, parallel: "hogwild", reproducible: false });
        expect(record.words).toBe(one.history[i].words);
        // few words, and so many updates that lose one another
        expect(Math.abs(record.loss - one.history[i].loss)).toBeLessThan(0.08);
      });
      expect(reports.at(-1)).toMatchObject({ threads, parallel: "hogwild" });
    },
  );

  it("gives threads streams of their own: they do not thin out the same words", async () => {
    const counts = await Promise.all([1, 4].map((threads) => train(text, { ...small, threads, epochs: 1 })));
    const [one, four] = counts.map((model) => model.history[0].trainedWords);
    expect(one).not.toBe(four);
    expect(Math.abs(four / one - 1)).toBeLessThan(0.02);
  });
});

describe("reproducible", () => {
  const ways: Record<string, TrainOptions> = {
    "2 threads": { threads: 2 },
    "3 threads": { threads: 3 },
    "8 threads": { threads: 8 },
    "more threads than parts": { threads: 13 },
    "in process": { worker: false },
    "scalar kernel, 3 threads": { kernel: "scalar", threads: 3 },
    "all cores": { threads: "auto" },
  };
  const models: Record<string, TrainOptions> = {
    "skip-gram": {},
    "skip-gram, pair by pair": { sharedNegatives: false },
    CBOW: { model: "cbow" },
    "hierarchical softmax": { loss: "hierarchical-softmax" },
    softmax: { loss: "softmax", epochs: 1 },
  };

  it.each(Object.keys(models))("gives the bytes of one thread, whoever trains: %s", async (name) => {
    const options: TrainOptions = { ...small, ...models[name], reproducible: true };
    const one = await train(text, { ...options, threads: 1 });
    expect(one.history[0]).toMatchObject({ threads: 1, parallel: "rounds", reproducible: true });
    expect(purity(one)).toBeGreaterThan(0.9);
    for (const [way, given] of Object.entries(ways)) {
      const model = await train(text, { ...options, ...given });
      expect(model.vectors.matrix, way).toEqual(one.vectors.matrix);
      const figures = ({ loss, words, trainedWords, predictions }: (typeof one.history)[number]) => [
        loss,
        words,
        trainedWords,
        predictions,
      ];
      // the scalar kernel adds up the loss in another order
      const exact = given.kernel !== "scalar";
      if (exact) expect(model.history.map(figures), way).toEqual(one.history.map(figures));
      else model.history.forEach(({ loss }, i) => expect(loss).toBeCloseTo(one.history[i].loss, 7));
    }
    const { SharedArrayBuffer: shared } = globalThis;
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
    const copied = await train(text, { ...options, threads: 4 }).finally(() =>
      Object.assign(globalThis, { SharedArrayBuffer: shared }),
    );
    expect(copied.vectors.matrix).toEqual(one.vectors.matrix);
    expect(copied.history[0].threads).toBe(1);
  });

  it("has about the loss of one thread without rounds; parts and seed decide the bytes", async () => {
    const plain = await train(text, { ...small, threads: 1 });
    const rounds = await train(text, { ...small, reproducible: true });
    expect(Math.abs(rounds.history[1].loss - plain.history[1].loss)).toBeLessThan(0.05);
    for (const other of [{ parts: 3 }, { seed: 2 }])
      expect((await train(text, { ...small, reproducible: true, ...other })).vectors.matrix).not.toEqual(
        rounds.vectors.matrix,
      );
  });

  it("trains tiny corpora: fewer batches than parts, a vocabulary of two", async () => {
    const model = await train(
      [
        ["a", "b"],
        ["b", "a", "b"],
      ],
      { ...small, reproducible: true, subsample: 0 },
    );
    expect(model.history[1]).toMatchObject({ words: 5, trainedWords: 5 });
    expect(model.vectors.matrix.every(Number.isFinite)).toBe(true);
  });

  it("trains on", async () => {
    const train2 = async (threads: number) => {
      const model = await train(text, { ...small, epochs: 1, reproducible: true, threads });
      return (await model.train(text, { epochs: 1 })).vectors.matrix;
    };
    expect(await train2(1)).toEqual(await train2(3));
  });
});

describe("with several threads", () => {
  it.each([{ threads: 3 }, { threads: 3, reproducible: true }])("%o stops on abort", async (options) => {
    const controller = new AbortController();
    const onProgress = ({ phase, words }: Progress) => {
      if (phase === "training" && words > 50_000) controller.abort();
    };
    const run = train(text, { ...small, ...options, epochs: 1000, onProgress, signal: controller.signal });
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("a worker that dies", () => {
  /** The workers that are started while f runs. */
  async function workersOf(f: (workers: Set<Worker>) => Promise<void>): Promise<Set<Worker>> {
    const workers = new Set<Worker>();
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (...args) {
      workers.add(this);
      return postMessage.apply(this, args);
    };
    await f(workers).finally(() => {
      Worker.prototype.postMessage = postMessage;
    });
    return workers;
  }

  it.each([{ threads: 1 }, { threads: 3 }, { threads: 3, reproducible: true }])(
    "ends training with %o by an error that says so, and leaves no other behind",
    async (options) => {
      const workers = await workersOf(async (started) => {
        let killed = false;
        const onProgress = ({ phase, words }: Progress) => {
          if (phase !== "training" || words < 20_000 || killed) return;
          killed = true;
          [...started].at(-1)!.terminate();
        };
        await expect(train(text, { ...small, ...options, epochs: 1000, onProgress })).rejects.toThrow(
          "training worker stopped with exit code 1",
        );
      });
      expect(workers.size).toBe(options.threads);
      // a worker that has ended has no thread
      await Promise.all([...workers].map((worker) => worker.terminate()));
      for (const { threadId } of workers) expect(threadId).toBe(-1);
    },
  );
});

describe("estimateMemory", () => {
  it("is what training takes", async () => {
    for (const options of [
      { threads: 1 },
      { threads: 3 },
      { reproducible: true, threads: 2 },
      { loss: "softmax", threads: 1 },
    ] as const) {
      const model = await train(text, { ...small, ...options, epochs: 1 });
      const { bytes, matrices, threads } = estimateMemory({ ...small, ...options }, model.vectors.size);
      // @ts-expect-error: private
      const taken: number = model.parameters.memory.buffer.byteLength;
      expect(Math.ceil(bytes / 65_536) * 65_536).toBe(taken);
      expect(matrices).toBe(2 * model.vectors.size * 80);
      expect(threads).toBe(options.threads);
    }
  });

  it("is near it for a tree, whose depth it must guess", async () => {
    const model = await train("demo/sample.txt.gz", { epochs: 1, threads: 1, loss: "hierarchical-softmax" });
    // @ts-expect-error: private
    const taken: number = model.parameters.memory.buffer.byteLength;
    const { bytes } = estimateMemory({ threads: 1, loss: "hierarchical-softmax" }, model.vectors.size);
    expect(Math.abs(bytes / taken - 1)).toBeLessThan(0.05);
  });

  it("shows what will not fit, which training refuses with the numbers and the remedy", async () => {
    expect(estimateMemory({ dim: 1000, threads: 1 }, 1_000_000).bytes).toBeGreaterThan(2 ** 32);
    const many = [Array.from({ length: 9000 }, (_, i) => `w${i}`)];
    await expect(train(many, { minCount: 1, dim: 65_536, threads: 1 })).rejects.toThrow(
      "a model of 9000 words and dim 65536 needs 4.4 GB, WebAssembly memory ends at 4 GB: lower dim or raise minCount",
    );
  });
});
