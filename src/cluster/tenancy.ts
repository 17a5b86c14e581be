// Rows of the grid that a worker trains, rotation after rotation, while blocks of targets come from Redis and go there. (9.10) of
// docs/math.md.
//
// Whatever it writes follows from what it read, so that another worker that begins where the last rotation ended writes the same bytes.
// A value is deleted when who needed it has ended the rotation: until then it can be trained again from the same values.

import type { KernelPlan } from "../kernel/engines/kernels.js";
import type { Side } from "../kernel/shape.js";
import { Parameters } from "../model/parameters.js";
import { orAborted } from "../text/abort.js";
import type { Batch } from "../text/encode.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { ChunkRoom, layIds } from "../train/execution/chunk-room.js";
import type { EnginePlan } from "../train/execution/engine.js";
import type { GridJob } from "../train/execution/grid-jobs.js";
import { startThreads } from "../train/execution/grid-threads.js";
import { Passage, SPARE_SLOTS, type Targets } from "../train/execution/passage.js";
import type { Chunk, HostProgress } from "../train/execution/runner.js";
import type { Visit } from "../train/execution/visits.js";
import type { Machine } from "../train/machine.js";
import type { Settings } from "../train/options/settings.js";
import { consumerOf, RedisBlocks } from "./blocks.js";
import type { Redis, RunKeys } from "./connection.js";
import type { News } from "./news.js";
import { checkGroup, type Group, type Report, type Rotation, readRotation } from "./records.js";
import { type Commit, type Consumer, commit, type Lease } from "./scripts.js";
import { areFiniteFloats } from "./values.js";

/** What all tenancies of a run have in common on a worker. */
export interface Place {
  /** the connection of what is short, and that of blocks */
  redis: Redis;
  bulk: Redis;
  run: RunKeys;
  news: News;
  /** id of the worker */
  worker: string;
  machine: Machine;
  kernel: KernelPlan;
  options: Settings;
  vocabulary: Vocabulary;
  multipliers: Float32Array | undefined;
  plan: EnginePlan;
  text: { batches(number: number, rotation: Rotation): Promise<Batch[]> };
  /** what the worker has done in the run, which tenancies count up */
  progress: HostProgress;
}

const NOTHING = Symbol("nothing");

/** Why a tenancy ended: rotations are of another plan, or the worker was asked to go. */
type Ending = "moved on" | "left";

export class Tenancy {
  private readonly blocks: number;
  private readonly store: RedisBlocks;
  /** blocks of targets that come back here, by number and version */
  private readonly own = new Map<string, Uint8Array>();
  private readonly rows: { from: number; to: number };
  /** that it has ended */
  rotations = 0;
  /** of the rotation at hand: milliseconds of all threads */
  private trained = 0;

  /** @param signal aborts it @param leaving ends it when no rotation is handed out */
  constructor(
    private readonly place: Place,
    private readonly group: Group,
    private readonly lease: Lease,
    private readonly signal: AbortSignal,
    private readonly leaving: AbortSignal,
  ) {
    const { bulk, run, news, plan } = place;
    this.blocks = plan.memoryOptions.grid!.blocks;
    checkGroup(group, this.blocks);
    this.rows = { from: group.from, to: group.to };
    this.store = new RedisBlocks(bulk, run, this.blocks, (topic, look) => news.until(topic, look, signal), lease);
  }

  async train(): Promise<Ending> {
    const first = await this.begun();
    const next = first === undefined ? undefined : await this.rotation(first);
    if (first === undefined || next === undefined) return this.ending;
    const host = this.open();
    let committed: Promise<void> = Promise.resolve();
    try {
      await this.load(host.passage, first);
      for (let number = first, rotation: Rotation | undefined = next; rotation; number++) {
        const ended = await this.turn(host, number, rotation, committed);
        // it is written while the next rotation begins
        committed = ended().then(() => {
          this.rotations++;
        });
        committed.catch(() => {});
        rotation = await Promise.race([this.rotation(number + 1), committed.then(() => new Promise<never>(() => {}))]);
      }
      await committed;
      return this.ending;
    } finally {
      await Promise.allSettled([committed]);
      await host.close();
    }
  }

