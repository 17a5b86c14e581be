// The learning rate over a training: (8.3) of docs/math.md.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type Model, readCheckpoint, type TrainOptions, train } from "wasm2vec";
import { loadVectors } from "wasm2vec/files";
import type { LearningRateSchedule } from "wasm2vec/types";
import { rateAt, SCHEDULE_NAMES } from "../../src/train/options/learning-rate";
import { small as flags, Workbench } from "../support/command";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";
import { withoutSharedMemory } from "../support/unshared";

const text = sampleText(6000);
const small: TrainOptions = { dim: 10, minCount: 2, epochs: 3, threads: 1 };
const half: LearningRateSchedule = (progress) => 0.5 + 0.5 * progress;
const all: LearningRateSchedule[] = [...SCHEDULE_NAMES, half];
const nameOf = (schedule: LearningRateSchedule) => (typeof schedule === "function" ? "a function" : schedule);
const each = all.map((schedule) => ({ name: nameOf(schedule), schedule }));

describe("rateAt", () => {
  const rates = { learningRate: 0.3, minLearningRate: 0.02 };
  const formulas: Record<string, (progress: number) => number> = {
    linear: (p) => Math.max(0.02, 0.3 * (1 - p)),
    constant: () => 0.3,
    cosine: (p) => 0.02 + ((0.3 - 0.02) * (1 + Math.cos(Math.PI * p))) / 2,
    "a function": (p) => 0.3 * (0.5 + 0.5 * p),
  };

  it.each(each)("$name is its formula", ({ name, schedule }) => {
    for (let p = 0; p <= 1; p += 1 / 64)
      expect(rateAt(p, { ...rates, learningRateSchedule: schedule })).toBeCloseTo(formulas[name](p), 14);
  });

  it.each([
    ["linear", 0.3, 0.02],
    ["constant", 0.3, 0.3],
    ["cosine", 0.3, 0.02],
  ] as const)("%s goes from %d to %d", (learningRateSchedule, first, last) => {
    expect(rateAt(0, { ...rates, learningRateSchedule })).toBe(first);
    expect(rateAt(1, { ...rates, learningRateSchedule })).toBeCloseTo(last, 15);
  });
});

describe("training", () => {
  it.each<[string, TrainOptions]>([
    ["the grid", {}],
    ["the grid, two threads", { threads: 2 }],
    ["this thread", { worker: false }],
    ["cbow", { model: "cbow" }],
    ["hierarchical softmax", { loss: "hierarchical-softmax" }],
    ["the js kernel", { kernel: "js", epochs: 1 }],
    ["the scalar kernel", { kernel: "scalar" }],
  ])("heeds the schedule in %s, to the byte", async (_, options) => {
    const matrixOf = async (learningRateSchedule?: LearningRateSchedule) =>
      (await train(text, { ...small, ...options, learningRateSchedule })).vectors.matrix;
    const linear = await matrixOf();
    expect(await matrixOf("linear")).toEqual(linear);
    expect(await matrixOf((progress) => Math.max(1e-4, 1 - progress))).toEqual(linear);
    const constant = await matrixOf("constant");
    expect(await matrixOf(() => 1)).toEqual(constant);
    const cosine = await matrixOf("cosine");
    expect(constant).not.toEqual(linear);
    expect(cosine).not.toEqual(linear);
    expect(cosine).not.toEqual(constant);
  });

  it("gives workers that share no memory the same rates", async () => {
    const options = { ...small, threads: 2, learningRateSchedule: "cosine" } as const;
    const apart = await withoutSharedMemory(() => train(text, options));
    expect(apart.vectors.matrix).toEqual((await train(text, options)).vectors.matrix);
  });

  it("asks a function from progress 0 on, once before each chunk, and reports its rate", async () => {
    const asked: number[] = [];
    const learningRateSchedule = (progress: number) => {
      asked.push(progress);
      return 2 - progress;
    };
    const { history } = await train(text, { ...small, learningRate: 0.02, learningRateSchedule });
    expect(asked[0]).toBe(0);
    expect(asked.length).toBeGreaterThanOrEqual(10);
    expect(asked.every((progress, i) => i === 0 || progress > asked[i - 1])).toBe(true);
    expect(asked.at(-1)).toBeLessThan(1);
    expect(history.at(-1)!.learningRate).toBe(0.02 * (2 - asked.at(-1)!));
  });

  it.each(each)("$name: each epoch reports the rate of its last chunk", async ({ schedule }) => {
    const asked: number[] = [];
    const spy = (progress: number) => {
      asked.push(progress);
      return 1;
    };
    await train(text, { ...small, learningRateSchedule: spy });
    const options = { ...small, learningRate: 0.04, learningRateSchedule: schedule };
    const { history } = await train(text, options);
    const rates = { ...options, minLearningRate: 0.04 * 1e-4 };
    for (const { epoch, learningRate } of history) {
      const last = asked.filter((progress) => progress < epoch / history.length - 1e-9).at(-1)!;
      expect(learningRate).toBe(rateAt(last, rates));
    }
  });

  it("trains on with the schedule of the first training, or another", async () => {
    const model = await train(text, { ...small, learningRate: 0.025, learningRateSchedule: "constant" });
    await model.train(text, { epochs: 1 });
    expect(model.history.at(-1)!.learningRate).toBe(0.025);
    await model.train(text, { epochs: 1, learningRateSchedule: () => 0.5 });
    expect(model.history.at(-1)!.learningRate).toBe(0.0125);
    await expect(model.train(text, { minLearningRate: 0.001 })).rejects.toThrow(/^"minLearningRate" goes with/);
    await model.train(text, { epochs: 1, learningRateSchedule: "cosine", minLearningRate: 0.02 });
    expect(model.history.at(-1)!.learningRate).toBeGreaterThan(0.02);
    expect(model.history.at(-1)!.learningRate).toBeLessThan(0.0205);
  });
});

