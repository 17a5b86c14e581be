// What goes wrong at random moments, and how a training ends: with the bytes of one machine, or with an error that says what to do.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Model, type TrainOptions, train } from "wasm2vec";
import { cleanCluster, clusterWorker } from "wasm2vec/cluster";
import { Random } from "../../src/base/random";
import { byOneMachine, digest, newFolder, OPTIONS, OwnProcess, sleep, writeText } from "../support/cluster";
import { Namespace } from "../support/namespace";
import { RedisServer } from "../support/redis";

/** Milliseconds: short, so that tests are. */
let lease = 1_000;
/** Random moments of each fault, at least. */
const MOMENTS = Number(process.env.WASM2VEC_MOMENTS ?? 2);
vi.setConfig({ testTimeout: 200_000 * MOMENTS });
const LONG = { ...OPTIONS, epochs: 8 };

const folder = newFolder();
const text = writeText(folder);
let expected: string;
let redis: RedisServer;
let workers: OwnProcess[] = [];
let moments = 0;

beforeAll(async () => {
  expected = await byOneMachine(text, LONG);
});

beforeEach(() => {
  moments = 0;
});

afterEach(async () => {
  if (process.env.WASM2VEC_MOMENTS && moments > 0)
    console.log(`${expect.getState().currentTestName}: ${moments} moments`);
  await Promise.all(workers.map((worker) => worker.kill()));
  workers = [];
  await redis?.remove();
});

afterAll(() => rmSync(folder, { recursive: true }));

async function startWorker(
  url = redis.url,
  env?: Record<string, string>,
  more: object = {},
  before?: readonly string[],
): Promise<OwnProcess> {
  const worker = new OwnProcess("worker", { url, lease, threads: 1, ...more }, env, before);
  workers.push(worker);
  await worker.said("ready");
  return worker;
}

async function byCluster(options: TrainOptions = {}, url = redis.url): Promise<string> {
  const cluster = { url, lease };
  return digest((await train(text, { ...LONG, cluster, ...options })) as Model<never>);
}

/** A long training whose first words are trained. */
async function underWay(): Promise<{ ended: Promise<string> }> {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = byCluster({ epochs: 100, onProgress: ({ phase }) => void (phase === "training" && begin()) });
  await Promise.race([begun, ended]);
  ended.catch(() => {});
  return { ended };
}

/** Trains until a fault has happened often enough, each training with some of them. */
async function survives(
  seed: number,
  fault: (random: Random) => Promise<void>,
  hasEnded = leavesNothing,
): Promise<void> {
  const random = Random.from(seed, 8);
  while (moments < MOMENTS) {
    let isOver = false;
    const training = byCluster().finally(() => {
      isOver = true;
    });
    training.catch(() => {});
    await sleep(500);
    while (!isOver) {
      await sleep(random.below(1500));
      if (isOver) break;
      moments++;
      await fault(random);
    }
    expect(await training).toBe(expected);
    await hasEnded();
  }
}

/**
 * A worker that was stopped as the training ended says something of it when it comes back, and removes that as it leaves: BullMQ takes
 * some seconds to close. So nothing must be there for two seconds.
 */
async function leavesNothing(): Promise<void> {
  let left: string[] = [];
  const until = performance.now() + 40_000;
  for (let quiet = 0; quiet < 20 && performance.now() < until; quiet++) {
    const keys = (await redis.keys()).filter((key) => !/:(workers|seen|count:meta)$/.test(key));
    if (keys.length > 0) quiet = 0;
    left = keys;
    await sleep(100);
  }
  expect(left).toEqual([]);
}

describe("a worker", () => {
  beforeEach(async () => {
    redis = await RedisServer.start();
    for (let i = 0; i < 3; i++) await startWorker();
  });

  it("that is killed is replaced by others", async () => {
    await survives(1, async (random) => {
      const [victim] = workers.splice(random.below(workers.length), 1);
      await victim.kill();
      if (workers.length < 2 || random.below(2) === 0) await startWorker();
    });
  });

  // that what it writes then is refused, blocks.test.ts shows
  it("that is stopped and comes back, soon or late, does no harm", async () => {
    await survives(2, async (random) => {
      const victim = workers[random.below(workers.length)];
      victim.signal("SIGSTOP");
      await sleep(200 + random.below(4 * lease));
      victim.signal("SIGCONT");
    });
  });
});

