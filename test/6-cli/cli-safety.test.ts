// Nothing is lost by the command line: no file is read and written at once, what cannot be written is told early, what was
// trained is kept.

import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadModel } from "wasm2vec";
import { loadVectors } from "wasm2vec/files";
import { cli, holds, type Outcome, small, Workbench } from "../support/command";

let bench: Workbench;
const run = (args: string[], stdin?: string) => bench.run(args, stdin);
const train = (...args: string[]) => run(["train", "corpus.txt", ...small, ...args]);
beforeAll(() => {
  bench = new Workbench();
});
afterAll(() => bench.remove());

describe("a file is never both read and written, nor written twice", () => {
  beforeAll(() => {
    linkSync(bench.corpus, bench.path("hard.txt"));
    symlinkSync("corpus.txt", bench.path("soft.txt"));
    mkdirSync(bench.path("texts"));
    writeFileSync(bench.path("texts/a.txt"), "a b\n".repeat(100));
    writeFileSync(bench.path("words.txt"), "topic0_0\n");
    symlinkSync("x.words.txt", bench.path("npy-words"));
  });

  it.each<[string[], string]>([
    [["-o", "corpus.txt"], '--output "corpus.txt" is the file of the corpus "corpus.txt"'],
    [["-o", "hard.txt"], '--output "hard.txt" is the file of the corpus "corpus.txt"'],
    [["-o", "soft.txt"], '--output "soft.txt" is the file of the corpus "corpus.txt"'],
    [["-o", "v.bin", "--checkpoint", "./corpus.txt"], '--checkpoint "./corpus.txt" is the file of the corpus'],
    [["-o", "v.bin", "--save-vocabulary", "corpus.txt"], "--save-vocabulary"],
    [["-o", "v.bin", "--save-model", "corpus.txt"], "--save-model"],
    [["-o", "v.bin", "--output-vectors", "corpus.txt"], "--output-vectors"],
    [["-o", "words.txt", "--freeze", "words.txt"], 'is the file of --freeze "words.txt"'],
    [["-o", "v.bin", "--checkpoint", "v.bin"], '--checkpoint "v.bin" is the file of --output "v.bin"'],
    [["-o", "v.bin", "--output-vectors", "v.bin"], '--output-vectors "v.bin" is the file of --output'],
    [["-o", "v.bin", "--save-vocabulary", "../v.bin/../v.bin"], "cannot write"],
    [
      ["-o", "x.npy", "--save-vocabulary", "npy-words"],
      '--save-vocabulary "npy-words" is the file of --output "x.words.txt"',
    ],
    [["-o", "-", "--output-vectors", "-"], "both standard output"],
  ])("%j", async (args, message) => {
    const before = readFileSync(bench.corpus);
    const outcome = await train(...args);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBeOneOf([1, 2]);
    expect(readFileSync(bench.corpus).equals(before)).toBe(true);
    expect(existsSync(bench.path("v.bin"))).toBe(false);
  });

  it("a file in a folder that is read", async () => {
    const outcome = await run(["train", "texts", "-o", "texts/a.txt", ...small]);
    expect(outcome).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is the file of the corpus "texts/a.txt"'),
    });
  });

  it("the checkpoint that is resumed may not be another output", async () => {
    await train("-o", "r.bin", "--checkpoint", "r.ckpt");
    const outcome = await run(["train", "--resume", "r.ckpt", "-o", "r.ckpt"]);
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('"r.ckpt" is the file of --output') });
    expect((await loadModel(bench.path("r.ckpt"))).vectors.dim).toBe(16);
  });

  it("convert", async () => {
    await train("-o", "cv.bin");
    await run(["convert", "cv.bin", "cv.npy"]);
    for (const [args, of] of [
      [["cv.bin", "./cv.bin"], 'the vectors read "cv.bin"'],
      [["cv.npy", "cv.words.txt"], 'the words read "cv.words.txt"'],
      [["cv.npy", "list", "--to", "word2vec", "--words", "list"], 'the words read "list"'],
    ] as const)
      expect(await run(["convert", ...args])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`is the file of ${of}`),
      });
  });

  it("phrases", async () => {
    for (const args of [
      ["--save", "corpus.txt"],
      ["-o", "soft.txt"],
      ["-o", "p.txt", "--save", "p.txt"],
    ])
      expect(await run(["phrases", "corpus.txt", ...args])).toMatchObject({ code: 2 });
  });
});

