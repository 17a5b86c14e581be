// What readers and writers of vectors refuse: files of other kinds, words that a format cannot hold, options without sense.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createVectors } from "wasm2vec";
import { loadFastText, loadVectors, saveVectors } from "wasm2vec/files";
import { FormatError } from "../../src/base/errors";
import { checkWords, readVectors, writeVectors } from "../../src/format/vectors";
import { cut, rowsOf, utf8 } from "../support/vector-files";

it("checkWords names the word, where it is, and a format that can hold it", () => {
  expect(() => checkWords(["a", "new york"], "word2vec")).toThrow(
    'word "new york" (row 2) holds whitespace, which the format "word2vec" cannot hold: replace it, for example by "_", or take the format "safetensors"',
  );
  expect(() => checkWords(["a\nb"], "npy")).toThrow('or take the format "json"');
});

describe("files of other kinds are named, with the remedy", () => {
  const safetensors = (header: object) => {
    const json = utf8(JSON.stringify(header));
    return Buffer.concat([new Uint8Array(new BigUint64Array([BigInt(json.length)]).buffer), json]);
  };
  const tensor = (dtype: string) => ({ dtype, shape: [0], data_offsets: [0, 0] });
  const latin1 = (text: string) => Buffer.from(text, "latin1");
  it.each<[string, Uint8Array, RegExp]>([
    [
      "gensim's .kv",
      latin1("\x80\x04\x95\xb1\x03\x00\x00"),
      /a pickled object of Python.* \.model and \.kv: .*save_word2vec_format/,
    ],
    ["an older pickle", latin1("\x80\x02cgensim.models"), /a pickled object of Python/],
    ["glove.6B.zip", latin1("PK\x03\x04\x14\x00\x00\x00\x08\x00"), /a zip archive: unzip it first/],
    ["a Parquet table", latin1("PAR1\x15\x04\x15"), /a Parquet file: write a line for each row/],
    ["a PDF", latin1("%PDF-1.7\n%\xe2\xe3"), /a PDF document/],
    ["HDF5", latin1("\x89HDF\r\n\x1a\n\x00\x00"), /an HDF5 file: save the matrix with numpy.save/],
    ["xz", latin1("\xfd7zXZ\x00\x00\x04"), /compressed with xz: decompress it first/],
    ["gzip, where nobody decompresses", latin1("\x1f\x8b\x08\x00"), /compressed with gzip: decompress it first/],
    ["a tar archive", latin1(`vectors.txt${"\0".repeat(246)}ustar\x0000`), /a tar archive/],
    ["UTF-16", latin1("\xff\xfe2\x00 \x003\x00"), /UTF-16 text: save it as UTF-8/],
    [
      "a network",
      safetensors({ __metadata__: { format: "wasm2vec.network" }, W1: tensor("F32") }),
      /a network: HiddenLayerNetwork.load/,
    ],
    [
      "a checkpoint",
      safetensors({ __metadata__: { format: "wasm2vec.checkpoint" }, inputs: tensor("F32") }),
      /a checkpoint of version 2: load it with loadModel/,
    ],
    [
      "a model of another program",
      safetensors({ "embed.weight": tensor("BF16"), b: tensor("F8_E4M3"), c: tensor("F32"), d: tensor("F32") }),
      /expected a tensor "vectors", got "embed.weight", "b", "c" and 1 more: a safetensors file of another program/,
    ],
  ])("%s", async (_, bytes, message) => {
    const error = await readVectors(cut(bytes, 3), { name: "file" }).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^file: /);
  });

  it("tensors of types that are not read do no harm beside vectors", async () => {
    const header = {
      other: { dtype: "BF16", shape: [1], data_offsets: [0, 2] },
      vectors: { dtype: "F32", shape: [1, 1], data_offsets: [2, 6] },
    };
    const bytes = Buffer.concat([safetensors(header), new Uint8Array(2), new Uint8Array(Float32Array.of(3).buffer)]);
    expect(rowsOf(await readVectors([bytes], { words: ["a"] }))).toEqual([["a", 3]]);
  });
});

describe("what is given to readers and writers is checked", () => {
  it.each<[string, unknown, object, string]>([
    ["a misspelt option", [utf8("1 1\na 1\n")], { limt: 5 }, 'unknown option "limt": did you mean "limit"?'],
    ["options of another kind", [utf8("1 1\na 1\n")], 5 as never, "options expected an object, got 5"],
    ["words of another kind", [utf8("1 1\na 1\n")], { words: "a" }, '"words" expected an array of strings'],
    ["bytes that are not in pieces", utf8("1 1\na 1\n"), {}, "expected pieces of bytes, got an object (Uint8Array)"],
    ["text", "1 1\na 1\n", {}, "expected pieces of bytes, got"],
  ])("%s", async (_, chunks, options, message) => {
    const error = await readVectors(chunks as never, options).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(message);
  });

  it.each<[unknown, string]>([
    [{ vectors: { words: [], matrix: new Float32Array(), dim: 1 } }, 'got a model: pass its vectors, "model.vectors"'],
    [undefined, "vectors expected WordVectors, got undefined"],
    [["a"], "vectors expected WordVectors, got an array of 1"],
  ])("%j", (rows, message) => {
    expect(() => writeVectors(rows as never)).toThrow(TypeError);
    expect(() => writeVectors(rows as never)).toThrow(message);
  });
});

describe("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "wasm2vec-refusals-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are refused for options that are misspelt, of the wrong kind, or have no effect", async () => {
    const vectors = await createVectors(["a"], 1, [1]);
    const path = join(folder, "refused");
    for (const [attempt, message] of [
      [
        () => saveVectors(vectors, path, { fromat: "json" } as never),
        'unknown option "fromat": did you mean "format"?',
      ],
      [() => saveVectors(vectors, path, "json" as never), 'options expected an object, got "json"'],
      [() => saveVectors(vectors, path, { format: "csv" as never }), '"format" expected one of'],
      [
        () => saveVectors(vectors, path, { words: "list" }),
        '"words" goes with formats whose words are in a separate file',
      ],
      [() => saveVectors({ vectors } as never, path), 'got a model: pass its vectors, "model.vectors"'],
      [() => loadVectors(path, { limt: 5 } as never), 'unknown option "limt": did you mean "limit"?'],
      [() => loadVectors(path, { kernel: "smid" as never }), '"kernel" expected one of'],
      [() => loadVectors(path, { kernel: "js", wasm: new Uint8Array(8) }), '"wasm" goes with a kernel of WebAssembly'],
      [() => loadVectors(path, { onSkipped: () => {} }), '"onSkipped" goes with "lenient"'],
      [() => (loadVectors as () => Promise<unknown>)(), "path expected a string or a file: URL, got undefined"],
      [
        () => loadVectors(new URL("http://localhost/x")),
        'path expected a string or a file: URL, got "http://localhost/x"',
      ],
      [() => loadFastText(path, { limit: 5 } as never), 'unknown option "limit"'],
      [
        () => createVectors(["a"], 1, [1], { kernal: "js" } as never),
        'unknown option "kernal": did you mean "kernel"?',
      ],
      [() => createVectors("a" as never, 1, [1]), 'words expected an array, got "a"'],
      [() => createVectors(["a"], 1, undefined as never), "matrix expected all floats"],
    ] as const)
      await expect(attempt()).rejects.toThrow(message);
    expect(existsSync(path)).toBe(false);
  });
});
