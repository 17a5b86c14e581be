import { execFile } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createVectors, FormatError, Vocabulary } from "wasm2vec";
import { loadVectors, loadVocabulary, readChunks, saveVectors, saveVocabulary, writeAtomically } from "wasm2vec/files";
import { checkWritable, identityOf, removeTemporaries, writeAllAtomically } from "../../src/platform/node/files";

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
  await expect(content(path)).rejects.toThrow("cut.gz: the gzip data is truncated");
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
    import { writeAtomically } from ${JSON.stringify(new URL("../../build/files.js", import.meta.url).href)};
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
  await expect(writeAtomically("/dev/null", [])).rejects.toThrow("it is not a regular file");
  await expect(writeAtomically(join(folder, "no", "file"), [])).rejects.toThrow(/no folder ".*no"; make it first/);
  await expect(checkWritable(join(folder, "no", "file"))).rejects.toThrow("make it first");
  await checkWritable(join(folder, "file"));
});

describe("files that are written", () => {
  const at = (name: string) => join(folder, name);
  const text = (name: string) => readFileSync(at(name), "utf8");
  const bytes = (content: string) => [Buffer.from(content)];

  it("keep the mode of the file that they replace", async () => {
    for (const mode of [0o600, 0o640, 0o755]) {
      writeFileSync(at("out"), "old");
      chmodSync(at("out"), mode);
      await writeAtomically(at("out"), bytes("new"));
      expect([text("out"), statSync(at("out")).mode & 0o777]).toEqual(["new", mode]);
    }
  });

  it("do not replace a read-only file", async () => {
    writeFileSync(at("out"), "old");
    chmodSync(at("out"), 0o444);
    for (const write of [() => writeAtomically(at("out"), bytes("new")), () => checkWritable(at("out"))])
      await expect(write()).rejects.toThrow(/out": the file there is read-only; make it writable, remove it, or give/);
    expect(text("out")).toBe("old");
  });

  it("go where links lead, though nothing be there yet", async () => {
    mkdirSync(at("data"));
    symlinkSync("data/next", at("link"));
    symlinkSync("real", at("data/next"));
    await writeAtomically(at("link"), bytes("new"));
    expect(text("data/real")).toBe("new");
    expect(readlinkSync(at("link"))).toBe("data/next");
    symlinkSync("circle", at("circle"));
    await expect(checkWritable(at("circle"))).rejects.toThrow("links lead in a circle");
  });

  it("are compressed where the name ends in .gz, the same bytes each time", async () => {
    const content = "some text\n".repeat(100_000);
    await writeAtomically(at("out.gz"), [Buffer.from(content.slice(0, 77)), Buffer.from(content.slice(77))]);
    const compressed = readFileSync(at("out.gz"));
    expect(gunzipSync(compressed).toString() === content).toBe(true);
    await writeAtomically(at("out.gz"), bytes(content));
    expect(readFileSync(at("out.gz")).equals(compressed)).toBe(true);
    const failing = (function* () {
      yield Buffer.from("half");
      throw new Error("midway");
    })();
    await expect(writeAtomically(at("out.gz"), failing)).rejects.toThrow("midway");
    expect(readFileSync(at("out.gz")).equals(compressed)).toBe(true);
    expect(readdirSync(folder)).toEqual(["out.gz"]);
  });

  it("are freed of what writers who were killed have left, and of nothing else", async () => {
    let current = "";
    const chunks = (function* () {
      current = readdirSync(folder).find((name) => name.startsWith("out.tmp-"))!;
      yield Buffer.from("1");
    })();
    await writeAtomically(at("out"), chunks);
    const [, host] = /^out\.tmp-([0-9a-f]{8})-\d+-[0-9a-f]{8}$/.exec(current)!;
    const elsewhere = host === "01234567" ? "76543210" : "01234567";
    const dead = `out.tmp-${host}-4194303-0123abcd`;
    // in a container the run before may have had the same process number
    const earlier = `out.tmp-${host}-${process.pid}-0123abcd`;
    const forgotten = `out.tmp-${elsewhere}-4194303-0123abcd`;
    const alive = `out.tmp-${host}-${process.ppid}-0123abcd`;
    // numbers of processes say nothing about another machine
    const ofAnotherHost = `out.tmp-${elsewhere}-4194303-4567abcd`;
    const others = ["out.tmp-", `out.tmp-${host}-4194303-xyz`, `another.tmp-${host}-4194303-0123abcd`];
    const left = [dead, earlier, forgotten];
    const kept = [alive, ofAnotherHost, ...others];
    for (const name of [...left, ...kept]) writeFileSync(at(name), "half");
    const old = new Date(2020, 0);
    for (const name of [forgotten, alive]) utimesSync(at(name), old, old);
    await writeAllAtomically([
      { path: at("in"), chunks: bytes("1") },
      { path: at("out"), chunks: bytes("2") },
    ]);
    expect(readdirSync(folder).sort()).toEqual(["in", "out", ...kept].sort());
  });

  it("leave alone what the same process writes to the same file meanwhile", async () => {
    const chunks = (async function* () {
      yield Buffer.from("first");
      await writeAtomically(at("out"), bytes("second"));
    })();
    await writeAtomically(at("out"), chunks);
    expect([readdirSync(folder), text("out")]).toEqual([["out"], "first"]);
  });

  it("are removed while they are written, at once, where the process must go", async () => {
    let goOn = () => {};
    let isWriting = () => {};
    const reached = new Promise<void>((resolve) => (isWriting = resolve));
    const chunks = (async function* () {
      yield Buffer.from("half");
      isWriting();
      await new Promise<void>((resolve) => (goOn = resolve));
    })();
    writeFileSync(at("b"), "old");
    const writing = writeAllAtomically([
      { path: at("a"), chunks: bytes("whole") },
      { path: at("b"), chunks },
    ]);
    const failed = writing.catch((error: Error) => error.message);
    await reached;
    expect(readdirSync(folder)).toHaveLength(3);
    removeTemporaries();
    expect(readdirSync(folder)).toEqual(["b"]);
    goOn();
    expect(await failed).toMatch(/^cannot write ".*a"/);
    expect([readdirSync(folder), text("b")]).toEqual([["b"], "old"]);
  });

  it("in pairs are replaced together or not at all", async () => {
    for (const name of ["a", "b"]) writeFileSync(at(name), "old");
    const failing = (function* () {
      yield Buffer.from("half");
      throw new Error("midway");
    })();
    const pair = (chunks: Iterable<Uint8Array>) => [
      { path: at("a"), chunks: bytes("new") },
      { path: at("b"), chunks },
    ];
    await expect(writeAllAtomically(pair(failing))).rejects.toThrow("midway");
    expect([text("a"), text("b"), readdirSync(folder)]).toEqual(["old", "old", ["a", "b"]]);
    await writeAllAtomically(pair(bytes("new")));
    expect([text("a"), text("b")]).toEqual(["new", "new"]);
    await expect(
      writeAllAtomically([...pair(bytes("x")), { path: join(folder, ".", "a"), chunks: bytes("y") }]),
    ).rejects.toThrow(/a" would be written twice/);
  });

  it("in pairs that could not be replaced together say which is new", async () => {
    for (const name of ["a", "b"]) writeFileSync(at(name), "old");
    const obstacle = (function* () {
      yield Buffer.from("new");
      rmSync(at("b"));
      mkdirSync(at("b"));
    })();
    await expect(
      writeAllAtomically([
        { path: at("a"), chunks: bytes("new") },
        { path: at("b"), chunks: obstacle },
      ]),
    ).rejects.toThrow(/^cannot write ".*b": .*; ".*a" is new already and does not match the old one: write both again/);
    expect([text("a"), readdirSync(folder)]).toEqual(["new", ["a", "b"]]);
  });

  it("on a full disk leave the old file whole, and say so where there was one", async () => {
    const probe = await open(at("probe"), "w");
    await probe.close();
    const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    const write = vi.spyOn(Object.getPrototypeOf(probe), "writeFile").mockRejectedValue(full);
    try {
      await expect(writeAtomically(at("none"), bytes("new"))).rejects.toThrow(/none": the disk is full$/);
      await expect(writeAtomically(at("probe"), bytes("new"))).rejects.toThrow(
        /probe": the disk is full; the old file is whole$/,
      );
    } finally {
      write.mockRestore();
    }
    expect(readdirSync(folder)).toEqual(["probe"]);
  });

  it.each([
    ["", /^cannot write "": the name is empty; give a file$/],
    ["/proc/x", /^cannot write "\/proc\/x": /],
    ["none/", /^cannot write ".*none\/": it is a folder; give a file$/],
    ["none/x", /^cannot write ".*none\/x": no folder ".*none"; make it first$/],
    ["file/x", /^cannot write ".*file\/x": ".*file" is not a folder$/],
  ])("are tried before hours of work: %j", async (name, message) => {
    writeFileSync(at("file"), "");
    await expect(checkWritable(name === "" || name.startsWith("/") ? name : `${folder}/${name}`)).rejects.toThrow(
      message,
    );
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("are found writable without being touched", async () => {
    writeFileSync(at("file"), "old");
    await checkWritable(at("file"));
    await checkWritable(at("new"));
    expect([readdirSync(folder), text("file")]).toEqual([["file"], "old"]);
  });

  it("are told apart behind links, hard links and folders that are links", async () => {
    mkdirSync(at("real"));
    symlinkSync("real", at("folder"));
    writeFileSync(at("real/a"), "");
    writeFileSync(at("real/b"), "");
    linkSync(at("real/a"), at("hard"));
    symlinkSync("folder/a", at("link"));
    symlinkSync("folder/none", at("dangling"));
    for (const [one, other, same] of [
      ["real/a", "folder/a", true],
      ["real/a", "link", true],
      ["hard", "link", true],
      ["real/a", "real/b", false],
      ["dangling", "real/none", true],
      ["real/none", "folder/../real/none", true],
      ["real/none", "none", false],
    ] as const)
      expect([one, other, (await identityOf(at(one))) === (await identityOf(`${folder}/${other}`))]).toEqual([
        ...[one, other, same],
      ]);
  });

  it.each([[undefined], [new URL("http://localhost/x")], [7]])("have a name that is a path, not %s", async (name) => {
    for (const failing of [checkWritable(name as never), writeAtomically(name as never, []), content(name as never)])
      await expect(failing).rejects.toThrow(/^path expected a string or a file: URL, got /);
  });
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
