// What text is read from: packed files, folders, globs, tables, JSON Lines, bytes that are no UTF-8; on the command line too.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Corpus, type FileOptions, FormatError, fileCorpus, readText, textCorpus, train } from "wasm2vec";
import { sentencesOf } from "../src/text/sentences";
import { Workbench } from "./command";

const line = "the quick brown fox jumps over the lazy dog";
const PACKED = {
  gzip: gzipSync(`${line}\n`.repeat(8)),
  bzip2: Buffer.from(
    "QlpoOTFBWSZTWXa93wQAAJPRgAAQQAA////wIACQKNDQAAABVU01MTTCNGaNqTyMxA+CBkKCQoPo9DYSGwVFo4HQVEx+EhaIHAmMhQdCY1HIqJjkQIHsWdjsfxdyRThQkHa93wQ=",
    "base64",
  ),
  Zstandard: Buffer.from(
    "KLUv/QRorQEAxAJ0aGUgcXVpY2sgYnJvd24gZm94IGp1bXBzIG92ZXIgdGhlIGxhenkgZG9nCgEAjHmqKgO4Hf6X",
    "base64",
  ),
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-readers-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function read(corpus: Corpus): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of sentencesOf(corpus)) lines.push(...some.map((words) => words.join(" ")));
  return lines;
}

describe.each(Object.entries(PACKED))("%s", (name, bytes) => {
  it("is told by its content, and read again in each pass", async () => {
    const corpus = fileCorpus(put("packed.any", bytes));
    for (let pass = 0; pass < 2; pass++) expect(await read(corpus)).toEqual(Array(8).fill(line));
  });

  it("several one after the other in a file", async () => {
    expect(await readText(put("two", Buffer.concat([bytes, bytes])))).toBe(`${line}\n`.repeat(16));
  });

  it.each([5, 20, bytes.length - 6])("says that it is cut short, after %i bytes", async (length) => {
    const path = put(`cut-${name}`, bytes.subarray(0, length));
    const error = await readText(path).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(new RegExp(`cut-${name}: the ${name} data is (cut short|damaged)`));
  });
});

