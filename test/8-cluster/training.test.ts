// A cluster trains the bytes of one machine, whoever takes part, and leaves nothing behind.

import { appendFileSync, copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Model, type TrainOptions, train } from "wasm2vec";
import { clusterStatus } from "wasm2vec/cluster";
import { Random } from "../../src/base/random";
import { byOneMachine, digest, newFolder, OPTIONS, Workers, writeText } from "../support/cluster";
import { RedisServer } from "../support/redis";

const LEASE = 2_000;
const folder = newFolder();
const text = writeText(folder);
let redis: RedisServer;
let workers: Workers;
let expected: string;

beforeAll(async () => {
  redis = await RedisServer.start();
  workers = new Workers({ url: redis.url, lease: LEASE });
  expected = await byOneMachine(text);
});

afterEach(() => workers.endAll());

afterAll(async () => {
  await redis.remove();
  rmSync(folder, { recursive: true });
});

async function byCluster(options: TrainOptions = {}): Promise<string> {
  const cluster = { url: redis.url, lease: LEASE };
  return digest((await train(text, { ...OPTIONS, cluster, ...options })) as Model<never>);
}

describe("the bytes of one machine", () => {
  it.each([
    [1, 1],
    [1, 3],
    [2, 1],
    [3, 2],
    [4, 1],
    [9, 1],
  ])("with %i workers of %i threads", async (count, threads) => {
    for (let i = 0; i < count; i++) await workers.start(threads);
    expect(await byCluster()).toBe(expected);
    await workers.endAll();
    expect(await redis.keys()).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5])("with workers that join and leave, %i", async (seed) => {
    const random = Random.from(seed, 4);
    await workers.start();
    const ended = new AbortController();
    const come = (async () => {
      while (!ended.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, random.below(1500)));
        if (workers.count > 1 && random.below(2) === 0) await workers.end(random.below(workers.count));
        else if (workers.count < 5) await workers.start(1 + random.below(2));
      }
    })();
    const digest = await byCluster({ epochs: 6 });
    ended.abort();
    await come;
    expect(digest).toBe(await byOneMachine(text, { epochs: 6 }));
    await workers.endAll();
    expect(await redis.keys()).toEqual([]);
  });

  it("with what is held out, frozen words, and a listener that takes its time", async () => {
    const options = { validationShare: 0.1, freeze: ["w3", "w40"], epochs: 3 };
    const onEpochEnd = async () => {
      await new Promise((resolve) => setTimeout(resolve, 700));
    };
    await workers.start();
    await workers.start();
    expect(await byCluster({ ...options, onEpochEnd })).toBe(await byOneMachine(text, options));
  });

  it("of a model that is trained on", async () => {
    await workers.start();
    await workers.start();
    const cluster = { url: redis.url, lease: LEASE };
    const [one, many] = [await train(text, { ...OPTIONS, threads: 1 }), await train(text, { ...OPTIONS, cluster })];
    await one.train(text, { epochs: 1 });
    await many.train(text, { epochs: 1 });
    expect(digest(many as Model<never>)).toBe(digest(one as Model<never>));
  });
});

describe("a training", () => {
  it("waits for workers, and begins with the first", async () => {
    const training = byCluster();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await workers.start();
    expect(await training).toBe(expected);
  });

  it("that is aborted rejects with the reason, and leaves nothing behind", async () => {
    await workers.start();
    await workers.start();
    const controller = new AbortController();
    const onProgress = ({ words }: { words: number }) => {
      if (words > 30_000) controller.abort(new Error("enough"));
    };
    await expect(byCluster({ signal: controller.signal, onProgress, epochs: 20 })).rejects.toThrow("enough");
    await workers.endAll();
    expect(await redis.keys()).toEqual([]);
  });

  it("is one of two that run at once: both end", async () => {
    await workers.start();
    await workers.start();
    expect(await Promise.all([byCluster(), byCluster()])).toEqual([expected, expected]);
  });

  it("tells what each worker has done", async () => {
    await workers.start();
    await workers.start(2);
    const { history } = await train(text, { ...OPTIONS, cluster: { url: redis.url, lease: LEASE } });
    const { hosts = [], words } = history[1];
    expect(hosts.map(({ threads }) => threads).sort()).toEqual([1, 2]);
    const trained = hosts.reduce((sum, host) => sum + host.words, 0);
    expect(Math.abs(trained - 2 * words)).toBeLessThan(100);
    for (const host of hosts) {
      expect(host.training).toBeGreaterThan(0);
      expect(host.blocks).toBeGreaterThan(0);
    }
    expect((await clusterStatus({ url: redis.url, lease: LEASE })).runs).toEqual([]);
  });

  it("whose text is another one on all workers ends with what differs", async () => {
    const other = join(folder, "other.txt");
    copyFileSync(text, other);
    await workers.start();
    const warnings: string[] = [];
    const onVocabulary = () => appendFileSync(other, " w1");
    const training = train(other, {
      ...OPTIONS,
      cluster: { url: redis.url, lease: LEASE },
      onVocabulary,
      onWarning: (message) => void warnings.push(message),
    });
    await expect(training).rejects.toThrow(
      /no worker can take part: .*other\.txt is not the text of the driver: in epoch 1, from batch \d+ on/,
    );
    expect(workers.events.map(({ type }) => type)).toContain("refused");
    await workers.endAll();
    expect(await redis.keys()).toEqual([]);
  });
});
