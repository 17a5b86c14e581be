// Counting spread over workers gives the vocabulary of counting on one machine.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Job, Worker } from "bullmq";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clusterWorker } from "../../src/cluster/cluster-worker";
import { COUNTING, connect, keysOf, loadBull, type Redis } from "../../src/cluster/connection";
import { type CountJob, countOnCluster, countPart, partsOf, serveCount } from "../../src/cluster/counting";
import { recipeOf, TextDiffersError } from "../../src/cluster/recipe";
import { enrol, openQueue } from "../../src/cluster/runs";
import type { WorkerEvent } from "../../src/cluster/worker-event";
import { type FileOptions, fileCorpus } from "../../src/platform/node/corpus";
import { spawnWorker } from "../../src/platform/node/worker";
import type { Corpus } from "../../src/text/corpus";
import { buildVocabulary, type VocabularyOptions, WordCounter } from "../../src/text/vocabulary";
import { RedisServer } from "../support/redis";
import { sampleText } from "../support/sample";

const options: VocabularyOptions = { minCount: 1, maxVocabulary: Infinity, maxCountedWords: 1e7 };
const threads = { count: 2, spawn: spawnWorker };

let server: RedisServer;
let redis: Redis;
let folder: string;
beforeAll(async () => {
  server = await RedisServer.start();
  redis = await connect({ url: server.url }, "test");
  folder = mkdtempSync(join(tmpdir(), "wasm2vec-counting-"));
});
afterAll(async () => {
  redis.disconnect();
  await server.remove();
  rmSync(folder, { recursive: true });
});

/** A file of the folder, with its path. */
function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const text = sampleText(4000)
  .map((words, i) => `${words.join(" ")} ünï${i % 97}\n`)
  .join("");

/** What one machine counts. */
const countHere = (corpus: Corpus) => buildVocabulary(corpus, options, () => {});