  private get ending(): Ending {
    return this.leaving.aborted ? "left" : "moved on";
  }

  /** The rotation that comes next, when the rows have ended those of plans before. */
  private begun(): Promise<number | undefined> {
    const { redis, run } = this.place;
    const rows = Array.from({ length: this.rows.to - this.rows.from }, (_, i) => String(this.rows.from + i));
    return this.until("done", async () => {
      const at = (await redis.hmget(run.key("at"), ...rows)).map(Number);
      const least = Math.min(...at);
      return least >= this.group.first ? least : undefined;
    });
  }

  /** A rotation, when it is handed out; undefined if it is of another plan. */
  private async rotation(number: number): Promise<Rotation | undefined> {
    const { redis, run } = this.place;
    const rotation = await this.until("rotation", async () => {
      const json = await redis.hget(run.key("rotations"), String(number));
      return json === null ? undefined : readRotation(json);
    });
    return rotation?.plan === this.group.plan ? rotation : undefined;
  }

  /** @returns undefined if the worker leaves */
  private async until<T>(topic: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await this.place.news.until(
      topic,
      async () => (await look()) ?? (this.leaving.aborted ? NOTHING : undefined),
      this.signal,
    );
    return found === NOTHING ? undefined : (found as T);
  }

  /** A memory with room for the rows, and its threads. */
  private open() {
    const { machine, kernel, options, vocabulary, multipliers, plan } = this.place;
    const threads = Math.min(plan.threads, this.rows.to - this.rows.from);
    const blocks = { inputs: this.rows.to - this.rows.from, outputs: threads + SPARE_SLOTS };
    const grid = { ...plan.memoryOptions.grid!, holds: { chunks: true, blocks } };
    const parameters = new Parameters(vocabulary, options, { ...plan.memoryOptions, grid, lanes: threads });
    parameters.multipliers = multipliers;
    const spawn = () => machine.spawn(kernel.name);
    const started = startThreads({ plan: { ...plan, threads }, kernel, parameters, options, spawn });
    const timed = started.threads.map((thread) => ({
      do: async (job: GridJob) => {
        const from = performance.now();
        try {
          return await thread.do(job);
        } finally {
          this.trained += performance.now() - from;
        }
      },
    }));
    const { memory, layout } = parameters;
    return {
      passage: new Passage({ memory, layout, threads: timed }),
      parameters,
      threads,
      room: new ChunkRoom(layout.grid!, options, layout.grid!.chunkWords),
      close: started.close,
    };
  }

  /** Brings the blocks of contexts. */
  private async load(passage: Passage, rotation: number): Promise<void> {
    for (let row = this.rows.from; row < this.rows.to; row++)
      await this.read("inputs", row, rotation * this.blocks, passage.contexts(row - this.rows.from));
  }

