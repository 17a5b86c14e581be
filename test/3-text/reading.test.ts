// Texts read by several threads: the same tokens in the same order, tallies and errors as read by this one.

import { mkdtempSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Corpus, FormatError, type TrainOptions, textCorpus, train } from "wasm2vec";
import { type FileOptions, fileCorpus } from "wasm2vec/files";
import type { Request } from "../../src/base/calls";
import type { Channel, Envelope } from "../../src/base/link";
import { Random } from "../../src/base/random";
import { loadTrainer } from "../../src/kernel/engines/kernels";
import { readFilePart } from "../../src/platform/node/file-place";
import { openSpool } from "../../src/platform/node/spool";
import { readBy } from "../../src/text/readers";
import type { ReadingCalls, ReadingThreads } from "../../src/text/reading-link";
import { SpooledText } from "../../src/text/spooled";
import { WordCounter } from "../../src/text/vocabulary";
import { serveFirst } from "../../src/train/first-message";
import { channelPair } from "../support/channels";

const ALL = { minCount: 1, maxVocabulary: 1e7, maxCountedWords: 1e7 };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-reading-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Workers that run. */
let running = 0;
afterEach(() => expect(running).toBe(0));

/** Where the bytes of each piece were that threads got: with it, in a file or in a blob. */
type Sent = "bytes" | "file" | "blob";

function threadsOf(count: number): ReadingThreads & { started: number; sent: Set<Sent> } {
  const threads = {
    count,
    started: 0,
    sent: new Set<Sent>(),
    spawn(): Channel {
      threads.started++;
      running++;
      const worker = new Worker(new URL("../../build/worker-node.js", import.meta.url));
      let isEnded = false;
      return {
        post(message, transfer) {
          const envelope = message as Envelope<Request<ReadingCalls>>;
          const bytes = envelope.type === "message" ? envelope.message.request.piece.bytes : undefined;
          if (bytes) threads.sent.add(bytes instanceof Uint8Array ? "bytes" : bytes instanceof Blob ? "blob" : "file");
          worker.postMessage(message, transfer as never);
        },
        onMessage: (listener) => worker.on("message", listener),
        onError: (listener) => worker.on("error", listener),
        async terminate() {
          if (!isEnded) running--;
          isEnded = true;
          await worker.terminate();
        },
      };
    },
  };
  return threads;
}

/** All tokens, numbered by where they first occur. */
async function tokensOf(corpus: Corpus): Promise<Tokens> {
  const counter = new WordCounter(ALL);
  const parts: Uint32Array[] = [];
  let length = 0;
  for await (const chunk of corpus.chunks()) {
    const numbers = counter.add(chunk).slice();
    parts.push(numbers);
    length += numbers.length;
  }
  const numbers = new Uint32Array(length);
  parts.reduce((at, part) => {
    numbers.set(part, at);
    return at + part.length;
  }, 0);
  return { numbers, words: [...counter.numbers.keys()] };
}

interface Tokens {
  numbers: Uint32Array;
  words: string[];
}

function expectSame(read: Tokens, expected: Tokens): void {
  expect(read.words).toEqual(expected.words);
  expect(Buffer.compare(Buffer.from(read.numbers.buffer), Buffer.from(expected.numbers.buffer))).toBe(0);
}

/** Some 3 MB; the words are drawn anew for each line, and no line ends where a piece does. */
function linesOf(seed: number, words: readonly string[], end = "\n", bytes = 3 * 2 ** 20): string {
  const random = Random.from(seed, 3);
  let text = "";
  while (text.length < bytes) {
    const line = Array.from(
      { length: random.below(30) },
      () => words[Math.min(random.below(words.length), random.below(words.length))],
    );
    text += line.join(" ") + end;
  }
  return text;
}

const english = Array.from({ length: 30_000 }, (_, i) => `word${i.toString(36)}`);
const others = Array.from(
  { length: 3000 },
  (_, i) => ["naïve", "東京都", "кошка", "😀", "Ｆｕｌｌ", "don't"][i % 6] + (i % 500),
);
const plain = linesOf(1, english);

