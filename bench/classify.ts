// npm run bench:classify: the classifier beside fastText's on the same lines, in turn: P@1 and seconds of training and of whole commands.
// P@1 is the mean of the seeds. Training seconds are each program's own. fastText's whole command writes all its buckets, which with bigrams
// takes longer than the training.
// Environment: SEEDS=1,2,3 THREADS=1 SETS=trec,sst2,r8,20ng FOLDER=../shared/data/classify

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { median, medianRatio } from "../src/race/median.js";
import { machine } from "./measure.js";
import { type Flags, fastTextProgram, fastTextSeconds, flagsOf, run } from "./rivals.js";

const seeds = (process.env.SEEDS ?? "1,2,3").split(",");
const threads = Number(process.env.THREADS ?? 1);
const source = process.env.FOLDER ?? "../shared/data/classify";
const sets = (process.env.SETS ?? "trec,sst2,r8,20ng").split(",");

interface Setting {
  wordNgrams: number;
  learningRate: number;
  epochs: number;
}

const SETTINGS: Setting[] = [1, 2].flatMap((wordNgrams) => [
  { wordNgrams, learningRate: 0.1, epochs: 5 },
  { wordNgrams, learningRate: 0.5, epochs: 25 },
]);

interface Outcome {
  precision: number;
  /** of the training alone */
  seconds: number;
  /** of the whole command */
  command: number;
}

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-classify-"));
const model = join(folder, "model");

/** Lines "label, tab, text" as lines of fastText, in an order that their text decides, as some sets are sorted by label. */
function writeLines(name: string): { path: string; words: number } {
  const lines = gunzipSync(readFileSync(join(source, `${name}.tsv.gz`)))
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [label, text] = line.split(/\t(.*)/s);
      return `__label__${label.replaceAll(" ", "_")} ${text}`;
    });
  const keyed = lines.map((line) => [createHash("sha256").update(line).digest("hex"), line]);
  const path = join(folder, `${name}.txt`);
  writeFileSync(
    path,
    `${keyed
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, line]) => line)
      .join("\n")}\n`,
  );
  // fastText counts labels and the ends of lines too
  return { path, words: lines.reduce((sum, line) => sum + line.split(/\s+/).length + 1, 0) };
}

function ours(train: string, test: string, { wordNgrams, learningRate, epochs }: Setting, seed: string): Outcome {
  const cli = [process.execPath, "build/cli.js", "classify"];
  const flags: Flags = { "word-ngrams": wordNgrams, "learning-rate": learningRate, epochs, seed, threads };
  const { seconds: command, stdout } = run([
    ...[...cli, "train", train, "--output", `${model}.w2c`, "--quiet", "--json"],
    ...flagsOf("--", flags),
  ]);
  const tested = run([...cli, "test", `${model}.w2c`, test, "--json"]);
  return { precision: JSON.parse(tested.stdout).precision, seconds: JSON.parse(stdout).seconds, command };
}

function theirs(train: { path: string; words: number }, test: string, setting: Setting, seed: string): Outcome {
  const { wordNgrams, learningRate: lr, epochs: epoch } = setting;
  const files = ["-input", train.path, "-output", model];
  const whole = run([
    fastTextProgram(),
    "supervised",
    ...files,
    ...flagsOf("-", { wordNgrams, lr, epoch, seed, thread: threads }),
  ]);
  const { stdout } = run([fastTextProgram(), "test", `${model}.bin`, test]);
  return {
    precision: Number(/P@1\s+(\S+)/.exec(stdout)![1]),
    seconds: fastTextSeconds(whole, { words: epoch * train.words, threads }),
    command: whole.seconds,
  };
}

const TESTS: Record<string, string> = { sst2: "sst2-test" };

try {
  console.log(`${machine()}; ${threads} thread${threads === 1 ? "" : "s"}, seeds ${seeds.join(", ")}`);
  console.log("set, word n-grams, rate, epochs: P@1 wasm2vec, fastText; training s, s, ratio; commands s, s, ratio");
  for (const set of sets) {
    const [train, test] = [writeLines(`${set}-train`), writeLines(TESTS[set] ?? `${set}-test`).path];
    for (const setting of SETTINGS) {
      const pairs = seeds.map((seed) => [ours(train.path, test, setting, seed), theirs(train, test, setting, seed)]);
      const all = (which: number, key: keyof Outcome) => pairs.map((pair) => pair[which][key]);
      const mean = (which: number) => all(which, "precision").reduce((a, b) => a + b) / seeds.length;
      const times = (["seconds", "command"] as const).map((key) => {
        const [own, other] = [all(0, key), all(1, key)];
        return `${median(own).toFixed(2)}, ${median(other).toFixed(2)}, × ${medianRatio(other, own).toFixed(1)}`;
      });
      const { wordNgrams, learningRate, epochs } = setting;
      const scores = `${(100 * mean(0)).toFixed(1)}, ${(100 * mean(1)).toFixed(1)}`;
      console.log(`${set}, ${wordNgrams}, ${learningRate}, ${epochs}: ${scores}; ${times.join("; ")}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
