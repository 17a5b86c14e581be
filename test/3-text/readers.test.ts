// What text is read from: compressed files, folders, globs, tables, JSON Lines, invalid UTF-8; on the command line too.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, type Transform } from "node:stream";
import zlib, { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Corpus, FormatError, textCorpus, train } from "wasm2vec";
import { type FileOptions, fileCorpus, readChunks } from "wasm2vec/files";
import { Xxh64 } from "../../src/base/xxh64";
import { decompress } from "../../src/platform/node/decompress";
import { sentencesOf } from "../../src/text/sentences";
import { Workbench } from "../support/command";

const line = "the quick brown fox jumps over the lazy dog";
const COMPRESSED = {
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

/** A whole file, decompressed. */
async function readText(path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function read(corpus: Corpus): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of sentencesOf(corpus)) lines.push(...some.map((words) => words.join(" ")));
  return lines;
}

describe.each(Object.entries(COMPRESSED))("%s", (name, bytes) => {
  it("is told by its content, and read again in each pass", async () => {
    const corpus = fileCorpus(put("packed.any", bytes));
    for (let pass = 0; pass < 2; pass++) expect(await read(corpus)).toEqual(Array(8).fill(line));
  });

  it("several one after the other in a file", async () => {
    expect(await readText(put("two", Buffer.concat([bytes, bytes])))).toBe(`${line}\n`.repeat(16));
  });

  it.each([5, 20, bytes.length - 6])("says that it is truncated, after %i bytes", async (length) => {
    const path = put(`cut-${name}`, bytes.subarray(0, length));
    const error = await readText(path).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(new RegExp(`cut-${name}: the ${name} data is (truncated|damaged)`));
  });
});

