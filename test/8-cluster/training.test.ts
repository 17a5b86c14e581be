// A cluster trains the bytes of one machine, whoever takes part, and leaves nothing behind.

import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { estimateMemory, type Model, type TrainOptions, train } from "wasm2vec";
import { clusterStatus } from "wasm2vec/cluster";
import { fileCheckpoint } from "wasm2vec/files";
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

  it("takes of its driver's memory what estimateMemory tells", async () => {
    await workers.start();
    const options = { ...OPTIONS, cluster: { url: redis.url, lease: LEASE } };
    const model = await train(text, options);
    const { size, totalWords } = model.vocabulary;
    // @ts-expect-error: private
    const taken: number = model.objective.parameters.memory.buffer.byteLength;
    expect(taken).toBe(65_536 * Math.ceil(estimateMemory(options, size, totalWords).bytes / 65_536));
  });

  it("tells the share of the whole run, also after it was resumed", async () => {
    await workers.start();
    const cluster = { url: redis.url, lease: LEASE };
    const options = {
      ...OPTIONS,
      epochs: 6,
      cluster,
      checkpoint: fileCheckpoint(join(folder, "share.ckpt"), "1epoch"),
    };
    const onEpochEnd = (_: unknown, { epoch }: { epoch: number }) => {
      if (epoch === 4) throw new Error("the power went");
    };
    await expect(train(text, { ...options, onEpochEnd })).rejects.toThrow("the power went");
    const seen: { share: number; words: number }[] = [];
    const model = await train(text, {
      ...options,
      onEpochEnd: async () => {
        const { runs } = await clusterStatus(cluster);
        seen.push(runs[0].progress!);
      },
    });
    const { totalWords } = model.vocabulary;
    const epochs = [4, 5, 6];
    expect(seen.map(({ share }) => Math.round(600 * share) / 100)).toEqual(epochs);
    expect(seen.map(({ words }) => Math.round(words / totalWords))).toEqual(epochs);
  });

  it("goes on without a worker that fails at each of its jobs, which gives up and says why", async () => {
    const module = (name: string, code: string) => {
      writeFileSync(join(folder, name), code);
      return join(folder, name);
    };
    const lines = `(await import("node:fs")).readFileSync(${JSON.stringify(text)}, "utf8").split("\\n")`;
    const good = module("good.mjs", `export default ${lines}.map((line) => line.split(" "));`);
    const bad = module(
      "bad.mjs",
      'export default { name: "bad", async *chunks() { throw new Error("disk on fire"); } };',
    );
    const options = { url: redis.url, lease: LEASE };
    const [able, unable] = [good, bad].map((corpusModule) => new Workers({ ...options, corpusModule }));
    await unable.start();
    await able.start();
    await able.start();
    try {
      const warnings: string[] = [];
      const sentences = readFileSync(text, "utf8")
        .split("\n")
        .map((line) => line.split(" "));
      const training = train(sentences, {
        ...OPTIONS,
        cluster: { ...options, corpusModule: good },
        onWarning: (message) => void warnings.push(message),
      });
      let isOver = false;
      training
        .then(
          () => {},
          () => {},
        )
        .finally(() => {
          isOver = true;
        });
      const reasons = new Set<string>();
      while (!isOver) {
        for (const { refused } of (await clusterStatus(options)).runs)
          for (const { reason } of refused) reasons.add(reason);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(digest((await training) as Model<never>)).toBe(expected);
      expect([...reasons]).toEqual(["it failed 3 times in a row: disk on fire"]);
      expect(warnings).toEqual([expect.stringMatching(/takes no part: it failed 3 times in a row: disk on fire$/)]);
      const said = (type: string) => unable.events.filter((event) => event.type === type).map(({ message }) => message);
      expect(said("refused")).toEqual([expect.stringMatching(/^takes no part in run .*: it failed 3 times in a row/)]);
      expect(said("warned")).toEqual(
        Array(2).fill(expect.stringMatching(/^failed at blocks \d+ to \d+ of run .*, which come back: disk on fire$/)),
      );
    } finally {
      await Promise.all([able.endAll(), unable.endAll()]);
    }
    expect(await redis.keys()).toEqual([]);
  });

  it("may be of a user with the rights that the guide gives", async () => {
    const [, rights] = /^ACL SETUSER trainer on >PASSWORD (.*)$/m.exec(readFileSync("docs/guides/cluster.md", "utf8"))!;
    await redis.with((client) => client.acl("SETUSER", "trainer", "on", ">secret", ...rights.split(" ")));
    const cluster = { url: redis.url.replace("//", "//trainer:secret@"), lease: LEASE };
    const own = new Workers(cluster);
    try {
      await own.start();
      await own.start();
      expect(await byCluster({ cluster })).toBe(expected);
      expect((await clusterStatus(cluster)).runs).toEqual([]);
    } finally {
      await own.endAll();
      await redis.with((client) => client.acl("DELUSER", "trainer"));
    }
    expect(await redis.keys()).toEqual([]);
  });

  it("may be on a text that each worker fetches", async () => {
    const bytes = readFileSync(text);
    let requests = 0;
    const server = createServer((request, response) => {
      requests += Number(request.method === "GET");
      response.writeHead(200, { "content-length": bytes.length }).end(request.method === "GET" ? bytes : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await workers.start();
      await workers.start();
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/text.txt`;
      const model = await train(url, { ...OPTIONS, cluster: { url: redis.url, lease: LEASE } });
      expect(digest(model as Model<never>)).toBe(expected);
      expect(requests).toBeGreaterThan(2);
    } finally {
      server.close();
    }
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
