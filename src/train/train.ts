// Begins a training, or goes on with one.

import { checkKnown } from "../base/check.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { type KernelPlan, kernelName, planKernel } from "../kernel/engines/kernels.js";
import { lossOf } from "../model/losses/registry.js";
import { orAborted } from "../text/abort.js";
import type { Corpus } from "../text/corpus.js";
import type { BytesRead } from "../text/source.js";
import type { SpooledText } from "../text/spooled.js";
import type { ValidationSplit } from "../text/validation-split.js";
import type { Checkpoint } from "./checkpoint/checkpoint.js";
import { TrainingControl } from "./checkpoint/control.js";
import { listenersOf, withListeners } from "./listeners.js";
import { checkPatience, stoppingOf } from "./loop/patience.js";
import { ProgressReporter, shareOf } from "./loop/progress.js";
import { START } from "./loop/records.js";
import { Model } from "./model.js";
import type { ObjectiveMaker } from "./objective.js";
import { ratesOf } from "./options/auto-rate.js";
import { type GivenAgain, namesOf, optionsAgain } from "./options/option.js";
import { smallEpochs, smallMinCount, smallSubsample } from "./options/small-text.js";
import { SETTINGS } from "./options/table.js";
import { meanContexts } from "./options/window-shape.js";
import { canShare, type Platform } from "./platform.js";
import { withText } from "./reading.js";
import { type ResolvedOptions, resolveOptions, type TrainOptions } from "./train-options.js";
import { vectorsFingerprint } from "./warm-start.js";
import { batchesOf, planWords, Word2vecObjective } from "./word2vec-objective.js";

/** Counts words, sets up a model and trains it; or goes on with one from a checkpoint. */
export async function trainOn<Source>(
  platform: Platform<Source>,
  source: Source,
  given: TrainOptions = {},
): Promise<Model<Source>> {
  const options = given?.resume ? await resumedOptions(given, given.resume) : optionsOf(given);
  return withListeners(options, (listened) => trainWith(platform, source, given, listened));
}

/** @throws TypeError, RangeError; pending requests of the control then reject */
function optionsOf(given: TrainOptions, resolve = newOptions): ResolvedOptions {
  try {
    return resolve(given);
  } catch (error) {
    if (given?.control instanceof TrainingControl) given.control.end();
    throw error;
  }
}

function newOptions(given: TrainOptions): ResolvedOptions {
  const options = resolveOptions(given);
  checkPatience(options);
  return options;
}

/** What goes on with a training is loaded when one does. */
async function resumedOptions(given: TrainOptions, resume: Checkpoint): Promise<ResolvedOptions> {
  const { resumeOptions } = await import("./resume-options.js");
  return optionsOf(given, () => {
    const options = resumeOptions(given, resume);
    const { isFinished, schedule } = resume;
    if (!isFinished) checkPatience({ ...schedule, onEpochEnd: given.onEpochEnd });
    return options;
  });
}

async function trainWith<Source>(
  platform: Platform<Source>,
  source: Source,
  given: TrainOptions,
  asked: ResolvedOptions,
): Promise<Model<Source>> {
  asked.signal?.throwIfAborted();
  return withText(platform, source, asked, (text) => {
    const corpus = asked.resume?.isFinished ? undefined : text.corpus;
    return withMaker(platform, asked, corpus, (maker) => {
      const options = { ...asked, checkpoint: maker.checkpoint ?? asked.checkpoint };
      return trainText(platform, text, given, options, maker);
    });
  });
}

