// Blocks in Redis: whole, checked, of those who have the rows.

import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/errors";
import { Random } from "../../src/base/random";
import { consumerOf, RedisBlocks } from "../../src/cluster/blocks";
import { keysOf } from "../../src/cluster/connection";
import { News } from "../../src/cluster/news";
import { PROTOCOL, readReport, readRotation, readTask, trainedOptions } from "../../src/cluster/records";
import { commit, FencedError, RolledBackError, RunEndedError, takeLease } from "../../src/cluster/scripts";
import { receiveValue } from "../../src/cluster/values";
import { columnsOf, rowsOfGroup, visitAt } from "../../src/train/execution/visits";
import { resolveOptions } from "../../src/train/train-options";
import { RedisServer } from "../support/redis";

const BLOCKS = 4;
const run = keysOf().run("r");
const never = new AbortController().signal;
let server: RedisServer;
let redis: Redis;
let news: News;

beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url);
  news = new News(redis, run.key("news"));
});

afterAll(async () => {
  news.close();
  redis.disconnect();
  await server.remove();
});

beforeEach(async () => {
  await redis.flushall();
  await redis.set(run.about, "{}");
});

async function storeOf(name: string) {
  const lease = await takeLease(redis, run, name);
  const store = new RedisBlocks(redis, run, BLOCKS, (topic, look) => news.until(topic, look, never), lease);
  return { lease, store };
}

function bytesOf(length: number, seed: number): Uint8Array {
  const random = Random.from(seed, 1);
  return Uint8Array.from({ length }, () => random.below(256));
}

/** Ends a rotation of the first two rows that wrote one value, and needed another. */
async function end({ lease, store }: Awaited<ReturnType<typeof storeOf>>, rotation = 0): Promise<void> {
  const written = [{ key: store.key("outputs", 1, 4), consumer: consumerOf("outputs", 1, 4, BLOCKS) }];
  const consumed = [store.key("outputs", 1, 0)];
  const said = { report: "{}", host: "h", progress: "{}" };
  await commit(redis, run, { lease, rotation, rows: { from: 0, to: 2 }, ...said, written, consumed });
}

describe("a block", () => {
  it.each([4, 2 ** 20, 3 * 2 ** 20 + 12, 9 * 2 ** 20])(
    "of %i bytes comes as it went, also to who waits for it",
    async (length) => {
      const { store } = await storeOf("0:0");
      const bytes = bytesOf(length, length);
      const into = new Uint8Array(length);
      const read = store.read("outputs", 3, 17, into);
      await store.write("outputs", 3, 17, bytes);
      await read;
      expect(Buffer.compare(into, bytes)).toBe(0);
    },
  );

  it("may lie in shared memory", async () => {
    const { store } = await storeOf("0:0");
    const shared = new Uint8Array(new SharedArrayBuffer(4096), 1024, 2048);
    shared.set(bytesOf(2048, 1));
    await store.write("inputs", 0, 0, shared);
    const into = new Uint8Array(new SharedArrayBuffer(2048));
    await store.read("inputs", 0, 0, into);
    expect([...into]).toEqual([...shared]);
  });

  it.each([
    ["changed", (key: string) => redis.hset(key, "0", Buffer.from(bytesOf(64, 9)))],
    ["short", (key: string) => redis.hset(key, "0", Buffer.from(bytesOf(60, 8)))],
    ["lost", (key: string) => redis.hdel(key, "0")],
    ["another's", (key: string) => redis.hset(key, "seal", "68 0000000000000000")],
  ])("that is %s is refused", async (_, damage) => {
    const { store } = await storeOf("0:0");
    await store.write("outputs", 0, 0, bytesOf(64, 8));
    await damage(store.key("outputs", 0, 0));
    await expect(store.read("outputs", 0, 0, new Uint8Array(64))).rejects.toThrow(/is damaged: .*start it again/);
  });

  it("whose seal says that it is longer than it is, takes no memory for that", async () => {
    await redis.hset("value", { 0: "x", seal: "1000000000000000 0000000000000000" });
    await expect(receiveValue(redis, "value")).rejects.toThrow(
      /seal says "1000000000000000" bytes, but it has 1 pieces/,
    );
  });

  it("without its seal is not there", async () => {
    const { store } = await storeOf("0:0");
    await store.write("outputs", 0, 0, bytesOf(64, 8));
    await redis.hdel(store.key("outputs", 0, 0), "seal");
    const isRead = store.read("outputs", 0, 0, new Uint8Array(64)).then(() => true);
    expect(await Promise.race([isRead, new Promise((resolve) => setTimeout(resolve, 600, false))])).toBe(false);
    await store.write("outputs", 0, 0, bytesOf(64, 8));
    expect(await isRead).toBe(true);
  });
});

