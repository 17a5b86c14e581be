// The training loop: batches of the corpus to a runner, learning rate, loss, progress, abort, pauses between batches.

import { yieldToEventLoop } from "../../base/event-loop.js";
import { Fingerprint } from "../../base/fingerprint.js";
import type { Batch } from "../../text/encode.js";
import type { Chunk, Runner } from "../execution/runner.js";
import type { StepResult } from "../execution/step.js";
import { rateAt } from "../options/learning-rate.js";
import { ProgressReporter } from "./progress.js";
import { EPOCH_BEGINS, type EpochRecord, type PausePoint, type Position, type Run } from "./records.js";
import { checkTrained, TextWatch } from "./text-watch.js";

/** Noise words above which an error of divergence names them too. */
const MANY_NEGATIVES = 50;

/** What is left of a learning rate each time that it was too high. */
const LOWERED = 1 / 4;

/** What is left of the rates of the schedule. */
export const loweringOf = ({ lowered = 0 }: Position): number => LOWERED ** lowered;

/**
 * A rate that "auto" chose was too high, too, if a step costs so many times what predictions cost before anything was learnt; or an
 * epoch of a model that began from nothing so many times: then it has not learnt, but grown.
 */
const RUNAWAY = 10;
const UNLEARNT = 1.1;

/** The same of a step, where rows that grow are on their way there: who went on from them could not go back to before. */
const DOUBTFUL = 2;

/** Predictions of which a mean says so much: fewer may cost as much by chance. */
const ENOUGH = { step: 100, epoch: 1_000 };

/** The parameters are no longer numbers, or about to grow beyond them: the learning rate was too high. */
export class DivergenceError extends RangeError {
  override name = "DivergenceError";

  /** @internal @param more of the remedy, where there is nothing else to say */
  constructor(
    readonly what: string,
    readonly remedy: string,
    more: string,
  ) {
    super(`${what}: ${remedy}${more}`);
  }
}

/**
 * Trains the epochs that are left after `position`, and updates it. Calls onEpoch after each; stops early if that gives false.
 * @throws DivergenceError; RangeError for a text that trains nothing; the signal's reason
 */
export async function trainEpochs(
  run: Run,
  position: Position,
  runner: Runner,
  onEpoch: (record: EpochRecord) => Promise<boolean>,
): Promise<void> {
  const reporter = new ProgressReporter(run.onProgress, position.wordsBefore + position.words);
  const watch = new TextWatch(run);
  while (position.epochs < run.schedule.epochs) {
    const epoch = new Epoch(run, position, runner, reporter);
    await epoch.train();
    const record = epoch.record();
    if (record.words === 0) {
      if (position.epochs > 0) await run.pausePoint.save(position);
      throw new RangeError(
        `${run.corpus.name} has no words of the vocabulary in epoch ${record.epoch}: ` +
          (run.corpus.isConstant
            ? "it has changed since it was counted; give the text that was counted"
            : "if it is an iterator that was used up, pass a function that returns a fresh one"),
      );
    }
    if (position.epochs === 0) checkTrained(record, run);
    if (!(await runner.check())) throw epoch.divergence("parameters are not finite");
    epoch.checkLearnt();
    const whole = epoch.fingerprint.value;
    watch.epochEnded(record, whole);
    const { epochs, wordsBefore, words } = position;
    const ended = { epochs: epochs + 1, wordsBefore: wordsBefore + words, whole, discardedSeconds: undefined };
    Object.assign(position, EPOCH_BEGINS, ended);
    if (!(await onEpoch(record))) return;
  }
}

class Epoch {
  private readonly number: number;
  private readonly totalWords: number;
  readonly fingerprint: Fingerprint;
  private hasTextFailed = false;
  /** batches that wait for others to fill a chunk */
  private filling: Batch[] = [];
  /** handed in, and their words */
  private batches: number;
  private words: number;
  /** batches up to the last of those that are done */
  private furthest = 0;
  private readonly pending: Promise<void>[] = [];
  /** mean loss of the last step that says something */
  private lastLoss = 0;
  /** when training began, adjusted for pauses and for the time before a resume */
  private start: number;

  constructor(
    private readonly run: Run,
    private readonly position: Position,
    private readonly runner: Runner,
    private readonly reporter: ProgressReporter,
  ) {
    const { schedule } = run;
    this.number = schedule.firstEpoch + position.epochs + 1;
    this.totalWords = schedule.epochs * schedule.epochWords;
    this.fingerprint = new Fingerprint(position.fingerprint);
    this.batches = position.batches;
    this.words = position.wordsBefore + position.words;
    this.start = performance.now() - position.seconds * 1000;
  }

