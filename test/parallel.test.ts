// Several threads, from the build: workers start from build/worker-node.js.

import { execFileSync } from "node:child_process";
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

/** As on a page that is not cross-origin isolated. */
async function withoutSharedMemory<T>(act: () => Promise<T>): Promise<T> {
  const { SharedArrayBuffer: shared } = globalThis;
  Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  return act().finally(() => Object.assign(globalThis, { SharedArrayBuffer: shared }));
}

describe("parallel", () => {
  it("is hogwild where memory can be shared and replicas elsewhere; one thread needs neither", async () => {
    const mode = async (options: TrainOptions) => {
      const { threads, parallel } = (await train(text, { ...small, epochs: 1, ...options })).history[0];
      return `${threads} ${parallel}`;
    };
    expect(await mode({ threads: 2 })).toBe("2 hogwild");
    expect(await withoutSharedMemory(() => mode({ threads: 2 }))).toBe("2 replicas");
    expect(await withoutSharedMemory(() => mode({ threads: 1 }))).toBe("1 none");
    expect(await withoutSharedMemory(() => mode({ threads: 2, worker: undefined, kernel: "js" }))).toBe("1 none");
    await expect(withoutSharedMemory(() => mode({ threads: 2, parallel: "hogwild" }))).rejects.toThrow(
      /"hogwild" needs shared memory.*cross-origin isolated/,
    );
  });

  it.each<[TrainOptions, RegExp]>([
    [{ parallel: "replica" as "replicas" }, /"parallel" expected .*"replicas"/],
    [{ parallel: "hogwild", reproducible: true }, /excludes parallel "hogwild"/],
    [{ parallel: "replicas", kernel: "js" }, /needs kernel/],
    [{ parts: 4 }, /"parts" goes with "reproducible" or parallel "replicas"/],
    [{ threads: 2, worker: false }, /needs workers/],
  ])("refuses %o", async (options, message) => {
    await expect(train(text, { ...small, ...options })).rejects.toThrow(message);
  });

  it("with replicas of the relaxed kernel says that it is not reproducible", async () => {
    const { kernel, ...rest } = { ...small, kernel: "relaxed" as const, parallel: "replicas" as const };
    const model = await train(text, { ...rest, epochs: 1, kernel }).catch((error: Error) => error);
    if (model instanceof Error) expect(model.message).toMatch(/no relaxed SIMD/);
    else expect(model.history[0]).toMatchObject({ parallel: "replicas", reproducible: false });
  });
});

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
    "2 replicas": { threads: 2, parallel: "replicas" },
    "3 replicas": { threads: 3, parallel: "replicas" },
    "8 replicas": { threads: 8, parallel: "replicas" },
    "1 replica": { threads: 1, parallel: "replicas" },
    "replicas in process": { worker: false, parallel: "replicas" },
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
      expect(model.history[0]).toMatchObject({ parallel: given.parallel ?? "rounds", reproducible: true });
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
    const copied = await withoutSharedMemory(() => train(text, { ...options, threads: 4 }));
    expect(copied.vectors.matrix).toEqual(one.vectors.matrix);
    expect(copied.history[0]).toMatchObject({ threads: 4, parallel: "replicas" });
  });

  it.each<TrainOptions>([
    {},
    { subsample: 1e-3 },
    { learningRate: 0.1 },
    { model: "cbow" },
    { loss: "hierarchical-softmax" },
    { parts: 64 },
  ])("does not diverge where words are few and none is thinned out: %o", async (options) => {
    const { parts, ...rest } = { ...small, subsample: 0, ...options };
    const tiny = text.map((sentence) => sentence.map((token) => token.replace(/[0-9]_?/, "")));
    for (const corpus of [text, tiny]) {
      const one = await train(corpus, { ...rest, threads: 1 });
      const rounds = await train(corpus, { ...rest, reproducible: true, parts });
      const norm = ({ vectors }: typeof one) => Math.hypot(...vectors.matrix);
      expect(norm(rounds) / norm(one)).toBeGreaterThan(0.85);
      expect(norm(rounds) / norm(one)).toBeLessThan(1.15);
      expect(rounds.history[1].loss / one.history[1].loss).toBeLessThan(1.06);
    }
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

  it("names the last checkpoint", async () => {
    const write = async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const _ of chunks);
    };
    await workersOf(async (started) => {
      const onProgress = ({ words }: Progress) => words > 100_000 && [...started][0].terminate();
      const options = { ...small, threads: 1, epochs: 1000, checkpoint: { every: "0.01s", write, name: "a.ckpt" } };
      await expect(train(text, { ...options, onProgress })).rejects.toThrow(
        /^training worker stopped with exit code 1; a.ckpt holds training up to word \d+, of epoch \d+: go on with "resume"$/,
      );
    });
  });

  it.each([
    { threads: 1 },
    { threads: 3 },
    { threads: 3, reproducible: true },
    { threads: 3, parallel: "replicas" },
  ] as const)("ends training with %o by an error that says so, and leaves no other behind", async (options) => {
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
  });
});

describe("a program that node was given as a string", () => {
  it("trains with workers, which do not take its flags", () => {
    const program = `import { train } from ${JSON.stringify(new URL("../build/node.js", import.meta.url).href)};
      const model = await train([["a", "b", "c"]], { minCount: 1, subsample: 0, dim: 4, threads: 2 });
      console.log(model.history[0].threads);`;
    const flags = ["--input-type=module", "--eval", program];
    expect(execFileSync(process.execPath, flags, { encoding: "utf8" })).toBe("2\n");
  });
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
      // how long the parts of a round are depends on the words' counts, which an estimate does not have
      if ("reproducible" in options) expect(taken / bytes).toBeGreaterThan(0.9);
      else expect(taken).toBe(Math.ceil(bytes / 65_536) * 65_536);
      expect(matrices).toBe(2 * model.vectors.size * 80);
      expect(threads).toBe(options.threads);
    }
  });

  it("counts the copies of replicas", () => {
    const copies = (options: TrainOptions) => estimateMemory({ ...small, ...options }, 1000).copies;
    expect(
      [{}, { parallel: "replicas", threads: 3 }, { parallel: "replicas", worker: false }].map((o) =>
        copies(o as TrainOptions),
      ),
    ).toEqual([0, 3, 0]);
  });

  it("counts replicas on a page that cannot share memory, as training does there", async () => {
    const told = await withoutSharedMemory(async () =>
      [{ threads: 2 }, { threads: 1 }, { worker: false }].map((o) => estimateMemory({ ...small, ...o }, 1000)),
    );
    expect(told.map(({ copies, threads }) => [copies, threads])).toEqual([
      [2, 2],
      [1, 1],
      [0, 1],
    ]);
  });

  it("is the sum of its parts", () => {
    for (const options of [{ threads: 3, parallel: "replicas" }, { threads: 2 }, { worker: false }] as const) {
      const { bytes, copies, messages, workers, words, reading, total } = estimateMemory(
        { ...small, ...options },
        1000,
      );
      expect(total).toBe(bytes * (1 + copies) + messages + workers + words + reading);
      expect(messages > 0).toBe(copies > 0);
      expect(workers > 0).toBe(!("worker" in options));
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