describe("rows", () => {
  it("are of the last who took them: writes and ends of others are refused", async () => {
    const first = await storeOf("0:0");
    await first.store.write("outputs", 1, 4, bytesOf(64, 1));
    const second = await storeOf("0:0");
    await expect(first.store.write("outputs", 1, 4, bytesOf(64, 1))).rejects.toThrow(FencedError);
    await expect(end(first)).rejects.toThrow(FencedError);
    await end(second);
  });

  it("end a rotation at once: what they needed goes, what was consumed does not come back", async () => {
    const group = await storeOf("0:0");
    for (const version of [0, 4]) await group.store.write("outputs", 1, version, bytesOf(64, version));
    await end(group);
    expect(await redis.hgetall(run.key("at"))).toEqual({ 0: "1", 1: "1" });
    expect(await redis.exists(group.store.key("outputs", 1, 0))).toBe(0);
    // row 1 needs it, and has ended the rotation
    await group.store.write("outputs", 1, 0, bytesOf(64, 0));
    expect(await redis.exists(group.store.key("outputs", 1, 0))).toBe(0);
  });

  it("do not end a rotation whose results Redis has lost", async () => {
    const group = await storeOf("0:0");
    await group.store.write("outputs", 1, 4, bytesOf(64, 4));
    await redis.del(group.store.key("outputs", 1, 4));
    await expect(end(group)).rejects.toThrow(RolledBackError);
    expect(await redis.exists(run.key("at"))).toBe(0);
  });

  it("do not end a rotation before those that Redis has lost", async () => {
    const group = await storeOf("0:0");
    await group.store.write("outputs", 1, 4, bytesOf(64, 4));
    await expect(end(group, 2)).rejects.toThrow(RolledBackError);
    expect(await redis.exists(run.key("at"))).toBe(0);
  });

  it("are of nobody when the run has ended, and nothing is written", async () => {
    const group = await storeOf("0:0");
    await redis.flushall();
    await expect(group.store.write("outputs", 1, 4, bytesOf(64, 1))).rejects.toThrow(RunEndedError);
    await expect(end(group)).rejects.toThrow(RunEndedError);
    await expect(takeLease(redis, run, "0:0")).rejects.toThrow(RunEndedError);
    expect(await redis.keys("*")).toEqual([]);
  });
});

it("consumerOf names the row that has the next cell with a block, for any rows that stay together", () => {
  for (const blocks of [2, 8]) {
    for (let groups = 1; groups <= blocks; groups++) {
      for (let group = 0; group < groups; group++) {
        const rows = rowsOfGroup({ from: 0, to: blocks }, group, groups);
        const { from, to } = columnsOf(rows, blocks);
        for (let column = from; column < to; column++) {
          const visit = visitAt(rows, column, blocks);
          if (visit === undefined) continue;
          const { target, before } = visit;
          // the last of the rows that are due
          const consumer = consumerOf("outputs", target, 3 * blocks + before, blocks);
          expect(consumer).toEqual({ row: visit.rows.to - 1, rotation: 3 });
        }
      }
    }
  }
});

