// learningRate "auto", and the way back where it is too high: (8.4) of docs/math.md.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CheckpointOptions,
  DivergenceError,
  loadModel,
  type Model,
  TrainingControl,
  type TrainOptions,
  train,
} from "wasm2vec";
import { parseWordPairs, qualityProbe } from "wasm2vec/evaluate";
import { Vocabulary } from "../../src/text/vocabulary";
import { ratesOf } from "../../src/train/options/auto-rate";
import { resolveOptions } from "../../src/train/train-options";
import { small as flags, Workbench } from "../support/command";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";
import { unshared } from "../support/unshared";

/** words enough for two blocks */
const text = sampleText(2500, 1, 75);
const small: TrainOptions = { dim: 18, epochs: 4, minCount: 1, subsample: 2e-3, threads: 1 };

/** All that a training leaves, times and threads left out. */
const traces = (model: Model<never>) => ({
  vectors: model.vectors.matrix.slice(),
  outputs: model.options.loss === "hierarchical-softmax" ? undefined : model.outputVectors.matrix.slice(),
  history: model.history.map(
    ({ seconds: _, discardedSeconds: __, wordsPerSecond: ___, threads: ____, stopped: _____, ...record }) => record,
  ),
});

/** A schedule that is far too high, so that the rate has to be lowered again and again; from a progress on. */
const wild = (from = 0) => ({ learningRateSchedule: (progress: number) => (progress < from ? 1 : 1e5) });

/** The rate that "auto" comes to, where it is not too high. */
async function rateOf(options: TrainOptions): Promise<number> {
  return (await train(text, { ...small, ...options })).history[0].initialLearningRate;
}

const warnings = () => {
  const told: string[] = [];
  return { told, onWarning: (message: string) => void told.push(message) };
};

