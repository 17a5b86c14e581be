// What another machine needs to make the same corpus.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { partsOf } from "../../src/cluster/parts";
import { corpusOf, type Recipe, readRecipe, recipeOf, writeRecipe } from "../../src/cluster/recipe";
import { fileCorpus, toNodeCorpus } from "../../src/platform/node/corpus";
import { abortable } from "../../src/text/abort";
import { type Corpus, toCorpus } from "../../src/text/corpus";
import { textCorpus } from "../../src/text/lines";
import { sentencesOf } from "../../src/text/sentences";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-recipe-"));
  mkdirSync(join(folder, "more"));
  writeFileSync(join(folder, "b.txt"), "One two three\nfour, five\n");
  writeFileSync(join(folder, "more", "a.txt.gz"), gzipSync("six seven\n"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function wordsOf(corpus: Corpus): Promise<string[]> {
  const words: string[] = [];
  for await (const sentences of sentencesOf(corpus)) words.push(...sentences.flat());
  return words;
}

/** The corpus of a recipe that went through Redis. */
const made = (recipe: Recipe, ...more: [{ corpusModule?: string }?]) =>
  corpusOf(readRecipe(writeRecipe(recipe)), ...more);

it("makes the same corpus of a folder, with its options", async () => {
  const corpus = fileCorpus(folder, { tokenizer: "simple", stopWords: new Set(["two"]), onInvalid: () => {} });
  const recipe = await recipeOf(abortable(corpus, new AbortController().signal), {});
  expect(recipe).toEqual({
    kind: "files",
    files: [
      { path: join(folder, "b.txt"), size: 25 },
      { path: join(folder, "more", "a.txt.gz"), size: expect.any(Number) },
    ],
    options: { tokenizer: "simple", stopWords: ["two"] },
  });
  expect(await wordsOf(await made(recipe))).toEqual(["one", "three", "four", "five", "six", "seven"]);
  expect(await wordsOf(corpus)).toEqual(["one", "three", "four", "five", "six", "seven"]);
});

it("names the files of a glob and of a relative path", async () => {
  const before = process.cwd();
  const recipe = await recipeOf(toNodeCorpus(`${folder}/**/*.gz`), {});
  expect(recipe.kind === "files" && recipe.files.map(({ path }) => path)).toEqual([join(folder, "more", "a.txt.gz")]);
  const relative = await recipeOf(fileCorpus("package.json"), {});
  expect(relative.kind === "files" && relative.files[0].path).toBe(join(before, "package.json"));
});

describe("refuses, with the remedy,", () => {
  const sentences = [["a", "b"]];
  const corpora: [string, () => Corpus][] = [
    ["arrays", () => toCorpus(sentences)],
    ["functions", () => toCorpus(() => sentences)],
    ["texts from functions", () => textCorpus(() => new Blob(["a b"]))],
    ["copies whose passes may be others", () => ({ ...fileCorpus(folder), chunks: fileCorpus(folder).chunks })],
    ["tokenizers that are functions", () => fileCorpus(folder, { tokenizer: (line) => line.split("") })],
  ];
  it.each(corpora)("%s", async (_, corpus) => {
    await expect(recipeOf(corpus(), {})).rejects.toThrow(/paths of files.*corpusModule/);
  });

  it.skipIf(process.platform === "win32")("pipes", async () => {
    const pipe = join(folder, ".pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(recipeOf(fileCorpus(pipe), {})).rejects.toThrow(/pipe.*write it to a file/);
  });

  it("files that are not there", async () => {
    await expect(recipeOf(fileCorpus(join(folder, "none")), {})).rejects.toThrow(/none": no such file/);
  });
});

it("tells which files differ, and by how much", async () => {
  const recipe = await recipeOf(fileCorpus(folder), {});
  const [file] = recipe.kind === "files" ? recipe.files : [];
  const other: Recipe = {
    kind: "files",
    files: [
      { ...file, size: 7 },
      { path: "/none", size: 1 },
    ],
    options: {},
  };
  await expect(made(other)).rejects.toThrow(
    /b.txt" is not a file of 7 bytes, cannot read "\/none": no such file; mount/,
  );
  await expect(made(other)).rejects.toMatchObject({ name: "TextDiffersError" });
});

describe("a URL", () => {
  let server: Server;
  let url: string;
  let size = 8;
  let status = 200;
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.writeHead(status, size < 0 ? {} : { "content-length": size });
      response.end(status === 200 ? "one two\n" : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/text.txt`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    [size, status] = [8, 200];
  });

  it("is read by each machine, and its length is compared where the server tells it", async () => {
    const corpus = fileCorpus([join(folder, "b.txt"), url]);
    const recipe = await recipeOf(corpus, {});
    const files = recipe.kind === "files" ? recipe.files : [];
    expect(files).toEqual([
      { path: join(folder, "b.txt"), size: 25 },
      { path: url, size: 8 },
    ]);
    expect(await wordsOf(await made(recipe))).toEqual(["One", "two", "three", "four,", "five", "one", "two"]);
    const parts = await partsOf({ kind: "files", files, options: {} }, 10);
    expect(parts.flatMap(({ stretches }) => stretches).at(-1)).toEqual({ file: 1 });
    const longer: Recipe = { kind: "files", files: [{ path: url, size: 9 }], options: {} };
    await expect(made(longer)).rejects.toThrow(/text.txt" is not a file of 9 bytes/);
    size = -1;
    expect(await recipeOf(fileCorpus(url), {})).toEqual({ kind: "files", files: [{ path: url }], options: {} });
    expect(await wordsOf(await made(longer))).toEqual(["one", "two"]);
  });

  it("may be one that can be fetched, but not asked about", async () => {
    for (status of [403, 405])
      expect(await recipeOf(fileCorpus(url), {})).toEqual({ kind: "files", files: [{ path: url }], options: {} });
  });

  it("that is not there is told as a file is", async () => {
    status = 404;
    await expect(recipeOf(fileCorpus(url), {})).rejects.toThrow(/cannot read "http.*text.txt": HTTP 404/);
    const recipe: Recipe = { kind: "files", files: [{ path: url, size: 8 }], options: {} };
    await expect(made(recipe)).rejects.toThrow(/not the text of the driver: cannot read "http.*HTTP 404/);
  });
});

describe("a module", () => {
  const module = (code: string) => {
    const path = join(folder, `.${Math.random()}.mjs`);
    writeFileSync(path, code);
    return path;
  };

  it.each([
    ["an array", "export default [['a', 'b']]"],
    ["a function that gives sentences", "export default () => [['a'], ['b']]"],
    ["a generator", "export default function* () { yield ['a']; yield ['b']; }"],
    [
      "a function that makes a corpus",
      `export default async () => ({ name: 'own', async *chunks() { yield { numbers: Uint32Array.of(0, 1), tokens: ['a', 'b'] }; } })`,
    ],
  ])("is %s", async (_, code) => {
    const corpusModule = module(code);
    const recipe = await recipeOf(toCorpus([["a", "b"]]), { corpusModule });
    expect(await wordsOf(await made(recipe, { corpusModule }))).toEqual(["a", "b"]);
  });

  it("is run only if the worker names it, and has a default export", async () => {
    const recipe = await recipeOf(toCorpus([["a", "b"]]), { corpusModule: module("export default []") });
    await expect(made(recipe)).rejects.toThrow(/made by a module.*corpusModule \(--corpus-module\)/);
    await expect(made(recipe, { corpusModule: module("export const a = 1") })).rejects.toThrow(/default export/);
  });
});

it("refuses what is no recipe", () => {
  const bytes = writeRecipe({ kind: "module", name: "x" });
  for (const value of [{}, { kind: "files", files: [{ path: 7 }], options: {} }, { kind: "module" }, null])
    expect(() => readRecipe(gzipSync(JSON.stringify(value)))).toThrow(/damaged/);
  expect(() => readRecipe(bytes.subarray(0, 10))).toThrow(/damaged/);
  const stranger = { kind: "files", files: [], options: { evil: 1 } };
  expect(() => readRecipe(gzipSync(JSON.stringify(stranger)))).toThrow(/unknown option "evil"/);
});
