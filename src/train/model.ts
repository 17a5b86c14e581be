// A trained model: it can be queried, saved and trained further.

import { checkBoolean, checkKnown, checkOneOf, show } from "../base/check.js";
import { orAborted } from "../text/abort.js";
import type { Corpus, CorpusSource } from "../text/corpus.js";
import type { SpooledText } from "../text/spooled.js";
import { ValidationSplit } from "../text/validation-split.js";
import type { Vocabulary } from "../text/vocabulary.js";
import type { WordVectors } from "../vectors/vectors.js";
import { checkpointBytes } from "./checkpoint/bytes.js";
import type { Checkpoint, Snapshot } from "./checkpoint/checkpoint.js";
import { Checkpointer } from "./checkpoint/checkpointer.js";
import { CONTINUE_OPTIONS, CONTINUED, type ContinueOptions } from "./continue-options.js";
import type { fastTextBytes } from "./fasttext-file.js";
import { GoodState } from "./good-state.js";
import { LISTENERS, type RunListeners, withListeners } from "./listeners.js";
import { DivergenceError, loweringOf, trainEpochs } from "./loop/epochs.js";
import { checkMeasured, checkPatience, type SplitText, scoreOf, stalled, stoppingOf } from "./loop/patience.js";
import { type EpochModel, type EpochRecord, type Position, type Schedule, START } from "./loop/records.js";
import type { Objective } from "./objective.js";
import { ratesOf } from "./options/auto-rate.js";
import { checkHasSchedule, storedSchedule } from "./options/learning-rate.js";
import { resolve } from "./options/option.js";
import { storedOf } from "./options/table.js";
import type { Platform } from "./platform.js";
import { withText } from "./reading.js";
import type { ResolvedOptions } from "./train-options.js";
import type { splitText } from "./validation.js";
import { multipliersOf } from "./warm-start.js";

/** Writes the bytes of a model, whole or not at all. */
export type ModelWriter = (chunks: AsyncIterable<Uint8Array>) => Promise<void>;

/** Options of Model.save. */
export interface SaveModelOptions {
  /** JSON to keep in the file; readers find it as Checkpoint.metadata. */
  metadata?: Record<string, unknown>;
  /** Of the file: "wasm2vec" (default), or "fasttext", which holds rows, words and counts, but no history. */
  format?: "wasm2vec" | "fasttext";
}

const BUSY =
  "the model is being trained: wait until that has ended; onEpochEnd may save it, and TrainingControl.checkpoint keeps it meanwhile";

/** A text to train on, and what is held out of it. */
interface RunText extends Partial<SplitText> {
  corpus: Corpus;
}

/** The schedule of a model that has not been trained. */
const NOTHING_DONE: Schedule = {
  ...{ epochs: 0, epochWords: 0, learningRate: 0, minLearningRate: 0, firstEpoch: 0 },
  learningRateSchedule: "constant",
};

/** The schedule of a run as a file holds it. */
function storedForm(schedule: Schedule): Schedule {
  return { ...schedule, learningRateSchedule: storedSchedule(schedule.learningRateSchedule) };
}

/** A page that writes no such file does not load what does. */
async function* fastText(...args: Parameters<typeof fastTextBytes>): AsyncGenerator<Uint8Array> {
  const { fastTextBytes } = await import("./fasttext-file.js");
  yield* await fastTextBytes(...args);
}

export class Model<Source = CorpusSource> {
  /** One record for each epoch so far. */
  readonly history: EpochRecord[] = [];
  /** the last run, and where it stands */
  private last: { schedule: Schedule; position: Position };
  /** what the model is busy with, so that nothing else starts meanwhile; between two epochs it may be saved */
  private activity: "none" | "training" | "between epochs" = "none";
  private saving: Promise<void> | undefined;

  /** @internal use train or loadModel */
  constructor(
    readonly options: ResolvedOptions,
    private objective: Objective,
    private readonly platform: Platform<Source>,
    last: { schedule: Schedule; position: Position } = { schedule: NOTHING_DONE, position: START },
  ) {
    const { schedule, position } = last;
    this.last = { schedule, position };
  }

  get vocabulary(): Vocabulary {
    return this.objective.vocabulary;
  }