describe("errors", () => {
  it.each<[unknown, unknown]>([
    ["cosin", new RangeError('"learningRateSchedule" expected one of "linear", "constant", "cosine", got "cosin"')],
    [
      5,
      new TypeError('"learningRateSchedule" expected "linear", "constant", "cosine" or a function of progress, got 5'),
    ],
    ["function", expect.objectContaining({ name: "RangeError" })],
    [() => Number.NaN, new RangeError('"learningRateSchedule(0)" expected finite number >= 0, got NaN')],
    [() => -0.1, new RangeError('"learningRateSchedule(0)" expected finite number >= 0, got -0.1')],
    [() => Number.POSITIVE_INFINITY, /"learningRateSchedule\(0\)" expected finite number >= 0, got Infinity/],
    [() => "1", new TypeError('"learningRateSchedule(0)" expected number >= 0, got "1"')],
    [(p: number) => (p > 0.5 ? Number.NaN : 1), /"learningRateSchedule\(0\.[5-9]\d*\)" expected finite number >= 0/],
  ])("%o is refused", async (learningRateSchedule, error) => {
    const options = { ...small, learningRateSchedule } as TrainOptions;
    await expect(train(text, options)).rejects.toThrow(error as Error);
  });

  it("what a function throws ends training", async () => {
    const learningRateSchedule = () => {
      throw new Error("no rate");
    };
    await expect(train(text, { ...small, learningRateSchedule })).rejects.toThrow("no rate");
  });

  it("minLearningRate goes with those that fall to it", async () => {
    for (const [schedule, got] of [
      ["constant", '"constant"'],
      [half, "a function"],
    ] as const)
      await expect(train(text, { ...small, learningRateSchedule: schedule, minLearningRate: 0.001 })).rejects.toThrow(
        new RangeError(
          `"minLearningRate" goes with "learningRateSchedule" "linear" or "cosine", got ${got}: leave it out`,
        ),
      );
  });
});