describe("auto", () => {
  /** ten thousand words, equally frequent */
  const vocabulary = new Vocabulary(Array.from({ length: 10_000 }, (_, i) => [`w${i}`, 100]));
  const rate = (options: TrainOptions, words: number) => ratesOf(resolveOptions(options), { words, vocabulary });

  it.each([
    // pairs of the grid: by the words that all epochs read
    [{}, 1_000_000, 0.1],
    [{}, 24_000_000, 0.05],
    [{}, 54_000_000, 0.05 / 1.5],
    [{ maxn: 6 }, 1_000_000, 0.075],
    [{ maxn: 6 }, 12_000_000, 0.75 * 0.05 * Math.SQRT2],
    [{ maxn: 6 }, 24_000_000, 0.05],
    [{}, 1e11, 0.025],
    [{ model: "cbow" }, 24_000_000, 0.075],
    [{ loss: "hierarchical-softmax" }, 24_000_000, 0.025],
    [{ model: "cbow", loss: "hierarchical-softmax" }, 24_000_000, 0.05],
    // no higher than what rows bear that many noise words push at once
    [{ negatives: 199 }, 1_000_000, 1.1 / (200 * (1 + 15 / 10_000))],
    [{ negatives: 199, sharedNegatives: false }, 1_000_000, 1.1 / 200],
    [{ model: "cbow", negatives: 199 }, 1_000_000, 1.5 / 201.1],
  ] as [TrainOptions, number, number][])("%j, on %d words, is %f", (options, words, expected) => {
    const is = rate(options, words).learningRate;
    expect(Math.abs(is / expected - 1)).toBeLessThan(0.001);
  });

  it.each(["skipgram", "cbow"] as const)(
    "is the default, of %s, and gives the bytes of the rate that it comes to",
    async (model) => {
      const auto = await train(text, { ...small, model });
      expect(auto.options.learningRate).toBe("auto");
      const { vocabulary } = auto;
      const { learningRate, minLearningRate } = ratesOf(resolveOptions({ ...small, model }), {
        words: 4 * vocabulary.totalWords,
        vocabulary,
      });
      expect(auto.history.map((record) => record.initialLearningRate)).toEqual([1, 2, 3, 4].map(() => learningRate));
      const given = await train(text, { ...small, model, learningRate, minLearningRate });
      expect(traces(auto)).toEqual(traces(given));
    },
  );

  it("a number is what it is", async () => {
    expect(rate({ model: "cbow", learningRate: 0.3 }, 1)).toEqual({
      learningRate: 0.3,
      minLearningRate: 0.3 * 1e-4,
      isChosen: false,
    });
    const { history } = await train(text, { ...small, epochs: 1, learningRate: 0.0123 });
    expect(history[0].initialLearningRate).toBe(0.0123);
  });

  it("ends at a ten-thousandth, or where it is told, and begins no lower than that", () => {
    const { learningRate, minLearningRate, isChosen } = rate({}, 1e6);
    expect(isChosen).toBe(true);
    expect(minLearningRate).toBe(learningRate * 1e-4);
    expect(rate({ minLearningRate: 0.001 }, 1e6)).toMatchObject({
      learningRate,
      minLearningRate: 0.001,
    });
    expect(rate({ minLearningRate: 7 }, 1e6)).toMatchObject({
      learningRate: 7,
      minLearningRate: 7,
    });
  });

  it.each([2, 20, 200, 2_000, 20_000])("lets a text of %d words learn", async (words) => {
    const lines = sampleText(Math.ceil(words / 5)).map((line) => line.slice(0, 5));
    for (const model of ["skipgram", "cbow"] as const)
      for (const loss of ["negative-sampling", "hierarchical-softmax", "softmax"] as const) {
        const { told, onWarning } = warnings();
        const { history, vectors } = await train(words === 2 ? [["a", "b"]] : lines, {
          model,
          loss,
          threads: 1,
          dim: 16,
          minCount: 1,
          onWarning,
        });
        expect(told.filter((message) => message.includes("diverged"))).toEqual([]);
        expect(vectors.matrix.every(Number.isFinite)).toBe(true);
        expect(history.at(-1)!.loss).toBeLessThanOrEqual(history[0].loss * 1.001);
      }
  });

  it.each<[unknown, typeof TypeError]>([
    ["fast", TypeError],
    [-1, RangeError],
    [Number.NaN, RangeError],
    [true, TypeError],
  ])("%j is no rate", async (learningRate, kind) => {
    const training = train(text, { learningRate } as TrainOptions);
    await expect(training).rejects.toThrow(kind);
    await expect(training).rejects.toThrow('"learningRate"');
  });
});

