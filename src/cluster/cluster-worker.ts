// A worker: takes part in trainings whose drivers say so in Redis, one after the other, as long as it is wanted.

import { availableParallelism } from "node:os";
import type { Job, Worker } from "bullmq";
import { checkFunction, checkInteger, checkKnown, checkSignal } from "../base/check.js";
import { spawnWorker } from "../platform/node/worker.js";
import { orAborted } from "../text/abort.js";
import { checkThreads, readersOf, threadsOf } from "../text/threads.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import { COUNTING, connect, keysOf, loadBull, type Redis, type RunKeys } from "./connection.js";
import { type CountJob, serveCount } from "./count-part.js";
import { checkCluster } from "./options.js";
import { bullOptions, FAILURES, givenUp, graceOf, LOOK, Part } from "./part.js";
import { TextDiffersError } from "./recipe.js";
import { enrol, runsOf } from "./runs.js";
import { leaveField, RunEndedError } from "./scripts.js";
import type { WorkerRecord } from "./seen.js";
import { type Hands, openTraining, type Training } from "./training.js";
import { inTime, sleep } from "./waiting.js";
import type { WorkerEvent } from "./worker-event.js";

/** Milliseconds that a text has to be closed. */
const LEAVE = 10_000;

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
  /** parts of a text that could not be counted, in a row, by run */
  private readonly failures = new Map<string, number>();
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
      training = await this.open(run, hands);
    } catch (error) {
      if (signal?.aborted || error instanceof RunEndedError) return;
      if ((await redis.exists(run.about)) === 1) await this.refuse(id, error as Error);
      return;
    }
    const part = new Part(this, redis, run, id, training);
    try {
      await part.take();
    } finally {
      // a text that gives nothing more cannot be closed, either
      await inTime(training.close(), LEAVE);
    }
  }

  /** @throws RunEndedError if the training ends first: a module that makes a corpus may never do so */
  private async open(run: RunKeys, hands: Hands): Promise<Training> {
    const { redis, signal } = this;
    const opening = openTraining(redis, run, hands);
    const settled = new AbortController();
    try {
      return await Promise.race([orAborted(opening, signal), untilEnded(redis, run, settled.signal)]);
    } catch (error) {
      opening.then((training) => training.close()).catch(() => {});
      throw error;
    } finally {
      settled.abort();
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
    const { Worker, WaitingError } = await loadBull();
    const options = { ...bullOptions(this.redis, this.cluster, this.record), concurrency: 1 };
    const hand = new Worker(
      COUNTING,
      async (job: Job<CountJob>, token) => {
        if (await this.countPart(job.data)) return;
        await job.moveToWait(token);
        // others take it meanwhile
        await sleep(LOOK, this.signal);
        throw new WaitingError();
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
      this.failures.delete(run);
      return true;
    } catch (error) {
      given(`did not count the ${words}: ${(error as Error).message}`);
      if (error instanceof TextDiffersError) await this.refuse(run, error);
      else if (!signal?.aborted) {
        const failures = (this.failures.get(run) ?? 0) + 1;
        this.failures.set(run, failures);
        if (failures >= FAILURES) await this.refuse(run, givenUp(error as Error));
        // the driver counts it
        throw error;
      }
      return false;
    }
  }
}

/** Rejects once the driver of a run gives no sign of life any more, or the signal ends it. */
async function untilEnded(redis: Redis, { alive }: RunKeys, signal: AbortSignal): Promise<never> {
  let isAlive = true;
  while (isAlive && !signal.aborted) {
    await sleep(LOOK, signal);
    // a Redis that is away may come back
    isAlive = (await redis.exists(alive).catch(() => 1)) === 1;
  }
  throw new RunEndedError("the training has ended");
}
