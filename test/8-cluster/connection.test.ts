// Reaching Redis, and what is said of one that will not do.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, keysOf, shownUrl, untilLost } from "../../src/cluster/connection";
import { checkCluster } from "../../src/cluster/options";
import { freePort, RedisServer } from "../support/redis";

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.remove());

/** The message of an error in connecting. */
async function refusal(url: string, prefix?: string): Promise<string> {
  try {
    (await connect({ url, prefix }, "worker")).disconnect();
  } catch (error) {
    return (error as Error).message;
  }
  return "connected";
}

/** A server with arguments of its own, for one piece of work. */
async function withServer<T>(args: string[], work: (server: RedisServer) => Promise<T>): Promise<T> {
  const other = await RedisServer.start(...args);
  try {
    return await work(other);
  } finally {
    await other.remove();
  }
}

it("connects, and leaves no key", async () => {
  const redis = await connect({ url: server.url }, "worker");
  expect(await redis.keys("*")).toEqual([]);
  redis.disconnect();
});

describe("tells what is wrong, and what to do", () => {
  it("where nobody listens", async () => {
    const url = `redis://me:secret@127.0.0.1:${await freePort()}`;
    const message = await refusal(url);
    expect(message).toMatch(
      /^worker: cannot reach the Redis at redis:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED.*; start/,
    );
    expect(message).not.toContain("secret");
  });

  it("where a password is needed, or wrong", () =>
    withServer(["--requirepass", "secret"], async ({ port }) => {
      expect(await refusal(`redis://127.0.0.1:${port}`)).toMatch(/NOAUTH.*; give a user and password/);
      expect(await refusal(`redis://:wrong@127.0.0.1:${port}`)).toMatch(/WRONGPASS.*; give a user and password/);
      expect(await refusal(`redis://default:secret@127.0.0.1:${port}`)).toBe("connected");
    }));

  it("where the user may not do what it takes", () =>
    withServer([], async (server) => {
      await server.with((redis) => redis.acl("SETUSER", "me", "on", ">secret", "~other:*", "+@all"));
      expect(await refusal(server.url.replace("//", "//me:secret@"))).toMatch(/NOPERM.*; give a user and password/);
      await server.with((redis) => redis.acl("SETUSER", "me", "resetkeys", "~{wasm2vec}:*", "allchannels"));
      expect(await refusal(server.url.replace("//", "//me:secret@"))).toBe("connected");
      await server.with((redis) => redis.acl("SETUSER", "me", "-@dangerous"));
      expect(await refusal(server.url.replace("//", "//me:secret@"))).toMatch(
        /NOPERM.*'info'.*; give a user and password/,
      );
    }));

  it("where it is a copy", () =>
    withServer(["--replicaof", "127.0.0.1", String(server.port)], async ({ url }) => {
      expect(await refusal(url)).toMatch(/refuses a command: READONLY.*; give the URL of the primary/);
    }));

  it("where TLS is asked of a Redis without", async () => {
    expect(await refusal(server.url.replace("redis:", "rediss:"))).toMatch(
      /cannot reach the Redis at rediss:.*; rediss:\/\/ is for TLS/,
    );
  });

  it("where keys would be dropped", () =>
    withServer(["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"], async ({ url }) => {
      expect(await refusal(url)).toMatch(/maxmemory-policy allkeys-lru\), expected noeviction: redis-cli CONFIG SET/);
    }));

  it("where the keys lie on another node of a Redis Cluster", () =>
    withServer(["--cluster-enabled", "yes"], (one) =>
      withServer(["--cluster-enabled", "yes"], async (other) => {
        await one.with(async (redis) => {
          await redis.call("CLUSTER", "ADDSLOTSRANGE", 0, 8191);
          await redis.call("CLUSTER", "MEET", "127.0.0.1", other.port);
        });
        await other.with(async (redis) => {
          await redis.call("CLUSTER", "ADDSLOTSRANGE", 8192, 16383);
          await redis.call("CLUSTER", "BUMPEPOCH");
          while (!String(await redis.call("CLUSTER", "INFO")).includes("cluster_state:ok"))
            await new Promise((resolve) => setTimeout(resolve, 100));
        });
        // one of them has the slot
        const said = await Promise.all([refusal(one.url), refusal(other.url)]);
        expect(said.filter((message) => message === "connected")).toHaveLength(1);
        const port = said[0] === "connected" ? one.port : other.port;
        expect(said.join()).toContain(`on another node of this Redis Cluster: give the URL of 127.0.0.1:${port}`);
      }),
    ));
});

it("gives up when Redis is away for long, and not when it comes back", async () => {
  const redis = await connect({ url: server.url }, "worker");
  const soon = untilLost(redis, server.url, 300);
  const late = untilLost(redis, server.url, 60_000);
  await server.stop("SIGKILL");
  await new Promise((resolve) => soon.signal.addEventListener("abort", resolve));
  expect(soon.signal.reason.message).toMatch(/has been away for 0.3 s: start it again/);
  await server.go();
  expect(await redis.ping()).toBe("PONG");
  expect(late.signal.aborted).toBe(false);
  late.stop();
  redis.disconnect();
});

it("hides user and password", () => {
  expect(shownUrl("rediss://me:p@ss@host:1/2")).not.toContain("p@ss");
  expect(shownUrl("redis://host")).toBe("redis://host");
});

it("checks the option", () => {
  expect(checkCluster("cluster", "redis://host")).toEqual({ url: "redis://host" });
  for (const wrong of ["http://host", "redis://", 7, { prefix: "x" }])
    expect(() => checkCluster("cluster", wrong as string)).toThrow(TypeError);
  expect(() => checkCluster("cluster", { url: "redis://host", prefix: "{a}" })).toThrow(RangeError);
  expect(keysOf("mine").run("7").about).toBe("{mine}:run:7:about");
});