  /** The word vectors (input rows). Training with updateVocabulary replaces this object by one that has the new words. */
  get vectors(): WordVectors {
    return this.objective.vectors;
  }

  /**
   * The output rows, which predict; with the same words.
   * @throws RangeError with hierarchical softmax, whose output rows belong to the inner nodes of a tree
   */
  get outputVectors(): WordVectors {
    return this.objective.outputVectors;
  }

  /**
   * Trains on, on the same or another corpus. If it fails or is aborted, the model stays as it stands; where workers do not
   * share its memory, as the last epoch or checkpoint left it, or partly so if it was aborted while that was brought.
   * @throws TypeError, RangeError for options; DivergenceError; the signal's reason
   */
  async train(source: Source, options: ContinueOptions = {}): Promise<this> {
    checkKnown("option", options, CONTINUE_OPTIONS);
    const { updateVocabulary = false } = options;
    checkBoolean("updateVocabulary", updateVocabulary);
    resolve(LISTENERS, options);
    if (options.checkpoint && this.objective.checkpoint)
      throw new RangeError(
        `"checkpoint" clashes with that of this model, ${this.objective.checkpoint.name}: leave it out`,
      );
    const { options: first } = this;
    const { freeze, wordRates, ...asked } = resolve(CONTINUED, options, {
      epochs: first.epochs,
      learningRate: first.learningRate,
      minLearningRate: first.minLearningRate,
      learningRateSchedule: first.learningRateSchedule,
    });
    const { epochs, learningRateSchedule, validationShare } = asked;
    checkHasSchedule(learningRateSchedule, "this model");
    checkPatience({ ...asked, onEpochEnd: options.onEpochEnd });
    await this.exclusively(() =>
      withListeners(options, async (listened) => {
        const { signal } = listened;
        signal.throwIfAborted();
        await orAborted(Promise.resolve(this.saving), signal);
        await withText(this.platform, source, { ...this.options, ...listened }, async (text) => {
          if (updateVocabulary) await this.grow(text);
          await orAborted(Promise.resolve(listened.onVocabulary?.(this.vocabulary)), signal);
          if (freeze || wordRates) this.objective.multipliers = multipliersOf(this.vocabulary, freeze, wordRates);
          const corpus = await text.words(this.vocabulary);
          const { spool } = this.options;
          const split = await this.split(corpus, { validationShare, spool }, listened.onWarning);
          const epochWords = split?.trainedWords ?? (await this.countWords(corpus));
          const reading = { words: epochs * epochWords, vocabulary: this.vocabulary };
          const schedule: Schedule = {
            epochs,
            epochWords,
            isCounted: true,
            ...ratesOf({ ...first, ...asked }, reading),
            firstEpoch: this.history.length,
            learningRateSchedule,
            ...stoppingOf(asked, split),
          };
          const { checkpoint = listened.checkpoint } = this.objective;
          const listening = { ...listened, checkpoint };
          const held = await this.takeHeld(corpus, schedule, listening);
          await this.run({ corpus, ...split }, schedule, { ...(held?.position ?? START) }, listening);
        });
      }),
    );
    return this;
  }

  /**
   * Writes all that the model is: its vectors and output rows, vocabulary with counts, options, history, and where its training
   * stands. loadModel reads it; loadVectors reads the vectors alone. Within onEpochEnd the file can be resumed, too. Or, with format
   * "fasttext", fastText's model.bin, which its command and gensim read.
   * @param target a path (Node), whose file is written whole or not at all, or a function that stores the bytes
   * @throws Error while the model is being trained, except within onEpochEnd; what writing throws
   */
  async save(target: string | URL | ModelWriter, options: SaveModelOptions = {}): Promise<void> {
    checkKnown("option", options, ["metadata", "format"]);
    const { metadata } = options;
    const format = checkOneOf("format", options.format ?? "wasm2vec", ["wasm2vec", "fasttext"]);
    const { writeFile } = this.platform;
    if (
      typeof target !== "function" &&
      (writeFile === undefined || !(typeof target === "string" || target instanceof URL))
    )
      throw new TypeError(
        `"save" expected ${writeFile ? "a path, or " : ""}a function that writes an iterable of bytes, got ${show(target)}`,
      );
    if (this.activity === "training") throw new Error(BUSY);
    const { schedule, position } = this.last;
    // what an interrupted epoch did is in the vectors, but no way leads back into it
    const { epochs, wordsBefore } = position;
    const snapshot =
      position.batches === 0 && position.steps === 0
        ? this.snapshot(schedule, position, metadata)
        : this.snapshot({ ...schedule, epochs }, { ...START, epochs, wordsBefore }, metadata);
    // with its rows, wherever they lie
    const chunks =
      format === "fasttext" ? fastText(snapshot, this.options) : checkpointBytes({ ...snapshot, blocks: undefined });
    const saved = typeof target === "function" ? target(chunks) : writeFile!(target, chunks);
    // training waits for it, awaited or not
    this.saving = Promise.allSettled([this.saving, saved]).then(() => {});
    await saved;
  }