describe("Zstandard", () => {
  // a block of 3 bytes as they are, and one that repeats a byte 9 times; 13 bytes in all, and a checksum
  const frame = (text: string, repeated: number, checksum: number[]) =>
    Buffer.from([
      0x28,
      0xb5,
      0x2f,
      0xfd,
      0x24,
      13,
      0x20,
      0,
      0,
      ...Buffer.from(text),
      0x4b,
      0,
      0,
      repeated,
      ...checksum,
    ]);
  const checksumOf = (text: string) => {
    const hash = new Xxh64();
    hash.add(Buffer.from(text));
    return [0, 8, 16, 24].map((shift) => (hash.low32 >>> shift) & 255);
  };
  const text = `a b\n${"c".repeat(9)}`;

  it("reads frames with and without checksums, and skips other data", async () => {
    const skipped = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const whole = frame("a b\n", 99, checksumOf(text));
    expect(await readText(put("frames", Buffer.concat([whole, skipped, COMPRESSED.Zstandard, whole])))).toBe(
      text + `${line}\n`.repeat(8) + text,
    );
  });

  it.each([
    ["another checksum", frame("a b\n", 99, [1, 2, 3, 4])],
    ["another letter, in a block as it is", frame("a d\n", 99, checksumOf(text))],
    ["another letter, in a block that repeats it", frame("a b\n", 100, checksumOf(text))],
  ])("refuses %s", async (_, bytes) => {
    await expect(readText(put("bad.zst", bytes))).rejects.toThrow(
      /bad.zst: the Zstandard data is damaged: its checksum does not match/,
    );
  });

  it("does not wait for a source that says nothing more when it is left early", async () => {
    // Node's own reads ahead; older ones have none
    const own = zlib as { createZstdDecompress?: () => Transform };
    const { createZstdDecompress } = own;
    own.createZstdDecompress = () => new PassThrough();
    let asked = () => {};
    const isWaiting = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const source = async function* () {
      yield frame("a b\n", 99, []).subarray(0, -4);
      asked();
      await new Promise(() => {});
    };
    try {
      const parts = decompress(source(), "text");
      expect((await parts.next()).done).toBe(false);
      await isWaiting;
      expect(await parts.return(undefined)).toEqual({ done: true, value: undefined });
    } finally {
      own.createZstdDecompress = createZstdDecompress;
    }
  });

  it("refuses what follows a frame and is none", async () => {
    const bytes = Buffer.concat([COMPRESSED.Zstandard, Buffer.from("some text")]);
    await expect(readText(put("tail.zst", bytes))).rejects.toThrow(FormatError);
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
    await expect(read(fileCorpus(at("empty")))).rejects.toThrow(/empty": the folder contains no file/);
    expect(() => fileCorpus([])).toThrow("got none");
  });

  it("follows links in a folder, reads a file once, and says what it skipped", async () => {
    const linked = join(folder, "linked");
    put("linked/a.txt", "text a");
    put("linked/.git/config", "no text");
    put("linked/.hidden", "no text");
    symlinkSync(at("b/1.txt"), join(linked, "one.txt"));
    symlinkSync(at("b/c"), join(linked, "sub"));
    symlinkSync("a.txt", join(linked, "z.txt"));
    symlinkSync(linked, join(linked, "loop"));
    symlinkSync("gone", join(linked, "dead"));
    const warnings: string[] = [];
    const corpus = fileCorpus(linked, { onWarning: (message) => warnings.push(message) });
    for (let pass = 0; pass < 2; pass++)
      expect(await read(corpus)).toEqual(["text a", ...texts("b/1.txt", "b/c/3.txt")]);
    expect(warnings).toEqual([
      `${linked}: skipped ".git", ".hidden" (hidden), "dead" (a link to nothing), "loop", "z.txt" (read already)`,
    ]);
  });

  it("a text may begin with the letters of bzip2", async () => {
    expect(await readText(put("letters.txt", "BZh is not all of it\n"))).toBe("BZh is not all of it\n");
  });

  it("names what it skipped in the folder . whole", async () => {
    put("here/a.txt", "text a");
    put("here/.hidden/b.txt", "no text");
    const before = process.cwd();
    process.chdir(join(folder, "here"));
    try {
      const warnings: string[] = [];
      await read(fileCorpus(".", { onWarning: (message) => warnings.push(message) }));
      expect(warnings).toEqual(['.: skipped ".hidden" (hidden)']);
    } finally {
      process.chdir(before);
    }
  });

  it("a hidden folder that is named is read", async () => {
    put("tree/.kept/a.txt", "text a");
    expect(await read(fileCorpus(at(".kept")))).toEqual(["text a"]);
  });

  it("says what it skipped where nothing is left", async () => {
    put("hidden/.a.txt", "text");
    await expect(read(fileCorpus(join(folder, "hidden")))).rejects.toThrow(
      /hidden": the folder contains no file; skipped ".a.txt" \(hidden\): give their own paths/,
    );
  });

  it("train passes warnings of a folder on", async () => {
    put("warned/a.txt", "text text a a");
    put("warned/.b.txt", "text");
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const model = await train(join(folder, "warned"), { minCount: 1, dim: 4, epochs: 1, threads: 1, onWarning });
    expect(warnings.filter((message) => message.includes("skipped"))).toHaveLength(1);
    expect([...model.vectors.words].sort()).toEqual(["a", "text"]);
  });

  it.each<[RegExp, unknown]>([
    [
      /expected the path of a file, or a file:, http: or https: URL, got "ftp:.*textCorpus/,
      new URL("ftp://a.org/a.txt"),
    ],
    [/expected the path of a file, got 5/, 5],
    [/expected the path of a file, got ""/, ""],
    [/expected the path of a file, got an array of 1/, [["a.txt"]]],
  ])("refuses what is no path: %s", (message, path) => {
    expect(() => fileCorpus(path as string)).toThrow(message);
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
    ["by number", csv, { column: 2 }],
    ["by number without a row of names", csv.split("\n").slice(1).join("\n"), { column: 2, header: false }],
    [
      "with another delimiter",
      'id;text\n1;"Hello, ""world"""\n2;"two\nlines"\n3;plain',
      { column: "text", delimiter: ";" },
    ],
  ])("a column %s", async (_, content, options) => {
    const corpus = fileCorpus(put("table.csv", content), { ...options, tokenizer: "simple" });
    expect(await read(corpus)).toEqual(["hello world", "two lines", "plain"]);
  });

  it("a column of a compressed table separated by tabs", async () => {
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
    [/row 2 expected 2 columns, got 1: .*"missingField"/, "1,a\n2\n", { column: 2, header: false }],
    [/Quote/, 'id,text\n1,"a\n', { column: "text" }],
    [/line 2 expected a JSON object with the field "text", got "{"/, '{"text":"a"}\n{\n', { jsonField: "text" }],
    [/line 1 .* which has id, body: set "missingField" to "skip"/, '{"id":1,"body":"a"}', { jsonField: "text" }],
    [/line 1 .*"text", got null: set/, '{"text":null}', { jsonField: "text" }],
    [/line 1 .* got 7/, '{"text":7}', { jsonField: "text", missingField: "skip" }],
    [/line 1 .* of text or an array of tokens, got 7/, '{"text":7}', { jsonField: "text" }],
  ])("explains %s", async (message, content, options) => {
    const error = await read(fileCorpus(put("wrong", content), options)).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(message);
  });

  it("leaves out rows without the field where asked to, and says so once", async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const skipping: FileOptions = { missingField: "skip", onWarning };
    const lines = '{"text":"a b"}\n{"text":null}\n\n{"id":1}\n{"text":["c"]}\n[1]\n';
    const files = [put("missing-1.jsonl", lines), put("missing-2.jsonl", lines)];
    const corpus = fileCorpus(files, { ...skipping, jsonField: "text" });
    for (let pass = 0; pass < 2; pass++) expect(await read(corpus)).toEqual(["a b", "", "c", "a b", "", "c"]);
    expect(warnings).toEqual([expect.stringMatching(/missing-1.jsonl and 1 more: 6 of 10 rows have no such field/)]);
    const table = fileCorpus(put("short.csv", "id,text\n1,a\n2\n3,b\n"), { ...skipping, column: "text" });
    expect(await read(table)).toEqual(["a", "b"]);
    expect(warnings[1]).toMatch(/short.csv: 1 of 3 rows/);
  });

  it("counts replaced bytes over all files of a pass", async () => {
    const counts: number[] = [];
    const files = ["bad-1", "bad-2"].map((name) => put(name, Buffer.from("caf\xe9 caf\xe9\n", "latin1")));
    await read(fileCorpus(files, { onInvalid: (count) => counts.push(count) }));
    expect(counts).toEqual([4]);
  });

  it.each<[string, FileOptions]>([
    ['"delimiter" goes with "column"', { delimiter: "," }],
    ['"header" goes with "column"', { header: false }],
    ['"header": without a row of names there is no column "text": give its number', { header: false, column: "text" }],
    ['"header" expected true or false', { header: "no" as never, column: 1 }],
    ['"column" expected integer >= 1, got 0', { column: 0 }],
    ['"delimiter" expected a character that is neither a quote nor a line end', { column: 1, delimiter: "" }],
    ['"delimiter" expected a character', { column: 1, delimiter: "\n" }],
    ["give one of them", { column: 1, jsonField: "text" }],
    ['"jsonField" expected the name of a field', { jsonField: "" }],
    ['"missingField" goes with the fields of "jsonField" or "column"', { missingField: "skip" }],
    ['"missingField" expected one of "error", "skip"', { column: 1, missingField: "drop" as never }],
    ['did you mean "column"', { colum: 1 } as FileOptions],
  ])("refuses options: %s", (message, options) => {
    expect(() => fileCorpus("x", options)).toThrow(message);
  });
});

