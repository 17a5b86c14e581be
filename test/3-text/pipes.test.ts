// What can be read only once, named pipes, standard input, streams: read once, kept in a file without a name, read again.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Corpus, learnPhrases, train } from "wasm2vec";
import { fileCorpus, loadVectors, streamCorpus } from "wasm2vec/files";
import { openSpool } from "../../src/platform/node/spool";
import { sentencesOf } from "../../src/text/sentences";
import { cli, holds, small, Workbench } from "../support/command";

let bench: Workbench;
/** where the processes and these tests have their temporary files */
let temporary: string;
beforeAll(() => {
  bench = new Workbench();
  ({ temporary } = bench);
  vi.stubEnv("TMPDIR", temporary);
});
afterAll(() => {
  vi.unstubAllEnvs();
  bench.remove();
});
afterEach(() => expect(readdirSync(temporary)).toEqual([]));

async function read(corpus: Corpus): Promise<string> {
  const words: string[] = [];
  for await (const some of sentencesOf(corpus)) words.push(...some.flat());
  return words.join(" ");
}

/** A stream that gives what it is told to, when it is told. */
function controlled(): Readable {
  return new Readable({ read() {} });
}

/** Text longer than what is looked at before the first words are given. */
const long = "a b c\n".repeat(2000);

describe("streamCorpus", () => {
  it("gives every pass the same, and nothing with a name stays", async () => {
    const { corpus, remove } = streamCorpus(Readable.from(["one two\n", Buffer.from("three"), " four\n"]));
    for (let pass = 0; pass < 3; pass++) expect(await read(corpus)).toBe("one two three four");
    expect(corpus.progress!()).toEqual({ bytes: 19, total: 19 });
    await remove();
    await expect(read(corpus)).rejects.toThrow("stdin cannot be read any more: it was removed");
  });

  it("reads as it is asked, and a pass that is left early loses nothing", async () => {
    const stream = controlled();
    const { corpus, remove } = streamCorpus(stream, "text");
    stream.push(long);
    // the stream has not ended
    for await (const _ of corpus.chunks()) break;
    expect(corpus.progress!()).toEqual({ bytes: long.length, total: undefined });
    const passes = [read(corpus), read(corpus)];
    stream.push("the end");
    stream.push(null);
    const expected = `${long.trim().split(/\s+/).join(" ")} the end`;
    for (const pass of [...passes, read(corpus)]) expect(await pass).toBe(expected);
    await remove();
  });

  it("detects compression however the bytes come", async () => {
    const bytes = gzipSync("one two\n");
    const { corpus, remove } = streamCorpus(Readable.from([...bytes].map((byte) => Buffer.of(byte))));
    for (let pass = 0; pass < 2; pass++) expect(await read(corpus)).toBe("one two");
    await remove();
  });

  it("throws the stream's error in every pass", async () => {
    const stream = controlled();
    const { corpus, remove } = streamCorpus(stream);
    stream.push(long);
    stream.destroy(new Error("the wire was cut"));
    for (let pass = 0; pass < 2; pass++) await expect(read(corpus)).rejects.toThrow("the wire was cut");
    await remove();
  });

  it("remove lets go of a stream that a pass waits for", async () => {
    const stream = controlled();
    const { corpus, remove } = streamCorpus(stream, "text");
    const pass = read(corpus);
    pass.catch(() => {});
    stream.push(long);
    await vi.waitFor(() => expect(corpus.progress!()!.bytes).toBe(long.length));
    await remove();
    await expect(pass).rejects.toThrow("text cannot be read any more: it was removed");
    expect(stream.destroyed).toBe(true);
  });

  it("names the folder for temporary files, and the remedy, where there is none", async () => {
    vi.stubEnv("TMPDIR", "/none/at/all");
    const { corpus } = streamCorpus(Readable.from(["one two\n"]));
    const expected = /^cannot write a temporary file in "\/none\/at\/all": there is no such folder; set .* TMPDIR/;
    await expect(read(corpus)).rejects.toThrow(expected);
    await expect(openSpool()).rejects.toThrow(expected);
    vi.stubEnv("TMPDIR", temporary);
  });

  it("refuses what is no stream, and options", () => {
    expect(() => streamCorpus("text" as never)).toThrow(/streamCorpus expected a Readable, .*, got "text"/);
    expect(() => streamCorpus(controlled(), "text", { delimiter: ";" })).toThrow('"delimiter" goes with "column"');
  });
});

