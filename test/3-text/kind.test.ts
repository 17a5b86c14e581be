// What is no text is refused by its first bytes, which say what it is; odd bytes in a text are not.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FormatError, type Model, textCorpus, train } from "wasm2vec";
import { fileCorpus, saveVectors } from "wasm2vec/files";
import { sentencesOf } from "../../src/text/sentences";
import { sampleText } from "../support/sample";
import { store } from "../support/stored";

const text = sampleText(300)
  .map((sentence) => `${sentence.join(" ")}\n`)
  .join("");

async function read(bytes: Uint8Array, size = bytes.length): Promise<string[]> {
  const parts = function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const words: string[] = [];
  for await (const some of sentencesOf(textCorpus(parts, "file"))) words.push(...some.flat());
  return words;
}

const latin1 = (start: string) => Buffer.concat([Buffer.from(start, "latin1"), deflateRawSync(text)]);
const utf16 = Buffer.from(text, "utf16le");
const utf32 = Buffer.concat([...text].map((letter) => Buffer.of(letter.charCodeAt(0), 0, 0, 0)));
const tar = Buffer.alloc(1024);
tar.write("corpus.txt");
tar.write("ustar", 257);
const xz = Buffer.from(
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ABPABtdADoaCM52x+Xp1gc0w9EOv85V4aq93A4KkO+AAAAAifTd+ALT90IAATdQ60Tq2x+2830BAAAAAARZWg==",
  "base64",
);

describe("is named and refused", () => {
  it.each<[string, Buffer, RegExp]>([
    ["zip", latin1("PK\x03\x04\x14\0\0\0\x08\0"), /^file is a zip archive .*not UTF-8 text: extract it/],
    ["tar", tar, /a tar archive/],
    ["7z", latin1("7z\xbc\xaf\x27\x1c\0\x04"), /a 7z archive/],
    ["xz", xz, /compressed with xz.*: decompress it first/],
    ["gzip, in a page", gzipSync(text), /compressed with gzip.*DecompressionStream/],
    ["PDF", latin1("%PDF-1.7\n"), /a PDF document.*pdftotext/],
    ["Parquet", latin1("PAR1\x15\x04\x15\x10"), /a Parquet file.*export the text/],
    ["GIF", latin1("GIF89a\x10\0\x10\0\xf7\0\0"), /a GIF picture/],
    ["bzip2, in a page", latin1("BZh91AY&SY\x12\x34\x56\x78"), /compressed with bzip2/],
    ["Arrow", latin1("ARROW1\0\0\xff\xff"), /an Arrow file/],
    ["PNG", latin1("\x89PNG\r\n\x1a\n"), /a PNG picture/],
    ["JPEG", latin1("\xff\xd8\xff\xe0"), /a JPEG picture/],
    ["UTF-16LE", Buffer.concat([Buffer.of(0xff, 0xfe), utf16]), /UTF-16 text.*: save it as UTF-8/],
    ["UTF-16LE of few words", Buffer.from("\ufeffab", "utf16le"), /UTF-16 text/],
    ["UTF-16BE", Buffer.concat([Buffer.of(0xfe, 0xff), Buffer.from(utf16).swap16()]), /UTF-16 text/],
    ["UTF-16LE without its mark", utf16, /UTF-16 text, as its NUL bytes say/],
    ["UTF-16BE without its mark", Buffer.from(utf16).swap16(), /UTF-16 text, as its NUL bytes say/],
    ["UTF-32", Buffer.concat([Buffer.of(0xff, 0xfe, 0, 0), utf32]), /UTF-32 text/],
    ["zeros", Buffer.alloc(10_000), /binary data, 100% of it NUL/],
    ["what no name is known of", deflateRawSync(text), /binary data/],
    ["a pickle", latin1("\x80\x04\x95\x10\0\0\0\0\0\0\0"), /a pickled object/],
  ])("%s", async (_, bytes, message) => {
    for (const size of [bytes.length, 1]) {
      const error = await read(bytes, size).catch((thrown: Error) => thrown);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(message);
    }
  });
});

