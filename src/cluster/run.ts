// A training as its driver sees it: what it puts into Redis for workers, who takes part, and how rows are shared out.

import { setMaxListeners } from "node:events";
import type { Queue } from "bullmq";
import { escapeControls } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { blockBytes } from "../kernel/layout.js";
import type { Side } from "../kernel/shape.js";
import type { Parameters } from "../model/parameters.js";
import { orAborted } from "../text/abort.js";
import type { Vocabulary } from "../text/vocabulary.js";
import type { HostProgress } from "../train/execution/runner.js";
import { rowsOfGroup } from "../train/execution/visits.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import { Absence } from "./absence.js";
import { RedisBlocks } from "./blocks.js";
import { connect, keysOf, queueOf, type Redis, serverId, untilLost } from "./connection.js";
import { formed, HOST, MEMBER } from "./forms.js";
import { News } from "./news.js";
import { type Recipe, writeRecipe } from "./recipe.js";
import { type Group, type Member, type Report, type Rotation, readReport, type Task } from "./records.js";
import { mostWorkers, neededBytes } from "./redis-memory.js";
import { awayOf, OwnRun, openQueue, workersOf } from "./runs.js";
import { fieldOf, writeField } from "./scripts.js";
import type { RunProgress, RunRecord } from "./seen.js";
import { sendValue } from "./values.js";
import { inTime, sleep } from "./waiting.js";
import { writeWords } from "./words.js";

/** Milliseconds between looks at who takes part. */
const LOOK = 1_000;

/** Milliseconds that a training waits for any sign that those that take part get on. */
const STUCK = 300_000;

/** Milliseconds that workers have to leave a training that has ended. */
const LEAVE = 20_000;

/** Times that a job is tried: what fails on one worker may do on another. Workers give up before: this is for those that come anew. */
const ATTEMPTS = 100;

const SIDES: readonly Side[] = ["inputs", "outputs"];

/** What is trained. */
export interface Job {
  cluster: ClusterOptions;
  about: Omit<RunRecord, "id" | "version" | "host" | "pid" | "began" | "kind">;
  recipe: Recipe;
  task: Task;
  vocabulary: Vocabulary;
  parameters: Parameters;
  onWarning: (message: string) => void;
}

/** Rows shared out to workers. */
interface Plan {
  number: number;
  groups: readonly Group[];
}

export class ClusterRun {
  /** what workers have done, as the last rotation left it */
  hosts: readonly HostProgress[] = [];
  private readonly failed = new AbortController();
  private readonly signal: AbortSignal;
  private readonly news: News;
  private readonly bulk: Redis;
  private readonly store: RedisBlocks;
  private readonly timer: NodeJS.Timeout;
  private readonly blocks: number;
  private plan: Plan = { number: -1, groups: [] };
  private readonly rotations: Rotation[] = [];
  /** all groups of all plans, and how many each plan has */
  private readonly groups: Group[] = [];
  private members: ReadonlyMap<string, Member> = new Map();
  private readonly told = new Set<string>();
  /** when somebody was last seen to get on, and at what */
  private sign = { at: performance.now(), of: "" };
  private underWay = 0;
  /** while nobody takes part */
  private absence: Absence | undefined;
  private looking: Promise<void> = Promise.resolve();

  private constructor(
    private readonly job: Job,
    private readonly redis: Redis,
    private readonly lost: ReturnType<typeof untilLost>,
    private readonly own: OwnRun,
    private readonly queue: Queue,
    /** workers that Redis has room for */
    private readonly most: number,
    private server: string,
  ) {
    this.blocks = job.task.blocks;
    this.signal = AbortSignal.any([lost.signal, own.signal, this.failed.signal]);
    setMaxListeners(0, this.signal);
    this.news = new News(redis, own.keys.key("news"));
    this.bulk = redis.duplicate();
    this.bulk.on("error", () => {}); // it connects again
    const until = <T>(topic: string, look: () => Promise<T | undefined>) => this.news.until(topic, look, this.signal);
    this.store = new RedisBlocks(this.bulk, own.keys, this.blocks, until);
    this.timer = setInterval(() => {
      this.looking = this.look().catch(() => {}); // it looks again
    }, LOOK);
  }

  /** Puts all that workers need into Redis. @param signal ends it early @throws Error if Redis has no room for it; as connect */
  static async begin(job: Job, signal: AbortSignal): Promise<ClusterRun> {
    const { cluster, about } = job;
    const redis = await connect(cluster, "cluster");
    const lost = untilLost(redis, cluster.url, awayOf(cluster));
    const there = <T>(promise: Promise<T>) => orAborted(promise, lost.signal);
    try {
      const workers = Math.max(1, (await there(workersOf(redis, cluster))).length);
      const most = await there(mostWorkers(redis, job));
      const memory = neededBytes(job.parameters, Math.min(job.task.blocks, workers, most));
      const own = await there(OwnRun.begin(redis, cluster, { kind: "train", memory, ...about }));
      let run: ClusterRun;
      try {
        const queue = await there(openQueue(redis, keysOf(cluster.prefix), queueOf(own.about.id)));
        run = new ClusterRun(job, redis, lost, own, queue, most, await there(serverId(redis)));
      } catch (error) {
        await inTime(own.end(), LEAVE);
        throw error;
      }
      try {
        await run.fill(signal);
        return run;
      } catch (error) {
        await run.end();
        throw error;
      }
    } catch (error) {
      lost.stop();
      redis.disconnect();
      throw error;
    }
  }