describe.skipIf(process.platform === "win32")("named pipes", () => {
  let pipe: string;
  beforeAll(() => {
    pipe = bench.path("pipe");
    execFileSync("mkfifo", [pipe]);
  });
  /** Writes when somebody reads. */
  const write = (text: string) => {
    const descriptor = openSync(pipe, constants.O_RDWR);
    writeSync(descriptor, text);
    return () => closeSync(descriptor);
  };

  it("are read once, for every pass of a training", async () => {
    const corpus = fileCorpus([bench.corpus, pipe]);
    const before = read(corpus);
    const close = write("one two three\n");
    // readers have opened it by now, or find what was written
    await vi.waitFor(() => expect(corpus.progress!()!.bytes).toBeGreaterThan(0));
    close();
    const whole = await before;
    expect(whole.endsWith("one two three")).toBe(true);
    expect(await read(corpus)).toBe(whole);
    const { history } = await train(corpus, { dim: 4, minCount: 1, epochs: 2, threads: 1 });
    expect(history[1].words).toBe(whole.split(" ").length);
    await corpus.close!();
  });

  it("close lets go of one that nobody writes to", async () => {
    const corpus = fileCorpus(pipe);
    const pass = read(corpus);
    pass.catch(() => {});
    const close = write(long);
    await vi.waitFor(() => expect(corpus.progress!()!.bytes).toBe(long.length));
    await corpus.close!();
    await expect(pass).rejects.toThrow("cannot be read any more");
    close();
  });

  /** The pipe is read. */
  const isKept = () => vi.waitFor(() => expect(holds(process, "wasm2vec-text")).toBe(true));

  it("are let go of once phrases are learned from their path", async () => {
    const close = write(long);
    const learning = learnPhrases(pipe, { minCount: 1, threshold: 0 });
    await isKept();
    close();
    expect((await learning).size).toBeGreaterThan(0);
    expect(holds(process, "wasm2vec-text")).toBe(false);
  });

  it("are let go of when learning phrases is aborted", async () => {
    const close = write(long);
    const abort = new AbortController();
    const reason = new Error("stop it");
    const learning = expect(learnPhrases(pipe, { signal: abort.signal })).rejects.toBe(reason);
    await isKept();
    abort.abort(reason);
    await learning;
    close();
    expect(holds(process, "wasm2vec-text")).toBe(false);
  });

  /** A command whose text comes from what this test has. */
  const start = (args: string[], stdin: "pipe" | "ignore" = "ignore"): ChildProcess =>
    spawn(process.execPath, [cli, "train", ...args, "-o", "piped.bin", ...small], {
      cwd: bench.folder,
      env: { ...process.env, TMPDIR: temporary },
      stdio: [stdin, "ignore", "pipe"],
    });
  const ended = (child: ChildProcess) =>
    new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) => {
      let stderr = "";
      child.stderr!.setEncoding("utf8").on("data", (text) => {
        stderr += text;
      });
      child.on("close", (code, signal) => resolve({ code, signal, stderr }));
    });

  it("the command line takes pipes, /dev/stdin and <(…): the vectors are those of the file", async () => {
    const outcome = await bench.run(["train", "corpus.txt", "-o", "file.bin", ...small]);
    expect(outcome.code).toBe(0);
    const expected = readFileSync(bench.path("file.bin"));
    const text = readFileSync(bench.corpus);
    const shell = async (line: string) => {
      execFileSync("bash", ["-c", line.replace("W", `"$0" "$1" train`), process.execPath, cli], {
        cwd: bench.folder,
        env: { ...process.env, TMPDIR: temporary },
        stdio: "ignore",
      });
      expect(readFileSync(bench.path("piped.bin")).equals(expected), line).toBe(true);
    };
    const flags = `-o piped.bin ${small.join(" ")}`;
    await shell(`cat corpus.txt > pipe & W pipe ${flags}`);
    await shell(`W <(gzip -c corpus.txt) ${flags}`);
    await shell(`cat corpus.txt | W /dev/stdin ${flags}`);
    await shell(`W /dev/stdin ${flags} < corpus.txt`);
    // a socket, as programs of Node give each other
    const child = start(["/dev/stdin"], "pipe");
    child.stdin!.end(text);
    expect(await ended(child)).toMatchObject({ code: 0 });
    expect(readFileSync(bench.path("piped.bin")).equals(expected)).toBe(true);
  });

  it.skipIf(process.platform !== "linux").each<[string, string, "pipe" | "ignore", NodeJS.Signals]>([
    ["a pipe that nobody writes to", "pipe", "ignore", "SIGTERM"],
    ["a pipe that nobody writes to", "pipe", "ignore", "SIGINT"],
    ["standard input", "-", "pipe", "SIGTERM"],
    ["standard input", "-", "pipe", "SIGINT"],
    ["standard input", "-", "pipe", "SIGKILL"],
  ])("while it waits for %s a process ends by signals, and nothing stays", async (_, path, stdin, signal) => {
    const child = start([path], stdin);
    const end = ended(child);
    child.stdin?.write(long);
    await vi.waitFor(() => expect(holds(child, stdin === "pipe" ? "(deleted)" : pipe)).toBe(true), 30_000);
    child.kill(signal);
    const outcome = await end;
    expect(outcome.signal ?? outcome.code).toBe({ SIGINT: 130, SIGTERM: 143, SIGKILL: "SIGKILL" }[signal as string]);
  });
});

