// What drivers say of their runs and workers of themselves, in Redis; and how all that a run left there is removed.

import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { version } from "../../package.json";
import { orAborted } from "../text/abort.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import {
  COUNTING,
  connect,
  type Keys,
  keysOf,
  loadBull,
  queueOf,
  type Redis,
  type RunKeys,
  untilLost,
} from "./connection.js";
import { formed, HOST, PROGRESS, RUN, WORKER } from "./forms.js";
import type { FoundRun, RunProgress, RunRecord, WorkerRecord } from "./seen.js";

/** Milliseconds after the last sign of life until whoever gave none is taken for dead, and signs in that time. */
const DEAD = 15_000;
const BEATS = 4;

export function leaseOf({ lease = DEAD }: Pick<ClusterOptions, "lease">): number {
  return lease;
}

/** Milliseconds without Redis after which a driver gives up. */
export function awayOf(cluster: Pick<ClusterOptions, "lease">): number {
  return 4 * leaseOf(cluster);
}

/** What Redis says when it will not do what it is asked, until somebody changes that. */
const FINAL = /^(OOM|NOPERM|NOAUTH|WRONGPASS)\b/;

/** Renews the sign of life of a run that is still there. KEYS: about, alive. ARGV: milliseconds. @returns whether it is */
const RENEW_RUN = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])
return 1`;

/** Puts a worker on the list. KEYS: workers, seen. ARGV: id, record, milliseconds. */
const RENEW_WORKER = `
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], now[1] * 1000 + math.floor(now[2] / 1000), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])`;

/** The workers that have been seen lately; others are taken off the list. KEYS: workers, seen. ARGV: milliseconds. */
const LIST_WORKERS = `
local now = redis.call('TIME')
local dead = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[1])
for _, id in ipairs(dead) do
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
end
return redis.call('HVALS', KEYS[1])`;

/** A run that this process drives. */
export class OwnRun {
  readonly keys: RunKeys;
  private readonly timer: NodeJS.Timeout;
  private readonly lost = new AbortController();

  private constructor(
    private readonly redis: Redis,
    private readonly cluster: ClusterOptions,
    readonly about: RunRecord,
  ) {
    this.keys = keysOf(cluster.prefix).run(about.id);
    this.timer = setInterval(() => this.renew(), leaseOf(cluster) / BEATS).unref();
  }

  /** Says that a run has begun; those whose drivers are dead are removed before. */
  static async begin(
    redis: Redis,
    cluster: ClusterOptions,
    about: Omit<RunRecord, "id" | "version" | "host" | "pid" | "began">,
  ): Promise<OwnRun> {
    await removeDead(redis, cluster);
    const id = randomUUID();
    const record = { id, version, host: hostname(), pid: process.pid, began: Date.now(), ...about };
    const keys = keysOf(cluster.prefix);
    const run = keys.run(id);
    await redis
      .multi()
      .sadd(keys.runs, id)
      .set(run.about, JSON.stringify(record))
      .set(run.alive, 1, "PX", leaseOf(cluster))
      .exec();
    return new OwnRun(redis, cluster, record);
  }

  /** Aborted, with an error that says what to do, if the run is no longer in Redis. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  async report(progress: RunProgress): Promise<void> {
    // not one that was removed meanwhile
    await this.redis.set(this.keys.progress, JSON.stringify(progress), "PX", 4 * leaseOf(this.cluster));
  }

  /** Removes all of it. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await removeRun(this.redis, this.cluster, this.about.id);
  }

  private async renew(): Promise<void> {
    const { about, alive } = this.keys;
    const isThere = await this.redis.eval(RENEW_RUN, 2, about, alive, leaseOf(this.cluster)).catch((error: Error) => {
      // one that is away, or loads its data, comes back
      if (!FINAL.test(error.message)) return 1;
      clearInterval(this.timer);
      this.lost.abort(
        new Error(
          `Redis refuses to go on: ${error.message}: mend that, and start the same command again; a training with a checkpoint goes on from there`,
          { cause: error },
        ),
      );
      return 1;
    });
    if (isThere === 1) return;
    clearInterval(this.timer);
    this.lost.abort(
      new Error(
        "the run is no longer in Redis, which has lost its data or was cleaned: start the same command again; " +
          "a training with a checkpoint goes on from there",
      ),
    );
  }
}

/** Signs of life of a worker until it is stopped. */
export async function enrol(
  redis: Redis,
  cluster: Pick<ClusterOptions, "prefix" | "lease">,
  threads: number,
): Promise<{ record: WorkerRecord; stop(): Promise<void> }> {
  const record = { id: randomUUID(), version, host: hostname(), pid: process.pid, threads };
  const keys = keysOf(cluster.prefix);
  const { workers, seen } = keys;
  const lease = leaseOf(cluster);
  const renew = () => redis.eval(RENEW_WORKER, 2, workers, seen, record.id, JSON.stringify(record), lease);
  await renew();
  const timer = setInterval(() => void renew().catch(() => {}), lease / BEATS);
  return {
    record,
    async stop() {
      clearInterval(timer);
      await redis.multi().hdel(workers, record.id).zrem(seen, record.id).exec();
      // BullMQ makes the queue anew for each worker that waits
      const isLast = (await redis.exists(keys.workers, keys.runs)) === 0;
      if (isLast) await obliterate(redis, keys, COUNTING);
    },
  };
}

/** The workers that are alive, by host and process. */
export async function workersOf(
  redis: Redis,
  cluster: Pick<ClusterOptions, "prefix" | "lease">,
): Promise<WorkerRecord[]> {
  const { workers, seen } = keysOf(cluster.prefix);
  const found = (await redis.eval(LIST_WORKERS, 2, workers, seen, leaseOf(cluster))) as string[];
  const records = found.flatMap((text) => formed(text, WORKER) ?? []);
  return records.sort((a, b) => (a.host === b.host ? a.pid - b.pid : a.host < b.host ? -1 : 1));
}

/** All runs, the oldest first. */
export async function runsOf(redis: Redis, { prefix }: Pick<ClusterOptions, "prefix">): Promise<FoundRun[]> {
  const keys = keysOf(prefix);
  const runs = await Promise.all((await redis.smembers(keys.runs)).map((id) => runOf(redis, keys, id)));
  return runs.sort((a, b) => (a.about?.began ?? 0) - (b.about?.began ?? 0));
}

async function runOf(redis: Redis, keys: Keys, id: string): Promise<FoundRun> {
  const run = keys.run(id);
  const [about, alive, progress] = await redis.mget(run.about, run.alive, run.progress);
  const hosts = await redis.hvals(run.hosts);
  const refused = Object.entries(await redis.hgetall(run.refused));
  return {
    id,
    about: formed(about, RUN),
    isAlive: about !== null && alive !== null,
    progress: formed(progress, PROGRESS),
    hosts: hosts.flatMap((host) => formed(host, HOST) ?? []),
    refused: refused.map(([worker, reason]) => ({ worker, reason })),
  };
}

/** Removes the runs whose drivers give no sign of life. @returns what they were */
export async function removeDead(redis: Redis, cluster: ClusterOptions): Promise<FoundRun[]> {
  const dead = (await runsOf(redis, cluster)).filter(({ isAlive }) => !isAlive);
  for (const { id } of dead) await removeRun(redis, cluster, id);
  return dead;
}

/** As removeDead, and keys that belong to no run. @returns the runs, and the number of other keys */
export async function removeLeftovers(
  redis: Redis,
  cluster: ClusterOptions,
): Promise<{ runs: readonly FoundRun[]; keys: number }> {
  const runs = await removeDead(redis, cluster);
  const keys = keysOf(cluster.prefix);
  const left = await redis.smembers(keys.runs);
  const strays: string[] = [];
  for await (const found of scan(redis, keys.run("*").all))
    strays.push(...found.filter((key) => !left.some((id) => key.startsWith(keys.run(id).key("")))));
  for await (const found of scan(redis, keysOfQueue(keys, queueOf("*"))))
    strays.push(...found.filter((key) => !left.some((id) => key.startsWith(keysOfQueue(keys, queueOf(id), "")))));
  if (strays.length > 0) await redis.unlink(strays);
  if (left.length === 0) await obliterate(redis, keys, COUNTING);
  return { runs, keys: strays.length };
}

/** Removes a run's jobs and keys; the queue of counting too, if it was the last one. */
async function removeRun(redis: Redis, { prefix }: Pick<ClusterOptions, "prefix">, id: string): Promise<void> {
  const keys = keysOf(prefix);
  const run = keys.run(id);
  // workers that find no run drop its jobs
  await redis.multi().del(run.about, run.alive).srem(keys.runs, id).exec();
  for (const pattern of [run.all, keysOfQueue(keys, queueOf(id))])
    for await (const found of scan(redis, pattern)) if (found.length > 0) await redis.unlink(found);
  const isLast = (await redis.scard(keys.runs)) === 0;
  if (isLast) await obliterate(redis, keys, COUNTING);
  else await removeJobs(redis, keys, COUNTING, id);
}

/** Removes a queue; it is there again as soon as a job is given. */
async function obliterate(redis: Redis, keys: Keys, name: string): Promise<void> {
  const queue = await openQueue(redis, keys, name);
  await queue.obliterate({ force: true }).catch(() => {}); // another one removes it, too
  await queue.close();
}

/** Removes the jobs of a run; one that is under way stays until its worker has dropped it. */
async function removeJobs(redis: Redis, keys: Keys, name: string, run: string): Promise<void> {
  const queue = await openQueue(redis, keys, name);
  const jobs = await queue.getJobs(["wait", "delayed", "active", "completed", "failed", "prioritized"]);
  for (const job of jobs) if (job?.data?.run === run) await job.remove().catch(() => {});
  await queue.close();
}

/** A queue of the cluster over a connection, which stays open when the queue is closed. */
export async function openQueue(redis: Redis, keys: Keys, name: string) {
  const { Queue } = await loadBull();
  const options = { connection: redis, prefix: keys.bull, skipVersionCheck: true, skipMetasUpdate: true };
  // the connection's own listener hears of its errors
  return new Queue(name, options).on("error", () => {});
}

/** Removes what a late worker of a run that is over has said of its queue. */
export async function forgetQueue(redis: Redis, { prefix }: Pick<ClusterOptions, "prefix">, id: string): Promise<void> {
  const keys = keysOf(prefix);
  if ((await redis.exists(keys.run(id).about)) === 0) await redis.unlink(keysOfQueue(keys, queueOf(id), "meta"));
}

/** Finds the keys that BullMQ has for a queue. */
function keysOfQueue({ bull }: Keys, name: string, which = "*"): string {
  return `${bull}:${name}:${which}`;
}

function scan(redis: Redis, match: string): AsyncIterable<string[]> {
  return redis.scanStream({ match, count: 1000 });
}

/** Connects for a short piece of work. */
export async function withRedis<T>(
  cluster: ClusterOptions,
  what: string,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = await connect(cluster, what);
  const lost = untilLost(redis, cluster.url);
  try {
    return await orAborted(work(redis), lost.signal);
  } finally {
    lost.stop();
    redis.disconnect();
  }
}
