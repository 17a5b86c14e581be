// Where the command line writes: standard output, files that fail, folders that are read; and what it says of options.

import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadModel, train as trainHere } from "wasm2vec";
import { fileCheckpoint, loadVectors } from "wasm2vec/files";
import { cli, holds, type Outcome, small, Workbench } from "../support/command";
import { sampleText } from "../support/sample";

let bench: Workbench;
const run = (args: string[]) => bench.run(args);
const train = (...args: string[]) => run(["train", "corpus.txt", ...small, ...args]);
beforeAll(() => {
  bench = new Workbench();
});
afterAll(() => bench.remove());

/** What a shell says of a command line. */
function shell(line: string): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn("bash", ["-c", line.replaceAll("wasm2vec", `"${process.execPath}" "${cli}"`)], {
      cwd: bench.folder,
    });
    let stderr = "";
    child.stderr.on("data", (text) => (stderr += text));
    child.on("close", (code) => resolve({ code, stderr }));
  });
}

const rescued = (stderr: string) =>
  /the trained model is in (\S*wasm2vec-rescued-\S+): write its vectors/.exec(stderr)?.[1];

describe("standard output", () => {
  it("that takes nothing is an error, and the model is kept", async () => {
    const { code, stderr } = await shell(`wasm2vec train corpus.txt -o - ${small.join(" ")} -q > /dev/full`);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot write standard output: ");
    const file = rescued(stderr)!;
    expect((await loadModel(file)).vectors.dim).toBe(16);
    rmSync(file);
    expect(await shell(`wasm2vec convert corpus.txt - --to json > /dev/full`)).toMatchObject({ code: 1 });
  });

  it("whose reader has seen enough costs no file", async () => {
    await shell(`wasm2vec train corpus.txt -o f.bin --output-vectors - ${small.join(" ")} -q | head -c 10 > seen`);
    expect((await loadVectors(bench.path("f.bin"))).dim).toBe(16);
    expect(readFileSync(bench.path("seen"))).toHaveLength(10);
  });
});

it("a file that is standard input is an input, too", async () => {
  const before = readFileSync(bench.corpus);
  for (const command of [`train - ${small.join(" ")}`, "phrases -"]) {
    const { code, stderr } = await shell(`wasm2vec ${command} -o corpus.txt < corpus.txt`);
    expect(code).toBe(2);
    expect(stderr).toContain("is the file of standard input");
    expect(readFileSync(bench.corpus).equals(before)).toBe(true);
  }
});

it("output vectors have the format of their own name", async () => {
  await train("-o", "ov.txt", "--output-vectors", "ov.npy", "--epochs", "1");
  expect(readFileSync(bench.path("ov.npy")).subarray(1, 6).toString()).toBe("NUMPY");
  expect(readFileSync(bench.path("ov.txt"), "utf8")).toMatch(/^\d+ 16\n/);
});

it("a reader of vectors that goes away leaves an error, and the model", async () => {
  const line = `set -o pipefail; wasm2vec train corpus.txt -o - ${small.join(" ")} --dim 400 -q | (exec 0<&-; sleep 3)`;
  const { code, stderr } = await shell(line);
  expect(code).toBe(1);
  expect(stderr).toContain("cannot write standard output");
  rmSync(rescued(stderr)!);
});

it("a training that has not ended is not trained on", async () => {
  const checkpoint = fileCheckpoint(bench.path("half.ckpt"), "1epoch");
  let epochs = 0;
  const onEpochEnd = () => (++epochs === 2 ? Promise.reject(new Error("off")) : undefined);
  const text = sampleText(500);
  await expect(trainHere(text, { dim: 4, minCount: 1, epochs: 3, threads: 1, checkpoint, onEpochEnd })).rejects.toThrow(
    "off",
  );
  const { code, stderr } = await run(["train", "corpus.txt", "--from", "half.ckpt", "-o", "half.bin"]);
  expect(code).toBe(2);
  expect(stderr).toContain("has not ended (epoch 2 of 3): end it with --resume");
});

it("a model is not taken for that of an older checkpoint which could not be replaced", async () => {
  await train("-o", "old.bin", "--checkpoint", "old.ckpt");
  const before = readFileSync(bench.path("old.ckpt"));
  let child: ChildProcess;
  const outcome = new Promise<Outcome>((resolve) => {
    const args = ["train", "-", ...small, "--dim", "8", "-o", "gone.bin", "--checkpoint", "old.ckpt"];
    child = bench.start(args, resolve);
  });
  child!.stdin!.write(readFileSync(bench.corpus));
  await vi.waitFor(() => expect(holds(child, "wasm2vec-text")).toBe(true), 30_000);
  chmodSync(bench.path("old.ckpt"), 0o444);
  mkdirSync(bench.path("gone.bin"));
  child!.stdin!.end();
  const { stderr } = await outcome;
  expect(stderr).toContain("checkpoint not written");
  expect(readFileSync(bench.path("old.ckpt")).equals(before)).toBe(true);
  const file = rescued(stderr)!;
  expect((await loadModel(file)).vectors.dim).toBe(8);
  rmSync(file);
});