describe("what comes from Redis is checked", () => {
  it("rotations", () => {
    const fingerprint = "0123456789abcdef";
    const good = { plan: 0, epoch: 1, first: 0, batches: 3, words: 10, learningRate: 0.1, fingerprint };
    expect(readRotation(JSON.stringify(good))).toEqual(good);
    const wrong = [{ epoch: 0 }, { first: -1 }, { batches: "3" }, { learningRate: null }, { words: 1.5 }];
    for (const bad of [...wrong, { fingerprint: "none" }])
      expect(() => readRotation(JSON.stringify({ ...good, ...bad }))).toThrow(
        /a rotation in Redis is damaged.*expected.*start the same command again/,
      );
    expect(() => readRotation("{")).toThrow(FormatError);
  });

  it("tasks", () => {
    const good = {
      ...{ protocol: PROTOCOL, options: { dim: 7, parts: 4 }, kernel: "simd", words: 100, blocks: 4, share: 0 },
      ...{ layout: "0123456789abcdef", hasMultipliers: false },
    };
    expect(readTask(JSON.stringify(good))).toEqual(good);
    const wrong = [
      ...[{ protocol: "1" }, { options: null }, { options: { dim: -1 } }, { options: { checkpoint: "/etc/passwd" } }],
      ...[{ kernel: "cuda" }, { words: 0 }, { words: "100" }, { blocks: 0.5 }, { share: 2 }, { share: null }],
      ...[{ layout: "0123" }, { layout: undefined }, { hasMultipliers: "yes" }],
    ];
    for (const bad of wrong)
      expect(() => readTask(JSON.stringify({ ...good, ...bad })), JSON.stringify(bad)).toThrow(
        /the task of a training in Redis is damaged.*start the same command again/,
      );
    for (const json of ["{", "null", "7"]) expect(() => readTask(json)).toThrow(FormatError);
    // of another version all may be others: that is told as such
    expect(readTask(JSON.stringify({ protocol: PROTOCOL + 1 })).protocol).toBe(PROTOCOL + 1);
  });

  it("reports", () => {
    const cells = [2, 3].flatMap((context) => [0, 1, 2, 3].map((step) => [step, context, "1.5", 10]));
    const good = { cells, kept: 7, finite: true };
    const read = (report: object) => readReport(JSON.stringify(report), { from: 2, to: 4 }, 4);
    expect(read(good)).toEqual(good);
    expect(read({ ...good, cells: cells.map(([step, context]) => [step, context, "NaN", 0]) })).toBeDefined();
    const withFirst = (...cell: unknown[]) => ({ cells: [cell, ...cells.slice(1)] });
    const wrong = [
      ...[
        { kept: -1 },
        { kept: "7" },
        { finite: 1 },
        { cells: null },
        { cells: cells.slice(1) },
        { cells: [...cells, cells[0]] },
      ],
      ...[withFirst(4, 2, "1", 1), withFirst(0, 1, "1", 1), withFirst(0, 4, "1", 1), withFirst(1, 2, "1", 1)],
      ...[withFirst(0, 2, 1, 1), withFirst(0, 2, "one", 1), withFirst(0, 2, "1", -1), withFirst(0, 2, "1", 0.5)],
      { cells: [7, ...cells.slice(1)] },
    ];
    for (const bad of wrong)
      expect(() => read({ ...good, ...bad }), JSON.stringify(bad)).toThrow(
        /the report of blocks 2 to 3 in Redis is damaged.*start the same command again/,
      );
  });

  it("options: those that are sent are resolved to what they were", () => {
    for (const given of [
      { parts: 8 },
      { parts: 4, dim: 7, windowLeft: 2, windowRight: 0, windowWeights: "harmonic", seed: 9 } as const,
    ]) {
      const options = resolveOptions(given);
      const sent = JSON.parse(JSON.stringify(trainedOptions(options)));
      const { open: _, ...resolved } = resolveOptions(sent);
      expect({ ...options, ...resolved, open: options.open }).toEqual(options);
    }
  });
});
