// The training loop: batches of the corpus to a runner, learning rate, loss, progress, abort.

import type { KernelPlan } from "../kernel/pick.js";
import type { Parameters } from "../model/parameters.js";
import type { Corpus } from "../text/corpus.js";
import { type Batch, encode } from "../text/encode.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { type ParallelMode, type Progress, ProgressReporter } from "./progress.js";
import type { Runner } from "./runner.js";

/** What one pass over the corpus did. */
export interface EpochRecord {
  /** from 1, counted over all calls of train */
  epoch: number;
  /** words of the vocabulary read, subsampled ones included */
  words: number;
  /** words that subsampling kept */
  trainedWords: number;
  predictions: number;
  /** mean of −log p over the predictions, in nats */
  loss: number;
  /** learning rate at the end */
  learningRate: number;
  seconds: number;
  wordsPerSecond: number;
  kernel: KernelPlan["name"];
  /** threads that trained */
  threads: number;
  /** how they worked together */
  parallel: ParallelMode;
  /** whether the same seed, options and corpus give the same bytes on every machine */
  reproducible: boolean;
}

/** The parameters are no longer numbers: the learning rate was too high. */
export class DivergenceError extends RangeError {
  override name = "DivergenceError";
}

/** One call of train. */
export interface Run {
  corpus: Corpus;
  vocabulary: Vocabulary;
  parameters: Parameters;
  plan: KernelPlan;
  maxSentenceLength: number;
  /** words of a batch */
  batchWords: number;
  /** epochs done before this run */
  firstEpoch: number;
  epochs: number;
  /** words of an epoch, for the schedule */
  epochWords: number;
  threads: number;
  parallel: ParallelMode;
  learningRate: number;
  minLearningRate: number;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** Batches handed to the runner ahead, for each that it trains on at once, so that reading and training overlap. */
const AHEAD = 4;

/** Trains run.epochs epochs, or until onEpoch, which is given each as it ends, says false. @throws DivergenceError, RangeError, or the signal's reason */
export async function trainEpochs(
  run: Run,
  runner: Runner,
  onEpoch: (record: EpochRecord) => Promise<boolean>,
): Promise<void> {
  const reporter = new ProgressReporter(run.onProgress);
  const totalWords = run.epochs * run.epochWords;
  let wordsBefore = 0;
  for (let i = 0; i < run.epochs; i++) {
    const epoch = new Epoch(run, run.firstEpoch + i + 1, wordsBefore, totalWords, reporter);
    await epoch.train(runner);
    const record = epoch.record();
    if (record.words === 0)
      throw new RangeError(
        `${run.corpus.name} has no words of the vocabulary in epoch ${record.epoch}: ` +
          "if it is an iterator that was used up, pass a function that returns a fresh one",
      );
    if (!(await runner.collect())) throw epoch.divergence("parameters are not finite");
    wordsBefore += record.words;
    if (!(await onEpoch(record))) return;
  }
}

class Epoch {
  private readonly start = performance.now();
  private words = 0;
  private loss = 0;
  private predictions = 0;
  private trainedWords = 0;
  private learningRate = 0;

  constructor(
    private readonly run: Run,
    private readonly number: number,
    private readonly wordsBefore: number,
    private readonly totalWords: number,
    private readonly reporter: ProgressReporter,
  ) {}

  async train(runner: Runner): Promise<void> {
    const { corpus, vocabulary, maxSentenceLength, batchWords, signal } = this.run;
    const pending: Promise<void>[] = [];
    let handedIn = this.wordsBefore;
    for await (const batch of encode(corpus, vocabulary, maxSentenceLength, batchWords)) {
      signal?.throwIfAborted();
      if (pending.length === AHEAD * runner.lanes) await pending.shift();
      const done = this.trainBatch(runner, batch, this.rateAt(handedIn));
      // awaited later; until then a failure is not an unhandled one
      done.catch(() => {});
      pending.push(done);
      handedIn += batch.words;
    }
    runner.flush?.();
    for (const done of pending) await done;
    this.report(true);
  }

  record(): EpochRecord {
    const seconds = (performance.now() - this.start) / 1000;
    return {
      epoch: this.number,
      words: this.words,
      trainedWords: this.trainedWords,
      predictions: this.predictions,
      loss: this.meanLoss,
      learningRate: this.learningRate,
      seconds,
      wordsPerSecond: this.words / seconds,
      kernel: this.run.plan.name,
      threads: this.run.threads,
      parallel: this.run.parallel,
      reproducible: this.run.parallel !== "hogwild" && this.run.plan.name !== "relaxed",
    };
  }

  divergence(what: string): DivergenceError {
    return new DivergenceError(
      `training diverged in epoch ${this.number} after ${this.words} words: ${what} at learning rate ${this.learningRate}: ` +
        `lower learningRate (it was ${this.run.learningRate}; 0.025 suits skipgram, 0.05 cbow)`,
    );
  }

  private get meanLoss(): number {
    return this.predictions > 0 ? this.loss / this.predictions : 0;
  }

  /** Falls linearly with the words handed in, down to the floor (word2vec.c's schedule, a batch at a time). */
  private rateAt(words: number): number {
    const { learningRate, minLearningRate } = this.run;
    return Math.max(minLearningRate, learningRate * (1 - words / this.totalWords));
  }

  private async trainBatch(runner: Runner, batch: Batch, learningRate: number): Promise<void> {
    const result = await runner.run(batch.ids, learningRate);
    this.words += batch.words;
    this.loss += result.loss;
    this.predictions += result.predictions;
    this.trainedWords += result.trained;
    this.learningRate = learningRate;
    if (!Number.isFinite(result.loss)) throw this.divergence(`the loss is ${result.loss}`);
    this.report();
  }

  private report(final = false): void {
    const { run } = this;
    this.reporter.report(
      {
        phase: "training",
        epoch: this.number,
        epochs: run.firstEpoch + run.epochs,
        words: this.wordsBefore + this.words,
        totalWords: this.totalWords,
        loss: this.meanLoss,
        learningRate: this.learningRate,
        kernel: run.plan.name,
        threads: run.threads,
        parallel: run.parallel,
      },
      final,
    );
  }
}