async function trainText<Source>(
  platform: Platform<Source>,
  text: SpooledText,
  given: TrainOptions,
  asked: ResolvedOptions,
  maker: ObjectiveMaker,
): Promise<Model<Source>> {
  const { signal } = asked;
  const differs = (checkpoint: Checkpoint) => textOf(platform, text, { ...given, ...listenersOf(asked) }, checkpoint);
  const goesOn = asked.resume !== undefined || asked.checkpoint?.read !== undefined;
  const resume = goesOn ? await (await import("./held.js")).heldTraining(given, asked, differs) : undefined;
  if (resume) {
    if (resume === given.resume && !resume.isFinished) {
      const difference = await differs(resume);
      if (difference !== undefined)
        throw new RangeError(
          `${text.corpus.name} is not the corpus that the checkpoint was trained on, or not in the same order: ${difference}; ` +
            "give the same text to resume, or train on other text with model.train, on the command line with --from",
        );
    }
    if (resume === given.resume && resume.isFinished)
      asked.onWarning?.(
        `the training in ${resume.name} has ended: nothing is left to train, and the corpus is not read`,
      );
    const { goOnOptions } = await import("./resume-options.js");
    const options = { ...goOnOptions(given, resume), ...listenersOf(asked) };
    const model = await openModel(platform, resume, options, maker);
    await orAborted(Promise.resolve(options.onVocabulary?.(model.vocabulary)), signal);
    const { learningRateSchedule = resume.schedule.learningRateSchedule } = given;
    const schedule = { ...resume.schedule, learningRateSchedule };
    const corpus = await text.words(model.vocabulary);
    const split = resume.isFinished ? undefined : await model.split(corpus, { ...schedule, spool: options.spool });
    await model.run({ corpus, ...split }, schedule, { ...resume.position }, options);
    return model;
  }
  return begin(platform, text, asked, maker);
}

/** Counts the words, and trains from nothing. */
async function begin<Source>(
  platform: Platform<Source>,
  text: SpooledText,
  asked: ResolvedOptions,
  maker: ObjectiveMaker,
): Promise<Model<Source>> {
  const { signal } = asked;
  const kernel = await kernelOf(platform, asked);
  const counted = asked.vocabulary ? undefined : await count(text, asked, maker);
  const vocabulary = asked.vocabulary ?? counted!.vocabulary;
  await orAborted(Promise.resolve(asked.onVocabulary?.(vocabulary)), signal);
  // only counting tells how long the text is
  const options = counted ? suited(asked, counted) : asked;
  const { epochs, learningRateSchedule, validationShare } = options;
  const corpus = await text.words(vocabulary, epochs + Number(validationShare > 0));
  warnOfCost(options, vocabulary.size);
  await yieldToEventLoop();
  const objective = await maker.begin({ platform, options, kernel }, vocabulary);
  const model = new Model(options, objective, platform);
  const split = await model.split(corpus, options, asked.onWarning);
  const epochWords = split?.trainedWords ?? vocabulary.totalWords;
  const whole = {
    epochs,
    epochWords,
    isCounted: counted?.isWhole ?? false,
    initialVectors: options.initialVectors && vectorsFingerprint(options.initialVectors),
    ...ratesOf(options, { words: epochs * epochWords, vocabulary }),
    firstEpoch: 0,
    learningRateSchedule,
    ...stoppingOf(options, split),
  };
  await model.run({ corpus, ...split }, whole, { ...START }, options);
  return model;
}

/** Where a model that is loaded will train; its other options are those it was trained with. */
export interface LoadModelOptions extends GivenAgain<typeof SETTINGS, "load"> {}

const LOADED = optionsAgain(SETTINGS, "load");

/** The model of a file, to query, to train on, to grow. @throws TypeError, RangeError for options */
export async function loadModelOn<Source>(
  platform: Platform<Source>,
  checkpoint: Checkpoint,
  options: LoadModelOptions = {},
): Promise<Model<Source>> {
  checkKnown("option", options, namesOf(LOADED));
  const { goOnOptions } = await import("./resume-options.js");
  const asked = goOnOptions(options, checkpoint);
  return withMaker(platform, asked, undefined, (maker) => openModel(platform, checkpoint, asked, maker));
}

/** The model that a checkpoint holds, as it stands. */
async function openModel<Source>(
  platform: Platform<Source>,
  checkpoint: Checkpoint,
  options: ResolvedOptions,
  maker: ObjectiveMaker,
): Promise<Model<Source>> {
  if (checkpoint.blocks && !options.blocks)
    throw new RangeError(`the rows of ${checkpoint.name} lie in the files beside it: give "blocks", its folder`);
  const kernel = await kernelOf(platform, options);
  const objective = await maker.open({ platform, options, kernel }, checkpoint);
  const model = new Model(options, objective, platform, checkpoint);
  model.history.push(...checkpoint.history);
  return model;
}