  /**
   * Trains a rotation. @param before the end of the one before, which comes first
   * @returns what ends this one, once all that it wrote is in Redis
   */
  private async turn(
    { passage, parameters, threads, room }: ReturnType<Tenancy["open"]>,
    number: number,
    rotation: Rotation,
    before: Promise<void>,
  ): Promise<() => Promise<void>> {
    const { rows, blocks } = this;
    const from = performance.now();
    this.trained = 0;
    const batches = await orAborted(this.place.text.batches(number, rotation), this.signal);
    const { epoch, first, learningRate } = rotation;
    if (batches.length > 1 && !room.fits(batches[0], batches.slice(1)))
      throw new RangeError(`a rotation of ${batches.length} batches does not fit into a chunk of the text`);
    const chunk: Chunk = { epoch, first, batches, learningRate, steps: 0 };
    const task = { ...room.place(chunk, number), rows };
    layIds(chunk, task, parameters.layout.grid!, parameters.memory);
    const kept = await passage.sort(task);
    void this.readAhead(number + 1);
    const written: Commit["written"][number][] = [];
    const consumed: string[] = [];
    const underWay: Promise<void>[] = [];
    let finite = true;
    const put = async (side: Side, block: number, version: number, bytes: Uint8Array) => {
      written.push({ key: this.store.key(side, block, version), consumer: this.consumer(side, block, version) });
      await this.write(side, block, version, bytes);
    };
    const targets: Targets = {
      take: async ({ target, before: cells }, bytes) => {
        const version = number * blocks + cells;
        if (cells === 0 || !this.isAlone) consumed.push(this.store.key("outputs", target, version));
        const name = `${target}:${version}`;
        const held = this.own.get(name);
        this.own.delete(name);
        if (held) bytes.set(held);
        else await this.read("outputs", target, version, bytes);
      },
      give: async (visit, bytes) => {
        const { target, after } = visit;
        const version = number * blocks + after;
        const isOwn = this.isOwn("outputs", target, version);
        if (isOwn) this.own.set(`${target}:${version}`, bytes.slice());
        const row = doneRow(visit, blocks);
        if (row !== undefined) {
          const done = passage.contexts(row - rows.from).slice();
          finite &&= areFiniteFloats(done);
          underWay.push(put("inputs", row, (number + 1) * blocks, done));
          underWay[underWay.length - 1].catch(() => {});
          consumed.push(this.store.key("inputs", row, number * blocks));
        }
        if (after === blocks) finite &&= areFiniteFloats(bytes);
        // who is alone needs within a rotation only what it holds
        if (after === blocks || !this.isAlone) await put("outputs", target, version, bytes);
      },
    };
    // a rotation needs what the one before it has written, and no more than two are under way
    const cells = await passage.run(number, { rows }, targets);
    await before;
    const seconds = (performance.now() - from) / 1000;
    this.count(rotation, seconds, this.trained / 1000 / threads);
    const report: Report = {
      cells: cells.map(({ step, context, result: { loss, predictions } }) => [
        step,
        context,
        String(loss),
        predictions,
      ]),
      kept: rows.from === 0 ? kept : 0,
      finite,
    };
    return async () => {
      await Promise.all(underWay);
      const { redis, run, worker, progress } = this.place;
      await orAborted(
        commit(redis, run, {
          lease: this.lease,
          rotation: number,
          rows,
          report: JSON.stringify(report),
          host: worker,
          progress: JSON.stringify(progress),
          written,
          consumed,
        }),
        this.signal,
      );
    };
  }

  /** Reads the text of the next rotation while this one is trained, once it is handed out. */
  private async readAhead(number: number): Promise<void> {
    try {
      const rotation = await this.rotation(number);
      if (rotation) await this.place.text.batches(number, rotation);
    } catch {
      // it fails again when its turn comes
    }
  }

  private count({ words }: Rotation, seconds: number, training: number): void {
    const { progress } = this.place;
    progress.words += Math.round((words * (this.rows.to - this.rows.from)) / this.blocks);
    progress.training += training;
    progress.waiting += Math.max(0, seconds - training);
  }

  private async read(side: Side, block: number, version: number, into: Uint8Array): Promise<void> {
    await orAborted(this.store.read(side, block, version, into), this.signal);
    this.moved(into);
  }

  private async write(side: Side, block: number, version: number, bytes: Uint8Array): Promise<void> {
    await orAborted(this.store.write(side, block, version, bytes), this.signal);
    this.moved(bytes);
  }

  private moved({ length }: Uint8Array): void {
    const { progress } = this.place;
    progress.blocks++;
    progress.bytes += length;
  }

  private consumer(side: Side, block: number, version: number): Consumer {
    return consumerOf(side, block, version, this.blocks);
  }

  private get isAlone(): boolean {
    return this.rows.to - this.rows.from === this.blocks;
  }

  /** Whether these rows are the next that need a version. */
  private isOwn(side: Side, block: number, version: number): boolean {
    const { row } = this.consumer(side, block, version);
    return row >= this.rows.from && row < this.rows.to;
  }
}

/** The row that has had its last cell of a chunk with a visit. */
function doneRow({ column, rows }: Visit, blocks: number): number | undefined {
  const row = column - blocks + 1;
  return row >= rows.from && row < rows.to ? row : undefined;
}
