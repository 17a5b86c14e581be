// The command line, from the build, as users run it.

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULTS } from "wasm2vec";
import { loadVectors } from "wasm2vec/files";
import { cli, type Outcome, small, Workbench } from "../support/command";

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
let bench: Workbench;
let folder: string;
let corpus: string;
let vectors: string;
const run = (args: string[], stdin?: string) => bench.run(args, stdin);

beforeAll(async () => {
  bench = new Workbench();
  ({ folder, corpus } = bench);
  vectors = bench.path("vectors.bin");
  expect(await run(["train", corpus, "--output", vectors, ...small])).toMatchObject({ code: 0 });
});
afterAll(() => bench.remove());

describe("train --loss", () => {
  it("trains with hierarchical softmax and softmax, and tells the cost of the latter on a large vocabulary", async () => {
    const file = join(folder, "loss.bin");
    for (const loss of ["hierarchical-softmax", "softmax"]) {
      const { code, stderr } = await run(["train", corpus, "--output", file, ...small, "--loss", loss]);
      expect({ code, warned: stderr.includes("warning") }).toEqual({ code: 0, warned: false });
      expect((await loadVectors(file)).dim).toBe(16);
    }
    const many = Array.from({ length: 2500 }, (_, i) => `w${i} w${(i * 7) % 2500}`).join("\n");
    const { code, stderr } = await run(["train", "-", "-o", file, ...small, "--loss", "softmax", "-q"], many);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: loss "softmax" scores all 2500 words in each prediction: /);
  });

  it("refuses what does not go together", async () => {
    const tree = ["train", corpus, "-o", join(folder, "x.bin"), "--loss", "hierarchical-softmax"];
    expect(await run([...tree, "--output-vectors", "y.bin"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"--output-vectors" needs a loss with output vectors of words'),
    });
    expect(await run([...tree, "--negatives", "5"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--negatives goes with --loss "negative-sampling"'),
    });
    expect(await run([...tree.slice(0, -1), "hs"])).toMatchObject({ code: 2 });
  });
});

describe("help", () => {
  it.each(["train", "similar", "analogy", "evaluate", "convert"])(
    "%s explains itself, with an example",
    async (command) => {
      const { code, stdout } = await run([command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: wasm2vec \w+ \[options\]/);
      expect(stdout).toContain("--json");
      expect(stdout).toContain(`$ wasm2vec ${command} `);
    },
  );

  it("names every command and the version", async () => {
    const { stdout } = await run(["--help"]);
    for (const command of ["train", "similar", "analogy", "evaluate", "convert"])
      expect(stdout).toContain(`  ${command} `);
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect((await run(["--version"])).stdout).toBe(`${version}\n`);
  });

  it("train takes every option of the API, spelt the same", async () => {
    const { stdout } = await run(["train", "--help"]);
    for (const name of [...Object.keys(DEFAULTS), "learningRate", "minLearningRate", "vocabulary", "wasm"]) {
      expect(stdout).toMatch(new RegExp(`--(no-)?${kebab(name)} `));
    }
  });
});

describe("train", () => {
  it("writes vectors, says what it did, and tells progress on standard error", async () => {
    const { stdout, stderr } = await run(["train", corpus, "--output", "a.bin", ...small]);
    expect(stdout).toMatch(
      /^wrote a\.bin: \d+ words, dim 16; .* words\/s, simd, 1 thread, grid\), learning rate 0\.\d+, loss 0\.\d+\n$/,
    );
    expect(stderr).toContain("epoch 3/3");
    expect(stderr).toContain("words/s, 1 thread, grid |");
    expect(readFileSync(join(folder, "a.bin")).equals(readFileSync(vectors))).toBe(true);
  });

  it("--json prints one document; --quiet no progress", async () => {
    const { stdout, stderr } = await run([
      "train",
      corpus,
      "--output",
      "b.txt",
      "--format",
      "word2vec-text",
      "--json",
      "--quiet",
      ...small,
    ]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      output: "b.txt",
      format: "word2vec-text",
      dim: 16,
      kernel: "simd",
      threads: 1,
      parallel: "grid",
      reproducible: true,
      seed: 1,
      history: [{ epoch: 1 }, { epoch: 2 }, { epoch: 3 }],
    });
    expect((await loadVectors(join(folder, "b.txt"))).matrix).toEqual((await loadVectors(vectors)).matrix);
  });

  it("trains on several threads, says how, and what would give the same bytes again", async () => {
    const hogwild = await run(["train", corpus, "-o", "p.bin", ...small, "--model", "cbow", "--threads", "2"]);
    expect(hogwild.stdout).toMatch(
      /words\/s, simd, 2 threads, hogwild\), learning rate 0\.075, loss 0\.\d+; another run gives other vectors: for the same bytes --reproducible\n$/,
    );
    expect(hogwild.stderr).toContain("2 threads, hogwild |");
    const read = async (...flags: string[]) => {
      const { code, stdout } = await run(["train", corpus, "-o", "r.bin", ...small, ...flags]);
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.not.stringContaining("other vectors") });
      return readFileSync(join(folder, "r.bin"));
    };
    const one = await read();
    expect((await read("--threads", "3")).equals(one)).toBe(true);
    expect((await read("--threads", "auto", "--kernel", "scalar")).equals(one)).toBe(true);
    expect((await read("--reproducible")).equals(one)).toBe(true);
  });

  it("reads standard input and gzip; the vectors are the same", async () => {
    const { code } = await run(["train", "-", "--output", "c.bin", ...small], readFileSync(corpus, "utf8"));
    expect(code).toBe(0);
    writeFileSync(join(folder, "corpus.gz"), gzipSync(readFileSync(corpus)));
    await run(["train", "corpus.gz", "--output", "d.bin", "--kernel", "scalar", "--no-worker", ...small]);
    for (const file of ["c.bin", "d.bin"])
      expect(readFileSync(join(folder, file)).equals(readFileSync(vectors)), file).toBe(true);
    expect(readdirSync(bench.temporary)).toEqual([]);
  });

  it("obeys every option", async () => {
    const base = readFileSync(vectors);
    const changes = [
      ["--model", "cbow"],
      ["--dim", "8"],
      ["--window", "2"],
      ["--negatives", "3"],
      ["--epochs", "2"],
      ["--min-count", "100"],
      ["--max-vocabulary", "20"],
      ["--max-counted-words", "20"],
      ["--subsample", "0.001"],
      ["--noise-exponent", "0"],
      ["--seed", "2"],
      ["--learning-rate", "0.05"],
      ["--min-learning-rate", "0.05"],
      ["--max-sentence-length", "3"],
      ["--no-shared-negatives"],
      ["--model", "cbow", "--cbow-combine", "sum"],
      ["--model", "cbow", "--cbow-gradient", "divided"],
    ];
    const seen = new Map([[base.toString("latin1"), "none"]]);
    for (const change of changes) {
      const { code, stderr } = await run(["train", corpus, "--output", "e.bin", ...small, ...change]);
      expect(code, stderr).toBe(0);
      const bytes = readFileSync(join(folder, "e.bin"), "latin1");
      expect(seen.get(bytes), `same as ${change.join(" ")}`).toBeUndefined();
      seen.set(bytes, change.join(" "));
    }
  });

  it("saves a vocabulary and output vectors, and takes a vocabulary", async () => {
    await run([
      "train",
      corpus,
      "--output",
      "f.bin",
      "--save-vocabulary",
      "v.txt",
      "--output-vectors",
      "out.bin",
      ...small,
    ]);
    expect(readFileSync(join(folder, "v.txt"), "utf8")).toMatch(/^\S+ \d+\n/);
    expect(readFileSync(join(folder, "out.bin")).equals(readFileSync(vectors))).toBe(false);
    await run(["train", corpus, "--output", "g.bin", "--vocabulary", "v.txt", ...small]);
    expect(readFileSync(join(folder, "g.bin")).equals(readFileSync(vectors))).toBe(true);
  });

  it("takes a kernel from a file", async () => {
    const scalar = fileURLToPath(new URL("../../build/scalar.wasm", import.meta.url));
    await run(["train", corpus, "--output", "h.bin", "--wasm", scalar, ...small]);
    expect(readFileSync(join(folder, "h.bin")).equals(readFileSync(vectors))).toBe(true);
  });

  it("stops on SIGINT with 130 and writes nothing", async () => {
    const outcome = await new Promise<Outcome>((resolve) => {
      const child = bench.start(["train", corpus, "--output", "never.bin", ...small, "--epochs", "1000000"], resolve);
      child.stderr!.once("data", () => child.kill("SIGINT"));
    });
    expect(outcome).toMatchObject({ code: 130 });
    expect(outcome.stderr).toContain("wasm2vec: interrupted; nothing was written");
    expect(existsSync(join(folder, "never.bin"))).toBe(false);
  });
});