  /** Hands out a rotation. @returns its number */
  async post(rotation: Omit<Rotation, "plan">): Promise<number> {
    const number = this.rotations.length;
    await this.share(number);
    const planned = { ...rotation, plan: this.plan.number };
    this.rotations.push(planned);
    this.underWay++;
    await this.announce(number);
    return number;
  }

  /** What all groups made of a rotation, when they have ended it. */
  async done(number: number): Promise<Report[]> {
    const { own, redis } = this;
    const key = own.keys.key(`reports:${number}`);
    const { plan } = this.rotations[number];
    const groups = this.groups.filter((group) => group.plan === plan);
    const reports = await this.news.until(
      "done",
      async () => {
        const all = await redis.hgetall(key);
        const found = groups.map((rows) => ({ rows, report: all[fieldOf(rows)] }));
        return found.every(({ report }) => report !== undefined) ? found : undefined;
      },
      this.signal,
    );
    // a Redis that goes now answers none of these, and nothing else may be waited for
    await orAborted(redis.unlink(key), this.signal);
    const hosts = await orAborted(redis.hvals(own.keys.hosts), this.signal);
    this.hosts = hosts.flatMap((host) => formed(host, HOST) ?? []);
    this.underWay--;
    return reports.map(({ rows, report }) => readReport(report, rows, this.blocks));
  }

  /** Tells those who look how far it is. */
  report(progress: RunProgress): Promise<void> {
    return this.own.report(progress);
  }

  /** Brings all blocks, as they are when all rotations that were handed out have ended. */
  async collect(): Promise<void> {
    const { parameters } = this.job;
    for (const side of SIDES) {
      const rows = new Uint8Array(blockBytes(parameters.layout, side));
      for (let block = 0; block < this.blocks; block++) {
        const version = this.rotations.length * this.blocks;
        await orAborted(this.store.read(side, block, version, rows), this.signal);
        parameters.putBlock(side, block, rows.buffer);
        await yieldToEventLoop();
      }
    }
  }

  /** Ends it for all workers, and removes its keys. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    this.failed.abort(new Error("the training has ended"));
    const isLost = this.lost.signal.aborted;
    await inTime(this.looking, isLost ? LOOK : LEAVE);
    if (!isLost) await inTime(this.remove(), 2 * LEAVE);
    this.lost.stop();
    this.news.close();
    await inTime(this.queue.close(), isLost ? LOOK : LEAVE);
    this.bulk.disconnect();
    this.redis.disconnect();
  }

  private async remove(): Promise<void> {
    const { redis, own, job } = this;
    const members = own.keys.key("members");
    await redis.multi().del(own.keys.about, own.keys.alive).publish(own.keys.key("news"), "ended").exec();
    const until = performance.now() + LEAVE;
    while (performance.now() < until) {
      const alive = new Set((await workersOf(redis, job.cluster)).map(({ id }) => id));
      if ((await redis.hkeys(members)).every((id) => !alive.has(id))) break;
      await sleep(50);
    }
    await own.end();
  }

  /** Uploads text, words, and all blocks. */
  private async fill(signal: AbortSignal): Promise<void> {
    const { redis, bulk, own, job, store } = this;
    const { recipe, task, vocabulary, parameters } = job;
    const ends = AbortSignal.any([this.signal, signal]);
    const { key } = own.keys;
    const value = async (name: string, bytes: Uint8Array) => {
      const consumer = { row: 0, rotation: 0 };
      const put = (field: string, piece: Buffer | string) =>
        writeField(bulk, own.keys, { key: key(name), consumer, field, bytes: piece });
      await orAborted(sendValue(bytes, put), ends);
    };
    await value("vocabulary", await writeWords(vocabulary));
    const { multipliers } = parameters;
    if (multipliers) await value("multipliers", new Uint8Array(multipliers.buffer));
    for (const side of SIDES)
      for (let block = 0; block < this.blocks; block++) {
        const rows = new Uint8Array(parameters.cutBlock(side, block, parameters.layout, 0), 12);
        await orAborted(store.write(side, block, 0, rows), ends);
      }
    await orAborted(
      redis
        .multi()
        .set(own.keys.recipe, writeRecipe(recipe))
        .set(key("task"), JSON.stringify(task))
        .set(key("ready"), 1)
        .exec(),
      ends,
    );
  }