describe("checkpoints", () => {
  /** The training whole, and what its checkpoint after the first epoch holds. */
  async function interrupted(learningRateSchedule: LearningRateSchedule) {
    const { write, read } = store();
    const options = { ...small, learningRateSchedule };
    const whole = await train(text, { ...options, checkpoint: { every: "1epoch", write } });
    return { whole, resume: read(0), last: read() };
  }
  const matrixOf = ({ vectors }: Model) => vectors.matrix;

  it.each(each)("resume with $name gives the bytes of the whole training", async ({ schedule }) => {
    const { whole, resume } = await interrupted(schedule);
    expect(resume.options.learningRateSchedule).toBe(typeof schedule === "function" ? "function" : schedule);
    expect(resume.isFinished).toBe(false);
    const again = await train(text, { resume, learningRateSchedule: schedule });
    expect(matrixOf(again)).toEqual(matrixOf(whole));
    if (typeof schedule !== "function") expect(matrixOf(await train(text, { resume }))).toEqual(matrixOf(whole));
  });

  it("ask for the function again, and refuse another schedule", async () => {
    const { resume, last } = await interrupted(half);
    await expect(train(text, { resume })).rejects.toThrow(
      new RangeError(
        '"learningRateSchedule" of stored is a function, which a file cannot hold: give the same function again',
      ),
    );
    await expect(train(text, { resume, learningRateSchedule: "cosine" })).rejects.toThrow(
      /"learningRateSchedule" clashes with "resume"/,
    );
    const { resume: named } = await interrupted("cosine");
    for (const learningRateSchedule of ["linear", half] as const)
      await expect(train(text, { resume: named, learningRateSchedule })).rejects.toThrow(
        /"learningRateSchedule" clashes with "resume": stored was trained with learningRateSchedule "cosine", got /,
      );
    // nothing is left to train
    expect((await train(text, { resume: last })).history).toHaveLength(3);
  });

  it("of a place that the same call goes on with hold a function, too", async () => {
    const whole = await train(text, { ...small, learningRateSchedule: half });
    const { files, write } = store();
    const stop = (model: { history: readonly unknown[] }) => {
      if (model.history.length === 2) throw new Error("stop");
    };
    const read = async () => (files.length > 0 ? readCheckpoint(files.at(-1)!) : undefined);
    const options = { ...small, learningRateSchedule: half, checkpoint: { every: "1epoch", write, read } };
    await expect(train(text, { ...options, onEpochEnd: stop })).rejects.toThrow("stop");
    expect(files).toHaveLength(1);
    await expect(train(text, { ...options, learningRateSchedule: "linear" })).rejects.toThrow(
      'it has "learningRateSchedule" "function", this one "linear"',
    );
    expect(matrixOf(await train(text, options))).toEqual(matrixOf(whole));
  });

  it("of a model that is trained on hold the schedule of that run", async () => {
    const more = { epochs: 2, learningRateSchedule: half };
    const whole = await (await train(text, small)).train(text, more);
    const { write, read } = store();
    const model = await train(text, small);
    const before = await saved(model);
    await model.train(text, { ...more, checkpoint: { every: "1epoch", write } });
    const resume = read(0);
    expect(resume.options.learningRateSchedule).toBe("linear");
    await expect(train(text, { resume })).rejects.toThrow(/"learningRateSchedule" of stored is a function/);
    expect(matrixOf(await train(text, { resume, learningRateSchedule: half }))).toEqual(matrixOf(whole));
    const again = await loadModel(readCheckpoint(before));
    await again.train(text, { ...more, checkpoint: { write, read: async () => read(0) } });
    expect(matrixOf(again)).toEqual(matrixOf(whole));
  });

  async function saved(model: Model): Promise<Uint8Array> {
    const { write, files } = store();
    await model.save(write);
    return files[0];
  }

  it("of a model are trained on by a function that is given again, or by another schedule", async () => {
    const model = await train(text, { ...small, learningRateSchedule: half });
    const loaded = await loadModel(readCheckpoint(await saved(model)));
    expect(loaded.options.learningRateSchedule).toBe("function");
    await expect(loaded.train(text, { epochs: 1 })).rejects.toThrow(
      '"learningRateSchedule" of this model is a function, which a file cannot hold: give the same function again',
    );
    await loaded.train(text, { epochs: 1, learningRateSchedule: half });
    await model.train(text, { epochs: 1 });
    expect(matrixOf(loaded)).toEqual(matrixOf(model));
  });
});

describe("on the command line", () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = new Workbench();
  });
  afterAll(() => bench.remove());

  it("the flag is the option", async () => {
    const options: TrainOptions = { dim: 16, epochs: 3, minCount: 1, subsample: 0.01, threads: 1 };
    const args = ["train", bench.corpus, "-o", "a.bin", ...flags];
    const run = await bench.run([...args, "--learning-rate-schedule", "cosine"]);
    expect(run.code, run.stderr).toBe(0);
    const { vectors } = await train(bench.corpus, { ...options, learningRateSchedule: "cosine" });
    const read = await loadVectors(bench.path("a.bin"));
    for (const word of read.words) expect(read.get(word)).toEqual(vectors.get(word));
    const other = await bench.run([...args, "--learning-rate-schedule", "step"]);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("linear, constant, cosine") });
    const both = await bench.run([...args, "--learning-rate-schedule", "constant", "--min-learning-rate", "0.001"]);
    expect(both).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--min-learning-rate goes with --learning-rate-schedule"),
    });
  });
});