describe("invalid UTF-8", () => {
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
      "latin1.csv: invalid UTF-8",
    );
  });

  it("or refused, saying where", async () => {
    const strict = textCorpus(() => [bytes.subarray(0, 4)], "text", { invalid: "error" });
    await expect(read(strict)).rejects.toThrow(/^text: invalid UTF-8 between byte 0 and 4: save the text as UTF-8/);
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

  it("trains on several files with a tokenizer and stop words", async () => {
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

  it("warns of invalid UTF-8, once, or fails", async () => {
    writeFileSync(bench.path("latin1.txt"), Buffer.from("caf\xe9 noir caf\xe9\n", "latin1"));
    const { code, stderr } = await bench.run(["train", "latin1.txt", ...small]);
    expect({ code, warnings: stderr.match(/warning: 2 invalid UTF-8 sequences/g)?.length }).toEqual({
      code: 0,
      warnings: 1,
    });
    const strict = await bench.run(["train", "latin1.txt", "--invalid", "error", ...small]);
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining("or set --invalid to") });
  });

  it("--missing-field skip leaves rows out, and says so in the words of the command line where it is not given", async () => {
    const lines = '{"text":"a b a b"}\n{"text":null}\n';
    const args = ["train", "-", "--json-field", "text"];
    expect(await bench.run([...args, ...small], lines)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/line 2 .* set --missing-field to "skip"/),
    });
    expect(await bench.run([...args, "--missing-field", "skip", ...small], lines)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: standard input: 1 of 2 rows/m),
    });
  });

  it("--column NUMBER leaves out the row of names, --no-header says that there is none", async () => {
    writeFileSync(bench.path("n.csv"), "id,text\n1,cat dog\n");
    expect(await bench.run(["train", "n.csv", "--column", "2", ...small])).toMatchObject({ code: 0 });
    expect(await words()).toEqual(["cat", "dog"]);
    expect(await bench.run(["train", "n.csv", "--column", "2", "--no-header", ...small])).toMatchObject({ code: 0 });
    expect(await words()).toEqual(["cat", "dog", "text"]);
  });

  it("warns of what it skips in a folder", async () => {
    mkdirSync(bench.path("texts"));
    writeFileSync(bench.path("texts/a.txt"), "a b a b\n");
    writeFileSync(bench.path("texts/.b.txt"), "c\n");
    const { stderr } = await bench.run(["train", "texts", ...small]);
    expect(stderr).toContain('warning: texts: skipped ".b.txt" (hidden)\n');
  });

  it.each([
    ["--numbers goes with --tokenizer", ["--numbers"]],
    ["--locale expected a language", ["--lowercase", "--locale", "not one"]],
    ["--locale changes nothing without --lowercase", ["--locale", "de"]],
    ["--column-delimiter goes with --column", ["--column-delimiter", ";"]],
    ["--column-delimiter expected a character", ["--column", "a", "--column-delimiter", ""]],
    ["--no-header goes with --column", ["--no-header"]],
    ["--no-header: without a row of names", ["--no-header", "--column", "text"]],
    ["--min-length 20 is above --max-length 15", ["--tokenizer", "simple", "--min-length", "20"]],
  ])("says what does not go together, by the flags: %s", async (message, args) => {
    expect(await bench.run(["train", bench.corpus, ...args, ...small])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});