  async train(): Promise<void> {
    const { position, pending, runner } = this;
    await runner.go();
    const source = this.remaining();
    try {
      for (;;) {
        const { done, value: batch } = await this.next(source);
        if (done) break;
        if (position.batches === 0 && this.batches === 0 && this.filling.length === 0)
          position.opening = new Fingerprint().add(batch.ids).value;
        if (this.filling.length > 0 && !runner.fits(batch, this.filling)) this.handIn();
        this.filling.push(batch);
        if (!runner.fits(batch, this.filling)) this.handIn();
        while (pending.length >= runner.ahead) await this.ended(pending.shift()!);
      }
      if (this.filling.length > 0) this.handIn();
    } catch (error) {
      if (this.hasTextFailed && !this.run.signal?.aborted) await this.keep();
      throw error;
    } finally {
      const left = source.return(undefined);
      // do not wait for a source that may never answer
      if (this.run.signal?.aborted) left.catch(() => {});
      else await left;
    }
    await this.settle();
    this.report(true);
  }

  /** The next batch; what is due is done before it, and while it is waited for. */
  private async next(source: AsyncGenerator<Batch>): Promise<IteratorResult<Batch>> {
    const { pausePoint } = this.run;
    const next = source.next();
    // awaited below; until then a failure is not an unhandled one
    next.catch(() => {
      this.hasTextFailed = true;
    });
    for (;;) {
      if (pausePoint.isDue()) await this.serve(pausePoint);
      const first = await Promise.race([next, pausePoint.requested(), this.failure()]);
      if (first !== undefined) return first;
    }
  }

  record(): EpochRecord {
    const { words, trainedWords, predictions, learningRate, lowered, discardedSeconds } = this.position;
    const { kernel, threads, parallel, reproducible } = this.run;
    const { seconds } = this;
    return {
      epoch: this.number,
      words,
      trainedWords,
      predictions,
      loss: this.meanLoss,
      learningRate,
      initialLearningRate: this.run.schedule.learningRate * loweringOf(this.position),
      lowered,
      discardedSeconds,
      seconds,
      wordsPerSecond: words / seconds,
      kernel,
      threads,
      parallel,
      reproducible,
      ...(this.runner.hosts && { hosts: this.runner.hosts }),
    };
  }

  divergence(what: string): DivergenceError {
    this.position.seconds = this.seconds;
    const { words, learningRate } = this.position;
    const { schedule, negatives } = this.run;
    return new DivergenceError(
      `training diverged in epoch ${this.number} after ${words} words: ${what} at learning rate ${learningRate}`,
      `lower "learningRate" (it was ${schedule.learningRate * loweringOf(this.position)})`,
      (schedule.isChosen === false ? ', or leave it to "auto"' : "") +
        (negatives > MANY_NEGATIVES ? `, or "negatives" (${negatives}), each of which moves the same row` : ""),
    );
  }

  /** @throws DivergenceError if a rate that was chosen has done harm */
  checkLearnt(): void {
    if (this.hasGrown) throw this.divergence(`the loss of the epoch is ${this.meanLoss}`);
  }

  /** Whether the epoch, as far as it is done, costs more than it would have cost without learning. */
  private get hasGrown(): boolean {
    const isJudged = this.position.predictions >= ENOUGH.epoch;
    return isJudged && this.meanLoss > UNLEARNT * this.lossOfNothing;
  }

  /** What a prediction would cost if nothing had been learnt; Infinity where that is not asked. */
  private get lossOfNothing(): number {
    const { schedule, unlearntLoss = Number.POSITIVE_INFINITY } = this.run;
    return schedule.firstEpoch === 0 && schedule.initialVectors === undefined ? unlearntLoss : Number.POSITIVE_INFINITY;
  }

  /** Why the rows are not to be kept in the midst of an epoch; that they are kept or not changes no byte of the training. */
  private get doubt(): string | undefined {
    if (!this.hasGrown && this.lastLoss <= DOUBTFUL * this.lossOfNothing) return undefined;
    const loss = this.hasGrown ? this.meanLoss : this.lastLoss;
    return `the loss in epoch ${this.number} is ${loss}, more than that of a model that has learnt nothing: training may have to go back`;
  }

  private get seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  private get meanLoss(): number {
    const { loss, predictions } = this.position;
    return predictions > 0 ? loss / predictions : 0;
  }

  /** The batches that have not been trained on. */
  private async *remaining(): AsyncGenerator<Batch> {
    const { run } = this;
    const { batches } = this.position;
    let number = 0;
    for await (const batch of run.batches()) {
      run.signal?.throwIfAborted();
      if (number++ >= batches) yield batch;
    }
  }