describe("a folder that is read takes no output", () => {
  it.each(["--output", "--checkpoint", "--save-model"])("%s", async (flag) => {
    mkdirSync(bench.path("texts/deep"), { recursive: true });
    copyFileSync(bench.corpus, bench.path("texts/a.txt"));
    for (const path of ["texts/x", "./texts/deep/x"]) {
      const output = flag === "--output" ? [] : ["-o", "outside.bin"];
      const { code, stderr } = await run(["train", "texts", ...output, flag, path, ...small]);
      expect(code).toBe(2);
      expect(stderr).toContain(`${flag} "${path}" lies in the folder "texts" of the corpus`);
    }
  });
});

it("the words beside initial vectors are an input, too", async () => {
  await train("-o", "iv.npy");
  const words = readFileSync(bench.path("iv.words.txt"));
  const { code, stderr } = await train(
    "-o",
    "n.bin",
    "--initial-vectors",
    "iv.npy",
    "--save-vocabulary",
    "iv.words.txt",
  );
  expect(code).toBe(2);
  expect(stderr).toContain("the words of --initial-vectors");
  expect(readFileSync(bench.path("iv.words.txt")).equals(words)).toBe(true);
});

describe("a training that has ended", () => {
  it("is written without its corpus", async () => {
    copyFileSync(bench.corpus, bench.path("short-lived.txt"));
    await run(["train", "short-lived.txt", "-o", "s.bin", ...small, "--checkpoint", "s.ckpt"]);
    rmSync(bench.path("short-lived.txt"));
    expect(await run(["train", "--resume", "s.ckpt", "-o", "s2.bin"])).toMatchObject({ code: 0 });
    expect(readFileSync(bench.path("s2.bin")).equals(readFileSync(bench.path("s.bin")))).toBe(true);
  });

  it("may have been begun by a program that keeps a command of its own", async () => {
    const checkpoint = fileCheckpoint(bench.path("own.ckpt"), "1epoch", { metadata: { command: null } });
    await trainHere(sampleText(500), { dim: 4, minCount: 1, epochs: 1, threads: 1, checkpoint });
    const bare = await run(["train", "--resume", "own.ckpt", "-o", "own.bin"]);
    expect(bare).toMatchObject({ code: 2, stderr: expect.stringContaining("missing required argument 'corpus'") });
    expect(await run(["train", "corpus.txt", "--resume", "own.ckpt", "-o", "own.bin"])).toMatchObject({ code: 0 });
  });
});

describe("messages", () => {
  it.each<[number, string[], string]>([
    [2, ["train", "corpus.txt", "--from", "m.w2v", "-o", "x", "--epochs", "0"], "--epochs expected integer"],
    [2, ["train", "corpus.txt", "--from", "m.w2v", "-o", "x", "--threads", "100"], "--threads expected integer"],
    [1, ["train", "corpus.txt", "-o", "model", ...small], 'cannot write "model": it is a folder'],
    [1, ["train", "vocabulary", "-o", "x", ...small], 'cannot read "vocabulary": no such file'],
    [1, ["convert", "twice.txt", "t.bin"], "--lenient"],
    [2, ["phrases", "corpus.txt", "--load", "x", "--min-count", "3", "-o", "y"], "--min-count"],
  ])("%i for %j name flags, and files as they are", async (code, args, message) => {
    mkdirSync(bench.path("model"), { recursive: true });
    writeFileSync(bench.path("twice.txt"), "2 2\na 1 2\na 3 4\n");
    await train("--save-model", "m.w2v");
    const outcome = await run(args);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
  });
});

it("an interrupted checkpoint that cannot be written says what there is to go on with", async () => {
  const args = ["train", "corpus.txt", "-o", "i.bin", ...small, "--epochs", "100000", "--checkpoint", "i.ckpt"];
  let child: ChildProcess;
  const outcome = new Promise<Outcome>((resolve) => {
    child = bench.start([...args, "--checkpoint-every", "0.1s"], resolve);
  });
  await vi.waitFor(async () => expect((await loadModel(bench.path("i.ckpt"))).vectors.dim).toBe(16), 60_000);
  chmodSync(bench.path("i.ckpt"), 0o444);
  child!.kill("SIGTERM");
  const { code, stderr } = await outcome;
  expect(code).toBe(143);
  expect(stderr).toContain("i.ckpt is as it was; go on with: wasm2vec train --resume i.ckpt");
});
