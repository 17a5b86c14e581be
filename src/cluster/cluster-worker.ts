// A worker: takes part in trainings whose drivers say so in Redis, one after the other, as long as it is wanted.

import { availableParallelism } from "node:os";
import type { Job, Queue, Worker } from "bullmq";
import { checkFunction, checkInteger, checkKnown, checkSignal } from "../base/check.js";
import { spawnWorker } from "../platform/node/worker.js";
import { orAborted } from "../text/abort.js";
import { checkThreads, readersOf, threadsOf } from "../text/threads.js";
import type { HostProgress } from "../train/execution/runner.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import { COUNTING, connect, keysOf, loadBull, queueOf, type Redis, type RunKeys } from "./connection.js";
import { type CountJob, serveCount } from "./counting.js";
import { Guard } from "./guard.js";
import { Hand } from "./hand.js";
import { News } from "./news.js";
import { checkCluster } from "./options.js";
import { TextDiffersError } from "./recipe.js";
import type { Group, Member } from "./records.js";
import { enrol, forgetQueue, leaseOf, openQueue, runsOf } from "./runs.js";
import { FencedError, leaveField, RunEndedError, takeLease } from "./scripts.js";
import type { WorkerRecord } from "./seen.js";
import { type Place, Tenancy } from "./tenancy.js";
import { isRefusal, openTraining, type Training } from "./training.js";
import { inTime, sleep } from "./waiting.js";
import type { WorkerEvent } from "./worker-event.js";

export interface ClusterWorkerOptions extends ClusterOptions {
  /** Threads that train: "auto" (default) is one for each core. */
  threads?: number | "auto";
  /** Bytes of the words of a text, as numbers, that are held in memory; the rest goes to a temporary file. Default 256 MiB. */
  spoolMemory?: number;
  /** Called with what the worker does, such as the rows that it takes. */
  onEvent?: (event: WorkerEvent) => unknown;
  /** Ends it: it gives its rows back when they have ended a chunk of text, or after some seconds. */
  signal?: AbortSignal;
}

/** Milliseconds between looks at what there is to do. */
const LOOK = 500;

/** Milliseconds that a worker that is told to end goes on, so that others need not do again what it has begun. */
const GRACE = 10_000;

/** Milliseconds for what Redis is to be told, if it does not answer. */
const AWAY = 500;

/** Looks that a job may wait before a worker that is busy takes it too: nobody else is there. */
const PATIENCE = 3;

/**
 * Takes part in the trainings of a cluster, `train(corpus, { cluster })`, until the signal ends it. Any number of workers may come and go
 * at any time.
 * @throws TypeError, RangeError for options; Error if the Redis cannot be reached or used, or a package is not installed
 */
export async function clusterWorker(options: ClusterWorkerOptions): Promise<void> {
  checkKnown("option", options, [
    "url",
    "prefix",
    "corpusModule",
    "lease",
    "threads",
    "spoolMemory",
    "onEvent",
    "signal",
  ]);
  const { threads = "auto", spoolMemory, onEvent, signal, ...rest } = options;
  const cluster = checkCluster("cluster", rest);
  const count = threadsOf(checkThreads(true, threads), availableParallelism());
  if (spoolMemory !== undefined) checkInteger("spoolMemory", spoolMemory, 0);
  checkFunction("onEvent", onEvent);
  checkSignal(signal);
  if (signal?.aborted) return;
  const redis = await connect(cluster, "worker");
  const here = new ClusterWorker(redis, cluster, { threads: count, spoolMemory }, onEvent ?? (() => {}), signal);
  try {
    await here.work();
  } finally {
    redis.disconnect();
  }
}

class ClusterWorker {
  private readonly machine = { spawn: spawnWorker, cores: availableParallelism };
  private readonly refused = new Set<string>();
  private hasEnded = false;
  /** of the worker's own */
  private record!: WorkerRecord;

