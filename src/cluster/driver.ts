// Training by a cluster: the driver has the model and reads the text, and hands out each chunk as a rotation, which workers train.

import { Fingerprint } from "../base/fingerprint.js";
import type { Corpus } from "../text/corpus.js";
import type { Batch } from "../text/encode.js";
import type { BytesRead } from "../text/source.js";
import { readersOf } from "../text/threads.js";
import type { Count, Vocabulary, VocabularyOptions } from "../text/vocabulary.js";
import { planOfDriver } from "../train/blocks-plan.js";
import type { Checkpoint } from "../train/checkpoint/checkpoint.js";
import { ChunkRoom } from "../train/execution/chunk-room.js";
import { chunkWordsOf } from "../train/execution/cut.js";
import type { Site } from "../train/execution/engine.js";
import type { ExecutionPlan } from "../train/execution/engines.js";
import { grid } from "../train/execution/grid-engine.js";
import type { TrainedCell } from "../train/execution/grid-jobs.js";
import { stepsOf } from "../train/execution/passage.js";
import { ABORTED, type Chunk, type HostProgress, type Runner } from "../train/execution/runner.js";
import type { StepResult } from "../train/execution/step.js";
import type { Machine } from "../train/machine.js";
import type { Objective, ObjectiveMaker, Setting } from "../train/objective.js";
import type { ClusterOptions } from "../train/options/elsewhere.js";
import type { ResolvedOptions } from "../train/train-options.js";
import { Word2vecObjective } from "../train/word2vec-objective.js";
import { connect } from "./connection.js";
import { countOnCluster } from "./counting.js";
import { checkCluster } from "./options.js";
import { type Recipe, recipeOf } from "./recipe.js";
import { layoutHash, PROTOCOL, type Report, type Task, trainedOptions } from "./records.js";
import { ClusterRun, type Job } from "./run.js";

/** Rotations handed out at once, so that a worker knows the next one while it trains. */
const POSTED = 2;

/** Makes models that a cluster trains. */
export class ClusterMaker implements ObjectiveMaker {
  private constructor(
    private readonly machine: Machine,
    private readonly cluster: ClusterOptions,
    private readonly options: ResolvedOptions,
    private readonly recipe: Recipe | undefined,
  ) {}

  /**
   * @param corpus that is trained on; undefined for a model that is only loaded
   * @throws RangeError for a corpus that workers cannot read; Error if the Redis cannot be reached or used
   */
  static async for(machine: Machine, options: ResolvedOptions, corpus: Corpus | undefined): Promise<ClusterMaker> {
    const cluster = checkCluster("cluster", options.cluster!);
    const recipe = corpus && (await recipeOf(corpus, cluster));
    if (recipe) (await connect(cluster, "cluster")).disconnect();
    return new ClusterMaker(machine, cluster, options, recipe);
  }

  count(
    corpus: Corpus,
    options: VocabularyOptions,
    onTokens: (tokens: number, read: BytesRead) => void,
  ): Promise<Count | undefined> {
    const { cluster, recipe, machine, options: given } = this;
    const { onWarning, signal } = given;
    const reading = { threads: readersOf(machine, given), onTokens, onWarning, signal };
    return countOnCluster(cluster, corpus, recipe!, options, reading);
  }

  begin(setting: Setting, vocabulary: Vocabulary): Promise<Objective> {
    return Word2vecObjective.begin({ ...setting, plan: (plan) => this.plan(plan, setting, vocabulary) }, vocabulary);
  }

  open(setting: Setting, checkpoint: Checkpoint): Promise<Objective> {
    const { vocabulary } = checkpoint;
    return Word2vecObjective.open({ ...setting, plan: (plan) => this.plan(plan, setting, vocabulary) }, checkpoint);
  }

  /** Rows are here, chunks with the workers, whose engine is the grid. */
  private plan(plan: ExecutionPlan, { options }: Setting, vocabulary: Vocabulary): ExecutionPlan {
    const start: typeof grid.start = (site, words, step) => {
      return new ClusterRunner(this.cluster, site, { vocabulary, words, step, options });
    };
    return { ...planOfDriver(plan), engine: { ...grid, start } };
  }
}

/** A chunk that waits, or has been handed out. */
interface Active {
  chunk: Chunk;
  onStep: (result: StepResult) => void;
  resolve: (kept: number) => void;
  reject: (error: Error) => void;
}

interface RunOptions {
  vocabulary: Vocabulary;
  /** of an epoch */
  words: number;
  step: number;
  options: ResolvedOptions;
}

class ClusterRunner implements Runner {
  readonly ahead = POSTED + 1;
  readonly steps: number;
  private readonly room: ChunkRoom;
  private readonly waiting: Active[] = [];
  private readonly posted: Active[] = [];
  private run: Promise<ClusterRun> | undefined;
  private isPaused = true;
  private isFinite = true;
  private failure: Error | undefined;
  private readonly closed = new AbortController();
  private closing: Promise<void> | undefined;
  /** what is handed out, in its order, and what is done with it */
  private posting: Promise<unknown> = Promise.resolve();
  private ending: Promise<unknown> = Promise.resolve();
  /** rotations whose blocks were brought, of those handed out */
  private rotations = 0;
  private collected = 0;
  /** trained since the driver began, and in the whole run, also before it was resumed */
  private words = 0;
  private allWords: number | undefined;
  private hostsNow: readonly HostProgress[] = [];
  private readonly began = performance.now();