const TEXTS: Record<string, Buffer> = {
  "plain text": Buffer.from(plain),
  "CRLF, without an end": Buffer.from(linesOf(2, english, "\r\n").trimEnd()),
  "a byte order mark": Buffer.from(`\uFEFF${linesOf(3, others)}`),
  "many scripts": Buffer.from(linesOf(4, others)),
  "marks in the midst": Buffer.from(linesOf(5, [...others, "\uFEFF"])),
  "a line alone": Buffer.from(linesOf(6, others, " ")),
  "long lines between short ones": Buffer.concat(
    [linesOf(7, english, " ", 2e6), "\n", linesOf(8, english), linesOf(9, english, " ", 2e6)].map((part) =>
      Buffer.from(part),
    ),
  ),
  "tokens longer than pieces": Buffer.from(`${plain.slice(0, 1e6)} ${"x".repeat(700_000)}y z\n${plain.slice(0, 2e6)}`),
  "invalid UTF-8": Buffer.from(linesOf(10, others)).map((byte, i) => (i % 9973 === 0 ? 0xff : byte)) as Buffer,
  "only ends of lines": Buffer.from("\n".repeat(3_000_000)),
  "only spaces": Buffer.from(" ".repeat(3_000_000)),
};

describe.each<[string, number[], FileOptions]>([
  ["whitespace", [1, 2, 3], {}],
  ["simple", [2], { tokenizer: "simple", stopWords: new Set(["naïve1"]), stripAccents: true }],
])("%s", (_, counts, options) => {
  it.each(Object.entries(TEXTS))("%s", async (name, bytes) => {
    const path = join(folder, "text");
    writeFileSync(path, bytes);
    const corpus = fileCorpus(path, options);
    const expected = await tokensOf(corpus);
    for (const count of counts) {
      const threads = threadsOf(count);
      expectSame(await tokensOf(readBy(corpus, threads)), expected);
      expect(threads.started, name).toBeLessThanOrEqual(count);
    }
  });
});

const put = (name: string, bytes: Uint8Array | string) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

/** Threads that are none: one piece is answered each time answer is called. */
function lateThreads(count: number): ReadingThreads & { answers: number[]; answer(): void } {
  let started = 0;
  const asked: (() => void)[] = [];
  const answers: number[] = [];
  return {
    count,
    answers,
    answer: () => asked.shift()?.(),
    spawn(): Channel {
      const number = started++;
      const [here, there] = channelPair();
      const channel: Channel = {
        ...there,
        post(message, transfer) {
          if ((message as Envelope).type === "message") answers.push(number);
          there.post(message, transfer);
        },
      };
      serveFirst(channel, loadTrainer);
      return {
        ...here,
        post(message, transfer) {
          if ((message as Envelope).type === "message") asked.push(() => here.post(message, transfer));
          else here.post(message, transfer);
        },
      };
    },
  };
}