  constructor(
    private readonly redis: Redis,
    private readonly cluster: ClusterOptions,
    private readonly capacity: { threads: number; spoolMemory?: number },
    private readonly tell: (event: WorkerEvent) => unknown,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async work(): Promise<void> {
    const { redis, cluster, signal } = this;
    const { threads } = this.capacity;
    this.watchConnection();
    const { record, stop } = await enrol(redis, cluster, threads);
    this.record = record;
    const counting = await this.countingHand();
    try {
      this.tell({ type: "ready", message: `ready with ${threads} thread${threads === 1 ? "" : "s"}` });
      while (!signal?.aborted) {
        const run = await orAborted(this.findRun(), signal).catch(() => undefined); // it looks again
        if (run !== undefined)
          await this.serve(run).catch(({ message }) => this.tell({ type: "warned", run, message }));
        else await sleep(LOOK, signal);
      }
    } finally {
      this.hasEnded = true;
      await inTime(counting.close(), graceOf(redis));
      await inTime(stop(), graceOf(redis));
    }
  }

  private watchConnection(): void {
    let isAway = false;
    this.redis.on("close", () => {
      if (isAway || this.hasEnded) return;
      isAway = true;
      this.tell({ type: "away", message: "Redis does not answer" });
    });
    this.redis.on("ready", () => {
      if (isAway) this.tell({ type: "back", message: "Redis answers again" });
      isAway = false;
    });
  }

  /** The oldest training whose driver is alive, and which has not been refused. */
  private async findRun(): Promise<string | undefined> {
    const keys = keysOf(this.cluster.prefix);
    for (const { id, isAlive } of await runsOf(this.redis, this.cluster))
      if (isAlive && !this.refused.has(id) && (await this.redis.exists(keys.run(id).key("ready"))) === 1) return id;
    return undefined;
  }

  /** Takes part in a training until it ends. */
  private async serve(id: string): Promise<void> {
    const { redis, cluster, machine, capacity, tell, signal } = this;
    const run = keysOf(cluster.prefix).run(id);
    const onWarning = (message: string) => void tell({ type: "warned", run: id, message });
    const hands = { machine, ...capacity, corpusModule: cluster.corpusModule, onWarning };
    let training: Training;
    try {
      training = await orAborted(openTraining(redis, run, hands), signal);
    } catch (error) {
      if (!signal?.aborted && (await redis.exists(run.about)) === 1) await this.refuse(id, error as Error);
      return;
    }
    const part = new Part(this, redis, run, id, training);
    try {
      await part.take();
    } finally {
      await training.close();
    }
  }

  /** Takes no part in a training, and says why. */
  async refuse(id: string, error: Error): Promise<void> {
    this.refused.add(id);
    const run = keysOf(this.cluster.prefix).run(id);
    await this.redis.hdel(run.key("members"), this.record.id);
    await leaveField(this.redis, run, run.refused, this.record.id, error.message);
    this.tell({ type: "refused", run: id, message: `takes no part in run ${id}: ${error.message}` });
  }

  get own() {
    const { machine, cluster, record, tell, signal } = this;
    const { threads } = this.capacity;
    return { machine, cluster, threads, record, tell, signal };
  }

  /** Takes parts of texts whose words are to be counted. */
  private async countingHand(): Promise<Worker> {
    const { Worker, DelayedError } = await loadBull();
    const options = { ...bullOptions(this.redis, this.cluster, this.record), concurrency: 1 };
    const hand = new Worker(
      COUNTING,
      async (job: Job<CountJob>, token) => {
        if (await this.countPart(job.data)) return;
        await job.moveToDelayed(Date.now() + LOOK, token);
        throw new DelayedError();
      },
      options,
    );
    hand.on("error", () => {});
    return hand;
  }

  /** @returns whether that is done; else another worker is to do it */
  private async countPart(job: CountJob): Promise<boolean> {
    const { redis, cluster, machine, signal, tell } = this;
    const { threads } = this.capacity;
    const { run, part } = job;
    if (this.refused.has(run)) return false;
    const words = `words of part ${part} of run ${run}`;
    tell({ type: "taken", run, message: `counts the ${words}` });
    const given = (message: string) => tell({ type: "given", run, message });
    try {
      await serveCount(redis, cluster, job, { threads: readersOf(machine, { worker: true, threads }), signal });
      given(`counted the ${words}`);
      return true;
    } catch (error) {
      given(`did not count the ${words}: ${(error as Error).message}`);
      if (error instanceof TextDiffersError) await this.refuse(run, error);
      else if (!signal?.aborted) throw error;
      return false;
    }
  }
}

/** The part that a worker has in a training. */
class Part {
  private readonly hands = new Set<Hand>();
  private readonly leaving = new AbortController();
  private readonly aborted = new AbortController();
  private queue: Queue<Group> | undefined;
  private readonly waits = new Map<string, number>();
  private readonly progress: HostProgress;
  private readonly bulk: Redis;
  private readonly news: News;
  private readonly guard: Guard;

