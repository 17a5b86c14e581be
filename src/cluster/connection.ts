// The packages that a cluster needs, the connection to Redis, and the names of keys there.

import type { Redis } from "ioredis";
import { show } from "../base/check.js";
import { notInstalled } from "../platform/node/packages.js";
import { orAborted } from "../text/abort.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import type { RedisInfo } from "./seen.js";

export type { Redis };

/** Neither is of use without the other. */
const PACKAGES = ["bullmq", "ioredis"];

/** What keys begin with by default. */
const PREFIX = "wasm2vec";

/** BullMQ and UNLINK of whole runs need it. */
const OLDEST = [6, 2] as const;

/** Milliseconds that an answer may take; a connection that is cut off, without a word, is then made anew. */
const SILENCE = 20_000;

/** Milliseconds that reaching it may take. */
const REACH = 5_000;

/** Milliseconds between attempts to reach Redis again, at most. */
const RETRY = 2_000;

/** Milliseconds without Redis after which whoever waits for it gives up. */
const AWAY = 60_000;

/** @throws Error with the command that installs it */
export async function loadBull(): Promise<typeof import("bullmq")> {
  try {
    return await import("bullmq");
  } catch (cause) {
    throw notInstalled(PACKAGES, "a cluster is reached, and given jobs,", cause);
  }
}

/** @throws Error with the command that installs it */
async function loadRedis(): Promise<typeof import("ioredis")> {
  try {
    return await import("ioredis");
  } catch (cause) {
    throw notInstalled(PACKAGES, "a cluster is reached, and given jobs,", cause);
  }
}

/**
 * A connection that suits BullMQ, too. It reconnects by itself, and commands wait meanwhile; whoever waits for them holds `untilLost`
 * against that. Connections that are duplicated from it need a listener of errors of their own.
 * @param what the option or command that asks for it, for messages
 * @throws Error that says what is wrong with the Redis, and what to do
 */
export async function connect({ url, prefix }: ClusterOptions, what: string): Promise<Redis> {
  const { Redis } = await loadRedis();
  // so that a missing one is told at once, not with the first job
  await loadBull();
  let isConnected = false;
  let failure: Error | undefined;
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    connectTimeout: REACH,
    socketTimeout: SILENCE,
    retryStrategy: (times) => (isConnected ? Math.min(50 * 2 ** times, RETRY) : undefined),
  });
  redis.on("error", (error) => {
    failure = error;
  });
  try {
    await redis.connect();
    isConnected = true;
    const lost = untilLost(redis, url);
    await orAborted(checkUse(redis, what, url, prefix), lost.signal).finally(() => lost.stop());
    return redis;
  } catch (error) {
    // one that has ended would be waited for
    if (redis.status !== "end") redis.disconnect();
    throw isConnected ? error : unusable((there) => `cannot reach ${there}`, failure ?? (error as Error), what, url);
  }
}

/** What Redis says of itself, by the names of the fields. */
async function infoOf(redis: Redis): Promise<(field: string) => string> {
  const lines = (await redis.info()).split(/\r?\n/);
  return (field) => lines.find((line) => line.startsWith(`${field}:`))?.slice(field.length + 1) ?? "";
}

/** The id of a Redis process: another one after it was started again. */
export async function serverId(redis: Redis): Promise<string> {
  return (await infoOf(redis))("run_id");
}

export async function serverOf(redis: Redis): Promise<RedisInfo> {
  const field = await infoOf(redis);
  return {
    version: field("redis_version"),
    maxMemory: Number(field("maxmemory")),
    usedMemory: Number(field("used_memory")),
    policy: field("maxmemory_policy"),
  };
}

/**
 * Aborts once Redis has been away for a minute, or for `after` milliseconds.
 * @returns the signal, and what ends the watch
 */
export function untilLost(redis: Redis, url: string, after = AWAY): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const away = () => {
    timer ??= setTimeout(() => controller.abort(lost(url, after)), after);
  };
  const back = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  redis.on("close", away).on("ready", back);
  if (redis.status !== "ready") away();
  return {
    signal: controller.signal,
    stop() {
      back();
      redis.off("close", away).off("ready", back);
    },
  };
}

function lost(url: string, after: number): Error {
  return new Error(
    `the Redis at ${shownUrl(url)} has been away for ${after / 1000} s: start it again, and then the same command; ` +
      "a training with a checkpoint goes on from there",
  );
}

/** Names of queues of jobs: that of all counting, and that of a training, whose workers are those that can take part. */
export const COUNTING = "count";
export function queueOf(run: string): string {
  return `train-${run}`;
}