describe("queries", () => {
  it("similar prints words of the topic", async () => {
    const { stdout } = await run(["similar", vectors, "topic0_0", "--top-n", "3"]);
    expect(stdout).toMatch(/^(topic0_\d+ +0\.\d{4}\n){3}$/);
    const json = JSON.parse(
      (await run(["similar", vectors, "topic0_0", "topic0_1", "--negative", "topic3_0", "-n", "2", "--json"])).stdout,
    );
    expect(json).toHaveLength(2);
    expect(json[0]).toEqual({ word: expect.stringMatching(/^topic0_/), similarity: expect.any(Number) });
  });

  it("similar skips missing words if told to", async () => {
    expect((await run(["similar", vectors, "topic0_0", "nope"])).code).toBe(1);
    expect((await run(["similar", vectors, "topic0_0", "nope", "--skip-missing"])).code).toBe(0);
  });

  it("analogy answers by both methods", async () => {
    for (const method of ["3cosadd", "3cosmul"]) {
      const { stdout } = await run([
        "analogy",
        vectors,
        "topic0_0",
        "topic0_1",
        "topic3_0",
        "--method",
        method,
        "--json",
      ]);
      expect(JSON.parse(stdout)).toHaveLength(10);
    }
  });

  it("evaluate scores pairs and analogies", async () => {
    writeFileSync(
      join(folder, "pairs.tsv"),
      "# comment\ntopic0_0\ttopic0_1\t9\ntopic0_0\ttopic3_0\t1\nTOPIC3_0\ttopic3_1\t8\nx\ty\t1\n",
    );
    writeFileSync(join(folder, "questions.txt"), ": same\ntopic0_0 topic0_1 topic0_2 topic0_3\n: gram1\na b c d\n");
    const { stdout } = await run(["evaluate", vectors, "--pairs", "pairs.tsv", "--analogies", "questions.txt"]);
    expect(stdout).toMatch(
      /^pairs\.tsv: Spearman 0\.\d{4}, Pearson 0\.\d{4} \(3 pairs, 1 skipped\)\nquestions\.txt: \d+\.00% \(\d of 1 questions, 1 skipped\)\n {2}same/,
    );
    const json = JSON.parse((await run(["evaluate", vectors, "--pairs", "pairs.tsv", "--json"])).stdout);
    expect(json).toMatchObject({
      restrictVocabulary: 300_000,
      pairs: [{ file: "pairs.tsv", pairs: 3, skipped: 1 }],
      analogies: [],
    });
  });

  it("convert goes from binary to text and back without loss", async () => {
    expect((await run(["convert", vectors, "conv.txt"])).code).toBe(0);
    expect((await run(["convert", "conv.txt", "conv", "--to", "word2vec"])).code).toBe(0);
    expect(readFileSync(join(folder, "conv")).equals(readFileSync(vectors))).toBe(true);
    const { stdout } = await run(["convert", vectors, "top.bin", "--limit", "5", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ output: "top.bin", format: "word2vec", words: 5, dim: 16 });
  });
});