  /** Shares rows out anew, if there are other workers than when that was last done. */
  private async share(rotation: number): Promise<void> {
    const from = performance.now();
    for (;;) {
      this.signal.throwIfAborted();
      await orAborted(this.look(), this.signal);
      const groups = Math.min(this.blocks, this.most, this.members.size);
      if (groups === this.plan.groups.length && groups > 0) return;
      // those that are started together come within a moment
      if (groups > 0 && (this.plan.number >= 0 || performance.now() - from > LOOK)) return this.begin(rotation, groups);
      await sleep(LOOK / 4, this.signal);
    }
  }

  private async begin(first: number, count: number): Promise<void> {
    const plan = this.plan.number + 1;
    const all = { from: 0, to: this.blocks };
    const groups = Array.from({ length: count }, (_, group): Group => {
      return { run: this.own.about.id, plan, group, first, ...rowsOfGroup(all, group, count) };
    });
    this.plan = { number: plan, groups };
    this.groups.push(...groups);
    await orAborted(this.give(groups), this.signal);
  }

  private async give(groups: readonly Group[]): Promise<void> {
    const jobs = groups.map((data) => ({
      name: `blocks ${data.from} to ${data.to - 1}`,
      data,
      opts: {
        jobId: `${data.plan}-${data.group}`,
        attempts: ATTEMPTS,
        backoff: { type: "fixed", delay: LOOK },
        removeOnComplete: true,
      },
    }));
    await this.queue.addBulk(jobs);
  }

  private async announce(number: number): Promise<void> {
    const { key } = this.own.keys;
    const rotation = JSON.stringify(this.rotations[number]);
    const said = this.redis.multi().hset(key("rotations"), number, rotation).publish(key("news"), "rotation").exec();
    await orAborted(said, this.signal);
  }

  /** Sees who takes part, who refuses, and whether all is well. */
  private async look(): Promise<void> {
    const { redis, own, job } = this;
    const { key, refused } = own.keys;
    await this.seeServer();
    const workers = await workersOf(redis, job.cluster);
    const alive = new Set(workers.map(({ id }) => id));
    const all = Object.entries(await redis.hgetall(key("members")));
    const gone = all.filter(([id]) => !alive.has(id)).map(([id]) => id);
    if (gone.length > 0) await redis.hdel(key("members"), ...gone);
    this.members = new Map(
      all
        .filter(([id]) => alive.has(id))
        .flatMap(([id, json]) => {
          const member = formed(json, MEMBER);
          return member ? [[id, member]] : [];
        }),
    );
    const reasons = await redis.hgetall(refused);
    for (const { id, host, pid } of workers) {
      if (reasons[id] === undefined || this.told.has(id)) continue;
      this.told.add(id);
      job.onWarning(escapeControls(`worker ${host}:${pid} takes no part: ${reasons[id]}`));
    }
    if (workers.length > 0 && workers.every(({ id }) => reasons[id] !== undefined))
      this.fail(new Error(escapeControls(`no worker can take part: ${Object.values(reasons)[0]}`)));
    const [job0] = await this.queue.getFailed(0, 0);
    if (job0)
      this.fail(
        new Error(escapeControls(`workers failed at ${job0.name}, ${job0.attemptsMade} times: ${job0.failedReason}`)),
      );
    this.seeProgress(JSON.stringify(all));
    await this.seeNobody(workers.some(({ id }) => reasons[id] === undefined));
  }

  /** @param isSomebody whether workers are there that could take part */
  private async seeNobody(isSomebody: boolean): Promise<void> {
    const { redis, own, job } = this;
    const begun = () => new Absence(redis, job.cluster, own.about.id, job.onWarning);
    this.absence = this.members.size > 0 ? undefined : (this.absence ?? begun());
    const error = await this.absence?.look(isSomebody);
    if (error) this.fail(error);
  }

  /** After Redis was started again: hands out what it may have lost. */
  private async seeServer(): Promise<void> {
    const server = await serverId(this.redis);
    if (server === this.server) return;
    this.server = server;
    if ((await this.redis.exists(this.own.keys.key("ready"))) === 0)
      return this.fail(
        new Error(
          "Redis was started again without its data: start the same command again; a training with a checkpoint goes on from there " +
            "(appendonly yes in redis.conf keeps the data)",
        ),
      );
    for (let number = 0; number < this.rotations.length; number++) await this.announce(number);
    await this.give(this.groups);
  }

  private seeProgress(of: string): void {
    const now = performance.now();
    if (of !== this.sign.of || this.underWay === 0 || this.members.size === 0) this.sign = { at: now, of };
    if (now - this.sign.at < STUCK) return;
    this.fail(
      new Error(
        `no worker has got on for ${STUCK / 60_000} minutes: look at their messages, and at wasm2vec cluster status; ` +
          "a training with a checkpoint goes on from there",
      ),
    );
  }

  private fail(error: Error): void {
    this.failed.abort(error);
  }
}
