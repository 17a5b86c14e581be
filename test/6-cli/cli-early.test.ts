// Early stopping, by the command line.

import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadVectors } from "wasm2vec/files";
import { small, Workbench } from "../support/command";

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench();
  writeFileSync(bench.path("pairs.tsv"), "topic0_0\ttopic0_1\t9\ntopic0_0\ttopic3_1\t1\ntopic3_0\ttopic3_2\t8\n");
  writeFileSync(bench.path("other.tsv"), "chat\tchien\t9\npain\tvin\t1\n");
  writeFileSync(bench.path("questions.txt"), ": topics\ntopic0_0 topic0_1 topic3_0 topic3_1\n");
});
afterAll(() => bench.remove());

const train = (...args: string[]) => bench.run(["train", "corpus.txt", "--output", "v.bin", ...small, ...args]);
const long = ["--epochs", "60", "--learning-rate-schedule", "constant", "--patience", "1"];

describe("train ends early, and says why,", () => {
  it("by the loss of held-out sentences", async () => {
    const options = [...long, "--validation-share", "0.1"];
    const { code, stdout, stderr } = await train(...options);
    expect(code, stderr).toBe(0);
    const [, loss, epoch] =
      /, loss 0\.\d{4}, held-out loss (0\.\d{4}); ended early, after epoch (\d+): the held-out loss no longer improved\n$/.exec(
        stdout,
      )!;
    const { history, stopped, validationLoss, score } = JSON.parse((await train(...options, "--json")).stdout);
    expect({ stopped, score, epochs: history.length }).toEqual({ stopped: "validationLoss", epochs: Number(epoch) });
    expect(validationLoss).toBe(history.at(-1).validationLoss);
    expect(validationLoss.toFixed(4)).toBe(loss);
    expect(history.length).toBeLessThan(60);
  });

  it("by a probe", async () => {
    const { stdout } = await train(...long, "--probe-pairs", "pairs.tsv");
    expect(stdout).toMatch(/, loss 0\.\d{4}, score -?[01]\.\d{4}; ended early, after epoch \d+: the score no longer/);
    const both = ["--probe-pairs", "pairs.tsv", "--probe-analogies", "questions.txt", "--min-delta", "2", "--json"];
    const { history, score, stopped } = JSON.parse((await train(...long, ...both)).stdout);
    expect({ stopped, epochs: history.length }).toEqual({ stopped: "score", epochs: 2 });
    expect(score).toBe(history[1].score);
  });

  it("of a model that is trained on", async () => {
    await train("--save-model", "m.w2v");
    const from = ["train", "corpus.txt", "--from", "m.w2v", "--output", "v.bin", "--threads", "1", "--json", ...long];
    const { stdout, stderr } = await bench.run([...from, "--validation-share", "0.1"]);
    expect(JSON.parse(stdout).history.length, stderr).toBeLessThan(63);
    expect(JSON.parse(stdout)).toMatchObject({ stopped: "validationLoss" });
    expect((await loadVectors(bench.path("v.bin"))).dim).toBe(16);
  });
});

it("a probe scores a training that goes to its end", async () => {
  const { history, stopped } = JSON.parse((await train("--probe-analogies", "questions.txt", "--json")).stdout);
  expect(stopped).toBeUndefined();
  expect(history).toHaveLength(3);
  for (const { score } of history) expect([0, 1]).toContain(score);
});

it("a probe without known words is noticed before anything is trained", async () => {
  const { code, stderr } = await train("--probe-pairs", "other.tsv", "--epochs", "1000000");
  expect(code).toBe(1);
  expect(stderr).not.toContain("epoch 1/");
});

it.each<[string, number, string[], string]>([
  ["patience alone", 2, ["--patience", "2"], "--patience has nothing to go by: give --validation-share"],
  ["minDelta alone", 2, ["--min-delta", "1"], "--min-delta goes with --patience"],
  ["half of the text and more", 2, ["--validation-share", "0.7"], "--validation-share expected finite number 0 to 0.5"],
  ["too small a share", 1, ["--validation-share", "1e-6"], "of the 2000 sentences of corpus.txt: give 0.0005 or more"],
  ["a probe that is not there", 1, ["--probe-pairs", "none.tsv"], 'cannot read "none.tsv": no such file'],
  ["a probe that is none", 1, ["--probe-pairs", "questions.txt"], "questions.txt: line 1 expected"],
  ["a probe without known words", 1, ["--probe-pairs", "other.tsv"], "with both words among the"],
  ["a probe that is written, too", 2, ["--probe-pairs", "pairs.tsv", "--save-model", "pairs.tsv"], "pairs.tsv"],
])("%s is refused, with the remedy", async (_, code, options, message) => {
  expect(await train(...options)).toMatchObject({ code, stderr: expect.stringContaining(message) });
});

describe("train searches options", () => {
  const search = ["--probe-pairs", "pairs.tsv", "--autotune-trials", "4", "--json"];

  it("by a probe, keeps those that are given, and writes the best", async () => {
    const { code, stdout, stderr } = await train(...search);
    expect(code, stderr).toBe(0);
    const trials = stderr.split("\n").filter((line) => line.startsWith("trial "));
    expect(trials).toHaveLength(4);
    expect(trials[0]).toMatch(/^trial 1: score -?[01]\.\d{4}, .*, defaults; the best so far$/);
    expect(stderr).not.toMatch(/trial \d: .*(dim|epochs) /);
    const best = Math.max(...trials.map((line) => Number(/score (\S+),/.exec(line)![1])));
    const { score, autotuned, words } = JSON.parse(stdout);
    expect(score).toBeCloseTo(best, 3);
    expect(autotuned).toMatchObject({ score, number: expect.any(Number), options: expect.any(Object) });
    expect((await loadVectors(bench.path("v.bin"))).words).toHaveLength(words);
    const again = JSON.parse((await train(...search, "--quiet")).stdout);
    expect(again.autotuned.options).toEqual(autotuned.options);
  });

  it.each([
    [["--autotune-trials", "3"], "nothing to go by: give --probe-pairs or --probe-analogies"],
    [[...search, "--checkpoint", "a.ckpt"], "--checkpoint is of one training"],
    [[...search, "--autotune-trials", "0"], "whole number of at least 1"],
  ])("or refuses %j", async (flags, message) => {
    const { code, stderr } = await train(...flags);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("on standard input, too, which it keeps for all trainings", async () => {
    const text = readFileSync(bench.path("corpus.txt"), "utf8");
    const given = ["--output", "i.bin", ...small, ...search, "--quiet"];
    const { code, stdout, stderr } = await bench.run(["train", "-", ...given], text);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).autotuned).toEqual({
      ...JSON.parse((await train(...search, "--quiet")).stdout).autotuned,
      seconds: expect.any(Number),
    });
  });
});
