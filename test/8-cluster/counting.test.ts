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
import { type CountJob, countPart, serveCount } from "../../src/cluster/count-part";
import { leaveCounted, takeCounted } from "../../src/cluster/counted";
import { countOnCluster } from "../../src/cluster/counting";
import { partsOf } from "../../src/cluster/parts";
import { recipeOf, TextDiffersError, writeRecipe } from "../../src/cluster/recipe";
import { enrol, OwnRun, openQueue } from "../../src/cluster/runs";
import { sendValue } from "../../src/cluster/values";
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
      const { words, counts } = await countPart(recipe, stretches, { threads, most: Infinity });
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
    const about = { id: "other", kind: "count", version: "0.0.1", host: "h", pid: 1, began: 0, corpus: "c" };
    await redis.set(run.about, JSON.stringify(about));
    await redis.set(run.recipe, "x");
    const job = { run: "other", part: 0, stretches: [], most: 10 };
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

  it("may bring as many distinct words as are allowed", async () => {
    const corpus = fileCorpus(write("allowed.txt", text));
    await work();
    const here = await countHere(corpus);
    const counted = await countOnCluster(
      cluster(),
      corpus,
      await recipeOf(corpus, {}),
      { ...options, maxCountedWords: here.distinct },
      { threads, partBytes: 40_000, onTokens: () => {} },
    );
    expect(counted!.vocabulary.toText()).toBe(here.vocabulary.toText());
  });

  describe("what they have counted", () => {
    let run: OwnRun;
    beforeEach(async () => {
      run = await OwnRun.begin(redis, cluster(), { kind: "count", corpus: "c" });
      return () => run.end();
    });
    const take = (part: number) => takeCounted(redis, run.keys, part);

    it("comes as it went, however much it is, and is gone then", async () => {
      const words = Array.from({ length: 300_000 }, (_, i) => `word${i} ${"x".repeat(i % 20)}"\n`);
      const counts = words.map((_, i) => (i === 7 ? 2 ** 40 : 1 + i));
      const before = (await redis.keys("*")).sort();
      await leaveCounted(redis, run.keys, 3, { words, counts });
      const key = run.keys.key("counted:3");
      expect(await redis.hlen(key)).toBeGreaterThan(2);
      expect(await take(3)).toEqual({ words, counts });
      expect((await redis.keys("*")).sort()).toEqual(before);
      expect(await take(3)).toBe(undefined);
    });

    it("is told to be too much where it is", async () => {
      const corpus = fileCorpus(write("much.txt", text));
      await redis.set(run.keys.recipe, writeRecipe(await recipeOf(corpus, {})));
      const job = { run: run.about.id, part: 0, stretches: [{ file: 0 }], most: 100 };
      await serveCount(redis, {}, job, { threads });
      expect(await take(0)).toBe("too many");
      await serveCount(redis, {}, { ...job, most: 1_000_000 }, { threads });
      expect(await take(0)).toMatchObject({ words: expect.arrayContaining(["ünï1"]) });
    });

    it("is not left with a run that has ended", async () => {
      await run.end();
      await leaveCounted(redis, run.keys, 3, { words: ["a"], counts: [1] });
      expect(await redis.keys("*")).toEqual([]);
    });

    it.each<[string, object]>([
      ["a file that there is not", { stretches: [{ file: 1 }] }],
      ["half a range", { stretches: [{ file: 0, from: 1 }] }],
      ["a range from behind", { stretches: [{ file: 0, from: 5, to: 5 }] }],
      ["no list", { stretches: "all" }],
      ["no limit", { most: undefined }],
    ])("is of no job with %s", async (_, wrong) => {
      const corpus = fileCorpus(write("jobs.txt", text));
      await redis.set(run.keys.recipe, writeRecipe(await recipeOf(corpus, {})));
      const job = { run: run.about.id, part: 0, stretches: [{ file: 0 }], most: 100, ...wrong };
      await expect(serveCount(redis, {}, job, { threads })).rejects.toThrow(
        /a job of counting in Redis is damaged.*expected.*start the training again/,
      );
    });
  });

  it("give up, and say why, after some failures in a row", async () => {
    const run = await OwnRun.begin(redis, cluster(), { kind: "count", corpus: "c" });
    const corpus = fileCorpus(write("giving.txt", text));
    await redis.set(run.keys.recipe, writeRecipe(await recipeOf(corpus, {})));
    const queue = await openQueue(redis, keysOf(), COUNTING);
    const jobs = Array.from({ length: 6 }, (_, part) => ({
      name: `part ${part}`,
      data: { run: run.about.id, part, stretches: [{ file: 1 }], most: 10 },
      opts: { jobId: `${run.about.id}-${part}` },
    }));
    await queue.addBulk(jobs);
    const controller = new AbortController();
    const events: WorkerEvent[] = [];
    const onEvent = (event: WorkerEvent) => events.push(event);
    const working = clusterWorker({ ...cluster(), threads: 1, onEvent, signal: controller.signal });
    while (!events.some(({ type }) => type === "refused")) await new Promise((resolve) => setTimeout(resolve, 20));
    // it looks at the others, and leaves them
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const [reason] = Object.values(await redis.hgetall(run.keys.refused));
    expect(reason).toMatch(/^it failed 3 times in a row: a job of counting.*"file" expected integer/);
    expect(await queue.getFailedCount()).toBe(3);
    expect(events.filter(({ type }) => type === "taken")).toHaveLength(3);
    controller.abort();
    await working;
    await queue.close();
    await run.end();
  });

  it("and their Redis may be gone: the driver says so, and does not wait for ever", async () => {
    const own = await RedisServer.start();
    const cluster = { url: own.url, lease: 250 };
    const here = await connect(cluster, "test");
    try {
      // who takes no job
      await enrol(here, cluster, 1);
      const corpus = fileCorpus(write("gone.txt", text));
      const reading = { threads, onTokens: () => {}, partBytes: 40_000 };
      const counting = countOnCluster(cluster, corpus, await recipeOf(corpus, {}), options, reading);
      counting.catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 500));
      await own.stop("SIGKILL");
      await expect(counting).rejects.toThrow(/has been away for 1 s: start it again/);
    } finally {
      here.disconnect();
      await own.remove();
    }
  });

  it("are strangers: what is no count is refused", async () => {
    const corpus = fileCorpus(write("strange.txt", text));
    const values = [
      Buffer.from("x"),
      gzipSync('[["a","a"],[1,1]]\n'),
      gzipSync('[["a"],[1]]\n[["b","a"],[1,1]]\n'),
      gzipSync('[["a"],[-1]]\n'),
      gzipSync('[["a"],[0]]\n'),
      gzipSync('[["a"],[1,2]]\n'),
      gzipSync("[[7],[1]]\n"),
      gzipSync('[["a"],[1]]'),
      gzipSync("[]x\n"),
    ];
    for (const value of values) {
      const { worker } = await work(async (job) => {
        const key = keysOf().run(job.run).key(`counted:${job.part}`);
        await sendValue(value, async (field, bytes) => (await redis.hset(key, field, bytes)) >= 0);
      });
      await expect(count(corpus)).rejects.toThrow(/damaged/);
      await worker.close();
    }
  });
});