describe("errors", () => {
  it.each<[number, string[], string | RegExp]>([
    [2, [], "Usage: wasm2vec"],
    [2, ["trian"], "unknown command 'trian'\n(Did you mean train?)"],
    [2, ["train", "corpus.txt"], "required option '-o, --output <file>' not specified"],
    [2, ["train", "corpus.txt", "-o", "x", "--widnow", "3"], "unknown option '--widnow'\n(Did you mean --window?)"],
    [2, ["train", "corpus.txt", "-o", "x", "--dim", "many"], "Expected a number."],
    [2, ["train", "corpus.txt", "-o", "x", "--dim", "0"], "wasm2vec: --dim expected integer 1 to 65536, got 0"],
    [2, ["train", "corpus.txt", "-o", "x", "--threads", "0"], "wasm2vec: --threads expected integer 1 to 64, got 0"],
    [2, ["train", "corpus.txt", "-o", "x", "--threads", "all"], "Expected a number."],
    [2, ["train", "corpus.txt", "-o", "x", "--replicas", "4"], "unknown option '--replicas'"],
    [2, ["train", "corpus.txt", "-o", "x", "--parallel", "grid"], "unknown option '--parallel'"],
    [
      2,
      ["train", "corpus.txt", "-o", "x", "--model", "cbow", "--reproducible", "--threads", "2"],
      '--reproducible with model "cbow" needs one thread, not --threads 2: leave one out',
    ],
    [2, ["train", "corpus.txt", "-o", "x", "--reproducible", "--kernel", "js"], 'needs kernel "simd" or "scalar"'],
    [2, ["train", "corpus.txt", "-o", "x", "--model", "glove"], "Allowed choices are skipgram, cbow."],
    [1, ["train", "corpus.txt", "-o", "x", "--wasm", "nope.wasm"], /cannot read ".*nope.wasm": no such file/],
    [
      2,
      ["train", "corpus.txt", "-o", "x", "--model", "cbow", "--no-shared-negatives"],
      "--no-shared-negatives goes with --model",
    ],
    [2, ["train", "corpus.txt", "-o", "x", "--cbow-combine", "sum"], '--cbow-combine goes with --model "cbow"'],
    [
      2,
      ["train", "corpus.txt", "-o", "x", "--seed", "9007199254740993"],
      "--seed expected integer 0 to 9007199254740991",
    ],
    [
      1,
      ["train", "corpus.txt", "-o", "x", "--negatives", "1000", "--learning-rate", "0.025", "--min-count", "1"],
      "or --negatives (1000), each of which",
    ],
    [1, ["train", "nope.txt", "-o", "x"], 'wasm2vec: cannot read "nope.txt": no such file'],
    [1, ["train", "corpus.txt", "-o", "no/x"], 'wasm2vec: cannot write "no/x": no folder "no"; make it first'],
    [1, ["train", "-", "-o", "x"], "wasm2vec: standard input is empty"],
    [1, ["train", "corpus.txt", "-o", "x", "--min-count", "1000000"], "lower --min-count or give more text"],
    [
      1,
      ["train", "corpus.txt", "-o", "x", "--min-count", "1", "--learning-rate", "1e30"],
      "training diverged in epoch 1",
    ],
    [1, ["similar", "vectors.bin", "topic0_"], 'wasm2vec: "topic0_" is not among the'],
    [1, ["similar", "corpus.txt", "a"], 'wasm2vec: corpus.txt: line 1 expected "rows dim"'],
    [2, ["similar", "vectors.bin", "topic0_0", "--top-n", "0"], "Expected a whole number of at least 1."],
    [2, ["evaluate", "vectors.bin"], "give --pairs FILE, --analogies FILE or both"],
    [1, ["evaluate", "vectors.bin", "--pairs", "nope"], 'cannot read "nope": no such file'],
    [2, ["convert", "vectors.bin", "x"], "with or without .gz after it, or give --to"],
  ])("%i for %j", async (code, args, message) => {
    const outcome = await run(args);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toContain("    at ");
    expect(outcome).toMatchObject({ code, stdout: "" });
  });

  it("are JSON documents with --json", async () => {
    const { code, stdout } = await run(["similar", vectors, "nope", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      error: { name: "MissingWordError", message: expect.stringContaining("nope") },
    });
    const usage = await run(["train", corpus, "--json"]);
    expect(usage.code).toBe(2);
    expect(JSON.parse(usage.stdout).error.message).toContain("--output");
  });

  it("a closed pipe is none", async () => {
    const child = spawn("sh", [
      "-c",
      `"${process.execPath}" "${cli}" similar "${vectors}" topic0_0 -n 1000 | head -n 1; echo "$?" >&2`,
    ]);
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += data));
    await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("0\n");
  });
});
