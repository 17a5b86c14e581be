// What the command train does: gathers what to train from, trains, and sees that nothing of it is lost.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { checkCluster } from "../cluster/options.js";
import {
  parseAnalogies,
  parseWordPairs,
  type QualityOptions,
  qualityProbe,
  type Trial,
  VECTOR_SPACE,
} from "../evaluate.js";
import { fileCheckpoint, loadCheckpoint, loadVectors, loadVocabulary } from "../files.js";
import { lossOf } from "../model/losses/registry.js";
import {
  type Checkpoint,
  estimateMemory,
  loadModel,
  type Model,
  type NodeCorpusSource,
  type Progress,
  TrainingControl,
  type TrainOptions,
  train,
  type Vocabulary,
} from "../node.js";
import { checkWritable, readText } from "../platform/node/files.js";
import type { Corpus } from "../text/corpus.js";
import { checkPatience } from "../train/loop/patience.js";
import { namesOf } from "../train/options/option.js";
import { goOnOptions, resumeOptions } from "../train/resume-options.js";
import { OPTIONS, resolveOptions } from "../train/train-options.js";
import { grouped, type Result, UsageError, usage } from "./command.js";
import { checkDistinct, checkOutside, corpusFiles } from "./distinct.js";
import { flagsOfCommand, inFlags } from "./flags.js";
import { printNote, printWarning, showProgress } from "./progress.js";
import { record } from "./record.js";
import { Interrupted, interruptible } from "./signals.js";
import { openText } from "./text.js";
import { checkNames, quoted, saveTrained } from "./train-outputs.js";
import { describe } from "./train-report.js";
import { checkTogether, type Flags, inputsOf, isTuned, KEPT, OWN, outputsOf, type Task, taskOf } from "./train-task.js";
import { tune } from "./tune.js";

export async function runTrain(paths: string[], options: Flags, command: Command): Promise<Result> {
  // what the user did not write is left to the library's defaults, which depend on other options
  const typed: Flags = Object.fromEntries(
    Object.entries(options).filter(([name]) => command.getOptionValueSource(name) === "cli"),
  );
  checkTogether(typed);
  const file = typed.resume ?? typed.from;
  const kept = file === undefined ? undefined : await loadCheckpoint(file);
  if (typed.from !== undefined && kept?.isFinished === false)
    throw new UsageError(
      `--from ${JSON.stringify(file)} holds a training that has not ended (${kept.progress}): end it with --resume, then train on from there`,
    );
  const task = taskOf(paths, typed, kept);
  // a training that has ended needs its corpus no more
  const needed = typed.resume === undefined || kept?.isFinished === false;
  const files = await corpusFiles(task.corpus).catch((error) => {
    if (needed) throw error;
    return [];
  });
  await checkDistinct(outputsOf(task), [...files, ...inputsOf(task)]);
  const { blocks } = task;
  const rows = blocks === undefined ? [] : [{ as: "--blocks", path: join(blocks, "rows") }];
  await checkOutside([...outputsOf(task), ...rows], task.corpus);
  for (const { path } of outputsOf(task)) await checkWritable(path);
  const quality = await qualityOf(task);
  const given = await libraryOptions(typed, task, kept, quality);
  const flags = flagsOfCommand(command);
  const from = typed.from === undefined ? undefined : kept;
  const { model, best } = await withText(task, (corpus) => {
    const trainWith = (options: TrainOptions, until?: AbortSignal) =>
      trainInterruptibly(task, corpus, { ...options, ...probeOf(quality) }, from, flags, until);
    return isTuned(typed) ? tuneVectors(trainWith, given, typed) : trainWith(given).then((model) => ({ model }));
  });
  await interruptible(
    () => printWarning("the model is being saved; another signal ends that"),
    () => saveTrained(model, task),
  );
  return describe(model, task, best);
}

/** Works on the text, of which standard input is read once, whatever trains on it. */
async function withText(task: Task, work: (corpus: Corpus) => Promise<Trained>): Promise<Trained> {
  const { corpus, remove } = await openText(task.corpus, task);
  try {
    return await work(corpus);
  } finally {
    await remove();
  }
}

