// The front door of training.

import { type KernelPlan, planKernel } from "../kernel/pick.js";
import { breathe } from "../math/breathe.js";
import { Parameters } from "../model/parameters.js";
import type { Corpus } from "../text/corpus.js";
import { buildVocabulary, type Vocabulary } from "../text/vocabulary.js";
import { START } from "./epochs.js";
import { ratesOf, takeVectors } from "./grow.js";
import { canShare, Model, type Platform } from "./model.js";
import { type ResolvedOptions, resolveOptions, resumeOptions, type TrainOptions } from "./options.js";
import { planCrew } from "./parallel.js";
import { ProgressReporter, shareOf } from "./progress.js";
import { meanContexts } from "./windows.js";

/** Counts words, sets up a model and trains it; or goes on with one from a checkpoint. */
export async function trainOn<Source>(
  platform: Platform<Source>,
  source: Source,
  given: TrainOptions = {},
): Promise<Model<Source>> {
  const options = given.resume ? resumeOptions(given, given.resume) : resolveOptions(given);
  return trainWith(platform, source, options).finally(() => options.control?.end());
}

async function trainWith<Source>(
  platform: Platform<Source>,
  source: Source,
  options: ResolvedOptions,
): Promise<Model<Source>> {
  const { resume } = options;
  const corpus = platform.toCorpus(source, options.onWarning);
  const shared = canShare(options);
  const plan = await planKernel(options.kernel, shared, options.wasm, platform.fetchBytes);
  const vocabulary = options.vocabulary ?? (await count(corpus, options, plan));
  warnOfCost(options, vocabulary.size);
  await breathe();
  const crew = planCrew(
    options,
    platform.cores(),
    shared,
    vocabulary.size,
    vocabulary.breadth(options.subsample),
    resume?.mode,
  );
  const parameters = new Parameters(vocabulary, options, crew.workplace);
  const model = new Model(options, vocabulary, parameters, plan, platform, crew);
  if (!resume) await parameters.initialise(options.seed);
  if (options.initialVectors) takeVectors(parameters, vocabulary, options.initialVectors);
  if (options.freeze || options.wordRates) parameters.rates = ratesOf(vocabulary, options.freeze, options.wordRates);
  if (resume) {
    parameters.rates = resume.rates;
    parameters.restore(resume.inputs, resume.outputs, resume.random);
    model.history.push(...resume.history);
  }
  const { epochs, learningRate, minLearningRate } = options;
  const whole = { epochs, epochWords: vocabulary.totalWords, learningRate, minLearningRate, firstEpoch: 0 };
  await model.run(corpus, resume?.schedule ?? whole, { ...(resume?.position ?? START) }, options);
  return model;
}

/** Full softmax over more words than this is told to cost what it does. */
const COSTLY_WORDS = 2_000;

/** Says what a word costs with the full softmax: a dot product and two updates for every word of the vocabulary. */
function warnOfCost(options: ResolvedOptions, words: number): void {
  const { loss, model, dim, onWarning } = options;
  if (loss !== "softmax" || words <= COSTLY_WORDS) return;
  // each context word predicts, or all make one prediction
  const predictions = model === "skipgram" ? meanContexts({ ...options, windowWeights: [] }) : 1;
  const macs = 3 * words * dim * predictions;
  onWarning?.(
    `loss "softmax" scores all ${words} words in each prediction: ${(macs / 1e6).toPrecision(2)} million multiply-adds a word ` +
      `of text, some ${(macs / 5e6).toPrecision(2)} ms; "hierarchical-softmax" takes about ${Math.ceil(Math.log2(words))} rows ` +
      `instead of ${words}, "negative-sampling" 6`,
  );
}

function count(corpus: Corpus, options: ResolvedOptions, plan: KernelPlan): Promise<Vocabulary> {
  const reporter = new ProgressReporter(options.onProgress);
  const { epochs, learningRate, signal } = options;
  const report = (words: number) => {
    signal?.throwIfAborted();
    const read = corpus.progress?.();
    reporter.report({
      phase: "vocabulary",
      epoch: 0,
      epochs,
      words,
      totalWords: 0,
      share: read && shareOf(read),
      bytes: read?.bytes,
      loss: 0,
      learningRate,
      kernel: plan.name,
      threads: 0,
      parallel: "none",
    });
  };
  return buildVocabulary(corpus, options, report);
}
