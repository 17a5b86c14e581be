// What is seen of a cluster, and what is cleaned up.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect, keysOf, queueOf, type Redis } from "../../src/cluster/connection";
import { enrol, OwnRun, openQueue, removeDead, workersOf } from "../../src/cluster/runs";
import { cleanCluster, clusterStatus } from "../../src/cluster/status";
import { RedisServer } from "../support/redis";

let server: RedisServer;
let redis: Redis;
const cluster = { url: "", prefix: "test.1" };
beforeAll(async () => {
  server = await RedisServer.start();
  cluster.url = server.url;
  redis = await connect(cluster, "test");
});
afterEach(() => redis.flushall());
afterAll(async () => {
  redis.disconnect();
  await server.remove();
});

const ABOUT = { kind: "train", corpus: "text.txt", words: 7, dim: 3, blocks: 16, epochs: 2 } as const;

/** A run whose driver gives no sign of life. */
async function deadRun(): Promise<OwnRun> {
  const run = await OwnRun.begin(redis, cluster, ABOUT);
  const keys = keysOf(cluster.prefix);
  const queue = await openQueue(redis, keys, queueOf(run.about.id));
  await queue.addBulk([7, 8].map((group) => ({ name: "rows", data: { run: run.about.id, group } })));
  await queue.close();
  await redis.set(run.keys.key("outputs:3"), "bytes");
  await redis.del(run.keys.alive);
  return run;
}

it("shows workers and runs", async () => {
  const workers = await Promise.all([enrol(redis, cluster, 2), enrol(redis, cluster, 3)]);
  const run = await OwnRun.begin(redis, cluster, ABOUT);
  await run.report({ share: 0.5, epoch: 1, words: 10, wordsPerSecond: 100 });
  const host = { name: "a:1", threads: 2, words: 10, training: 1, waiting: 0, blocks: 3, bytes: 30 };
  await redis.hset(run.keys.hosts, workers[0].record.id, JSON.stringify(host));
  await redis.hset(run.keys.refused, workers[1].record.id, "another text");
  const status = await clusterStatus(cluster);
  expect(status.redis.version).toMatch(/^\d+\.\d+/);
  expect(status.workers.map(({ threads }) => threads).sort()).toEqual([2, 3]);
  expect(status.runs).toEqual([
    {
      ...{ id: run.about.id, about: { ...ABOUT, ...run.about }, isAlive: true, hosts: [host] },
      progress: { share: 0.5, epoch: 1, words: 10, wordsPerSecond: 100 },
      refused: [{ worker: workers[1].record.id, reason: "another text" }],
    },
  ]);
  // what is no JSON is left out, and what has another form
  await redis.hset(run.keys.hosts, { x: "{", y: JSON.stringify({ ...host, name: 7 }), z: "null" });
  await redis.hset(keysOf(cluster.prefix).workers, "w", JSON.stringify({ ...workers[0].record, threads: "many" }));
  await redis.set(run.keys.progress, JSON.stringify({ share: "half" }));
  const found = await clusterStatus(cluster);
  expect(found.workers).toHaveLength(2);
  await redis.hdel(keysOf(cluster.prefix).workers, "w");
  expect([found.runs[0].hosts, found.runs[0].progress]).toEqual([[host], undefined]);
  await redis.set(run.keys.about, JSON.stringify({ ...run.about, corpus: { evil: 1 } }));
  expect((await clusterStatus(cluster)).runs[0]).toMatchObject({ about: undefined, isAlive: true });
  // of another prefix nothing is seen
  const others = await clusterStatus(server.url);
  expect([others.workers, others.runs]).toEqual([[], []]);
  await run.end();
  for (const { stop } of workers) await stop();
  expect(await redis.keys("*")).toEqual([]);
});

it("a worker that is not seen any more is off the list", async () => {
  const { stop } = await enrol(redis, cluster, 2);
  const { seen } = keysOf(cluster.prefix);
  const [id, time] = await redis.zrange(seen, "0", "-1", "WITHSCORES");
  await redis.zadd(seen, Number(time) - 60_000, id);
  expect(await workersOf(redis, cluster)).toEqual([]);
  expect(await redis.keys("*")).toEqual([]);
  await stop();
});

describe("clean", () => {
  it("removes dead runs, their jobs, and keys of no run", async () => {
    const { about } = await deadRun();
    await redis.set(keysOf(cluster.prefix).run("gone").key("x"), "1");
    const other = await deadOfOtherPrefix();
    const { runs, keys } = await cleanCluster(cluster);
    expect(runs.map(({ id, isAlive, about }) => [id, isAlive, about?.corpus])).toEqual([[about.id, false, "text.txt"]]);
    expect(keys).toBe(1);
    expect(await redis.keys("*")).toEqual([other]);
  });

  async function deadOfOtherPrefix(): Promise<string> {
    const { key } = keysOf("test.2").run("mine");
    await redis.set(key("x"), "1");
    return key("x");
  }

  it("leaves a run alone that is alive, with its jobs", async () => {
    const dead = await deadRun();
    const keys = keysOf(cluster.prefix);
    // a driver that begins removes the dead, too: this one began before
    const about = { ...dead.about, id: "alive" };
    await redis.sadd(keys.runs, "alive");
    await redis.mset(keys.run("alive").about, JSON.stringify(about), keys.run("alive").alive, "1");
    const queue = await openQueue(redis, keys, queueOf("alive"));
    await queue.add("rows", { run: "alive", group: 1 });
    expect((await cleanCluster(cluster)).runs).toHaveLength(1);
    expect((await queue.getJobs(["wait"])).map(({ data }) => data)).toEqual([{ run: "alive", group: 1 }]);
    expect((await redis.keys("*:run:*")).sort()).toEqual([keys.run("alive").about, keys.run("alive").alive].sort());
    await queue.close();
  });

  it("is done by the next driver as well", async () => {
    const dead = await deadRun();
    const next = await OwnRun.begin(redis, cluster, ABOUT);
    expect(await redis.keys(dead.keys.all)).toEqual([]);
    expect((await clusterStatus(cluster)).runs.map(({ id }) => id)).toEqual([next.about.id]);
    expect(await removeDead(redis, cluster)).toEqual([]);
    await next.end();
  });
});