describe("files, folders, globs", () => {
  beforeAll(() => {
    for (const name of ["b/2.txt", "a.txt", "b/1.txt", "b/c/3.txt"]) put(`tree/${name}`, `text ${name}\n`);
    put("tree/b/4.gz", gzipSync("text 4"));
  });
  const at = (path: string) => join(folder, "tree", path);
  const texts = (...names: string[]) => names.map((name) => `text ${name}`);

  it.each([
    ["several files, in the order given", ["b/2.txt", "a.txt"], ["b/2.txt", "a.txt"]],
    ["a folder: all in it, by name", ["b"], ["b/1.txt", "b/2.txt", "4", "b/c/3.txt"]],
    ["a glob", ["**/[13].txt"], ["b/1.txt", "b/c/3.txt"]],
    ["all of these", ["a.txt", "b/c", "b/?.gz"], ["a.txt", "b/c/3.txt", "4"]],
  ])("%s", async (_, given, expected) => {
    expect(await read(fileCorpus(given.map(at)))).toEqual(texts(...expected));
  });

  it("names what is not there", async () => {
    mkdirSync(at("empty"), { recursive: true });
    await expect(read(fileCorpus(at("none.txt")))).rejects.toThrow(/cannot read ".*none.txt": no such file/);
    await expect(read(fileCorpus(at("*.none")))).rejects.toThrow(/none": no file matches it/);
    await expect(read(fileCorpus(at("empty")))).rejects.toThrow(/empty": the folder holds no file/);
    expect(() => fileCorpus([])).toThrow("got none");
  });

  it("train takes a folder", async () => {
    const { vectors } = await train(at("b"), { minCount: 1, dim: 4, threads: 1 });
    expect(vectors.words[0]).toBe("text");
  });
});

describe("tables and JSON Lines", () => {
  const csv = '\uFEFFid,text\n1,"Hello, ""world"""\n2,"two\nlines"\n\n3,plain\n';

  it.each<[string, string, FileOptions]>([
    ["by name", csv, { column: "text" }],
    ["by number", csv.split("\n").slice(1).join("\n"), { column: 2 }],
    [
      "with another delimiter",
      'id;text\n1;"Hello, ""world"""\n2;"two\nlines"\n3;plain',
      { column: "text", delimiter: ";" },
    ],
  ])("a column %s", async (_, content, options) => {
    const corpus = fileCorpus(put("table.csv", content), { ...options, tokenizer: "simple" });
    expect(await read(corpus)).toEqual(["hello world", "two lines", "plain"]);
  });

  it("a column of a packed table parted by tabs", async () => {
    expect(await read(fileCorpus(put("table.tsv.gz", gzipSync("id\ttext\n1\ta, b\n")), { column: "text" }))).toEqual([
      "a, b",
    ]);
  });

  it("a field of JSON Lines: text or tokens", async () => {
    const lines = ['{"review":{"body":"Good stuff"},"stars":5}', "", '{"review":{"body":["as","it is"]}}'].join("\r\n");
    const corpus = fileCorpus(put("lines.jsonl", lines), { jsonField: "review.body", lowercase: true });
    expect(await read(corpus)).toEqual(["good stuff", "", "as it is"]);
  });

  it.each<[RegExp, string, FileOptions]>([
    [/expected a column "body", got "id", "text"/, "id,text\n1,a\n", { column: "body" }],
    [/row 2 expected 2 columns, got 1/, "1,a\n2\n", { column: 2 }],
    [/Quote/, 'id,text\n1,"a\n', { column: "text" }],
    [/line 2 expected a JSON object with the field "text", got "{"/, '{"text":"a"}\n{\n', { jsonField: "text" }],
    [/line 1 .* which has id, body/, '{"id":1,"body":"a"}', { jsonField: "text" }],
    [/line 1 .* of text or an array of tokens, got 7/, '{"text":7}', { jsonField: "text" }],
  ])("explains %s", async (message, content, options) => {
    const error = await read(fileCorpus(put("wrong", content), options)).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(message);
  });

  it("refuses options that do not go together", () => {
    expect(() => fileCorpus("x", { delimiter: "," })).toThrow('"delimiter" goes with "column"');
    expect(() => fileCorpus("x", { column: 1, jsonField: "text" })).toThrow("give one of them");
    expect(() => fileCorpus("x", { colum: 1 } as FileOptions)).toThrow('did you mean "column"');
  });
});

describe("bytes that are no UTF-8", () => {
  const bytes = Uint8Array.of(
    0x61,
    0x20,
    0xe4,
    0x20,
    0xef,
    0xbf,
    0xbd,
    0x20,
    0xf0,
    0x9f,
    0x98,
    0x80,
    0x20,
    0xc3,
    0x0a,
    0xe2,
    0x82,
  );

  it.each([1, 2, 3, 5, 100])("are replaced and counted, in pieces of %i", async (size) => {
    const counts: number[] = [];
    const parts = function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const corpus = textCorpus(parts, "text", { onInvalid: (count) => counts.push(count) });
    expect(await read(corpus)).toEqual(["a \uFFFD \uFFFD 😀 \uFFFD", "\uFFFD"]);
    expect(counts).toEqual([3]);
  });

  it("in tables too", async () => {
    const path = put("latin1.csv", Buffer.from("text\ncaf\xe9\n", "latin1"));
    const counts: number[] = [];
    expect(await read(fileCorpus(path, { column: "text", onInvalid: (count) => counts.push(count) }))).toEqual([
      "caf\uFFFD",
    ]);
    expect(counts).toEqual([1]);
    await expect(read(fileCorpus(path, { column: "text", invalid: "error" }))).rejects.toThrow(
      "latin1.csv: bytes that are no UTF-8",
    );
  });

  it("or refused, saying where", async () => {
    const strict = textCorpus(() => [bytes.subarray(0, 4)], "text", { invalid: "error" });
    await expect(read(strict)).rejects.toThrow(
      /^text: bytes that are no UTF-8 between byte 0 and 4: save the text as UTF-8/,
    );
    const fine = textCorpus(() => [bytes.subarray(4, 8), bytes.subarray(8, 12)], "text", { invalid: "error" });
    expect(await read(fine)).toEqual(["\uFFFD 😀"]);
  });
});

describe("the command line", () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = new Workbench();
  });
  afterAll(() => bench.remove());
  const small = ["--dim", "4", "--min-count", "1", "--threads", "1", "--save-vocabulary", "v.txt", "-o", "o.bin", "-q"];
  const words = async () =>
    (await readText(bench.path("v.txt")))
      .trim()
      .split("\n")
      .map((entry) => entry.split(" ")[0]);

  it("trains on several files with a tokeniser and stop words", async () => {
    writeFileSync(bench.path("a.csv"), 'id,text\n1,"The Cat, the DOG"\n');
    writeFileSync(bench.path("b.csv"), "id,text\n2,dog & bird\n");
    writeFileSync(bench.path("stop.txt"), "the a\n");
    const options = ["--tokenizer", "simple", "--stop-words", "stop.txt", "--column", "text"];
    expect(await bench.run(["train", "a.csv", "b.csv", ...options, ...small])).toMatchObject({ code: 0 });
    expect(await words()).toEqual(["dog", "bird", "cat"]);
  });

  it("reads JSON Lines from standard input", async () => {
    const lines = '{"text":"私は猫です"}\n{"text":"猫は私です"}\n';
    const options = ["--tokenizer", "segmenter", "--locale", "ja", "--json-field", "text"];
    expect(await bench.run(["train", "-", ...options, ...small], lines)).toMatchObject({ code: 0 });
    expect(await words()).toContain("猫");
  });

  it("warns of bytes that are no UTF-8, once, or fails", async () => {
    writeFileSync(bench.path("latin1.txt"), Buffer.from("caf\xe9 noir caf\xe9\n", "latin1"));
    const { code, stderr } = await bench.run(["train", "latin1.txt", ...small]);
    expect({ code, warnings: stderr.match(/warning: 2 stretches of bytes/g)?.length }).toEqual({
      code: 0,
      warnings: 1,
    });
    const strict = await bench.run(["train", "latin1.txt", "--invalid", "error", ...small]);
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining("save the text as UTF-8") });
  });

  it.each([
    ["goes with tokenizer", ["--numbers"]],
    ["a language", ["--lowercase", "--locale", "not one"]],
    ['"delimiter" goes with "column"', ["--column-delimiter", ";"]],
  ])("is told what does not go together: %s", async (message, args) => {
    expect(await bench.run(["train", bench.corpus, ...args, ...small])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});
