// Several threads, from the build: workers start from build/worker-node.js.

import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { describe, expect, it, vi } from "vitest";
import {
  type EpochRecord,
  estimateMemory,
  type Model,
  type Progress,
  TrainingControl,
  type TrainOptions,
  train,
  Vocabulary,
} from "wasm2vec";
import { kernels } from "../support/kernels";
import { sampleText } from "../support/sample";
import { unshared, withoutSharedMemory } from "../support/unshared";

const text = sampleText(6000);
/** words enough for eight blocks */
const wide = sampleText(6000, 1, 600);
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

describe("how threads work together", () => {
  const mode = async (options: TrainOptions) => {
    const { threads, parallel, reproducible } = (await train(wide, { ...small, epochs: 1, ...options })).history[0];
    return `${threads} ${parallel}${reproducible ? ", reproducible" : ""}`;
  };

  it("is the grid for skip-gram with negative sampling, whoever trains", async () => {
    for (const given of [{}, { reproducible: true }, { sharedNegatives: false }]) {
      expect(await mode({ ...given, threads: 2 })).toBe("2 grid, reproducible");
      expect(await withoutSharedMemory(() => mode({ ...given, threads: 2 }))).toBe("2 grid, reproducible");
      expect(await mode({ ...given, threads: 1 })).toBe("1 grid, reproducible");
      expect(await mode({ ...given, worker: false })).toBe("1 grid, reproducible");
    }
    expect(await mode({ threads: 2, wasm: unshared() })).toBe("2 grid, reproducible");
  });

  it("is hogwild for CBOW and the softmaxes where memory can be shared; elsewhere one thread trains", async () => {
    for (const given of [{ model: "cbow" }, { loss: "hierarchical-softmax" }] as const) {
      expect(await mode({ ...given, threads: 2 })).toBe("2 hogwild");
      expect(await mode({ ...given, threads: 1 })).toBe("1 none, reproducible");
      expect(await mode({ ...given, reproducible: true })).toBe("1 none, reproducible");
      expect(await mode({ ...given, threads: 2, wasm: unshared() })).toBe("1 none, reproducible");
      expect(await withoutSharedMemory(() => mode({ ...given, threads: 2 }))).toBe("1 none, reproducible");
    }
  });

  it("takes no more threads than there are blocks", async () => {
    expect(await mode({ threads: 13 })).toBe("8 grid, reproducible");
    expect((await train(text, { ...small, epochs: 1, threads: 3 })).history[0].threads).toBe(1);
  });

  it.each<[TrainOptions, RegExp]>([
    [
      { reproducible: true, model: "cbow", threads: 2 },
      /"reproducible" with model "cbow" needs one thread, not "threads" 2/,
    ],
    [{ reproducible: true, loss: "softmax", threads: 3 }, /"reproducible" with loss "softmax" needs one thread/],
    [{ reproducible: true, kernel: "relaxed" }, /"reproducible" needs kernel "simd" or "scalar", got "relaxed"/],
    [{ reproducible: true, kernel: "js" }, /"reproducible" needs kernel "simd" or "scalar", got "js"/],
    [{ threads: 2, worker: false }, /needs workers/],
    [{ parallel: "grid" } as TrainOptions, /unknown option "parallel"/],
    [{ replicas: 4 } as TrainOptions, /unknown option "replicas"/],
  ])("refuses %o", async (options, message) => {
    await expect(train(text, { ...small, ...options })).rejects.toThrow(message);
  });

  const relaxed = { ...small, epochs: 1, kernel: "relaxed" } as const;
  const hasRelaxed = kernels.includes("relaxed");
  it.runIf(hasRelaxed)("with the relaxed kernel is not reproducible", async () => {
    expect((await train(text, relaxed)).history[0]).toMatchObject({ parallel: "grid", reproducible: false });
  });
  it.skipIf(hasRelaxed)("refuses the relaxed kernel where the engine has no relaxed SIMD", async () => {
    await expect(train(text, relaxed)).rejects.toThrow(/no relaxed SIMD/);
  });
});