  /** @internal Reads which sentences of a text are held out: see splitText. Its code is loaded when there is a share. */
  async split(
    corpus: Corpus,
    { validationShare = 0, spool }: Partial<Parameters<typeof splitText>[2]>,
    onWarning?: (message: string) => unknown,
  ): Promise<SplitText | undefined> {
    if (validationShare === 0) return undefined;
    const { splitText } = await import("./validation.js");
    return splitText(this.objective, corpus, { validationShare, spool: spool ?? "auto" }, onWarning);
  }

  /** @internal Trains from a position, which it keeps up. */
  async run(text: RunText, schedule: Schedule, position: Position, listeners: RunListeners): Promise<void> {
    listeners.signal?.throwIfAborted();
    this.last = { schedule, position };
    const { activity } = this;
    this.activity = "training";
    // what onEpochEnd saved may be resumed
    if (position.batches === 0 && position.steps === 0) this.stopEarly(schedule, position, undefined);
    try {
      const { isChosen, epochs } = schedule;
      const canGoBack = isChosen && position.epochs < epochs;
      const good = canGoBack ? new GoodState(this.objective, this.history, schedule) : undefined;
      await good?.begin(position);
      const checkpointer = new Checkpointer(listeners);
      for (;;) {
        const failure = await this.runFrom(text, schedule, position, listeners, checkpointer, good);
        if (failure === undefined) return;
        if (good?.isKept === false)
          failure.message = `${failure.what}: ${failure.remedy} and begin anew: of rows of more than 1 GiB, or in files, no copy is kept to go back to`;
        if (!(await good?.goBack(position))) throw failure;
        listeners.onWarning?.(
          `${failure.what}: it goes on from epoch ${schedule.firstEpoch + position.epochs + 1} with learningRate ${schedule.learningRate * loweringOf(position)}`,
        );
      }
    } finally {
      // not before its rows are where they were
      this.activity = activity;
    }
  }

  /** Trains from a position to the end of the schedule. @returns the error if it diverged */
  private async runFrom(
    { corpus, split }: RunText,
    schedule: Schedule,
    position: Position,
    listeners: RunListeners,
    checkpointer: Checkpointer,
    good: GoodState | undefined,
  ): Promise<DivergenceError | undefined> {
    const { objective } = this;
    const { subsample, negatives } = this.options;
    const { signal, onProgress, onEpochEnd, onWarning, checkpoint } = listeners;
    const validation = split && (await objective.validation(split.sample));
    const { epochs, firstEpoch, epochWords } = schedule;
    const text = { corpus, share: split?.share ?? 0, epochs, firstEpoch };
    const runner = objective.start(epochWords, position.steps, text);
    const close = () => void runner.close();
    signal?.addEventListener("abort", close, { once: true });
    const image = async () => {
      await runner.collect();
      const snapshot = this.snapshot(schedule, position, checkpoint?.metadata);
      return {
        firstEpoch,
        goOn: snapshot.blocks ? "the same call goes on" : 'go on with "resume"',
        bytes: () => checkpointBytes(snapshot),
      };
    };
    checkpointer.begin(image, async () => {
      await runner.collect();
      return this.view();
    });
    const batches = () => objective.batches(corpus, split && new ValidationSplit(split.share));
    const validationLoss = () => this.history.slice(firstEpoch).at(-1)?.validationLoss;
    // an error of the listener is the user's, even if a training of its own diverged
    let heard: unknown;
    const ofListener = (error: unknown) => {
      heard = error;
      throw error;
    };
    try {
      const run = {
        ...{ schedule, corpus, batches, validationLoss, onProgress, onWarning, signal, subsample, negatives },
        pausePoint: checkpointer,
        ...objective.execution,
        // what is not judged by it goes on
        get unlearntLoss() {
          return good?.isKept ? objective.unlearntLoss : undefined;
        },
      };
      await trainEpochs(run, position, runner, async (record) => {
        this.history.push(record);
        if (validation || onEpochEnd) await runner.collect();
        if (validation) record.validationLoss = await validation(signal);
        let answer: unknown;
        if (onEpochEnd) {
          objective.refresh();
          this.activity = "between epochs";
          answer = await orAborted((async () => onEpochEnd(this, record))(), signal).catch(ofListener);
          await orAborted(Promise.resolve(this.saving), signal);
          this.activity = "training";
        }
        const score = scoreOf(answer);
        if (score !== undefined) record.score = score;
        if (answer !== false) checkMeasured(record, schedule);
        this.stopEarly(schedule, position, answer === false ? "onEpochEnd" : undefined);
        const finished = position.epochs === schedule.epochs;
        const isGood = !finished && good?.isDue(position);
        if (finished || isGood) await runner.collect();
        if (isGood) await good!.keep(position);
        await checkpointer.epochEnded(position, finished);
        return !finished;
      });
    } catch (error) {
      signal?.throwIfAborted();
      const explained = checkpointer.explain(error);
      if (explained instanceof DivergenceError && explained !== heard) return explained;
      throw explained;
    } finally {
      signal?.removeEventListener("abort", close);
      checkpointer.end();
      await runner.close();
      objective.refresh();
    }
  }