/** How a text differs from that of a checkpoint, cut into the same batches. */
async function textOf<Source>(
  platform: Platform<Source>,
  text: SpooledText,
  given: TrainOptions,
  checkpoint: Checkpoint,
): Promise<string | undefined> {
  const { vocabulary, mode } = checkpoint;
  const { goOnOptions } = await import("./resume-options.js");
  const { textDifference } = await import("./text-difference.js");
  const options = goOnOptions(given, checkpoint);
  const plan = planWords(platform, options, vocabulary, mode);
  const corpus = await text.words(vocabulary);
  const batches = (split?: ValidationSplit) => batchesOf(plan, corpus, vocabulary, split);
  return textDifference(batches, checkpoint, readingReport(corpus, options));
}

/** Works with what makes the model: here, or elsewhere. @param corpus that is to be trained on, if there is one */
async function withMaker<Source, Result>(
  { makerElsewhere }: Platform<Source>,
  options: ResolvedOptions,
  corpus: Corpus | undefined,
  work: (maker: ObjectiveMaker) => Promise<Result>,
): Promise<Result> {
  const { blocks, cluster } = options;
  if (!blocks && !cluster) return work(Word2vecObjective);
  if (makerElsewhere === undefined) throw new RangeError(`"${blocks ? "blocks" : "cluster"}" needs Node: leave it out`);
  const maker = await makerElsewhere(options, corpus);
  try {
    return await work(maker);
  } finally {
    await maker.close?.();
  }
}

function kernelOf<Source>({ fetchBytes }: Platform<Source>, options: ResolvedOptions): Promise<KernelPlan> {
  return orAborted(planKernel(options.kernel, canShare(options), options.wasm, fetchBytes), options.signal);
}

type Counted = Awaited<ReturnType<SpooledText["count"]>>;

/** Options with what those that were not given come to for a text of so many words. */
function suited(options: ResolvedOptions, { tokens, vocabulary: { totalWords } }: Counted): ResolvedOptions {
  const { open, minCount, subsample, epochs } = options;
  return {
    ...options,
    minCount: open.includes("minCount") ? smallMinCount(tokens, minCount) : minCount,
    subsample: open.includes("subsample") ? smallSubsample(totalWords, subsample) : subsample,
    epochs: open.includes("epochs") ? smallEpochs(totalWords, epochs) : epochs,
  };
}

function warnOfCost(options: ResolvedOptions, words: number): void {
  const { loss, model, dim, onWarning } = options;
  // each context word predicts, or all make one prediction
  const predictions = model === "skipgram" ? meanContexts({ ...options, windowWeights: [] }) : 1;
  const warning = lossOf(loss).costWarning?.({ words, dim, predictions });
  if (warning !== undefined) onWarning?.(warning);
}

async function count(text: SpooledText, options: ResolvedOptions, maker: ObjectiveMaker): Promise<Counted> {
  const { open, minCount } = options;
  const minCountFor = open.includes("minCount") ? (tokens: number) => smallMinCount(tokens, minCount) : undefined;
  const counting = { ...options, minCountFor };
  const report = readingReport(text.corpus, options);
  return (await maker.count?.(text.corpus, counting, report)) ?? text.count(counting, report);
}

/** Reports the progress of a pass that only reads, given the words read so far. */
function readingReport(corpus: Corpus, options: ResolvedOptions): (words: number, read?: BytesRead) => void {
  const { epochs, learningRate, kernel, onProgress } = options;
  const reporter = new ProgressReporter(onProgress);
  return (words, read = corpus.progress?.()) => {
    reporter.report({
      phase: "vocabulary",
      epoch: 0,
      epochs,
      words,
      totalWords: 0,
      share: read && shareOf(read),
      bytes: read?.bytes,
      loss: 0,
      // "auto" follows from the words
      learningRate: learningRate === "auto" ? 0 : learningRate,
      kernel: kernelName(kernel),
      threads: 0,
      parallel: "none",
    });
  };
}