/** The model, and which trial of a search it comes from. */
interface Trained {
  model: Model<NodeCorpusSource>;
  best?: Trial;
}

/** Trains vectors with different options, and returns the best. */
async function tuneVectors(
  train: (options: TrainOptions, until: AbortSignal) => Promise<Model<NodeCorpusSource>>,
  given: TrainOptions,
  typed: Flags,
): Promise<Trained> {
  const { trained, best } = await tune(VECTOR_SPACE, typed, "score", async (options, until) => {
    const model = await train({ ...given, ...options }, until);
    return { trained: model, score: model.history[model.history.length - 1].score! };
  });
  return { model: trained, best };
}

/** The options of train, with the files that they name read. */
async function libraryOptions(
  typed: Flags,
  task: Task,
  kept: Checkpoint | undefined,
  quality: QualityOptions | undefined,
): Promise<TrainOptions> {
  const { blocks, checkpoint, checkpointEvery, restart, outputVectors, wasm, corpus } = task;
  const { vocabulary, initialVectors, freeze, wordRates, resume, cluster, clusterPrefix } = typed;
  const own = Object.fromEntries(Object.entries(typed).filter(([name]) => !OWN.includes(name)));
  const flags = Object.fromEntries(KEPT.map((name) => [name, task[name]]));
  const given: TrainOptions = {
    ...own,
    cluster: cluster === undefined ? undefined : { url: cluster, prefix: clusterPrefix },
    wasm: wasm === undefined ? undefined : pathToFileURL(wasm),
    vocabulary: vocabulary === undefined ? undefined : await loadVocabulary(vocabulary),
    initialVectors: initialVectors === undefined ? undefined : await loadVectors(initialVectors),
    freeze: freeze === undefined ? undefined : (await readText(freeze)).split(/\s+/).filter((word) => word !== ""),
    wordRates: wordRates === undefined ? undefined : parseRates(await readText(wordRates), wordRates),
    resume: resume === undefined ? undefined : kept,
  };
  if (blocks !== undefined) given.blocks = { folder: blocks, every: checkpointEvery, overwrite: restart };
  if (checkpoint !== undefined)
    given.checkpoint = fileCheckpoint(checkpoint, checkpointEvery, {
      overwrite: restart,
      metadata: record(corpus, flags),
    });
  const resolved = usage(() => {
    if (given.cluster) checkCluster("cluster", given.cluster);
    if (kept === undefined || typed.from !== undefined) checkPatience({ ...given, ...probeOf(quality) });
    if (kept === undefined) return resolveOptions(given);
    return typed.from === undefined ? resumeOptions(given, kept) : goOnOptions(given, kept);
  });
  if (outputVectors !== undefined && lossOf(resolved.loss).outputRowsOf !== "words")
    throw new UsageError(`"--output-vectors" needs a loss with output vectors of words, got "${resolved.loss}"`);
  return given;
}

/** What the vectors are scored by after each epoch, if by anything. */
async function qualityOf({ probePairs, probeAnalogies }: Task): Promise<QualityOptions | undefined> {
  if (probePairs === undefined && probeAnalogies === undefined) return undefined;
  return {
    wordPairs: probePairs === undefined ? undefined : parseWordPairs(await readText(probePairs), probePairs),
    analogies:
      probeAnalogies === undefined ? undefined : parseAnalogies(await readText(probeAnalogies), probeAnalogies),
  };
}

/** What scores one training. */
function probeOf(quality: QualityOptions | undefined): Pick<TrainOptions, "onVocabulary" | "onEpochEnd"> {
  if (quality === undefined) return {};
  const { onVocabulary, onEpochEnd } = qualityProbe(quality);
  return { onVocabulary, onEpochEnd };
}