  /** Ends the schedule at a position between two epochs, if there is a reason to, which the last record then has. */
  private stopEarly(schedule: Schedule, position: Position, reason: EpochRecord["stopped"]): void {
    const records = this.history.slice(schedule.firstEpoch);
    const stopped = reason ?? stalled(records, schedule);
    if (stopped === undefined || position.epochs >= schedule.epochs) return;
    records[records.length - 1].stopped = stopped;
    position.epochs = schedule.epochs;
  }

  /** Runs `work` unless the model is busy. @throws Error if it is */
  private async exclusively(work: () => Promise<void>): Promise<void> {
    if (this.activity !== "none") throw new Error(BUSY);
    this.activity = "training";
    try {
      await work();
    } finally {
      this.activity = "none";
    }
  }

  /** Makes room for the words of a corpus. */
  private async grow(text: SpooledText): Promise<void> {
    const { growVocabulary } = await import("./grow.js");
    this.objective = await this.objective.grow(await growVocabulary(this.vocabulary, text, this.options));
  }

  /** Resumes this call of train if an interrupted one lies where checkpoints go. */
  private async takeHeld(corpus: Corpus, schedule: Schedule, listeners: RunListeners): Promise<Checkpoint | undefined> {
    if (listeners.checkpoint?.read === undefined) return undefined;
    const [{ heldRun }, { textDifference }] = await Promise.all([import("./held.js"), import("./text-difference.js")]);
    const { history, vocabulary, objective } = this;
    const options = storedOf(this.options);
    const run = { options, vocabulary, schedule: storedForm(schedule), history, multipliers: objective.multipliers };
    const held = await heldRun(run, listeners, (held) => {
      const batches = (split?: ValidationSplit) => objective.batches(corpus, split);
      return textDifference(batches, held, () => {});
    });
    if (held === undefined) return undefined;
    await objective.restore(held);
    history.push(...held.history.slice(schedule.firstEpoch));
    return held;
  }

  private async countWords(corpus: Corpus): Promise<number> {
    let words = 0;
    for await (const batch of this.objective.batches(corpus)) words += batch.words;
    return words;
  }

  private snapshot(schedule: Schedule, position: Position, metadata?: Record<string, unknown>): Snapshot {
    const { options, history, objective } = this;
    const run = {
      options: storedOf(options),
      schedule: storedForm(schedule),
      position: { ...position },
      history,
      metadata,
    };
    return { ...run, ...objective.snapshot() };
  }

  /** A snapshot of the model that training does not change. */
  private view(): EpochModel {
    const { objective, history } = this;
    return { vectors: objective.copyVectors(), vocabulary: objective.vocabulary, history: [...history] };
  }
}