describe("is text", () => {
  const words = text.trim().split(/\s+/);
  it.each<[string, Buffer, string[]]>([
    [
      "with a NUL and odd bytes in it",
      Buffer.from(`a\0b \x01 \xff\xfe ${text}`, "latin1"),
      ["a", "b", "\x01", "\uFFFD\uFFFD"],
    ],
    ["that NUL separates", Buffer.from(text.replaceAll(" ", "\0")), []],
    ["that control characters separate", Buffer.from(`${text.replaceAll(" ", " \x01 ")}`), []],
    ["in Latin-1", Buffer.from(`caf\xe9 ${text}`, "latin1"), ["caf\uFFFD"]],
    ["in colours", Buffer.from(`\x1b[31mred\x1b[0m ${text}`), ["\x1b[31mred\x1b[0m"]],
    ["that begins with PK, PAR1 or a number", Buffer.from(`PK PAR1 12 7\n${text}`), ["PK", "PAR1", "12", "7"]],
    ...["PAR1", "GIF89a", "%PDF-1.7", "7z", "Rar!", "BM", "BZh91AY&SY", "FEA1", "ARROW1"].map(
      (word): [string, Buffer, string[]] => [
        `that begins with ${word}`,
        Buffer.from(`${word} café ${text}`),
        [word, "café"],
      ],
    ),
    [
      "that has ustar where a tar archive has it",
      Buffer.from(`${"x".repeat(256)} ustar ${text}`),
      ["x".repeat(256), "ustar"],
    ],
  ])("%s", async (_, bytes, before) => {
    const found = (await read(bytes)).filter((word) => word !== "\x01" || before.includes("\x01"));
    expect(found).toEqual([...before, ...words]);
  });
});

describe("in files", () => {
  let folder: string;
  let model: Model<unknown>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "wasm2vec-kind-"));
    model = await train(sampleText(300), { minCount: 1, dim: 32, epochs: 1, threads: 1 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const message = async (name: string) => {
    const pass = fileCorpus(join(folder, name)).chunks()[Symbol.asyncIterator]();
    return pass.next().then(
      () => "read",
      (error: Error) => error.message,
    );
  };

  it.each([
    ["word2vec", /a file of vectors \(word2vec binary\)/],
    ["safetensors", /a safetensors file/],
    ["npy", /a NumPy array/],
  ] as const)("vectors are refused: %s", async (format, expected) => {
    await saveVectors(model.vectors, join(folder, "vectors.npy"), { format });
    expect(await message("vectors.npy")).toMatch(expected);
  });

  it("checkpoints are refused", async () => {
    const { files, write } = store();
    await train(sampleText(300), { minCount: 1, dim: 8, epochs: 1, threads: 1, checkpoint: { every: "1h", write } });
    writeFileSync(join(folder, "training.ckpt"), files[0]);
    expect(await message("training.ckpt")).toMatch(/a safetensors file \(vectors, a model or a checkpoint\)/);
  });

  it("what they hold is refused after decompression", async () => {
    writeFileSync(join(folder, "texts.tar.gz"), gzipSync(tar));
    expect(await message("texts.tar.gz")).toMatch(/texts.tar.gz is a tar archive/);
    writeFileSync(join(folder, "twice.gz"), gzipSync(gzipSync(text)));
    expect(await message("twice.gz")).toMatch(/twice.gz is compressed with gzip/);
  });

  it("tables and JSON Lines are refused alike", async () => {
    writeFileSync(join(folder, "table.csv"), utf16);
    for (const options of [{ column: 1 }, { jsonField: "text" }]) {
      const pass = fileCorpus(join(folder, "table.csv"), options).chunks()[Symbol.asyncIterator]();
      await expect(pass.next()).rejects.toThrow("table.csv is UTF-16 text");
    }
  });
});