describe("what is known early fails early", () => {
  it.each<[string[], string]>([
    [["-o", ""], 'cannot write ""'],
    [["-o", "/proc/x"], 'cannot write "/proc/x"'],
    [["-o", "v.bin", "--checkpoint", ""], 'cannot write ""'],
    [["-o", "v.bin", "--save-model", "none/m"], "make it first"],
    [["-o", "v.bin", "--output-vectors", "texts"], "it is a folder"],
  ])("%j", async (args, message) => {
    const { code, stderr } = await train(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("epoch");
  });

  it("words that the format cannot hold, once they are counted", async () => {
    writeFileSync(
      bench.path("items.jsonl"),
      '{"items":["red wine","cheese"]}\n{"items":["cheese","red wine"]}\n'.repeat(50),
    );
    const items = ["train", "items.jsonl", "--json-field", "items", ...small];
    const refused = await run([...items, "-o", "i.bin"]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('word "red wine"') });
    expect(refused.stderr).not.toContain("epoch");
    expect((await run([...items, "-o", "i.safetensors"])).code).toBe(0);
    expect((await loadVectors(bench.path("i.safetensors"))).has("red wine")).toBe(true);
  });
});

describe("what was trained is kept when it cannot be written", () => {
  /** Trains on standard input, and makes a folder of the output's name while that is read, so that the last write fails. */
  async function trainInVain(output: string, ...args: string[]): Promise<Outcome> {
    let child: ChildProcess;
    const outcome = new Promise<Outcome>((resolve) => {
      child = bench.start(["train", "-", "-o", output, ...small, ...args], resolve);
    });
    const text = readFileSync(bench.corpus);
    child!.stdin!.write(text.subarray(0, 5000));
    // outputs were tried before
    await vi.waitFor(() => expect(holds(child, "wasm2vec-text")).toBe(true), 30_000);
    mkdirSync(bench.path(output));
    child!.stdin!.end(text.subarray(5000));
    return outcome;
  }

  it("in a file of its own", async () => {
    const { code, stderr } = await trainInVain("lost.bin");
    expect(code).toBe(1);
    const [, file] =
      /cannot write "lost\.bin": it is a folder.*; the trained model is in (\S+): write its vectors with: wasm2vec convert/.exec(
        stderr,
      )!;
    const saved = await run(["convert", file, "saved.bin"]);
    expect(saved.code, saved.stderr).toBe(0);
    await train("-o", "same.bin");
    expect(readFileSync(bench.path("saved.bin")).equals(readFileSync(bench.path("same.bin")))).toBe(true);
    rmSync(file);
  });

  it("in the checkpoint, if there is one", async () => {
    const { code, stderr } = await trainInVain("lost2.bin", "--checkpoint", "lost2.ckpt");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "the trained model is in lost2.ckpt: write its vectors with: wasm2vec convert lost2.ckpt <file>",
    );
    rmSync(bench.path("lost2.bin"), { recursive: true });
    // standard input is not needed any more
    expect((await run(["train", "--resume", "lost2.ckpt"])).code).toBe(0);
    expect((await loadVectors(bench.path("lost2.bin"))).matrix).toEqual(
      (await loadVectors(bench.path("lost2.ckpt"))).matrix,
    );
  });
});

describe("standard error is not worth the training", () => {
  it.each(["2> >(head -n 1 >/dev/null)", "2>/dev/full", "2>&-"])("%s", async (redirection) => {
    const line = `"${process.execPath}" "${cli}" train corpus.txt -o err.bin ${small.join(" ")} --epochs 20 ${redirection}`;
    rmSync(bench.path("err.bin"), { force: true });
    const code = await new Promise((resolve) =>
      spawn("bash", ["-c", line], { cwd: bench.folder, stdio: ["ignore", "ignore", "inherit"] }).on("close", resolve),
    );
    expect(code).toBe(0);
    expect((await loadVectors(bench.path("err.bin"))).dim).toBe(16);
  });
});