  private async serve(pausePoint: PausePoint): Promise<void> {
    await this.pause();
    const from = performance.now();
    await pausePoint.serve(this.position, this.doubt);
    const paused = performance.now() - from;
    this.start += paused;
    this.reporter.skip(paused);
    await this.runner.go();
  }

  /** After the text has failed: saves what was trained on it, if possible. The failure itself is thrown by the caller. */
  private async keep(): Promise<void> {
    try {
      await this.pause();
      await this.run.pausePoint.save(this.position, this.doubt);
    } catch {
      // the error of the text says more
    }
  }

  /** Pauses after a whole step; unfinished chunks, and batches that wait for others, keep waiting. */
  private async pause(): Promise<void> {
    await this.runner.pause();
    // the chunks that have just ended still have to be added to the position
    await yieldToEventLoop();
    this.position.seconds = this.seconds;
    if (!(await this.runner.check())) throw this.divergence("parameters are not finite");
  }

  /** Rejects if training on a chunk that was handed in does. */
  private async failure(): Promise<undefined> {
    await Promise.all(this.pending);
    return new Promise(() => {});
  }

  /** Waits until all that was handed in is done. */
  private async settle(): Promise<void> {
    for (const done of this.pending.splice(0)) await this.ended(done);
  }

  /** Waits until a chunk is done; what is due is done meanwhile. */
  private async ended(done: Promise<void>): Promise<void> {
    const { pausePoint } = this.run;
    const ended = done.then(() => true);
    // awaited below; until then a failure is not an unhandled one
    ended.catch(() => {});
    do if (pausePoint.isDue()) await this.serve(pausePoint);
    while (!(await Promise.race([ended, pausePoint.requested()])));
  }

  /** Hands in the batches that make a chunk. */
  private handIn(): void {
    const { position, fingerprint } = this;
    const batches = this.filling;
    this.filling = [];
    const words = batches.reduce((sum, batch) => sum + batch.words, 0);
    for (const { ids } of batches) fingerprint.add(ids);
    // of the first chunk some steps may be done
    const steps = this.batches === position.batches ? position.steps : 0;
    // a text may have more words than were counted
    const progress = Math.min(1, this.words / this.totalWords);
    const learningRate = rateAt(progress, this.run.schedule) * loweringOf(this.position);
    const chunk = { epoch: this.number, first: this.batches, batches, learningRate, steps };
    this.batches += batches.length;
    this.words += words;
    const trained = this.trainChunk(chunk, words, fingerprint.value);
    // awaited later; until then a failure is not an unhandled one
    trained.catch(() => {});
    this.pending.push(trained);
  }

  private async trainChunk(chunk: Chunk, words: number, fingerprint: string): Promise<void> {
    const { position } = this;
    const { length } = chunk.batches;
    const trained = await this.runner.train(chunk, (result) => this.stepDone(result, chunk, words));
    position.batches += length;
    position.words += words;
    position.steps = 0;
    position.trainedWords += trained;
    // threads without locks may end a later batch first
    const end = chunk.first + length;
    if (end > this.furthest) [this.furthest, position.fingerprint] = [end, fingerprint];
    this.report();
  }

  private stepDone({ loss, predictions }: StepResult, { learningRate }: Chunk, words: number): void {
    const { position } = this;
    position.steps++;
    position.loss += loss;
    position.predictions += predictions;
    position.learningRate = learningRate;
    const { unlearntLoss } = this.run;
    if (predictions >= ENOUGH.step) this.lastLoss = loss / predictions;
    const isJudged = unlearntLoss !== undefined && predictions >= ENOUGH.step;
    const isRunaway = isJudged && loss > RUNAWAY * unlearntLoss * predictions;
    if (isRunaway || !Number.isFinite(loss)) throw this.divergence(`the loss is ${loss / (predictions || 1)}`);
    if (position.steps < this.runner.steps)
      this.report(false, Math.floor((words * position.steps) / this.runner.steps));
  }

  /** @param more words of a chunk that are trained, in a part of its steps */
  private report(final = false, more = 0): void {
    const { schedule, kernel, threads, parallel, validationLoss } = this.run;
    const { wordsBefore, words, learningRate } = this.position;
    this.reporter.report(
      {
        phase: "training",
        epoch: this.number,
        epochs: schedule.firstEpoch + schedule.epochs,
        words: wordsBefore + words + more,
        totalWords: this.totalWords,
        loss: this.meanLoss,
        validationLoss: validationLoss?.(),
        learningRate,
        kernel,
        threads,
        parallel,
        ...(this.runner.hosts && { hosts: this.runner.hosts }),
      },
      final,
    );
  }
}
