// The part that a worker has in a training: the jobs that it takes, until one of them ends.

import type { Job, Queue } from "bullmq";
import { orAborted } from "../text/abort.js";
import type { HostProgress } from "../train/execution/runner.js";
import type { Machine } from "../train/machine.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import { keysOf, loadBull, queueOf, type Redis, type RunKeys } from "./connection.js";
import { Guard } from "./guard.js";
import { Hand } from "./hand.js";
import { News } from "./news.js";
import { checkGroup, type Group, type Member } from "./records.js";
import { forgetQueue, leaseOf, openQueue } from "./runs.js";
import { FencedError, leaveField, RolledBackError, RunEndedError, takeLease } from "./scripts.js";
import type { WorkerRecord } from "./seen.js";
import { type Place, Tenancy } from "./tenancy.js";
import { isRefusal, type Training } from "./training.js";
import { inTime } from "./waiting.js";
import type { WorkerEvent } from "./worker-event.js";

/** Milliseconds between looks at what there is to do. */
export const LOOK = 500;

/** Milliseconds that a worker that is told to end goes on, so that others need not do again what it has begun. */
const GRACE = 10_000;

/** Milliseconds for what Redis is to be told, if it does not answer. */
const AWAY = 500;

/** Failures in a row after which a worker takes no more jobs of a run: others do them, who may have what this one lacks. */
export const FAILURES = 3;

/** Looks that a job may wait before a worker that is busy takes it too: nobody else is there. */
const PATIENCE = 3;

/** The worker. */
interface PartOwner {
  readonly own: {
    machine: Machine;
    cluster: ClusterOptions;
    threads: number;
    record: WorkerRecord;
    tell: (event: WorkerEvent) => unknown;
    signal: AbortSignal | undefined;
  };
  /** Takes no part in a training, and says why. */
  refuse(id: string, error: Error): Promise<void>;
}

/** The part that a worker has in a training. */
export class Part {
  /** also those that have helped, until they are closed with the others */
  private readonly hands = new Set<Hand>();
  private readonly leaving = new AbortController();
  private readonly aborted = new AbortController();
  private queue: Queue<Group> | undefined;
  private readonly waits = new Map<string, number>();
  /** jobs that have failed in a row, without a rotation that was ended */
  private failures = 0;
  private readonly progress: HostProgress;
  private readonly bulk: Redis;
  private readonly news: News;
  private readonly guard: Guard;

  constructor(
    private readonly worker: PartOwner,
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
      const closed = Promise.all([...this.hands].map((hand) => hand.close()));
      await inTime(closed, graceOf(this.redis));
      await inTime(Promise.resolve(this.queue?.close()), graceOf(this.redis));
      this.guard.close();
      this.news.close();
      this.bulk.disconnect();
      const { record, cluster } = this.worker.own;
      await inTime(this.redis.hdel(this.run.key("members"), record.id), graceOf(this.redis));
      const forget = () => forgetQueue(this.redis, cluster, this.id);
      await inTime(forget(), graceOf(this.redis));
      // one that took longer to close may have written once more
      closed.then(forget).catch(() => {});
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
    if ([...this.hands].some(({ isBusy, hasHelped }) => !isBusy && !hasHelped)) return this.waits.clear();
    this.queue ??= await openQueue(this.redis, keysOf(this.worker.own.cluster.prefix), queueOf(this.id));
    for (const { id, data } of await this.queue.getJobs(["wait", "delayed"])) {
      if (id === undefined || !(await this.isDue(data).catch(() => false))) continue;
      const looks = (this.waits.get(id) ?? 0) + 1;
      this.waits.set(id, looks);
      if (looks < PATIENCE) continue;
      this.waits.clear();
      return this.hire(true);
    }
  }

  /** Whether the rows have ended the rotations of plans before. */
  private async isDue(group: Group): Promise<boolean> {
    checkGroup(group, this.training.plan.memoryOptions.grid!.blocks);
    const { from, to, first } = group;
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

  /** Counts a failure of this worker's own. @param rotations that the job had ended @returns why it gives up, if it does */
  private failed(error: Error, rotations: number): Error | undefined {
    if (rotations > 0) this.failures = 0;
    // a Redis that was started again is nobody's failure here
    if (error instanceof RolledBackError || error.message.startsWith("LOADING")) return undefined;
    this.failures++;
    return this.failures < FAILURES ? undefined : givenUp(error);
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
    let tenancy: Tenancy | undefined;
    try {
      tenancy = new Tenancy(place, data, lease, watch.signal, this.leaving.signal);
      const ending = await tenancy.train();
      this.failures = 0;
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
      const { message } = error as Error;
      const hasEnded = error instanceof RunEndedError;
      if (!isRefusal(error) && (hasEnded || this.aborted.signal.aborted || watch.signal.aborted)) {
        tell({ type: "given", run: id, message: `gave back ${rows} of run ${id}: ${message}` });
        return hasEnded;
      }
      const refusal = isRefusal(error) ? error : this.failed(error as Error, tenancy?.rotations ?? 0);
      if (refusal) {
        this.aborted.abort(refusal);
        await this.worker.refuse(id, refusal);
        return false;
      }
      tell({ type: "warned", run: id, message: `failed at ${rows} of run ${id}, which come back: ${message}` });
      throw error;
    } finally {
      watch.stop();
    }
  }
}

/** Why a worker takes no more jobs of a run. */
export function givenUp({ message }: Error): Error {
  return new Error(`it failed ${FAILURES} times in a row: ${message}`);
}

export function graceOf({ status }: Redis): number {
  return status === "ready" ? GRACE : AWAY;
}

export function bullOptions(redis: Redis, cluster: ClusterOptions, { host, pid }: WorkerRecord) {
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
