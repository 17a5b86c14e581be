// The classifier by the command line.

import { statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadClassifier } from "wasm2vec";
import { Random } from "../../src/base/random";
import { floatsOf } from "../../src/classifier/classifier-data";
import { Workbench } from "../support/command";

let bench: Workbench;

beforeAll(() => {
  bench = new Workbench();
  const random = Random.from(1, 0);
  const rows = Array.from({ length: 1500 }, () => {
    const label = ["spam", "ham"][random.below(2)];
    const words = Array.from({ length: 6 }, () =>
      random.below(3) === 0 ? `${label}${random.below(9)}` : `w${random.below(40)}`,
    );
    return { label, text: words.join(" ") };
  });
  const write = (name: string, lines: string[]) => writeFileSync(bench.path(name), `${lines.join("\n")}\n`);
  write(
    "lines.txt",
    rows.map(({ label, text }) => `__label__${label} ${text}`),
  );
  write("table.csv", ["kind,body", ...rows.map(({ label, text }) => `${label},"${text.toUpperCase()}"`)]);
  write(
    "mails.jsonl",
    rows.map(({ label, text }) => JSON.stringify({ body: text, tags: [label, "mail"] })),
  );
});
afterAll(() => bench.remove());

const small = ["--dim", "8", "--learning-rate", "0.5"];

async function train(...args: string[]) {
  const { code, stdout, stderr } = await bench.run(["classify", "train", ...small, ...args]);
  expect(code, stderr).toBe(0);
  return stdout;
}