function parseRates(text: string, file: string): Map<string, number> {
  const rates = new Map<string, number>();
  for (const [i, line] of text.split("\n").entries()) {
    const [word, number, ...more] = line.trim().split(/\s+/);
    if (word === "") continue;
    const rate = Number(number);
    if (!(rate >= 0 && rate <= 1) || more.length > 0)
      throw new UsageError(`${file}, line ${i + 1}: expected a word, a space and a number from 0 to 1, got "${line}"`);
    rates.set(word, rate);
  }
  return rates;
}

/**
 * Trains, so that the first signal has a checkpoint written, if there is to be one, and ends it.
 * @param model that is trained on; undefined: one that is begun, or resumed @param flags for messages
 * @param until ends it, too
 */
async function trainInterruptibly(
  task: Task,
  corpus: Corpus,
  options: TrainOptions,
  model: Checkpoint | undefined,
  flags: Readonly<Record<string, string>>,
  until?: AbortSignal,
): Promise<Model<NodeCorpusSource>> {
  const controller = new AbortController();
  until?.addEventListener("abort", () => controller.abort(until.reason), { once: true });
  const control = new TrainingControl();
  let isTraining = false;
  const interrupt = (exitCode: number) => {
    const stop = (what: string) => controller.abort(new Interrupted(`interrupted; ${what}`, exitCode));
    const { blocks, checkpoint } = task;
    const place = checkpoint ?? blocks;
    const command = checkpoint === undefined ? "the same command" : `wasm2vec train --resume ${quoted(checkpoint)}`;
    const goOn = `go on with: ${command}`;
    const asItWas = () => (existsSync(place!) ? `${place} is as it was; ${goOn}` : "nothing was written");
    if (place === undefined) stop("nothing was written");
    else if (!isTraining) stop(asItWas());
    else
      control.checkpoint().then(
        () => stop(`the training is in ${place}; ${goOn}`),
        (error: Error) => stop(`${error.message}; ${asItWas()}`),
      );
  };
  return interruptible(interrupt, async () => {
    const progress = task.quiet ? undefined : showProgress();
    const listeners = {
      control,
      onProgress: (report: Progress) => {
        isTraining = report.phase === "training";
        progress?.onProgress(report);
      },
      onVocabulary: (vocabulary: Vocabulary) => {
        checkNames(vocabulary, task);
        if (!task.quiet) tellRedisMemory(vocabulary, options.cluster, (model ?? options.resume)?.options ?? options);
        return options.onVocabulary?.(vocabulary);
      },
      onWarning: (message: string) => (progress?.onWarning ?? printWarning)(inFlags(message, flags)),
      signal: controller.signal,
    };
    try {
      if (model === undefined) return await train(corpus, { ...options, ...listeners });
      return await continued(model, corpus, task, { ...options, ...listeners });
    } finally {
      progress?.stop();
    }
  });
}

/** Says what a cluster's Redis will need, before it is used. */
function tellRedisMemory(
  { size }: Vocabulary,
  cluster: TrainOptions["cluster"],
  { dim, parts }: Pick<TrainOptions, "dim" | "parts">,
): void {
  if (cluster === undefined) return;
  const { redis, redisWorker } = estimateMemory({ cluster, dim, parts }, size);
  const [one, more] = [redis, redisWorker].map((bytes) => `${grouped(Math.ceil(bytes / 1e6))} MB`);
  printNote(`this training takes up to ${one} of Redis' memory with one worker, and ${more} more for each other`);
}

/** Trains the model of a file on a text. */
async function continued(
  from: Checkpoint,
  corpus: Corpus,
  { updateVocabulary }: Task,
  { resume: _, ...options }: TrainOptions,
): Promise<Model<NodeCorpusSource>> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const ofLoading = ([name]: [string, unknown]) => LOADED.includes(name);
  const model = await loadModel(from, Object.fromEntries(given.filter(ofLoading)));
  const training = Object.fromEntries(given.filter((option) => !ofLoading(option)));
  return model.train(corpus, { ...training, updateVocabulary });
}

/** Options of train that are those of loadModel too. */
const LOADED: readonly string[] = namesOf(OPTIONS, ({ again }) => again === "load");