/** Keys that all runs and workers share. The braces keep all keys in one slot of a Redis Cluster. */
export function keysOf(prefix = PREFIX) {
  const root = `{${prefix}}`;
  return {
    /** BullMQ's prefix */
    bull: root,
    /** set: ids of runs */
    runs: `${root}:runs`,
    /** hash, sorted set: what each worker says of itself, and when it last did */
    workers: `${root}:workers`,
    seen: `${root}:seen`,
    run: (id: string) => keysOfRun(root, id),
  };
}

/** Keys of a run: `all` finds them, `key` makes more of them. */
function keysOfRun(root: string, id: string) {
  const key = (name: string) => `${root}:run:${id}:${name}`;
  return {
    key,
    all: key("*"),
    /** JSON: a RunRecord */
    about: key("about"),
    /** expires when its driver is gone */
    alive: key("alive"),
    /** JSON: a RunProgress */
    progress: key("progress"),
    /** hash: a HostProgress of each worker, as JSON */
    hosts: key("hosts"),
    /** hash: why a worker takes no part */
    refused: key("refused"),
    /** gzip of JSON: the Recipe of the text */
    recipe: key("recipe"),
  };
}

export type Keys = ReturnType<typeof keysOf>;
export type RunKeys = ReturnType<typeof keysOfRun>;

/** The URL without user and password. */
export function shownUrl(url: string): string {
  return url.replace(/^(rediss?:\/\/)[^/]*@/, "$1").replace(/\?.*/, "");
}

/** Writes and removes a key. */
const TRY = "redis.call('SET', KEYS[1], 1, 'PX', 1000) return redis.call('DEL', KEYS[1])";

/** @throws Error if it will not do */
async function checkUse(redis: Redis, what: string, url: string, prefix: string | undefined): Promise<void> {
  const refused = (cause: Error) => {
    throw unusable((there) => `${there} refuses a command`, cause, what, url);
  };
  checkServer(await serverOf(redis).catch(refused), what, url);
  await checkSlot(redis, what, prefix);
  await redis.eval(TRY, 1, `${keysOf(prefix).bull}:try`).catch(refused);
}

function checkServer({ version, maxMemory, policy }: RedisInfo, what: string, url: string): void {
  const there = `${what}: the Redis at ${shownUrl(url)}`;
  const [major, minor] = version.split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new Error(`${there} is of version ${version}, expected ${OLDEST.join(".")} or later: install a newer one`);
  if (maxMemory > 0 && policy !== "noeviction")
    throw new Error(
      `${there} drops keys when its memory is full (maxmemory-policy ${policy}), expected noeviction: ` +
        "redis-cli CONFIG SET maxmemory-policy noeviction",
    );
}

/** In a Redis Cluster all keys lie on one of its nodes, which is the one to connect to. @throws Error that names it */
async function checkSlot(redis: Redis, what: string, prefix: string | undefined): Promise<void> {
  if ((await infoOf(redis))("redis_mode") !== "cluster") return;
  const slot = await redis.cluster("KEYSLOT", keysOf(prefix).bull);
  for (const line of ((await redis.cluster("NODES")) as string).split("\n")) {
    const [, address, flags, , , , , , ...ranges] = line.split(" ");
    const holds = ranges.some((range) => {
      const [from, to = from] = range.split("-").map(Number);
      return from <= slot && slot <= to;
    });
    if (!holds || flags.includes("myself")) continue;
    throw new Error(
      `${what}: the keys of prefix ${show(prefix ?? PREFIX)} lie on another node of this Redis Cluster: ` +
        `give the URL of ${address.replace(/@.*/, "")}, or another prefix`,
    );
  }
}

/** @param cause as the client has it */
function unusable(happened: (there: string) => string, cause: Error, what: string, url: string): Error {
  const { message } = cause;
  const remedy = remedyOf(message, url.startsWith("rediss:"));
  return new Error(`${what}: ${happened(`the Redis at ${shownUrl(url)}`)}: ${message}; ${remedy}`, { cause });
}

function remedyOf(message: string, isTls: boolean): string {
  if (/NOAUTH|WRONGPASS|NOPERM/.test(message))
    return "give a user and password that may use it, redis://USER:PASSWORD@HOST";
  if (message.includes("READONLY")) return "give the URL of the primary, of which this one is a copy";
  // a Redis without TLS waits for the rest of a command
  if (/certificate|SSL|TLS/i.test(message) || (isTls && /ETIMEDOUT/.test(message)))
    return "rediss:// is for TLS and redis:// for none; NODE_EXTRA_CA_CERTS=FILE adds a certificate of your own";
  return "start redis-server or valkey-server there, or give the URL of one that runs";
}