  constructor(
    private readonly worker: ClusterWorker,
    private readonly redis: Redis,
    private readonly run: RunKeys,
    private readonly id: string,
    private readonly training: Training,
  ) {
    const { host, pid, threads } = worker.own.record;
    this.progress = { name: `${host}:${pid}`, threads, words: 0, training: 0, waiting: 0, blocks: 0, bytes: 0 };
    this.bulk = redis.duplicate();
    this.bulk.on("error", () => {});
    this.news = new News(redis, run.key("news"));
    this.guard = new Guard(redis, run);
  }

  /** Takes jobs until the training ends, or this worker does. */
  async take(): Promise<void> {
    const { signal } = this.worker.own;
    await this.hire();
    try {
      while (!signal?.aborted && !this.aborted.signal.aborted) {
        const reason = await orAborted(this.look(), signal).catch(() => undefined); // a Redis that is away may come back
        if (reason !== undefined) return this.aborted.abort(reason);
        await this.untilNext(signal);
      }
      if (signal?.aborted) await this.leave();
    } finally {
      this.aborted.abort(new Error("the worker leaves the training"));
      await Promise.all([...this.hands].map((hand) => inTime(hand.close(), graceOf(this.redis))));
      await inTime(Promise.resolve(this.queue?.close()), graceOf(this.redis));
      this.guard.close();
      this.news.close();
      this.bulk.disconnect();
      const { record, cluster } = this.worker.own;
      await inTime(this.redis.hdel(this.run.key("members"), record.id), graceOf(this.redis));
      await inTime(forgetQueue(this.redis, cluster, this.id), graceOf(this.redis));
    }
  }

  /** Waits for some time, or until the training ends. */
  private async untilNext(signal: AbortSignal | undefined): Promise<void> {
    const { woken, forget } = this.news.next("ended", LOOK);
    await orAborted(woken, signal).catch(() => {}); // that is looked at next
    forget();
  }

  /** @returns why there is nothing left to do */
  private async look(): Promise<Error | undefined> {
    const { about, alive } = this.run;
    if ((await this.redis.exists(about)) === 0) return new RunEndedError("the training has ended");
    if ((await this.redis.exists(alive)) === 0) return new Error("its driver gives no sign of life");
    await this.announce();
    await this.helpOut();
    return undefined;
  }

  private async announce(): Promise<void> {
    const { record, threads } = this.worker.own;
    const member: Member = { threads, blocks: this.progress.blocks, batches: this.training.text.read };
    await leaveField(this.redis, this.run, this.run.key("members"), record.id, JSON.stringify(member));
  }