describe("read by threads", () => {
  it("as many as there may be where tokens are waited for, each with a table of its own", async () => {
    const bytes = Buffer.from(plain.repeat(3));
    const expected = await tokensOf(textCorpus(() => [bytes]));
    for (const count of [1, 2, 3]) {
      const threads = lateThreads(count);
      const corpus = readBy(
        textCorpus(() => [bytes]),
        threads,
      );
      // answers only while it is waited for them
      const waiting = async function* () {
        const chunks = corpus.chunks()[Symbol.asyncIterator]();
        for (;;) {
          const step = chunks.next();
          const first = () => Promise.race([step, new Promise<void>((resolve) => setTimeout(resolve, 5))]);
          let result = await first();
          for (; result === undefined; result = await first()) threads.answer();
          if (result.done) return;
          yield result.value;
        }
      };
      expectSame(await tokensOf({ ...corpus, name: "late", chunks: waiting }), expected);
      expect(new Set(threads.answers).size).toBe(count);
    }
  });

  it("several files, plain, compressed and empty, as one after the other", async () => {
    const paths = [
      put("1.txt", plain.slice(0, 700_000)),
      put("2.gz", gzipSync(linesOf(11, others))),
      put("3.txt", ""),
      put("4.txt", `\uFEFF${plain.slice(5, 900_000)}`),
    ];
    const corpus = fileCorpus(paths);
    const expected = await tokensOf(corpus);
    for (const count of [1, 3]) expectSame(await tokensOf(readBy(corpus, threadsOf(count))), expected);
  });

  it("read plain files themselves; the calling thread looks where to cut", async () => {
    const path = put("place", plain);
    const blob = new Blob([plain]);
    const compressed = put("packed.gz", gzipSync(plain, { level: 0 }));
    const small = put("piece", plain.slice(0, 5e5));
    for (const [sent, corpus] of [
      ["file", fileCorpus(path)],
      // not in Node, which ends where a worker reads a part of fs.openAsBlob
      ["bytes", textCorpus(() => blob)],
      ["bytes", fileCorpus(compressed)],
      ["bytes", fileCorpus(Array(6).fill(small))],
      ["bytes", textCorpus(() => blob.stream())],
    ] as const) {
      const threads = threadsOf(2);
      expectSame(await tokensOf(readBy(corpus, threads)), await tokensOf(corpus));
      expect([...threads.sent]).toEqual([sent]);
    }
    const named = readBy(fileCorpus([small, path, compressed, path]), threadsOf(2));
    expectSame(await tokensOf(named), await tokensOf(fileCorpus([small, path, compressed, path])));
    expect(named.progress?.()?.bytes).toBe(5e5 + 2 * plain.length + statSync(compressed).size);
  });

  it("notice that another file took the place of one that is read, or that it was truncated", async () => {
    const path = put("replaced", plain.repeat(8));
    const corpus = readBy(fileCorpus(path), threadsOf(2));
    const chunks = corpus.chunks()[Symbol.asyncIterator]();
    await chunks.next();
    renameSync(put("other", plain.repeat(8)), path);
    const rest = async () => {
      while (!(await chunks.next()).done);
    };
    // a second thread opens it later than the first, if there is one
    await rest().catch((error) => expect(error.message).toMatch(/"\S+replaced": another file took its place while/));
    const stale = { path, inode: 1, from: 0, to: 10 };
    expect(() => readFilePart(stale)).toThrow(`cannot read "${path}": another file took its place while it was read`);
    const { ino: inode } = statSync(path);
    truncateSync(path, 1000);
    expect(() => readFilePart({ path, inode, from: 900, to: 2000 })).toThrow(
      `cannot read "${path}": it was truncated while it was read; start again`,
    );
    const part = readFilePart({ path, inode, from: 900, to: 1000 });
    expect(Buffer.from(part).toString()).toBe(plain.slice(900, 1000));
    rmSync(path);
    expect(() => readFilePart({ ...stale, path: `${path}-gone` })).toThrow(/cannot read "\S+": no such file/);
  });

  it("none starts for a pass that was aborted before", async () => {
    const threads = threadsOf(2);
    const signal = AbortSignal.abort(new Error("enough"));
    const chunks = readBy(fileCorpus(put("aborted", plain)), threads)
      .chunks(signal)
      [Symbol.asyncIterator]();
    await expect(chunks.next()).rejects.toThrow("enough");
    expect(threads.started).toBe(0);
  });

  it("many small files", async () => {
    const paths = Array.from({ length: 150 }, (_, i) => put(`small-${i}`, i % 7 === 0 ? "" : `a b w${i}`));
    const corpus = fileCorpus(paths);
    expectSame(await tokensOf(readBy(corpus, threadsOf(2))), await tokensOf(corpus));
  });

  it("JSON Lines; the error names the line", async () => {
    const line = (i: number) => `${JSON.stringify({ text: english[i % 1000], id: i })}\n`;
    const lines = Array.from({ length: 120_000 }, (_, i) => line(i));
    const corpus = fileCorpus(put("lines.jsonl", lines.join("")), { jsonField: "text" });
    expectSame(await tokensOf(readBy(corpus, threadsOf(2))), await tokensOf(corpus));
    lines[100_000] = "{\n";
    const broken = fileCorpus(put("broken.jsonl", lines.join("")), { jsonField: "text" });
    const errors = await Promise.all(
      [undefined, threadsOf(2)].map((threads) => tokensOf(readBy(broken, threads)).catch((error) => error)),
    );
    for (const error of errors) expect(error).toBeInstanceOf(FormatError);
    expect(errors[1].message).toBe(errors[0].message);
    expect(errors[1].message).toContain("line 100001 expected");
  });

  it("counts rows and bytes that are no UTF-8 as one thread does, or refuses them", async () => {
    const counts: number[] = [];
    const warnings: string[] = [];
    const rows = Buffer.from('{"text":"caf\xe9 caf\xe9"}\n{"text":null}\n'.repeat(80_000), "latin1");
    const path = put("rows.jsonl", rows);
    for (const threads of [undefined, threadsOf(3)]) {
      const corpus = fileCorpus(path, {
        jsonField: "text",
        missingField: "skip",
        onInvalid: (count) => counts.push(count),
        onWarning: (message) => warnings.push(message),
      });
      await tokensOf(readBy(corpus, threads));
    }
    expect(counts).toEqual([160_000, 160_000]);
    expect(warnings[0]).toContain("80,000 of 160,000 rows");
    expect(warnings[1]).toBe(warnings[0]);
    const strict = readBy(fileCorpus(path, { jsonField: "text", invalid: "error" }), threadsOf(2));
    await expect(tokensOf(strict)).rejects.toThrow(/rows.jsonl: invalid UTF-8 between byte 0 and \d+: save the text/);
  });

  it("in bytes that come in parts of any size, whose memory stays the caller's", async () => {
    const bytes = Buffer.from(plain.slice(0, 2e6));
    const parts = [...Array(20)].map((_, i) => new Uint8Array(bytes.subarray(i * 1e5, (i + 1) * 1e5)));
    const corpus = textCorpus(() => parts);
    const expected = await tokensOf(corpus);
    expectSame(await tokensOf(readBy(corpus, threadsOf(2))), expected);
    expect(parts.every((part) => part.length === 1e5)).toBe(true);
  });

  it("not where the text is small, or the tokenizer is a function", async () => {
    const threads = threadsOf(2);
    await tokensOf(readBy(fileCorpus(put("small", plain.slice(0, 1e5))), threads));
    const own = fileCorpus(put("own", plain), { tokenizer: (line) => line.split(" ") });
    const { words } = await tokensOf(readBy(own, threads));
    expect(words.length).toBeGreaterThan(10_000);
    expect(threads.started).toBe(0);
  });

  it("leaves no thread behind where the pass is left, fails, or is aborted", async () => {
    const corpus = fileCorpus(put("left", plain));
    for await (const _ of readBy(corpus, threadsOf(2)).chunks()) break;
    expect(running).toBe(0);
    const failing = textCorpus(async function* () {
      yield Buffer.from(plain);
      throw new Error("the wire was cut");
    });
    await expect(tokensOf(readBy(failing, threadsOf(2)))).rejects.toThrow("the wire was cut");
    expect(running).toBe(0);
    // a source that gives no answer any more
    const abort = new AbortController();
    const silent = textCorpus(async function* () {
      yield Buffer.from(plain);
      setTimeout(() => abort.abort(new Error("enough")), 50);
      await new Promise(() => {});
    });
    await expect(train(silent, { signal: abort.signal, threads: 2 })).rejects.toThrow("enough");
  });

  it("says that a thread failed", async () => {
    const threads: ReadingThreads = {
      count: 1,
      spawn: () => ({
        ...threadsOf(1).spawn(),
        onError: (listener) => void setTimeout(listener, 20, new Error("worker failed")),
        post() {},
      }),
    };
    await expect(tokensOf(readBy(fileCorpus(put("failed", plain)), threads))).rejects.toThrow("worker failed");
  });
});