describe("models", () => {
  it("are saved, and trained on with another text", async () => {
    writeFileSync(bench.path("more.txt"), "New words, and topic0_0 of old.\n".repeat(200));
    const first = ["train", "corpus.txt", ...small, "--tokenizer", "simple", "--min-length", "1"];
    expect((await run([...first, "--save-model", "m.w2v"])).code).toBe(0);
    const more = await run([
      "train",
      "more.txt",
      "--from",
      "m.w2v",
      "--update-vocabulary",
      "--epochs",
      "2",
      "-o",
      "more.bin",
      "--save-model",
      "m2.w2v",
    ]);
    expect(more.code, more.stderr).toBe(0);
    const model = await loadModel(bench.path("m2.w2v"));
    expect(model.history).toHaveLength(5);
    // read as the first text was: in lower case, without commas
    expect(model.vocabulary.has("new")).toBe(true);
    expect((await loadVectors(bench.path("more.bin"))).matrix).toEqual(model.vectors.matrix);
    expect((await run(["similar", "m2.w2v", "topic"])).code).toBe(0);
  });

  it("a finished checkpoint is one too", async () => {
    await train("-o", "f.bin", "--checkpoint", "f.ckpt");
    const { code, stdout } = await run([
      "train",
      "soft.txt",
      "--from",
      "f.ckpt",
      "--epochs",
      "1",
      "-o",
      "f2.bin",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).history).toHaveLength(4);
  });

  it.each<[string[], string]>([
    [["corpus.txt", "--from", "m.w2v", "-o", "x", "--dim", "5"], "--dim is part of the model that --from names"],
    [["corpus.txt", "--from", "m.w2v", "--resume", "m.w2v", "-o", "x"], "give one of them"],
    [["corpus.txt", "-o", "x", "--update-vocabulary"], "--update-vocabulary goes with --from"],
    [["corpus.txt", "-o", "x", "--restart"], "--restart goes with --checkpoint"],
    [["--from", "m.w2v", "-o", "x"], "missing required argument 'corpus'"],
    [
      ["corpus.txt", "-o", "x", "--model", "m.w2v"],
      "Allowed choices are skipgram, cbow. To save the trained model, give --save-model m.w2v.",
    ],
  ])("refuses %j", async (args, message) => {
    expect(await run(["train", ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});

it("the name of an output tells its format, also compressed; - is standard output", async () => {
  await train("-o", "o.bin");
  const { matrix } = await loadVectors(bench.path("o.bin"));
  for (const name of ["o.txt", "o.npy", "o.safetensors", "o.tsv", "o.json", "o.txt.gz"]) {
    await train("-o", name);
    expect((await loadVectors(bench.path(name))).matrix, name).toEqual(matrix);
  }
  expect(readFileSync(bench.path("o.npy")).subarray(1, 6).toString()).toBe("NUMPY");
  expect(readFileSync(bench.path("o.txt.gz")).subarray(0, 2)).toEqual(Buffer.of(0x1f, 0x8b));
  const { stdout, stderr } = await train("-o", "-", "--format", "word2vec-text", "-q");
  expect(stdout).toBe(readFileSync(bench.path("o.txt"), "utf8"));
  expect(stderr).toContain("wrote -");
});

it("a signal removes temporary files and ends at once a command that does not end in order", async () => {
  const many = Array.from({ length: 200_000 }, (_, i) => `w${i} ${"0.5 ".repeat(50)}`).join("\n");
  writeFileSync(bench.path("big.txt"), many);
  const outcome = await new Promise<Outcome>((resolve) => {
    const child = bench.start(["convert", "big.txt", "big.json"], (ended) => {
      clearInterval(timer);
      resolve(ended);
    });
    const timer = setInterval(() => {
      if (!readdirSync(bench.folder).some((name) => name.startsWith("big.json.tmp-"))) return;
      clearInterval(timer);
      child.kill("SIGTERM");
    }, 2);
  });
  expect(outcome.code).toBe(143);
  expect(readdirSync(bench.folder).filter((name) => name.includes(".tmp-"))).toEqual([]);
  expect(readdirSync(bench.temporary)).toEqual([]);
});