describe("a text in parts", () => {
  /** The parts of a corpus one after the other, as the driver adds them up. */
  async function countParts(corpus: Corpus, partBytes: number) {
    const recipe = await recipeOf(corpus, {});
    if (recipe.kind !== "files") throw new Error("no files");
    const counter = new WordCounter(options);
    const parts = await partsOf(recipe, partBytes);
    for (const { stretches } of parts) {
      const { words, counts } = await countPart(recipe, stretches, { threads });
      const occurrences = Uint32Array.from(words.flatMap((_, i) => [i, counts[i]]));
      counter.add({ numbers: new Uint32Array(), tokens: words, occurrences });
    }
    return { parts: parts.length, counted: [...counter.entries()], tokens: counter.tokens };
  }

  async function same(corpus: Corpus, partBytes: number): Promise<number> {
    const { parts, counted, tokens } = await countParts(corpus, partBytes);
    const here = new WordCounter(options);
    for await (const chunk of corpus.chunks()) here.add(chunk);
    expect(counted).toEqual([...here.entries()]);
    expect(tokens).toBe(here.tokens);
    return parts;
  }

  it("of one line, is counted as a whole", async () => {
    const path = write("line.txt", text.replaceAll("\n", " ").repeat(8));
    expect(await same(fileCorpus(path), 500_000)).toBeGreaterThan(2);
  });

  const cases: [string, string | Uint8Array, FileOptions][] = [
    ["of lines", text, {}],
    ["with a byte order mark, and some within", `\ufeff${text.replaceAll("ünï7\n", "ünï7\n\ufeff")}`, {}],
    ["tokenized", text, { tokenizer: "simple", lowercase: true }],
    ["of JSON", text.replace(/.*\n/g, (line) => `${JSON.stringify({ text: line.trim() })}\n`), { jsonField: "text" }],
    ["without a last line end", text.trimEnd(), {}],
    ["of empty lines", `\n\n${text.replaceAll("\n", "\n\n")}\n`, {}],
  ];
  it.each(cases)("%s, is counted as a whole", async (name, content, reading) => {
    const path = write(`${name}.txt`, content);
    expect(await same(fileCorpus(path, reading), 40_000)).toBeGreaterThan(2);
  });

  it("of many files, plain and compressed, is counted as a whole", async () => {
    const third = Math.floor(text.length / 3);
    const paths = [
      write("a.txt", text.slice(0, third)),
      write("b.txt.gz", gzipSync(text.slice(third, 2 * third))),
      ...Array.from({ length: 10 }, (_, i) => write(`c${i}.txt`, `few words ${i}\n`)),
      write("d.txt", text.slice(2 * third)),
    ];
    expect(await same(fileCorpus(paths), 40_000)).toBeGreaterThan(4);
    const table = write("t.csv", `id,text\n${text.replace(/.*\n/g, (line) => `7,"${line.trim()}"\n`)}`);
    // rows may span lines
    expect(await same(fileCorpus([table, table], { column: "text" }), 40_000)).toBe(2);
  });

  it("cut anywhere, is counted as a whole", async () => {
    const piece = fc.constantFrom("a", "bc", "ü", "\ufeff", "\n", "\n\n", " ", "\t", "\r\n", "long".repeat(50));
    const property = fc.asyncProperty(
      fc.array(piece, { maxLength: 300 }),
      fc.integer({ min: 1, max: 300 }),
      async (words, bytes) => void (await same(fileCorpus(write("any.txt", words.join(""))), bytes)),
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe("workers", () => {
  const workers: Worker[] = [];
  let leave: (() => Promise<void>)[] = [];

  /** A worker that counts; serve may do something else instead. */
  async function work(serve: (job: CountJob) => Promise<void> = (job) => serveCount(redis, {}, job, { threads })) {
    const { Worker } = await loadBull();
    const { record, stop } = await enrol(redis, {}, 2);
    const options = {
      connection: redis,
      prefix: keysOf().bull,
      skipVersionCheck: true,
      lockDuration: 1000,
      stalledInterval: 500,
    };
    const worker = new Worker(COUNTING, (job: Job<CountJob>) => serve(job.data), {
      ...options,
      maxStalledCount: 100,
    });
    worker.on("error", () => {});
    await worker.waitUntilReady();
    workers.push(worker);
    leave.push(stop);
    return { worker, record };
  }

  beforeEach(async () => {
    for (const worker of workers.splice(0)) await worker.close(true);
    for (const stop of leave) await stop();
    leave = [];
  });

  const cluster = () => ({ url: server.url });
  const read: number[] = [];
  const count = async (
    corpus: Corpus,
    more: { partBytes?: number; signal?: AbortSignal; onWarning?: (message: string) => void } = {},
  ) =>
    countOnCluster(cluster(), corpus, await recipeOf(corpus, {}), options, {
      ...{ threads, partBytes: 40_000, onTokens: (tokens: number) => read.push(tokens) },
      ...more,
    });

  it("count a text together, and leave no key", async () => {
    const corpus = fileCorpus(write("whole.txt", text));
    let jobs = 0;
    for (let i = 0; i < 2; i++)
      await work((job) => {
        jobs++;
        return serveCount(redis, {}, job, { threads });
      });
    const counted = await count(corpus);
    const here = await countHere(corpus);
    expect(counted!.vocabulary.toText()).toBe(here.vocabulary.toText());
    expect([...counted!.numbers]).toEqual([...here.numbers]);
    expect([counted!.tokens, counted!.isWhole]).toEqual([here.tokens, true]);
    expect(jobs).toBeGreaterThan(3);
    expect(read.at(-1)).toBe(here.tokens);
    for (const worker of workers) await worker.close();
    for (const stop of leave.splice(0)) await stop();
    expect(await server.keys()).toEqual([]);
  });

  it("tell of each part, and end when they are told to", async () => {
    const controller = new AbortController();
    const events: WorkerEvent[] = [];
    const onEvent = (event: WorkerEvent) => events.push(event);
    const working = clusterWorker({ ...cluster(), threads: 1, onEvent, signal: controller.signal });
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const counted = await count(fileCorpus(write("told.txt", text)));
    controller.abort();
    await working;
    expect(counted!.tokens).toBeGreaterThan(0);
    const [ready, ...others] = events.map(({ type, message }) => `${type}: ${message.replace(/run \S+/, "run")}`);
    expect(ready).toMatch(/^ready: /);
    const parts = others.length / 2;
    expect(parts).toBeGreaterThan(3);
    expect(others).toEqual(
      Array.from({ length: parts }, (_, i) => [
        `taken: counts the words of part ${i} of run`,
        `given: counted the words of part ${i} of run`,
      ]).flat(),
    );
    expect(await server.keys()).toEqual([]);
  });

  it("are not asked where there are none, or for a short text", async () => {
    const corpus = fileCorpus(write("alone.txt", text));
    expect(await count(corpus)).toBe(undefined);
    await work();
    expect(await count(corpus, { partBytes: 2 ** 25 })).toBe(undefined);
  });

  it("may fail: the driver counts their parts, or has the error itself", async () => {
    const corpus = fileCorpus(write("failing.txt", text));
    const { worker } = await work(async (job) => {
      throw new Error(`out of order: ${job.part}`);
    });
    const counted = await count(corpus);
    expect(counted!.vocabulary.toText()).toBe((await countHere(corpus)).vocabulary.toText());
    await worker.close();
    await work();
    const json = fileCorpus(write("no.json", `${'{"text": "a b"}\n'.repeat(5000)}{"other": 1}\n`), {
      jsonField: "text",
    });
    await expect(count(json)).rejects.toThrow(/no.json: line \d+ expected a JSON object with the field "text"/);
  });

  it("may all have other texts: the driver hears why, and counts itself", async () => {
    const corpus = fileCorpus(write("theirs.txt", text));
    const { worker, record } = await work(async (job) => {
      await redis.hset(keysOf().run(job.run).refused, record.id, "not the text of the driver");
      void worker.pause(true);
      throw new TextDiffersError("not the text of the driver");
    });
    const warnings: string[] = [];
    const counted = await count(corpus, { onWarning: (message) => warnings.push(message) });
    expect(counted!.vocabulary.toText()).toBe((await countHere(corpus)).vocabulary.toText());
    expect(warnings).toEqual([`worker ${record.host}:${record.pid} does not count: not the text of the driver`]);
  });

  it("may never get their jobs, which somebody has removed", async () => {
    const corpus = fileCorpus(write("removed.txt", text));
    await work(async () => {
      const queue = await openQueue(redis, keysOf(), COUNTING);
      await queue.obliterate({ force: true });
      await queue.close();
    });
    const counted = await count(corpus);
    expect(counted!.vocabulary.toText()).toBe((await countHere(corpus)).vocabulary.toText());
  });

  it("count only for drivers of their own version", async () => {
    const run = keysOf().run("other");
    await redis.set(run.about, JSON.stringify({ version: "0.0.1" }));
    await redis.set(run.recipe, "x");
    const job = { run: "other", part: 0, stretches: [] };
    await expect(serveCount(redis, {}, job, { threads })).rejects.toThrow(
      /wasm2vec \d.* the driver is of 0.0.1: install the same/,
    );
    await redis.del(run.about, run.recipe);
    // one that has ended is nobody's
    await serveCount(redis, {}, job, { threads });
  });

  it("may die while they count", async () => {
    const corpus = fileCorpus(write("dying.txt", text));
    let first = true;
    const { worker } = await work(async (job) => {
      if (!first) return serveCount(redis, {}, job, { threads });
      first = false;
      void worker.close(true);
      await new Promise(() => {});
    });
    setTimeout(() => void work(), 300);
    const counted = await count(corpus);
    expect(counted!.vocabulary.toText()).toBe((await countHere(corpus)).vocabulary.toText());
  });

  it("end with the run when it is aborted", async () => {
    await work(() => new Promise(() => {}));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 300);
    await expect(count(fileCorpus(write("long.txt", text)), { signal: controller.signal })).rejects.toThrow("enough");
    expect((await redis.keys("*")).filter((key) => key.includes(":run"))).toEqual([]);
  });

  it("may not bring more distinct words than are allowed", async () => {
    const corpus = fileCorpus(write("distinct.txt", text));
    await work();
    const counting = countOnCluster(
      cluster(),
      corpus,
      await recipeOf(corpus, {}),
      { ...options, maxCountedWords: 100 },
      {
        ...{ threads, partBytes: 40_000, onTokens: () => {} },
      },
    );
    await expect(counting).rejects.toThrow(/more than "maxCountedWords" \(100\) distinct words.*raise/);
  });

  it("are strangers: what is no count is refused", async () => {
    const corpus = fileCorpus(write("strange.txt", text));
    const values = [
      Buffer.from("x"),
      gzipSync('{"words":["a","a"],"counts":[1,1]}'),
      gzipSync('{"words":["a"],"counts":[-1]}'),
    ];
    for (const value of values) {
      const { worker } = await work(async (job) => {
        await redis.set(keysOf().run(job.run).key(`counted:${job.part}`), value);
      });
      await expect(count(corpus)).rejects.toThrow(/damaged/);
      await worker.close();
    }
  });
});