describe("training on what threads read", () => {
  it("has the same vocabulary and bytes however many read, also where counting forgets words", async () => {
    const path = join(folder, "train.txt");
    writeFileSync(path, linesOf(12, english, "\n", 3e6));
    for (const options of [{}, { maxCountedWords: 9_000 }, { spool: false }] satisfies TrainOptions[]) {
      const fixed: TrainOptions = { dim: 4, epochs: 2, minCount: 2, reproducible: true, ...options };
      const alone = await train(path, { ...fixed, worker: false });
      for (const threads of [1, 2, 3]) {
        const model = await train(path, { ...fixed, threads });
        expect(model.vocabulary.words).toEqual(alone.vocabulary.words);
        expect(model.vocabulary.counts).toEqual(alone.vocabulary.counts);
        expect(model.vectors.matrix).toEqual(alone.vectors.matrix);
      }
    }
  });

  it("keeps in the spool what threads read", async () => {
    const path = join(folder, "spooled.txt");
    writeFileSync(path, plain);
    const corpus = readBy(fileCorpus(path), threadsOf(2));
    const text = new SpooledText(corpus, { memory: 2 ** 20, open: openSpool }, (message) => {
      throw new Error(message);
    });
    const { vocabulary } = await text.count(ALL);
    const kept = await text.words(vocabulary);
    const expected = await tokensOf(corpus);
    rmSync(path);
    for (let pass = 0; pass < 2; pass++) expectSame(await tokensOf(kept), expected);
    await text.remove();
  });
});