  constructor(
    private readonly cluster: ClusterOptions,
    private readonly site: Site,
    private readonly options: RunOptions,
  ) {
    const shape = site.parameters.layout.grid!;
    this.steps = shape.blocks;
    this.room = new ChunkRoom(shape, site.options, chunkWordsOf(options.words, shape.chunkWords, site.options));
  }

  get hosts(): readonly HostProgress[] {
    return this.hostsNow;
  }

  fits(batch: Batch, chunk: readonly Batch[]): boolean {
    return this.room.fits(batch, chunk);
  }

  train(chunk: Chunk, onStep: (result: StepResult) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      if (chunk.steps > 0)
        return reject(
          new RangeError(
            '"cluster" goes on between chunks of the text, but the checkpoint was written within one: go on without "cluster" for ' +
              "some minutes, until a checkpoint comes at the end of an epoch",
          ),
        );
      this.waiting.push({ chunk, onStep, resolve, reject });
      this.advance();
    });
  }

  async pause(): Promise<void> {
    this.isPaused = true;
    await this.posting;
    await this.ending;
    if (this.failure) throw this.failure;
  }

  async go(): Promise<void> {
    if (this.failure) throw this.failure;
    this.run ??= this.begin();
    await this.run;
    this.isPaused = false;
    this.advance();
  }

  async collect(): Promise<void> {
    if (this.collected === this.rotations) return;
    const run = await this.run;
    await run!.collect();
    this.collected = this.rotations;
  }

  async check(): Promise<boolean> {
    return this.isFinite;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async begin(): Promise<ClusterRun> {
    const { site, cluster, options } = this;
    const { parameters, kernel, plan, text } = site;
    const { layout, multipliers, shape } = parameters;
    const { blocks } = layout.grid!;
    const { vocabulary, options: given } = options;
    const { corpus, share = 0 } = text!;
    const task: Task = {
      protocol: PROTOCOL,
      options: trainedOptions(given),
      kernel: kernel.name,
      words: shape.words,
      blocks,
      share,
      layout: layoutHash(layout, plan),
      hasMultipliers: multipliers !== undefined,
    };
    const about = { corpus: corpus.name, words: shape.words, dim: given.dim, blocks, epochs: given.epochs };
    const onWarning = (message: string) => void given.onWarning?.(message);
    const recipe = await recipeOf(corpus, cluster);
    const job: Job = { cluster, about, recipe, task, vocabulary, parameters, onWarning };
    return ClusterRun.begin(job, this.closed.signal);
  }

  /** Hands out what may be. */
  private advance(): void {
    while (!this.isPaused && this.failure === undefined && this.posted.length < POSTED && this.waiting.length > 0) {
      const active = this.waiting.shift()!;
      this.posted.push(active);
      const posted = this.posting.then(() => this.post(active));
      this.posting = posted.catch((error) => this.fail(error));
      this.ending = this.ending.then(async () => {
        try {
          await this.ended(active, await posted);
        } catch (error) {
          this.fail(error as Error);
        }
      });
    }
  }

  private async post({ chunk }: Active): Promise<number> {
    if (this.failure) throw this.failure;
    const run = await this.run!;
    const { epoch, first, batches, learningRate } = chunk;
    const seen = new Fingerprint();
    for (const { ids } of batches) seen.add(ids);
    const words = batches.reduce((sum, batch) => sum + batch.words, 0);
    const rotation = { epoch, first, batches: batches.length, words, learningRate, fingerprint: seen.value };
    const number = await run.post(rotation);
    this.rotations++;
    return number;
  }

  private async ended(active: Active, number: number): Promise<void> {
    const run = await this.run!;
    const reports = await run.done(number);
    this.hostsNow = run.hosts;
    this.isFinite &&= reports.every(({ finite }) => finite);
    for (const result of stepsOf(reports.flatMap(cellsOf), this.steps)) active.onStep(result);
    this.posted.splice(this.posted.indexOf(active), 1);
    active.resolve(reports.reduce((sum, { kept }) => sum + kept, 0));
    this.tell(run, active.chunk);
    this.advance();
  }

  private tell(run: ClusterRun, { epoch, first, batches }: Chunk): void {
    const { epochs, firstEpoch } = this.site.text!;
    const epochWords = this.options.words;
    const words = batches.reduce((sum, batch) => sum + batch.words, 0);
    // of batches before a resume only their number is known
    this.allWords ??= (epoch - 1 - firstEpoch) * epochWords + (first * words) / batches.length;
    this.allWords += words;
    this.words += words;
    const wordsPerSecond = (1000 * this.words) / (performance.now() - this.began);
    const share = Math.min(1, this.allWords / (epochs * epochWords));
    run.report({ share, epoch, words: Math.round(this.allWords), wordsPerSecond }).catch(() => {}); // the next report says more
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of [...this.posted.splice(0), ...this.waiting.splice(0)]) reject(this.failure);
  }

  private async end(): Promise<void> {
    this.fail(new Error(ABORTED));
    this.closed.abort(new Error(ABORTED));
    const run = await this.run?.catch(() => undefined);
    await run?.end();
  }
}

function cellsOf({ cells }: Report): TrainedCell[] {
  return cells.map(([step, context, loss, predictions]) => {
    return { step, context, result: { loss: Number(loss), predictions, trained: 0 } };
  });
}
