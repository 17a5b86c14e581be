// Models whose blocks lie in files, by the command line.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { VECTOR_FORMATS, WORDLESS } from "../../src/format/formats";
import { type Outcome, small, Workbench } from "../support/command";

let bench: Workbench;
const run = (args: string[]) => bench.run(args);
const bytes = (name: string) => readFileSync(bench.path(name));

beforeAll(() => {
  bench = new Workbench();
});
afterAll(() => bench.remove());

it("train --blocks writes what train --parts writes, and the same command again has it at once", async () => {
  const outputs = (name: string) => [
    ...["--output", `${name}.bin`, "--output-vectors", `${name}-outputs.npy`, "--save-model", `${name}.w2v`],
    ...["--save-vocabulary", `${name}.txt`],
  ];
  const whole = await run(["train", "corpus.txt", ...small, "--parts", "16", ...outputs("whole")]);
  expect(whole).toMatchObject({ code: 0 });
  const args = ["train", "corpus.txt", ...small, "--blocks", "rows", "--blocks-memory", "1M", ...outputs("blocks")];
  const names = [".bin", "-outputs.npy", "-outputs.words.txt", ".txt"];
  for (const told of [/^((?!finished).)*$/s, /holds this training, finished/]) {
    const outcome = await run(args);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(told);
    expect(outcome.stdout).toMatch(/^wrote blocks\.bin, blocks\.w2v: /);
    for (const name of names) {
      expect(bytes(`blocks${name}`).equals(bytes(`whole${name}`)), name).toBe(true);
      rmSync(bench.path(`blocks${name}`));
    }
    expect(await run(["convert", "blocks.w2v", "converted.bin"])).toMatchObject({ code: 0 });
    expect(bytes("converted.bin").equals(bytes("whole.bin"))).toBe(true);
  }
});

it("vectors in each format stream from blocks, compressed too", async () => {
  for (const folder of ["whole", "streamed"]) mkdirSync(bench.path(folder));
  const train = (...more: string[]) => run(["train", "corpus.txt", ...small, ...more]);
  expect(await train("--parts", "16", "--save-model", "all.w2v")).toMatchObject({ code: 0 });
  for (const format of VECTOR_FORMATS) {
    const name = `${format}.out${format === "tsv" ? ".gz" : ""}`;
    const converted = await run(["convert", "all.w2v", join("whole", name), "--to", format]);
    expect(converted.code, converted.stderr).toBe(0);
    const streamed = await train("--blocks", "formats", "--output", join("streamed", name), "--format", format);
    expect(streamed.code, streamed.stderr).toBe(0);
  }
  const files = readdirSync(bench.path("whole"));
  expect(files).toHaveLength(VECTOR_FORMATS.length + WORDLESS.length);
  expect(readdirSync(bench.path("streamed"))).toEqual(files);
  for (const file of files) expect(bytes(join("streamed", file)).equals(bytes(join("whole", file))), file).toBe(true);
});

it("the checkpoint in the folder says where its rows are, and how to write them", async () => {
  const { code, stderr } = await run(["convert", join("formats", "training.w2v"), "any.bin"]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/the rows lie in files beside it: name an output for the command of its training/);
});

it("on SIGINT it ends with a checkpoint, and the same command goes on to the same bytes", async () => {
  const long = [...small, "--epochs", "150", "--output", "long.bin"];
  const args = ["train", "corpus.txt", ...long, "--blocks", "long", "--checkpoint-every", "0.1s"];
  const outcome = await new Promise<Outcome>((resolve) => {
    const child = bench.start(args, (ended) => {
      clearInterval(timer);
      resolve(ended);
    });
    const timer = setInterval(() => {
      if (!existsSync(join(bench.path("long"), "training.w2v"))) return;
      clearInterval(timer);
      child.kill("SIGINT");
    }, 5);
  });
  expect(outcome).toMatchObject({ code: 130 });
  expect(outcome.stderr).toContain("interrupted; the training is in long; go on with: the same command\n");
  expect(existsSync(bench.path("long.bin"))).toBe(false);
  const other = await run([...args, "--dim", "8"]);
  expect(other).toMatchObject({ code: 1 });
  expect(other.stderr).toMatch(/--blocks long.* holds a training .* --dim 16, this one 8.*--restart starts over/);
  const resumed = await run([...args, "--json"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.stderr).toContain("going on with the training in long");
  expect(JSON.parse(resumed.stdout).history).toHaveLength(150);
  expect(await run(["train", "corpus.txt", ...long, "--parts", "16", "--output", "whole.bin"])).toMatchObject({
    code: 0,
  });
  expect(bytes("long.bin").equals(bytes("whole.bin"))).toBe(true);
});

it.each([
  [["--checkpoint", "any.ckpt"], /--blocks names a folder with the checkpoint in it.*leave out --checkpoint/],
  [["--model", "cbow"], /--blocks needs pairs .* model "cbow"/],
])("%s is refused", async (more, message) => {
  const outcome = await run(["train", "corpus.txt", "--output", "any.bin", "--blocks", "other", ...more]);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toMatch(message);
  expect(existsSync(bench.path("other"))).toBe(false);
});

it("a folder in the corpus is refused", async () => {
  mkdirSync(bench.path("texts"));
  writeFileSync(join(bench.path("texts"), "one.txt"), "a b c\n");
  const outcome = await run(["train", "texts", "--output", "any.bin", "--blocks", "texts/rows"]);
  expect(outcome).toMatchObject({ code: 2 });
  expect(outcome.stderr).toMatch(/--blocks .* lies in the folder "texts" of the corpus/);
});