/** A way to Redis that can be cut. */
class Line {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  isCut = false;

  constructor(port: number) {
    this.server = createServer((here) => {
      if (this.isCut) return void here.destroy();
      const there = connect(port, "127.0.0.1");
      for (const [from, to] of [
        [here, there],
        [there, here],
      ]) {
        this.sockets.add(from);
        from.on("data", (data) => {
          if (!to.write(data)) from.pause();
        });
        to.on("drain", () => {
          if (!this.isCut) from.resume();
        });
        from.on("error", () => {});
        from.on("close", () => {
          this.sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `redis://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  /** @param silently nothing comes through, as with a cable that is pulled; otherwise connections are closed */
  cut(silently: boolean): void {
    this.isCut = true;
    for (const socket of this.sockets) {
      if (silently) socket.pause();
      else socket.destroy();
    }
  }

  mend(): void {
    this.isCut = false;
    for (const socket of this.sockets) socket.resume();
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

describe("a network", () => {
  it.each([["silently", true] as const, ["with a word", false] as const])(
    "that is cut off %s from a worker, and mended",
    async (_, silently) => {
      redis = await RedisServer.start();
      const lines = [new Line(redis.port), new Line(redis.port)];
      for (const line of lines) await startWorker(await line.listen());
      await startWorker();
      try {
        await survives(3, async (random) => {
          const line = lines[random.below(2)];
          line.cut(silently);
          await sleep(200 + random.below(3 * lease));
          line.mend();
        });
      } finally {
        for (const line of lines) line.close();
      }
    },
  );

  it.runIf(Namespace.isPossible())("whose links go down, between hosts of their own", async () => {
    const hosts = [new Namespace(1), new Namespace(2)];
    try {
      const addresses = hosts.map(({ outside }) => outside);
      redis = await RedisServer.start("--bind", "127.0.0.1", ...addresses, "--protected-mode", "no");
      for (const { outside, inside } of hosts)
        await startWorker(`redis://${outside}:${redis.port}`, undefined, {}, inside);
      await startWorker();
      await survives(9, async (random) => {
        const host = hosts[random.below(2)];
        host.set("down");
        await sleep(200 + random.below(3 * lease));
        host.set("up");
      });
    } finally {
      await Promise.all(workers.splice(0).map((worker) => worker.kill()));
      for (const host of hosts) host.remove();
    }
  });
});

describe("a disk", () => {
  it.runIf(process.getuid?.() === 0)("that is full lets a worker read the text each time", async () => {
    redis = await RedisServer.start();
    const [small, other] = ["small", "other"].map((name) => join(folder, name));
    for (const name of [small, other]) mkdirSync(name);
    // longer than the piece that is always in memory: 1.6 MB of numbers
    const long = writeText(other, 400_000);
    const expected = await byOneMachine(long);
    const random = Random.from(9, 8);
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", small]);
    try {
      for (; moments < MOMENTS; moments++) {
        // it is full after so many bytes of the text
        execFileSync("mount", ["-o", `remount,size=${16 + random.below(500)}k`, small]);
        for (let i = 0; i < 2; i++) await startWorker(redis.url, { TMPDIR: small }, { spoolMemory: 0 });
        const model = await train(long, { ...OPTIONS, cluster: { url: redis.url, lease } });
        expect(digest(model as Model<never>)).toBe(expected);
        const [{ message }] = workers[0].lines.filter(({ type }) => type === "warned");
        expect(message).toMatch(/word ids are not kept.*full/);
        await Promise.all(workers.map((worker) => worker.kill()));
        workers = [];
        await leavesNothing();
      }
    } finally {
      await Promise.all(workers.map((worker) => worker.kill()));
      execFileSync("umount", [small]);
    }
  });
});

describe("a driver", () => {
  it("that is killed goes on from its checkpoint when the same is started again", async () => {
    redis = await RedisServer.start();
    await startWorker();
    await startWorker();
    const random = Random.from(5, 8);
    for (let run = 0; moments < MOMENTS; run++) {
      const checkpoint = join(folder, `driver-${run}.ckpt`);
      const options = { ...LONG, cluster: { url: redis.url, lease } };
      let done: { digest?: string } | undefined;
      while (done === undefined) {
        const driver = new OwnProcess("driver", { path: text, options, checkpoint });
        const isDone = driver.said("done");
        isDone.catch(() => {});
        done = await Promise.race([isDone, sleep(1500 + random.below(4000)).then(() => undefined)]);
        if (done === undefined) moments++;
        await driver.kill();
      }
      expect(done.digest).toBe(expected);
    }
    await sleep(2 * lease);
    await cleanCluster({ url: redis.url, lease });
    await leavesNothing();
  });
});

describe("a worker without Redis", () => {
  it("ends soon when it is told to, also with rows", async () => {
    redis = await RedisServer.start();
    const controller = new AbortController();
    const { signal } = controller;
    let ended!: Promise<void>;
    const taken = new Promise<void>((resolve) => {
      const onEvent = ({ type }: { type: string }) => type === "taken" && resolve();
      ended = clusterWorker({ url: redis.url, lease, threads: 1, onEvent, signal });
    });
    const training = byCluster();
    training.catch(() => {});
    await taken;
    await redis.stop("SIGKILL");
    await sleep(500);
    const from = performance.now();
    controller.abort();
    await ended;
    expect(performance.now() - from).toBeLessThan(10_000);
    await expect(training).rejects.toThrow(/has been away/);
  });
});

/** Kills Redis at random moments, in a training each. @param isBack it is started again at once, not when the training has ended */
async function endsWith(seed: number, error: RegExp, isBack: boolean): Promise<void> {
  const random = Random.from(seed, 8);
  while (moments < MOMENTS) {
    const { ended } = await underWay();
    await sleep(random.below(1500));
    moments++;
    await redis.stop("SIGKILL");
    if (isBack) await redis.go();
    await expect(ended).rejects.toThrow(error);
    if (!isBack) await redis.go();
  }
}

describe("a Redis", () => {
  beforeAll(() => {
    // four of them pass before a training gives up
    lease = 3_000;
  });

  it("that stays away ends the training with what to do", async () => {
    redis = await RedisServer.start();
    await startWorker();
    await endsWith(10, /has been away for 12 s: start it again, and then the same command/, false);
    expect(await byCluster()).toBe(expected);
  });

  it("that has no room for the training is told before it begins, and has room for as many workers as it says", async () => {
    redis = await RedisServer.start();
    for (let i = 0; i < 3; i++) await startWorker();
    const limit = (bytes: number) => redis.with((client) => client.config("SET", "maxmemory", bytes));
    await redis.with((client) => client.config("SET", "maxmemory-policy", "noeviction"));
    const used = await redis.with(async (client) => Number(/used_memory:(\d+)/.exec(await client.info("memory"))![1]));
    await limit(used + 300_000);
    await expect(byCluster()).rejects.toThrow(/needs \d+ MB in Redis.*CONFIG SET maxmemory \d+/);
    await limit(used + 45_000_000);
    expect(await byCluster()).toBe(expected);
  });

  it.each([
    ["SIGTERM", "everysec"],
    ["SIGKILL", "always"],
    ["SIGKILL", "everysec"],
  ] as const)("that keeps its data and is started again after %s, appendfsync %s", async (signal, fsync) => {
    redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", fsync);
    for (let i = 0; i < 3; i++) await startWorker();
    await survives(6, async (random) => {
      await redis.stop(signal);
      await sleep(random.below(1500));
      await redis.go();
    });
  });

  it("that is started again without its data ends the training with what to do", async () => {
    redis = await RedisServer.start();
    await startWorker();
    await startWorker();
    await endsWith(11, /data.*start the same command again/s, true);
    expect(await byCluster()).toBe(expected);
  });

  it("that goes back to an earlier moment goes on from there", async () => {
    redis = await RedisServer.start("--save", "3600 1000000");
    for (let i = 0; i < 3; i++) await startWorker();
    await survives(
      7,
      async (random) => {
        await redis.with((client) => client.save());
        await sleep(300 + random.below(700));
        await redis.stop("SIGKILL");
        await redis.go();
      },
      async () => {
        // a training that has ended meanwhile is back, without its driver
        await sleep(2 * lease);
        await cleanCluster({ url: redis.url, lease });
        await leavesNothing();
      },
    );
  });
});