describe("wasm2vec classify", () => {
  it("searches options by the score on other lines, keeps those that are given, and writes the best for fastText too", async () => {
    const args = ["lines.txt", "--output", "tuned.w2c", "--epochs", "2", "--save-fasttext", "tuned.bin"];
    const run = () =>
      bench.run(["classify", "train", ...small, ...args, "--autotune", "lines.txt", "--autotune-trials", "4"]);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    const trials = stderr.split("\n").filter((line) => line.startsWith("trial "));
    expect(trials).toHaveLength(4);
    expect(trials[0]).toMatch(/^trial 1: P@1 0\.\d{4}, .*, defaults; the best so far$/);
    expect(stderr).not.toMatch(/trial \d: .*(dim|learningRate|epochs) /);
    const best = Math.max(...trials.map((line) => Number(/P@1 (\S+),/.exec(line)![1])));
    for (const file of ["tuned.w2c", "tuned.bin"]) {
      const { stdout } = await bench.run(["classify", "test", file, "lines.txt", "--json"]);
      expect(JSON.parse(stdout).precision).toBeCloseTo(best, 3);
    }
  });

  it.each<[string[], RegExp]>([
    [["--autotune-trials", "3"], /go with --autotune <file>/],
    [["--autotune", "lines.txt", "--checkpoint", "a.ckpt"], /leave --resume and --checkpoint out/],
    [["--autotune", "none.txt"], /none\.txt/],
  ])("refuses a search with %j", async (flags, message) => {
    const { code, stderr } = await bench.run(["classify", "train", "lines.txt", "--output", "x.w2c", ...flags]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  it("trains, tests and predicts on lines with labels", async () => {
    const text = await train("lines.txt", "--output", "m.w2c", "--word-ngrams", "2");
    expect(text).toMatch(
      /^wrote m\.w2c: 2 labels, \d+ words, [\d,]+ buckets of n-grams, dim 8; .* words\/s, simd, 1 thread\), loss 0\.\d{4}\n$/,
    );
    const tested = await bench.run(["classify", "test", "m.w2c", "lines.txt", "--confusion"]);
    expect(tested.stdout).toMatch(
      /^1,500 examples\nP@1 ([01]\.\d{4}) {2}R@1 \1\nlabel +precision +recall +F1 +examples +predicted\n/,
    );
    expect(tested.stdout).toMatch(/is \\ taken for\n +(ham +spam|spam +ham)\n/);
    const json = JSON.parse((await bench.run(["classify", "test", "m.w2c", "lines.txt", "--json", "-k", "2"])).stdout);
    expect(json).toMatchObject({ k: 2, precision: 0.5, recall: 1, examples: 1500 });
    const predicted = await bench.run(["classify", "predict", "m.w2c"], "spam1 spam2\n\n__label__spam ham3 ham4\n");
    expect(predicted.stdout.split("\n")).toEqual(["spam", expect.stringMatching(/^(spam|ham)$/), "ham", ""]);
    const probable = await bench.run(["classify", "predict", "m.w2c", "-k", "2", "--probabilities"], "spam1 spam2");
    expect(probable.stdout).toMatch(/^spam (0\.[5-9]\d{5}|1\.0{6}) ham 0\.[0-4]\d{5}\n$/);
  });

  it("reads tables and JSON Lines", async () => {
    const table = ["table.csv", "--column", "body", "--label-column", "kind"];
    await train(...table, "--lowercase", "--output", "t.w2c");
    await train("lines.txt", "--output", "l.w2c");
    const [fromTable, fromLines] = [
      await loadClassifier(bench.path("t.w2c")),
      await loadClassifier(bench.path("l.w2c")),
    ];
    expect(floatsOf(fromTable.data.inputs, 8)).toEqual(floatsOf(fromLines.data.inputs, 8));
    // the file says how to tokenize
    const { stdout } = await bench.run(["classify", "test", "t.w2c", ...table, "--json"]);
    expect(JSON.parse(stdout).precision).toBeGreaterThan(0.9);
    await train(
      "mails.jsonl",
      "--json-field",
      "body",
      "--label-field",
      "tags",
      "--loss",
      "one-vs-all",
      "--output",
      "j.w2c",
      "--class-weights",
      "spam=2",
    );
    const model = await loadClassifier(bench.path("j.w2c"));
    expect(model.options).toMatchObject({ loss: "one-vs-all", classWeights: { spam: 2 } });
    expect(
      model
        .predict("spam1 spam3", { k: 3, threshold: 0.5 })
        .map(({ label }) => label)
        .sort(),
    ).toEqual(["mail", "spam"]);
  });

  it("makes a classifier small, and says that how texts become tokens is not in it", async () => {
    await train("lines.txt", "--output", "whole.w2c", "--word-ngrams", "2", "--lowercase");
    const { code, stdout, stderr } = await bench.run([
      "classify",
      "quantize",
      "whole.w2c",
      "small.ftz",
      "--cutoff",
      "40",
      "--qnorm",
      "--qout",
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^wrote small\.ftz: 2 labels, 40 of [\d,]+ rows, [\d,]+ bytes of [\d,]+\n$/);
    expect(stderr).toMatch(/^warning: fastText's files do not hold how texts become tokens \(lowercase\)/);
    expect(statSync(bench.path("small.ftz")).size).toBeLessThan(statSync(bench.path("whole.w2c")).size / 3);
    const precision = async (file: string) =>
      JSON.parse((await bench.run(["classify", "test", file, "lines.txt", "--json"])).stdout).precision;
    expect(await precision("small.ftz")).toBeGreaterThan((await precision("whole.w2c")) - 0.05);
  });

  it("writes checkpoints, and goes on with them", async () => {
    await train("lines.txt", "--output", "c.w2c", "--checkpoint", "c.ckpt", "--checkpoint-every", "1epoch");
    const again = await bench.run([
      "classify",
      "train",
      "lines.txt",
      "--output",
      "d.w2c",
      "--resume",
      "c.ckpt",
      "--quiet",
    ]);
    expect(again.stderr).toBe("warning: the training in c.ckpt has ended: nothing is left to train\n");
    const [one, other] = [await loadClassifier(bench.path("c.w2c")), await loadClassifier(bench.path("d.w2c"))];
    expect(floatsOf(other.data.inputs, 8)).toEqual(floatsOf(one.data.inputs, 8));
  });

  it.each([
    [["train", "lines.txt"], 2, "required option '-o, --output <file>' not specified"],
    [["train", "lines.txt", "-o", "x", "--loss", "hs"], 2, "Allowed choices are"],
    [["train", "lines.txt", "-o", "x", "--minn", "3"], 2, "--minn goes with --maxn"],
    [["train", "lines.txt", "-o", "lines.txt"], 2, "is the file of the corpus"],
    [["train", "corpus.txt", "-o", "x"], 1, "has no labels: a line expected words and labels such as __label__spam"],
    [["train", "table.csv", "-o", "x", "--label-column", "kind"], 2, "--label-column goes with --column"],
    [
      ["test", "lines.txt", "lines.txt"],
      1,
      "expected a classifier, which ClassifierModel.save writes, got another kind of file",
    ],
    [["quantize", "lines.txt", "lines.txt"], 2, "the output"],
    [["quantize", "tuned.bin", "no.ftz", "--dsub", "100"], 1, "--dsub expected integer 1 to 8, got 100"],
    [["predict", "nowhere.w2c"], 1, 'cannot read "nowhere.w2c": no such file'],
  ])("%j fails", async (args, expected, message) => {
    const { code, stderr } = await bench.run(["classify", ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(expected);
  });
});