  /** Trains what is handed out already, if that does not take long; the driver shares rows out to others then. */
  private async leave(): Promise<void> {
    await inTime(this.redis.hdel(this.run.key("members"), this.worker.own.record.id), graceOf(this.redis));
    this.leaving.abort();
    const ended = Promise.all([...this.hands].map((hand) => hand.idle()));
    await inTime(ended, graceOf(this.redis));
  }

  /** Takes a job more while one waits that could be done, and nobody else is there to do it. */
  private async helpOut(): Promise<void> {
    for (const hand of this.hands) if (hand.hasHelped) this.hands.delete(hand);
    if ([...this.hands].some((hand) => !hand.isBusy)) return this.waits.clear();
    this.queue ??= await openQueue(this.redis, keysOf(this.worker.own.cluster.prefix), queueOf(this.id));
    for (const { id, data } of await this.queue.getJobs(["wait", "delayed"])) {
      if (id === undefined || !(await this.isDue(data))) continue;
      const looks = (this.waits.get(id) ?? 0) + 1;
      this.waits.set(id, looks);
      if (looks < PATIENCE) continue;
      this.waits.clear();
      return this.hire(true);
    }
  }

  /** Whether the rows have ended the rotations of plans before. */
  private async isDue({ from, to, first }: Group): Promise<boolean> {
    const rows = Array.from({ length: to - from }, (_, i) => String(from + i));
    const at = await this.redis.hmget(this.run.key("at"), ...rows);
    return at.every((rotation) => Number(rotation) >= first);
  }

  /** @param once for one job */
  private async hire(once = false): Promise<void> {
    const { Worker, WaitingError } = await loadBull();
    const { cluster, record } = this.worker.own;
    this.hands.add(
      new Hand(
        (process) => new Worker(queueOf(this.id), process, bullOptions(this.redis, cluster, record)),
        (job) => this.train(job),
        () => new WaitingError(),
        once,
      ),
    );
  }

  /** @returns whether the job is done; otherwise it is for another worker */
  private async train({ data }: Job<Group>): Promise<boolean> {
    const { tell, record, machine } = this.worker.own;
    const { redis, run, bulk, news, training, progress, guard, id } = this;
    const rows = `blocks ${data.from} to ${data.to - 1}`;
    tell({ type: "taken", run: id, message: `trains ${rows} of run ${id}` });
    const place: Place = { ...training, redis, bulk, run, news, worker: record.id, machine, progress };
    const lease = await takeLease(redis, run, `${data.plan}:${data.group}`);
    const watch = guard.watch(lease, this.aborted.signal);
    try {
      const ending = await new Tenancy(place, data, lease, watch.signal, this.leaving.signal).train();
      tell({ type: "given", run: id, message: `gave back ${rows} of run ${id}` });
      return ending === "moved on";
    } catch (error) {
      if (error instanceof FencedError) {
        tell({
          type: "lost",
          run: id,
          message: `another worker has ${rows} of run ${id} now: its results are dropped`,
        });
        return false;
      }
      if (isRefusal(error)) {
        this.aborted.abort(error);
        await this.worker.refuse(id, error);
        return false;
      }
      const isOver = this.aborted.signal.aborted || watch.signal.aborted;
      if (!isOver) throw error;
      tell({ type: "given", run: id, message: `gave back ${rows} of run ${id}: ${(error as Error).message}` });
      return error instanceof RunEndedError;
    } finally {
      watch.stop();
    }
  }
}

function graceOf({ status }: Redis): number {
  return status === "ready" ? GRACE : AWAY;
}

function bullOptions(redis: Redis, cluster: ClusterOptions, { host, pid }: WorkerRecord) {
  return {
    connection: redis,
    // dashboards show it
    name: `${host}:${pid}`,
    prefix: keysOf(cluster.prefix).bull,
    lockDuration: leaseOf(cluster),
    stalledInterval: leaseOf(cluster),
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    // BullMQ's own is as long as the lease is by default
    runRetryDelay: leaseOf(cluster),
    skipVersionCheck: true,
  };
}