describe("hogwild", () => {
  const cbow: TrainOptions = { ...small, model: "cbow" };

  it.each([2, 5])(
    "learns with %i threads, trains on every word, and says that it is not reproducible",
    async (threads) => {
      const reports: Progress[] = [];
      const onProgress = (progress: Progress) => void reports.push(progress);
      const [one, model] = [
        await train(text, { ...cbow, threads: 1 }),
        await train(text, { ...cbow, threads, onProgress }),
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
    const counts = await Promise.all([1, 4].map((threads) => train(text, { ...cbow, threads, epochs: 1 })));
    const [one, four] = counts.map((model) => model.history[0].trainedWords);
    expect(one).not.toBe(four);
    expect(Math.abs(four / one - 1)).toBeLessThan(0.02);
  });
});

describe("the grid", () => {
  /** All ways to train, but with one thread. */
  const ways: Record<string, TrainOptions> = {
    "2 threads": { threads: 2 },
    "3 threads": { threads: 3 },
    "8 threads": { threads: 8 },
    "more threads than blocks": { threads: 13 },
    "all cores": { threads: "auto" },
    "asked to be reproducible": { threads: 2, reproducible: true },
    "in process": { worker: false },
    "a ring of 1": { threads: 1, wasm: unshared() },
    "a ring of 2": { threads: 2, wasm: unshared() },
    "a ring of 3": { threads: 3, wasm: unshared() },
    "a ring of 8": { threads: 8, wasm: unshared() },
    "scalar kernel, 3 threads": { kernel: "scalar", threads: 3 },
    "scalar kernel, in process": { kernel: "scalar", worker: false },
    "scalar kernel, a ring of 3": { kernel: "scalar", threads: 3, wasm: unshared("scalar") },
  };
  const figures = ({ loss, words, trainedWords, predictions }: EpochRecord) => [loss, words, trainedWords, predictions];

  /** Trains in all ways, or some, and expects the bytes and figures of one thread; returns its model. */
  async function expectSame(corpus: string[][], options: TrainOptions, some = Object.keys(ways)): Promise<Model> {
    const one = await train(corpus, { ...options, threads: 1 });
    for (const way of some) {
      const model = await train(corpus, { ...options, ...ways[way] });
      expect(model.vectors.matrix, way).toEqual(one.vectors.matrix);
      expect(model.outputVectors.matrix, way).toEqual(one.outputVectors.matrix);
      // the scalar kernel adds up the loss in another order
      const exact = ways[way].kernel !== "scalar";
      if (exact) expect(model.history.map(figures), way).toEqual(one.history.map(figures));
      else model.history.forEach(({ loss }, i) => expect(loss).toBeCloseTo(one.history[i].loss, 7));
      for (const record of model.history) expect(record).toMatchObject({ parallel: "grid", reproducible: true });
    }
    expect(one.vectors.matrix.every(Number.isFinite)).toBe(true);
    return one;
  }

  const models: Record<string, TrainOptions> = {
    "pair by pair": { sharedNegatives: false, learningRate: 0.1 },
    "weighted windows": { windowWeights: "linear" },
    "windows with one side, of weights": { windowLeft: 0, windowRight: 3, windowWeights: [1, 0.5, 0.25] },
    "whole windows": { shrinkWindows: false, window: 20 },
    "frozen words, and rates": { freeze: ["topic0_0", "common1"], wordRates: (word) => (word < "t" ? 0.5 : 1) },
    "few noise words, of another distribution": { negatives: 1, noiseExponent: -0.5 },
  };

  it("gives the bytes of one thread, whoever trains", async () => {
    await expectSame(wide, { ...small, learningRate: 0.1 });
  });

  /** One of each kind. */
  const some = ["3 threads", "in process", "a ring of 3", "scalar kernel, 3 threads"];

  it.each(Object.keys(models))("gives them with all that shapes its training: %s", async (name) => {
    await expectSame(wide, { ...small, epochs: 1, ...models[name] }, some);
  });

  it.each([
    ["2 words", sampleText(3000, 1, 1).map((sentence) => sentence.map((token) => token.replace(/[0-9]_0/, ""))), 2],
    ["200 words", sampleText(4000), 225],
    ["600 words", sampleText(4000, 1, 70), 629],
    ["some more than 1,000 words", sampleText(4000, 1, 120), 1077],
    ["5,000 words", sampleText(5000, 3, 600), 5028],
  ] as [string, string[][], number][])("gives them with a vocabulary of %s", async (_, corpus, words) => {
    const { vectors } = await expectSame(corpus, { ...small, dim: 7, subsample: 0 });
    expect(Math.abs(vectors.size - words)).toBeLessThan(words / 20);
  });

  it("gives them for texts of a few words", async () => {
    const tiny = { ...small, subsample: 0 };
    for (const corpus of [
      [["a", "b"]],
      [
        ["a", "b"],
        ["b", "a", "b"],
      ],
      [["a"], ["b", "c"]],
    ]) {
      const { history } = await expectSame(corpus, tiny, some);
      expect(history[1].words).toBe(corpus.flat().length);
      expect(history[1].trainedWords).toBe(corpus.flat().length);
    }
    // more blocks than words of a sentence, or than batches
    const once = [Array.from({ length: 3000 }, (_, i) => `w${i}`)];
    expect((await expectSame(once, tiny, some)).history[0]).toMatchObject({ words: 3000 });
    expect((await expectSame(once, { ...tiny, maxSentenceLength: 2 }, some)).history[0]).toMatchObject({ words: 3000 });
  });

  it("gives them where chunks have several batches, and several chunks follow each other", async () => {
    const long = sampleText(50_000, 1, 300);
    await expectSame(long, { ...small, dim: 8, epochs: 1, window: 2, negatives: 2 }, some);
  });

  it("trains on, and goes by the seed", async () => {
    const twice = async (given: TrainOptions) => {
      const model = await train(wide, { ...small, epochs: 1, ...given });
      await model.train(wide.slice(0, 3000), { epochs: 1, learningRate: 0.05 });
      return model.vectors.matrix.slice();
    };
    const one = await twice({ threads: 1 });
    for (const way of ["3 threads", "in process", "a ring of 3"]) expect(await twice(ways[way]), way).toEqual(one);
    expect(await twice({ threads: 1, seed: 2 })).not.toEqual(one);
  });

  it("learns with any number of threads: words of a topic come together", async () => {
    expect(purity(await train(text, { ...small, threads: 1 }))).toBeGreaterThan(0.9);
    const mid = sampleText(6000, 1, 75);
    expect(purity(await train(mid, { ...small, threads: 2 }))).toBeGreaterThan(0.9);
  });

  // word2vec.c's order, one pair after the other in the order of the text, came to these on the same texts: loss of the second
  // epoch, norm of all vectors
  it.each<[corpus: keyof typeof corpora, TrainOptions, loss: number, norm: number, most: number]>([
    ["text", {}, 0.3029, 36.96, 1.06],
    ["text", { subsample: 1e-3 }, 0.2772, 36.92, 1.06],
    ["text", { learningRate: 0.1 }, 0.312, 29.59, 1.08],
    ["text", { sharedNegatives: false }, 0.2967, 42.55, 1.06],
    ["tiny", {}, 0.4575, 3.645, 1.06],
    ["tiny", { subsample: 1e-3 }, 0.4543, 6.609, 1.06],
    ["tiny", { learningRate: 0.1 }, 0.4594, 3.65, 1.06],
    ["tiny", { sharedNegatives: false }, 0.4564, 5.531, 1.06],
    ["mid", {}, 0.3811, 44.61, 1.06],
    ["mid", { learningRate: 0.1 }, 0.3154, 49.92, 1.06],
    ["mid", { sharedNegatives: false }, 0.3717, 48.03, 1.06],
    ["wide", { learningRate: 0.1 }, 0.4657, 74.93, 1.06],
  ])(
    "does not diverge, and learns as one pair after the other does: %s, %o",
    async (name, options, loss, norm, most) => {
      const { history, vectors } = await train(corpora[name], {
        ...{ ...small, subsample: 0, learningRate: 0.025 },
        ...options,
      });
      expect(history[1].loss / loss).toBeLessThan(most);
      const found = Math.hypot(...vectors.matrix) / norm;
      expect(found).toBeGreaterThan(0.85);
      expect(found).toBeLessThan(1.2);
    },
  );
  const corpora = {
    text,
    tiny: text.map((sentence) => sentence.map((token) => token.replace(/[0-9]_?/, ""))),
    mid: sampleText(6000, 1, 75),
    wide,
  };
});

/** How trainings run that have something to leave behind. */
const runs: [string, TrainOptions, workers: number][] = [
  ["one thread", { threads: 1 }, 1],
  ["the grid, 3 threads", { threads: 3 }, 3],
  ["the grid, a ring of 3", { threads: 3, wasm: unshared() }, 3],
  ["hogwild", { threads: 3, model: "cbow" }, 3],
  ["in process", { worker: false }, 0],
];

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

/** Expects that so many workers were started, and that all have ended. */
async function expectEnded(workers: Set<Worker>, count: number): Promise<void> {
  expect(workers.size).toBe(count);
  // a worker that has ended has no thread
  await vi.waitFor(() => expect([...workers].map(({ threadId }) => threadId)).toEqual(Array(count).fill(-1)), 10_000);
}

describe("no worker is left", () => {
  it.each(runs)("after a training, and after one that is aborted while it trains: %s", async (_, options, count) => {
    await expectEnded(
      await workersOf(async () => {
        await train(wide, { ...small, ...options, epochs: 1 });
      }),
      count,
    );
    const workers = await workersOf(async () => {
      const controller = new AbortController();
      const onProgress = ({ phase, words }: Progress) => {
        if (phase === "training" && words > 50_000) controller.abort();
      };
      const run = train(wide, { ...small, ...options, epochs: 1000, onProgress, signal: controller.signal });
      await expect(run).rejects.toMatchObject({ name: "AbortError" });
    });
    await expectEnded(workers, count);
  });

  it.each(runs)("after one that is aborted in a pause: %s", async (_, options, count) => {
    const workers = await workersOf(async () => {
      const [control, abort] = [new TrainingControl(), new AbortController()];
      const onProgress = ({ phase }: Progress) => {
        if (phase !== "training" || control.paused) return;
        control.pause();
        control.look().then(() => abort.abort());
      };
      const run = train(wide, { ...small, ...options, epochs: 1000, onProgress, control, signal: abort.signal });
      await expect(run).rejects.toMatchObject({ name: "AbortError" });
    });
    await expectEnded(workers, count);
  });

  it.each(runs)("after one whose text fails in the midst of a pass: %s", async (_, options, count) => {
    let model: Model | undefined;
    const workers = await workersOf(async () => {
      let pass = 0;
      function* corpus() {
        yield* wide.slice(0, 4000);
        if (pass++ === 2) throw new Error("the cable was pulled");
        yield* wide.slice(4000);
      }
      const onEpochEnd = (epoch: unknown) => {
        model = epoch as Model;
      };
      await expect(train(corpus, { ...small, ...options, epochs: 3, onEpochEnd })).rejects.toThrow(
        "the cable was pulled",
      );
    });
    await expectEnded(workers, count);
    // what it was when the text failed
    expect(model!.history).toHaveLength(1);
    expect(model!.vectors.matrix.every(Number.isFinite)).toBe(true);
    await model!.train(wide, { epochs: 1 });
  });
});

describe("a training that is aborted", () => {
  const text = sampleText(8000, 1, 600);
  const ways: Record<string, TrainOptions> = {
    "in process": { worker: false },
    "in process, CBOW": { worker: false, model: "cbow" },
    "2 threads": { threads: 2 },
  };

  it.each(Object.keys(ways))("leaves the model alone afterwards, ready to train on: %s", async (way) => {
    const abort = new AbortController();
    let model: Model | undefined;
    const training = train(text, {
      ...{ ...ways[way], epochs: 50, dim: 40, signal: abort.signal },
      onEpochEnd: (standing) => {
        model = standing as Model;
        // in the midst of the next epoch
        setTimeout(() => abort.abort(new Error("enough")), 30);
      },
    });
    await expect(training).rejects.toThrow("enough");
    const before = model!.vectors.matrix.slice();
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(model!.vectors.matrix).toEqual(before);
    await model!.train(text, { epochs: 1 });
    expect(model!.vectors.matrix.every(Number.isFinite)).toBe(true);
    expect(model!.vectors.matrix).not.toEqual(before);
  });
});

describe("a pause", () => {
  it("begins after the step under way, not at the end of the chunk", async () => {
    const control = new TrainingControl();
    const words: number[] = [];
    const training = train(sampleText(60_000, 1, 600), {
      ...{ worker: false, epochs: 1, dim: 100, control },
      onProgress: ({ phase, words: done }) => {
        if (phase !== "training") return;
        words.push(done);
        if (words.length === 1) control.pause();
      },
    });
    await vi.waitUntil(() => words.length > 0, { timeout: 60_000 });
    const model = await control.look();
    expect(model.vectors.size).toBeGreaterThan(2048);
    const rested = words.at(-1)!;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(words.at(-1)).toBe(rested);
    // of a chunk of 28,000 words two steps may be under way, an eighth each
    expect(rested - words[0]).toBeLessThan(15_000);
    control.resume();
    await training;
  });
});

describe("a worker that dies", () => {
  it("names the last checkpoint", async () => {
    const write = async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const _ of chunks);
    };
    await workersOf(async (started) => {
      const onProgress = ({ words }: Progress) => words > 100_000 && [...started][0].terminate();
      const options = { ...small, threads: 1, epochs: 1000, checkpoint: { every: "0.01s", write, name: "a.ckpt" } };
      await expect(train(text, { ...options, onProgress })).rejects.toThrow(
        /^worker stopped with exit code 1; a.ckpt holds training up to word \d+, of epoch \d+: go on with "resume"$/,
      );
    });
  });

  it.each(runs.filter(([, , count]) => count > 0))(
    "ends training by an error that says so, and leaves no other behind: %s",
    async (_, options, count) => {
      const workers = await workersOf(async (started) => {
        let killed = false;
        const onProgress = ({ phase, words }: Progress) => {
          if (phase !== "training" || words < 20_000 || killed) return;
          killed = true;
          [...started].at(-1)!.terminate();
        };
        await expect(train(wide, { ...small, ...options, epochs: 1000, onProgress })).rejects.toThrow(
          "worker stopped with exit code 1",
        );
      });
      await expectEnded(workers, count);
    },
  );
});