describe("a rate that is too high", () => {
  const ways: Record<string, TrainOptions> = {
    "one thread": {},
    "this thread": { worker: false },
    "pair by pair": { sharedNegatives: false },
    cbow: { model: "cbow" },
    "cbow in this thread": { model: "cbow", worker: false },
    "hierarchical softmax": { loss: "hierarchical-softmax" },
    softmax: { loss: "softmax", maxVocabulary: 40 },
    "the js kernel": { kernel: "js", dim: 8 },
  };

  it.each(Object.entries(ways))("is lowered until it is not: %s", async (_, options) => {
    const { told, onWarning } = warnings();
    const model = await train(text, { ...small, ...options, ...wild(), onWarning });
    expect(told.length).toBeGreaterThan(1);
    for (const message of told)
      expect(message).toMatch(
        /^training diverged in epoch \d after \d+ words: .* at learning rate [\d.e+]+: it goes on from epoch \d with learningRate [\d.e-]+$/,
      );
    const { history, vectors } = model;
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(vectors.matrix.every(Number.isFinite)).toBe(true);
    if (options.loss !== "hierarchical-softmax") expect(model.outputVectors.matrix.every(Number.isFinite)).toBe(true);
    expect(history.at(-1)!.initialLearningRate).toBe((await rateOf(options)) / 4 ** told.length);
  });

  it.each(Object.entries(ways).filter(([, { model, loss }]) => !model && !loss))(
    "gives the same bytes on any number of threads, with and without shared memory: %s",
    async (_, options) => {
      const given = { ...small, ...options, ...wild(0.3) };
      const one = await train(text, given);
      expect(one.history[3].initialLearningRate).toBeLessThan(one.history[0].initialLearningRate);
      const binary = options.kernel === "js" ? {} : { wasm: unshared() };
      const others: TrainOptions[] = [
        { threads: 1, worker: true },
        { worker: false },
        { threads: 2, worker: true },
        { threads: 3, worker: true, ...binary },
      ];
      for (const other of others) {
        const { told, onWarning } = warnings();
        expect(traces(await train(text, { ...given, ...other, onWarning }))).toEqual(traces(one));
        expect(told.length).toBeGreaterThan(0);
      }
    },
  );

  it.each<[string, TrainOptions, number]>([
    ["the grid", {}, 0.6],
    ["cbow", { model: "cbow" }, 0.6],
    ["hierarchical softmax", { loss: "hierarchical-softmax" }, 0.3],
    ["softmax", { loss: "softmax", maxVocabulary: 40 }, 1],
  ])("is lowered, too, where all rows stay finite but grow without end: %s", async (_, options, tooHigh) => {
    const given = { ...small, ...options, epochs: 1 };
    const grown = await train(text, { ...given, learningRate: tooHigh, learningRateSchedule: "constant" });
    expect(grown.vectors.matrix.every(Number.isFinite)).toBe(true);
    expect(grown.history[0].loss).toBeGreaterThan(100);
    const times = tooHigh / (await rateOf(given));
    const { told, onWarning } = warnings();
    const { history } = await train(text, { ...given, learningRateSchedule: () => times, onWarning });
    expect(told[0]).toMatch(/the loss is [\d.e+]+ at learning rate/);
    const calm = await train(text, {
      ...given,
      learningRate: tooHigh / 4 ** told.length,
      learningRateSchedule: "constant",
    });
    expect(history[0].loss).toBeCloseTo(calm.history[0].loss, 5);
    expect(history[0].loss).toBeLessThan(10);
  });

  it("is lowered, too, where an epoch ends worse than it would have without learning; not in a model that had learnt", async () => {
    const given: TrainOptions = { ...small, model: "cbow", epochs: 2 };
    const learningRateSchedule = () => 0.4 / chosen;
    const chosen = await rateOf(given);
    const worse = await train(text, { ...given, learningRate: chosen, learningRateSchedule });
    expect(worse.history[1].loss).toBeGreaterThan(1.1 * Math.LN2);
    expect(worse.history[1].loss).toBeLessThan(10 * Math.LN2);
    const { told, onWarning } = warnings();
    const { history } = await train(text, { ...given, learningRateSchedule, onWarning });
    expect(told).toEqual([
      expect.stringMatching(/in epoch 2 .* the loss of the epoch is 0\.\d+ at .* on from epoch 2/),
    ]);
    expect(history[1].loss).toBeLessThan(Math.LN2);
    // what it knows may be of another text
    await worse.train(text, { epochs: 1, learningRateSchedule: () => 1e-6, onWarning });
    expect(worse.history[2].loss).toBeGreaterThan(1.1 * Math.LN2);
    expect(told).toHaveLength(1);
  });

  it("goes back to the last epoch that ended well, which stays in the history as it was", async () => {
    const calm = await train(text, { ...small, learningRateSchedule: () => 1 });
    const { told, onWarning } = warnings();
    const ended: number[] = [];
    const { history } = await train(text, {
      ...small,
      ...wild(0.5),
      onWarning,
      onEpochEnd: (_, { epoch }) => void ended.push(epoch),
    });
    expect(told[0]).toMatch(/diverged in epoch 3 .* it goes on from epoch 3/);
    const known = ({ epoch, loss, learningRate, initialLearningRate }: (typeof history)[number]) => ({
      epoch,
      loss,
      learningRate,
      initialLearningRate,
    });
    expect(history.slice(0, 2).map(known)).toEqual(calm.history.slice(0, 2).map(known));
    expect(ended).toEqual([1, 2, 3, 4]);
  });

  it.each<[string, TrainOptions]>([
    ["the grid", {}],
    ["cbow", { model: "cbow" }],
    ["hierarchical softmax", { loss: "hierarchical-softmax" }],
  ])("a checkpoint from after that resumes to the same bytes: %s", async (_, options) => {
    const given = { ...small, ...options, ...wild(0.3) };
    const { files, write, read } = store();
    const whole = await train(text, { ...given, checkpoint: { every: "1epoch", write } });
    expect(whole.history[3].initialLearningRate).toBeLessThan(whole.history[0].initialLearningRate);
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (let number = 0; number < files.length; number++) {
      const resumed = await train(text, { ...wild(0.3), resume: read(number) });
      expect(traces(resumed)).toEqual(traces(whole));
    }
  });

  // rows of the grid grow so fast that no pause finds them growing
  it.each<[string, TrainOptions, number]>([
    ["cbow", { model: "cbow" }, 0.4],
    ["cbow in this thread", { model: "cbow", worker: false }, 0.4],
    ["hierarchical softmax", { loss: "hierarchical-softmax" }, 0.3],
  ])("no checkpoint holds rows that have grown, and from each training goes on: %s", async (_, options, tooHigh) => {
    const given = { ...small, ...options };
    const times = tooHigh / (await rateOf(given));
    const schedule = { learningRateSchedule: (progress: number) => (progress < 0.3 ? 1 : times) };
    const plain = await train(text, { ...given, ...schedule });
    expect(plain.history[3].lowered).toBeGreaterThan(0);
    const { files, write, read } = store();
    const control = new TrainingControl();
    const refused: string[] = [];
    const asking = (async () => {
      for (;;) {
        const error = await control.checkpoint().catch((error: Error) => error);
        if (error?.message.startsWith("training has ended")) return;
        if (error) refused.push(error.message);
      }
    })();
    const { told, onWarning } = warnings();
    const asked = await train(text, { ...given, ...schedule, control, checkpoint: { write }, onWarning });
    await asking;
    // who asks changes nothing
    expect(traces(asked)).toEqual(traces(plain));
    expect(refused.length).toBeGreaterThan(0);
    const why =
      /^the loss in epoch \d is [\d.]+, more than that of a model that has learnt nothing: training may have to go back$/;
    for (const message of refused) expect(message).toMatch(why);
    const kept = "; the checkpoint holds training up to word";
    expect(told.filter((message) => message.startsWith("checkpoint not written: the loss in epoch"))).toHaveLength(
      refused.length,
    );
    expect(told.some((message) => message.includes(kept))).toBe(true);
    for (let number = 0; number < files.length; number++) {
      const { history } = await train(text, { ...schedule, resume: read(number) });
      expect(history).toHaveLength(4);
      expect(history[3].loss).toBeLessThan(1.1 * plain.history[3].loss);
    }
  });

  it("says in the records how often it was lowered, and what that undid", async () => {
    const start = performance.now();
    const { history } = await train(text, { ...small, ...wild(0.3) });
    const seconds = (performance.now() - start) / 1000;
    expect(history[0].lowered).toBe(undefined);
    expect(history[0].discardedSeconds).toBe(undefined);
    expect(history[3].lowered).toBeGreaterThan(1);
    expect(history[3].initialLearningRate).toBe(history[0].initialLearningRate / 4 ** history[3].lowered!);
    const discarded = history.map(({ discardedSeconds = 0 }) => discardedSeconds);
    expect(Math.max(...discarded)).toBeGreaterThan(0);
    expect(history.reduce((sum, record) => sum + record.seconds, 0) + Math.max(...discarded)).toBeLessThan(seconds);
  });

  it("epochs that are trained again take the place of those that are undone, with the listener and in a probe's curve", async () => {
    const pairs = "topic0_0\ttopic0_1\t9\ntopic0_0\ttopic3_1\t1\ntopic3_0\ttopic3_2\t8\n";
    const probe = qualityProbe({ wordPairs: parseWordPairs(pairs) });
    const ended: number[] = [];
    const { history } = await train(text.slice(0, 500), {
      ...small,
      epochs: 20,
      ...wild(0.14),
      onVocabulary: probe.onVocabulary,
      onEpochEnd: (model, record) => {
        ended.push(record.epoch);
        return probe.onEpochEnd(model, record);
      },
    });
    expect(ended.slice(0, 4)).toEqual([1, 2, 3, 3]);
    expect(probe.curve.map(({ epoch, loss, score }) => ({ epoch, loss, score }))).toEqual(
      history.map(({ epoch, loss, score }) => ({ epoch, loss, score })),
    );
  });

  it("the error knows what the checkpoint holds, though training went back since", async () => {
    const { write } = store();
    const learningRateSchedule = (progress: number) => (progress < 0.3 ? 1 : 1e30);
    const given = { ...small, learningRateSchedule, checkpoint: { write, every: "1epoch", name: "kept.ckpt" } };
    await expect(train(text, given)).rejects.toThrow(
      /^training diverged in epoch 2 .*; kept\.ckpt holds training up to word \d+, of epoch 2: go on with "resume"$/,
    );
  });

  it("Model.train has the way back too, from what the model was", async () => {
    const model = await train(text, { ...small, epochs: 1 });
    const before = model.history[0];
    const { told, onWarning } = warnings();
    await model.train(text, { epochs: 2, ...wild(), onWarning });
    expect(told.length).toBeGreaterThan(1);
    expect(told[0]).toContain("in epoch 2");
    expect(model.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(model.history[0]).toEqual(before);
    expect(model.vectors.matrix.every(Number.isFinite)).toBe(true);
    const chosen = await rateOf({ epochs: 2 });
    expect(model.history[2].initialLearningRate).toBe(chosen / 4 ** told.length);
    // the next call chooses anew
    await model.train(text, { epochs: 2, learningRateSchedule: "linear" });
    expect(model.history[3].initialLearningRate).toBe(chosen);
  });

  it("Model.train goes on from its own checkpoint, interrupted after that, to the same bytes", async () => {
    const { write, read, files } = store();
    await train(text, { ...small, epochs: 1, checkpoint: { write, every: "1h" } });
    const given = { epochs: 3, ...wild(0.3) };
    const whole = await (await loadModel(read(0))).train(text, given);
    expect(whole.history[3].initialLearningRate).toBeLessThan(whole.history[1].initialLearningRate);
    const abort = new AbortController();
    const interrupted = (await loadModel(read(0))).train(text, {
      ...given,
      signal: abort.signal,
      checkpoint: { write, every: "1epoch" },
      onEpochEnd: (_, { epoch }) => void (epoch === 4 && abort.abort(new Error("interrupted"))),
    });
    await expect(interrupted).rejects.toThrow("interrupted");
    expect(files).toHaveLength(3);
    const found: CheckpointOptions = { write, every: "1epoch", read: async () => read() };
    const { told, onWarning } = warnings();
    const resumed = await (await loadModel(read(0))).train(text, { ...given, checkpoint: found, onWarning });
    expect(traces(resumed)).toEqual(traces(whole));
    expect(told[0]).toBe("going on with the training in stored, epoch 4 of 4");
  });

  it("that was given ends with an error, in train and in Model.train", async () => {
    const { told, onWarning } = warnings();
    const given = { ...small, learningRate: 0.025, ...wild(), onWarning };
    const error = await train(text, given).catch((error) => error);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.message).toMatch(/: lower "learningRate" \(it was 0\.025\), or leave it to "auto"$/);
    const model = await train(text, { ...small, epochs: 1 });
    await expect(model.train(text, { learningRate: 0.025, ...wild() })).rejects.toThrow(DivergenceError);
    expect(told).toEqual([]);
  });

  it("is given up after eight times", async () => {
    const { told, onWarning } = warnings();
    const error = await train(text, { ...small, learningRateSchedule: () => 1e30, onWarning }).catch((error) => error);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(told).toHaveLength(8);
    expect(error.message).toContain(`it was ${(await rateOf({})) / 4 ** 8}`);
  });

  it.each<TrainOptions>([{}, { model: "cbow" }, { loss: "hierarchical-softmax" }])(
    "leaves frozen words where they are: %j",
    async (options) => {
      const [[word]] = text;
      const given = { ...small, ...options, freeze: [word] };
      const begun = await train(text, { ...given, epochs: 1, learningRate: 0 });
      const { told, onWarning } = warnings();
      const model = await train(text, { ...given, ...wild(0.3), onWarning });
      expect(told.length).toBeGreaterThan(0);
      expect(model.vectors.get(word)).toEqual(begun.vectors.get(word));
    },
  );

  it("leaves what diverges in the listener's own trainings to the listener", async () => {
    let calls = 0;
    const onEpochEnd = async () => {
      calls++;
      await train(text, { ...small, learningRate: 1e9 });
    };
    await expect(train(text, { ...small, onEpochEnd })).rejects.toThrow(DivergenceError);
    expect(calls).toBe(1);
  });

  it("may be looked at, saved and stopped on the way", async () => {
    const control = new TrainingControl();
    const { told, onWarning } = warnings();
    const { files, write, read } = store();
    const looks: Promise<unknown>[] = [];
    const model = await train(text, {
      ...small,
      ...wild(),
      control,
      onWarning: (message) => {
        onWarning(message);
        looks.push(control.look().then(({ vectors }) => expect(vectors.matrix.every(Number.isFinite)).toBe(true)));
      },
      onEpochEnd: (model, { epoch }) => {
        if (epoch < 2) return;
        (model as Model<never>).save(write);
        return false;
      },
    });
    await Promise.all(looks);
    expect(looks).toHaveLength(told.length);
    expect(model.history).toHaveLength(2);
    expect(files).toHaveLength(1);
    expect(traces((await loadModel(read())) as Model<never>)).toEqual(traces(model as Model<never>));
  });

  it("aborts with the signal's reason, not with the divergence", async () => {
    const abort = new AbortController();
    const onWarning = () => abort.abort(new Error("enough"));
    await expect(train(text, { ...small, ...wild(), onWarning, signal: abort.signal })).rejects.toThrow("enough");
  });
});

