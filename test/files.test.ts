import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  checkWritable,
  createVectors,
  FormatError,
  loadVectors,
  loadVocabulary,
  readChunks,
  saveVectors,
  saveVocabulary,
  Vocabulary,
  writeAtomically,
} from "wasm2vec";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function content(path: string | URL): Promise<string> {
  const chunks = [];
  for await (const chunk of readChunks(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

it("reads plain and gzip files by their content, several members too", async () => {
  const long = "some text\n".repeat(50_000);
  const path = join(folder, "x");
  for (const bytes of ["", "a", long, gzipSync(""), gzipSync(long), Buffer.concat([gzipSync("ab"), gzipSync(long)])]) {
    writeFileSync(path, bytes);
    const expected = bytes.length > 100_000 || typeof bytes === "string" ? bytes : undefined;
    const read = await content(pathToFileURL(path));
    if (expected !== undefined) expect(read === expected).toBe(true);
    else expect(["", long, `ab${long}`]).toContain(read);
  }
});

it("names a file that is missing, a folder, or damaged", async () => {
  await expect(content(join(folder, "nope"))).rejects.toThrow(/cannot read ".*nope": no such file/);
  await expect(content(folder)).rejects.toThrow("it is a folder");
  const path = join(folder, "cut.gz");
  const packed = gzipSync("some text\n".repeat(50_000).split("").sort().join(""));
  writeFileSync(path, packed.subarray(0, packed.length - 20));
  await expect(content(path)).rejects.toThrow(FormatError);
  await expect(content(path)).rejects.toThrow("cut.gz: the gzip data is cut short");
  packed[20] ^= 255;
  writeFileSync(path, packed);
  await expect(content(path)).rejects.toThrow(FormatError);
});

it("can be left in the middle of a file", async () => {
  const path = join(folder, "x.gz");
  writeFileSync(path, gzipSync("text ".repeat(1_000_000)));
  for await (const chunk of readChunks(path)) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
});

it("writes whole files, keeps the old one and no remains when it fails", async () => {
  const path = join(folder, "out");
  await writeAtomically(path, [Buffer.from("one"), Buffer.from("two")]);
  expect(readFileSync(path, "utf8")).toBe("onetwo");
  const failing = (function* () {
    yield Buffer.from("half");
    throw new Error("midway");
  })();
  await expect(writeAtomically(path, failing)).rejects.toThrow("midway");
  expect(readFileSync(path, "utf8")).toBe("onetwo");
  expect(readdirSync(folder)).toEqual(["out"]);
});

it("a killed process leaves the old file whole", async () => {
  const path = join(folder, "out");
  writeFileSync(path, "old");
  const script = `
    import { writeAtomically } from ${JSON.stringify(new URL("../build/node.js", import.meta.url).href)};
    await writeAtomically(${JSON.stringify(path)}, (function* () {
      yield Buffer.from("half");
      yield new Uint8Array(1 << 20);
      process.kill(process.pid, "SIGKILL");
      yield Buffer.from("never");
    })());`;
  const signal = await new Promise((resolve) =>
    execFile(process.execPath, ["--input-type=module", "-e", script], (error) => resolve(error?.signal)),
  );
  expect(signal).toBe("SIGKILL");
  expect(readFileSync(path, "utf8")).toBe("old");
});

it("follows a link, and refuses what is no file", async () => {
  const path = join(folder, "real");
  const link = join(folder, "link");
  writeFileSync(path, "old");
  symlinkSync(path, link);
  await writeAtomically(link, [Buffer.from("new")]);
  expect(readFileSync(path, "utf8")).toBe("new");
  await expect(writeAtomically(folder, [])).rejects.toThrow("it is a folder; give a file");
  await expect(writeAtomically("/dev/null", [])).rejects.toThrow("it is no regular file");
  await expect(writeAtomically(join(folder, "no", "file"), [])).rejects.toThrow(/no folder ".*no"; make it first/);
  await expect(checkWritable(join(folder, "no", "file"))).rejects.toThrow("make it first");
  await checkWritable(join(folder, "file"));
});

it("saves and loads vectors and vocabularies", async () => {
  const words = Array.from({ length: 3000 }, (_, i) => `w${i}`);
  const vectors = await createVectors(
    words,
    7,
    Float32Array.from({ length: 21_000 }, (_, i) => Math.sin(i)),
  );
  for (const format of ["word2vec", "word2vec-text"] as const) {
    const path = join(folder, format);
    await saveVectors(vectors, path, { format });
    const back = await loadVectors(path);
    expect(back.words).toEqual(words);
    expect(Buffer.from(back.matrix).equals(Buffer.from(vectors.matrix))).toBe(true);
    expect(back.mostSimilar("w5")).toEqual(vectors.mostSimilar("w5"));
    expect((await loadVectors(path, { limit: 10 })).size).toBe(10);
  }
  const vocabulary = new Vocabulary([
    ["a", 3],
    ["b\u00a0c", 9],
    ["東", 1],
  ]);
  const path = join(folder, "vocabulary");
  await saveVocabulary(vocabulary, path);
  expect(await loadVocabulary(path)).toEqual(vocabulary);
});