describe("a program that node was given as a string", () => {
  it("trains with workers, which do not take its flags", () => {
    const program = `import { train } from ${JSON.stringify(new URL("../../build/node.js", import.meta.url).href)};
      const model = await train([["a", "b", "c"]], { minCount: 1, subsample: 0, dim: 4, threads: 2, model: "cbow" });
      console.log(model.history[0].threads);`;
    const flags = ["--input-type=module", "--eval", program];
    expect(execFileSync(process.execPath, flags, { encoding: "utf8" })).toBe("2\n");
  });
});

describe("estimateMemory", () => {
  it.each<TrainOptions>([
    { threads: 1 },
    { threads: 3 },
    { threads: 2, sharedNegatives: false },
    { threads: 2, windowWeights: "linear", window: 8 },
    { worker: false },
    { threads: 3, wasm: unshared() },
    { threads: 2, model: "cbow" },
    { loss: "softmax", threads: 1 },
    { loss: "softmax", threads: 1, wasm: unshared() },
  ])("is what training takes: %o", async (options) => {
    // of a long text: those of a short one have smaller chunks
    const words = new Set((options.loss === "softmax" ? text : wide).flat());
    const vocabulary = new Vocabulary([...words].map((word) => [word, 100_000]));
    const given = { ...small, ...options, vocabulary, dim: 16, epochs: 1 };
    const pages = (size: number) => Math.ceil(size / 65_536);
    // bytes of the workers' own memories
    const own: number[] = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      const { memory } = message.task ?? {};
      if (typeof memory === "number") own.push(memory);
      return postMessage.call(this, message, ...rest);
    };
    const model = await train(wide.slice(0, 500), given).finally(() => {
      Worker.prototype.postMessage = postMessage;
    });
    // @ts-expect-error: private
    const taken: number = model.objective.parameters.memory.buffer.byteLength;
    const told = estimateMemory(given, words.size);
    expect(taken).toBe(pages(told.bytes) * 65_536);
    const sum = own.reduce((a, b) => a + b, 0);
    // of a copy of the whole memory pages are counted
    expect(told.own).toBeLessThanOrEqual(sum);
    expect(told.own).toBeGreaterThan(sum - 65_536);
    expect(own).toHaveLength("wasm" in options ? told.threads : 0);
    expect(told.matrices).toBe(2 * words.size * 64);
    expect(told.threads).toBe(model.history[0].threads);
  });

  it("counts the memories of workers that share none, as training does there", async () => {
    const told = await withoutSharedMemory(async () =>
      [{ threads: 2 }, { threads: 1 }, { worker: false }, { threads: 3, model: "cbow" as const }].map((given) =>
        estimateMemory({ ...small, ...given }, 4000),
      ),
    );
    expect(told.map(({ threads }) => threads)).toEqual([2, 1, 1, 1]);
    const [two, one, none, cbow] = told;
    // each worker has a part of the rows, and chunks of its own, which the page has none of
    expect(one.own).toBeGreaterThan(one.matrices);
    expect(two.own - two.matrices).toBeGreaterThan(1.9 * (one.own - one.matrices));
    expect(none.own).toBe(0);
    expect(one.bytes).toBeLessThan(none.bytes);
    expect(cbow.own).toBe(cbow.bytes);
    for (const given of [{ threads: 2 }, { threads: 2, model: "cbow" as const }])
      expect(estimateMemory({ ...small, ...given }, 4000).own).toBe(0);
  });

  it("is the sum of its parts, or what counting takes", () => {
    for (const options of [{ threads: 3, wasm: unshared() }, { threads: 2 }, { threads: 60 }, { worker: false }]) {
      const told = estimateMemory({ ...small, ...options }, 1000);
      const { bytes, own, kept, messages, workers, words, reading, counting, total } = told;
      expect(kept).toBe(told.matrices);
      const training = bytes + own + kept + messages + workers + words + reading;
      expect(total).toBe(Math.max(training, counting));
      expect(counting > training).toBe("threads" in options && options.threads === 60);
      expect(messages > 0).toBe(own > 0);
      expect(own > 0).toBe("wasm" in options);
      expect(workers > 0).toBe(!("worker" in options));
    }
  });

  it("counts the workers that read: all while words are counted, and with the model where it reads the text", () => {
    const told = (options: TrainOptions) => estimateMemory({ ...small, ...options }, 1000);
    const [none, one, four] = [{ worker: false }, { threads: 1 }, { threads: 4 }].map(told);
    const reader = one.counting - none.counting;
    expect(reader).toBeGreaterThan(0);
    expect(four.counting - none.counting).toBe(4 * reader);
    expect(told({ threads: "auto" }).counting - none.counting).toBe(Math.min(64, availableParallelism()) * reader);
    expect([one, four].map(({ reading }) => reading - none.reading)).toEqual([reader, reader]);
    const vocabulary = new Vocabulary([["a", 5]]);
    for (const again of [{ spool: false }, { vocabulary }])
      expect(told({ threads: 4, ...again }).reading - none.reading).toBe(4 * reader);
    expect(told({ vocabulary }).counting).toBe(0);
  });

  it("says what word ids may take in memory, which total leaves out", () => {
    const told = (options: TrainOptions) => estimateMemory({ ...small, ...options }, 1000);
    const [kept, few, none] = [{}, { spoolMemory: 1e6 }, { spool: false }].map(told);
    expect([kept.spool, few.spool, none.spool]).toEqual([2 ** 28, 1e6, 0]);
    expect(few.total).toBe(kept.total);
    expect(told({ spool: true }).spool).toBe(kept.spool);
    const short = estimateMemory(small, 1000, 5_000_000);
    expect(short.spool).toBe(20_000_000);
    expect(short.bytes).toBeLessThan(kept.bytes);
    expect(() => estimateMemory(small, 1000, 0.5)).toThrow('"tokens" expected integer >= 1');
  });

  it("is near it for a tree, whose depth it must guess", async () => {
    const model = await train("demo/sample.txt.gz", { epochs: 1, threads: 1, loss: "hierarchical-softmax" });
    // @ts-expect-error: private
    const taken: number = model.objective.parameters.memory.buffer.byteLength;
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
