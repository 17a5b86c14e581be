// Commands that read and write vectors: standard input and output, compressed files, lists of words, lenient reading.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVectors } from "wasm2vec";
import { saveVectors } from "wasm2vec/files";
import type { VectorFormat } from "wasm2vec/formats";
import { printable, table } from "../../src/cli/command";
import { formatOf } from "../../src/cli/output";
import { cli, small, Workbench } from "../support/command";

const TEXT = "3 2\na 1 2\nb 2 1\nc 1 2.5\n";
let bench: Workbench;
const at = (name: string) => bench.path(name);
const run = (args: string[], stdin?: string) => bench.run(args, stdin);
/** As run, of bytes. */
const pipe = (args: string[], input: string | Uint8Array) =>
  execFileSync(process.execPath, [cli, ...args], { cwd: bench.folder, input, stdio: ["pipe", "pipe", "pipe"] });

beforeAll(() => {
  bench = new Workbench();
  writeFileSync(at("v.txt"), TEXT);
});
afterAll(() => bench.remove());

describe("a model of fastText", () => {
  it("has vectors for words that it does not list", async () => {
    writeFileSync(at("model.bin"), readFileSync("test/golden/fasttext/skipgram.bin"));
    const { code, stdout } = await run(["similar", "model.bin", "catlike", "--top-n", "3", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(3);
    writeFileSync(at("pairs.tsv"), "cat\tdog\t9\ncat\tcatlike\t8\ncat\tmouse\t3\n");
    expect((await run(["evaluate", "model.bin", "--pairs", "pairs.tsv"])).stdout).toMatch(
      /\(3 pairs, 1 with words composed of subwords, 0 skipped\)/,
    );
  });
});

it("a model of ours with subwords has vectors for words that it does not list", async () => {
  const args = ["corpus.txt", "--maxn", "5", "--save-model", "own.w2v", "--quiet"];
  expect(await run(["train", ...args, ...small])).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await run(["similar", "own.w2v", "topic0_0th", "--top-n", "3", "--json"]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toHaveLength(3);
  // as vectors alone it has only its words
  expect((await run(["convert", "own.w2v", "own.txt"])).code).toBe(0);
  expect((await run(["similar", "own.txt", "topic0_0th"])).code).not.toBe(0);
});

describe("convert", () => {
  it("compresses where the name ends in .gz, in the format that the name before promises", async () => {
    expect(await run(["convert", "v.txt", "w.vec.gz"])).toMatchObject({
      code: 0,
      stdout: "wrote w.vec.gz: 3 words, dim 2, word2vec-text\n",
    });
    expect(gunzipSync(readFileSync(at("w.vec.gz"))).toString()).toBe(TEXT);
    expect(await run(["convert", "w.vec.gz", "w.npy.gz"])).toMatchObject({ code: 0 });
    expect(gunzipSync(readFileSync(at("w.words.txt.gz"))).toString()).toBe("a\nb\nc\n");
    expect(await run(["convert", "w.npy.gz", "back.txt"])).toMatchObject({ code: 0 });
    expect(readFileSync(at("back.txt"), "utf8")).toBe(TEXT);
  });

  it("reads standard input, plain or compressed, and writes standard output; what it says goes to standard error", async () => {
    const { code, stdout, stderr } = await run(["convert", "v.txt", "-", "--to", "word2vec-text"]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: TEXT,
      stderr: "wrote -: 3 words, dim 2, word2vec-text\n",
    });
    const binary = pipe(["convert", "-", "-", "--to", "word2vec", "--json"], gzipSync(TEXT));
    writeFileSync(at("direct.bin"), binary);
    await run(["convert", "v.txt", "v.bin"]);
    expect(binary.equals(readFileSync(at("v.bin")))).toBe(true);
    expect(await run(["convert", "-", "piped.txt"], TEXT)).toMatchObject({ code: 0 });
    expect(readFileSync(at("piped.txt"), "utf8")).toBe(TEXT);
    expect(existsSync(at("-"))).toBe(false);
    expect(await run(["convert", "v.txt", "./-", "--to", "glove"])).toMatchObject({ code: 0 });
    expect(readFileSync(at("-"), "utf8")).toBe(TEXT.slice(4));
  });

  it.each([
    [["v.txt", "-"], "standard output has no file extension that chooses a format"],
    [["v.txt", "-", "--to", "npy"], 'the format "npy" writes its words to a second file'],
    [["v.txt", "v.gz"], 'the name "v.gz" chooses no format'],
  ])("refuses %j", async (args, message) => {
    expect(await run(["convert", ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it("tries both files that it will write before it reads", async () => {
    mkdirSync(at("d.words.txt"));
    for (const [output, message] of [
      ["none/x.bin", 'cannot write "none/x.bin": no folder "none"; make it first'],
      ["d.npy", 'cannot write "d.words.txt": it is a folder; give a file'],
    ])
      expect(await run(["convert", "missing.bin", output])).toMatchObject({
        code: 1,
        stderr: `wasm2vec: ${message}\n`,
      });
  });
});

it.each<[string, VectorFormat | undefined, VectorFormat | undefined, VectorFormat]>([
  ["x.bin", undefined, undefined, "word2vec"],
  ["x.TXT.GZ", undefined, undefined, "word2vec-text"],
  ["a.npy/x.json", undefined, undefined, "json"],
  ["x.npy", "tsv", undefined, "tsv"],
  ["vectors", undefined, "word2vec", "word2vec"],
  ["x.gz", undefined, "word2vec", "word2vec"],
  ["-", undefined, "word2vec", "word2vec"],
])("the format of %s", (output, given, fallback, expected) => {
  expect(formatOf(output, given, fallback)).toBe(expected);
});

describe("queries", () => {
  beforeAll(async () => {
    const vectors = await createVectors(["a", "b", "c"], 3, [1, 2, 0.5, 2, 1, 0.5, 1, 2.5, 0.5]);
    await saveVectors(vectors, at("m.npy"), { format: "npy", words: at("list") });
    writeFileSync(at("pairs.tsv"), "a\tb\t1\na\tc\t9\nb\tc\t2\n");
    writeFileSync(at("questions.txt"), ": some\na b c b\n");
    writeFileSync(at("empty"), "");
    writeFileSync(at("rough.txt"), "5 2\na 1 2\nb 2 1\na 9 9\n 1 1\nc nan 1\n");
  });

  it("take their vectors from standard input", async () => {
    const similar = await run(["similar", "v.txt", "a"]);
    expect(await run(["similar", "-", "a"], TEXT)).toMatchObject({ code: 0, stdout: similar.stdout });
    expect(await run(["analogy", "-", "a", "b", "c"], TEXT)).toMatchObject({ code: 0 });
    expect(await run(["evaluate", "-", "--pairs", "pairs.tsv"], TEXT)).toMatchObject({ code: 0 });
    expect(await run(["similar", "-", "a"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("standard input: line 1 expected"),
    });
  });

  it("take the words of vectors that have none from a file", async () => {
    expect(await run(["similar", "m.npy", "a", "-n", "1"])).toMatchObject({ code: 1 });
    const words = ["--words", "list"];
    expect((await run(["similar", "m.npy", "a", "-n", "1", ...words])).stdout).toMatch(/^c {2}0\.99/);
    expect(await run(["analogy", "m.npy", "a", "b", "c", ...words])).toMatchObject({ code: 0 });
    expect(await run(["evaluate", "m.npy", "--pairs", "pairs.tsv", ...words])).toMatchObject({ code: 0 });
  });

  it("read leniently if told to, and say what they skipped", async () => {
    expect(await run(["similar", "rough.txt", "a"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('row 3 expected a new word, got "a", which is row 1: --lenient skips such rows'),
    });
    const warning =
      "warning: skipped 3 rows of rough.txt: 1 with the word of an earlier row, 1 with an empty word, 1 with numbers that are not finite\n";
    for (const args of [
      ["similar", "rough.txt", "a"],
      ["analogy", "rough.txt", "a", "b", "a"],
      ["convert", "rough.txt", "smooth.txt"],
    ])
      expect(await run([...args, "--lenient"])).toMatchObject({ code: 0, stderr: warning });
    expect(readFileSync(at("smooth.txt"), "utf8")).toBe("2 2\na 1 2\nb 2 1\n");
    expect(await run(["similar", "v.txt", "a", "--lenient"])).toMatchObject({ code: 0, stderr: "" });
  });

  it("without the mean and the first components", async () => {
    writeFileSync(at("far.txt"), "4 2\na 12 6\nb 12 4\nc 8 6\nd 8 4\n");
    writeFileSync(at("alike.tsv"), "a b 1\na c 2\na d 3\n");
    const convert = async (components: string) => {
      const args = ["convert", "far.txt", "near.txt", "--remove-components", components];
      expect(await run(args)).toMatchObject({ code: 0, stdout: "wrote near.txt: 4 words, dim 2, word2vec-text\n" });
      return readFileSync(at("near.txt"), "utf8");
    };
    expect(await convert("0")).toBe("4 2\na 2 1\nb 2 -1\nc -2 1\nd -2 -1\n");
    expect(await convert("1")).toBe("4 2\na 0 1\nb 0 -1\nc 0 1\nd 0 -1\n");
    const nearest = async (...args: string[]) => (await run([...args, "-n", "1", "--remove-components", "1"])).stdout;
    expect(await nearest("similar", "far.txt", "a")).toBe("c  1.0000\n");
    expect(await nearest("analogy", "far.txt", "a", "b", "c")).toBe("d  1.0000\n");
    const score = async (...args: string[]) =>
      JSON.parse((await run(["evaluate", "far.txt", "--pairs", "alike.tsv", "--json", ...args])).stdout).pairs[0]
        .spearman;
    expect(await score("--remove-components", "0")).toBeCloseTo(-1);
    expect(await score("--remove-components", "1")).not.toBeCloseTo(-1);
    expect(await run(["similar", "far.txt", "a", "--remove-components", "2"])).toMatchObject({
      code: 1,
      stderr: "wasm2vec: --remove-components expected fewer than dim (2) and than words (4), got 2: remove fewer\n",
    });
    expect(await run(["similar", "far.txt", "a", "--remove-components", "-1"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Expected a whole number of at least 0."),
    });
  });

  it.each(["components", "words", "negative"])("a word that is spelt as an option: %s", async (word) => {
    const { stderr } = await run(["similar", "v.txt", word]);
    expect(stderr).toBe(`wasm2vec: "${word}" is not among the 3 words\n`);
  });

  it("evaluate has nothing to say of no questions", async () => {
    for (const [flag, message] of [
      ["--analogies", "analogies expected at least 1 question with all four words among the 3 known, got 0 of 0"],
      ["--pairs", "word pairs expected at least 2"],
    ])
      expect(await run(["evaluate", "v.txt", flag, "empty"])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(message),
      });
    expect(await run(["evaluate", "v.txt", "--analogies", "questions.txt"])).toMatchObject({ code: 0 });
  });

  it("leave words as they are in a pipe, control characters too; errors show them escaped", async () => {
    writeFileSync(at("escapes.txt"), "2 2\n\u001b[31mred 1 2\nb 2 1\n");
    expect((await run(["similar", "escapes.txt", "b"])).stdout.startsWith("\u001b[31mred ")).toBe(true);
    const { stderr } = await run(["similar", "escapes.txt", "\u001b[31mre\u009b"]);
    expect(stderr).toBe('wasm2vec: "\\u001b[31mre\\u009b" is not among the 2 words: did you mean "\\u001b[31mred"?\n');
  });
});

describe("on a terminal", () => {
  const { isTTY } = process.stdout;
  beforeAll(() => {
    process.stdout.isTTY = true;
  });
  afterAll(() => {
    process.stdout.isTTY = isTTY;
  });

  it("words are printed without what a terminal would obey", () => {
    expect(printable("a\u001b[2J\u009b1A\u007f\u202eb")).toBe("a\\u001b[2J\\u009b1A\\u007f\\u202eb");
    expect(printable("naïve 東京 😀")).toBe("naïve 東京 😀");
    expect(
      table([
        ["\u001b[2J", "1"],
        ["b", "2"],
      ]),
    ).toBe("\\u001b[2J  1\nb          2");
  });
});