describe("the command line", () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = new Workbench();
  });
  afterAll(() => bench.remove());
  const train = (...args: string[]) =>
    bench.run(["train", bench.corpus, "--output", bench.path("vectors.bin"), ...flags, ...args]);

  it.each<[string[], number?]>([
    [[]],
    [["--learning-rate", "auto"]],
    [["--model", "cbow"]],
    [["--learning-rate", "0.0123"], 0.0123],
  ])("names the rate that was used: %j", async (args, given) => {
    const { stdout: json } = await train(...args, "--json");
    const { learningRate } = JSON.parse(json);
    if (given) expect(learningRate).toBe(given);
    else expect(learningRate).toBeGreaterThan(0.001);
    const { code, stdout } = await train(...args);
    expect(code).toBe(0);
    expect(stdout).toContain(`, learning rate ${Number(learningRate.toPrecision(3))}, loss `);
  });

  it("says that it was lowered, and counts the seconds of what that undid", async () => {
    const wild = ["--initial-range", "1000"];
    const { history, seconds, wordsPerSecond, ...said } = JSON.parse((await train(...wild, "--json")).stdout);
    const sum = (name: string) => history.reduce((sum: number, record: never) => sum + (record[name] ?? 0), 0);
    expect(said.lowered).toBeGreaterThan(0);
    expect(said.discardedSeconds).toBeGreaterThan(0);
    expect(seconds).toBeCloseTo(sum("seconds") + said.discardedSeconds, 9);
    expect(wordsPerSecond).toBeCloseTo(sum("words") / seconds, 6);
    const { stdout } = await train(...wild);
    const times = `${said.lowered} time${said.lowered === 1 ? "" : "s"}`;
    expect(stdout).toMatch(/ words in \d+ s, \d+ s of them undone \(/);
    expect(stdout).toContain(
      `, learning rate ${Number(said.learningRate.toPrecision(3))} (too high at first, and lowered ${times}), loss `,
    );
    expect((await train()).stdout).not.toMatch(/undone|lowered/);
  });

  it.each(["fast", "-1"])("refuses %s", async (rate) => {
    expect(await train("--learning-rate", rate)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--learning-rate"),
    });
  });
});