// what is read once and is no corpus: lists, vectors, checkpoints
describe.skipIf(process.platform !== "linux")("a pipe that nobody writes to, in the place of any file", () => {
  it.each<[string[]]>([
    [["similar", "PIPE", "a"]],
    [["convert", "PIPE", "out.bin"]],
    [["evaluate", "v.bin", "--pairs", "PIPE"]],
    [["train", "text", "-o", "x", "--vocabulary", "PIPE"]],
    [["train", "text", "-o", "x", "--initial-vectors", "PIPE"]],
    [["train", "text", "-o", "x", "--freeze", "PIPE"]],
    [["train", "--resume", "PIPE", "-o", "x"]],
  ])("lets a signal end %j", async (args) => {
    const folder = mkdtempSync(join(bench.folder, "pipe-"));
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    writeFileSync(join(folder, "text"), "a b c\n");
    writeFileSync(join(folder, "v.bin"), "1 1\na 1\n");
    const child = spawn(process.execPath, [cli, ...args.map((arg) => (arg === "PIPE" ? pipe : arg))], {
      cwd: folder,
      stdio: "ignore",
    });
    const end = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
    await vi.waitFor(() => expect(holds(child, pipe)).toBe(true), 60_000);
    child.kill("SIGTERM");
    expect(await end).toBe(143);
    rmSync(folder, { recursive: true });
  });

  it("gives its bytes as a file does", async () => {
    const folder = mkdtempSync(join(bench.folder, "pipe-"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const writer = spawn("sh", ["-c", `printf '2 2\\na 1 2\\nb 2 1\\n' > ${join(folder, "pipe")}`]);
    const vectors = await loadVectors(join(folder, "pipe"));
    expect([...vectors.get("b")]).toEqual([2, 1]);
    await new Promise((resolve) => (writer.exitCode === null ? writer.on("exit", resolve) : resolve(0)));
    rmSync(folder, { recursive: true });
  });
});
