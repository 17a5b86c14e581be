// What the command train does: gathers what to train from, trains, and sees that nothing of it is lost.

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { checkCluster } from "../cluster/options.js";
import { parseAnalogies, parseWordPairs, qualityProbe } from "../evaluate.js";
import { fileCheckpoint, loadCheckpoint, loadVectors, loadVocabulary, saveVocabulary } from "../files.js";
import { checkWords } from "../format/vectors.js";
import { isExact, kernelName } from "../kernel/engines/kernels.js";
import type { KernelName } from "../kernel/kernel.js";
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
import { engineNamed } from "../train/execution/engines.js";
import { checkPatience } from "../train/loop/patience.js";
import { namesOf } from "../train/options/option.js";
import { goOnOptions, resumeOptions } from "../train/resume-options.js";
import { OPTIONS, resolveOptions } from "../train/train-options.js";
import { countOf, grouped, type Result, UsageError, usage } from "./command.js";
import { checkDistinct, checkOutside, corpusFiles } from "./distinct.js";
import { flagsOfCommand, inFlags } from "./flags.js";
import { STANDARD_OUTPUT, saveOutput } from "./output.js";
import { duration, printNote, printWarning, showProgress, threadsText } from "./progress.js";
import { record } from "./record.js";
import { Interrupted, interruptible } from "./signals.js";
import { openText } from "./text.js";
import { checkTogether, type Flags, inputsOf, KEPT, OWN, outputsOf, type Task, taskOf } from "./train-task.js";

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
  const given = await libraryOptions(typed, task, kept);
  const flags = flagsOfCommand(command);
  const model = await trainInterruptibly(task, given, typed.from === undefined ? undefined : kept, flags);
  await interruptible(
    () => printWarning("the model is being saved; another signal ends that"),
    () => save(model, task),
  );
  return describe(model, task);
}

/** The options of train, with the files that they name read. */
async function libraryOptions(typed: Flags, task: Task, kept: Checkpoint | undefined): Promise<TrainOptions> {
  const { blocks, checkpoint, checkpointEvery, restart, outputVectors, wasm, corpus } = task;
  const { vocabulary, initialVectors, freeze, wordRates, resume, cluster, clusterPrefix } = typed;
  const own = Object.fromEntries(Object.entries(typed).filter(([name]) => !OWN.includes(name)));
  const flags = Object.fromEntries(KEPT.map((name) => [name, task[name]]));
  const probe = await probeOf(task);
  const given: TrainOptions = {
    ...own,
    ...(probe && { onVocabulary: probe.onVocabulary, onEpochEnd: probe.onEpochEnd }),
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
    if (kept === undefined || typed.from !== undefined) checkPatience(given);
    if (kept === undefined) return resolveOptions(given);
    return typed.from === undefined ? resumeOptions(given, kept) : goOnOptions(given, kept);
  });
  if (outputVectors !== undefined && lossOf(resolved.loss).outputRowsOf !== "words")
    throw new UsageError(`"--output-vectors" needs a loss with output vectors of words, got "${resolved.loss}"`);
  return given;
}

/** What scores the vectors after each epoch, if anything does. */
async function probeOf({ probePairs, probeAnalogies }: Task): Promise<ReturnType<typeof qualityProbe> | undefined> {
  if (probePairs === undefined && probeAnalogies === undefined) return undefined;
  return qualityProbe({
    wordPairs: probePairs === undefined ? undefined : parseWordPairs(await readText(probePairs), probePairs),
    analogies:
      probeAnalogies === undefined ? undefined : parseAnalogies(await readText(probeAnalogies), probeAnalogies),
  });
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
 */
async function trainInterruptibly(
  task: Task,
  options: TrainOptions,
  model: Checkpoint | undefined,
  flags: Readonly<Record<string, string>>,
): Promise<Model<NodeCorpusSource>> {
  const controller = new AbortController();
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
    const source = await openText(task.corpus, task);
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
      if (model === undefined) return await train(source.corpus, { ...options, ...listeners });
      return await continued(model, source.corpus, task, { ...options, ...listeners });
    } finally {
      progress?.stop();
      await source.remove();
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

/** Finds words that a file cannot hold, before hours of training. @throws RangeError */
function checkNames(vocabulary: Vocabulary, task: Task): void {
  const { output, format, outputVectors, outputVectorsFormat, saveVocabulary } = task;
  if (output !== undefined) checkWords(vocabulary.words, format);
  if (outputVectors !== undefined) checkWords(vocabulary.words, outputVectorsFormat);
  if (saveVocabulary !== undefined) vocabulary.toText();
}

/** Writes what is asked for. @throws Error, with where the model is, if a file cannot be written */
async function save(model: Model<NodeCorpusSource>, task: Task): Promise<void> {
  const { corpus, output, outputVectors, saveVocabulary: vocabulary, saveModel, saveFasttext } = task;
  const metadata = record(corpus, Object.fromEntries(KEPT.map((name) => [name, task[name]])));
  const outputs = [
    { file: outputVectors, vectors: () => model.outputVectors, format: task.outputVectorsFormat },
    { file: output, vectors: () => model.vectors, format: task.format },
  ];
  // files first: whoever reads standard output may have seen enough
  outputs.sort((a, b) => Number(a.file === STANDARD_OUTPUT) - Number(b.file === STANDARD_OUTPUT));
  try {
    if (saveModel !== undefined) await model.save(saveModel, { metadata });
    if (saveFasttext !== undefined) await model.save(saveFasttext, { format: "fasttext" });
    if (vocabulary !== undefined) await saveVocabulary(model.vocabulary, vocabulary);
    for (const { file, vectors, format } of outputs) if (file !== undefined) await saveOutput(vectors(), file, format);
  } catch (error) {
    throw new Error(`${(error as Error).message}; ${await rescue(model, task, metadata)}`, { cause: error });
  }
}

/** Says where the trained model is, or brings it into a file of its own. */
async function rescue(
  model: Model<NodeCorpusSource>,
  { blocks, checkpoint }: Task,
  metadata: Record<string, unknown>,
): Promise<string> {
  if (blocks !== undefined) return `the trained model is in ${blocks}: write its vectors with the same command`;
  const held = checkpoint === undefined ? undefined : await loadCheckpoint(checkpoint).catch(() => undefined);
  if (held !== undefined && holdsModel(held, model)) return whereabouts(checkpoint!);
  let failure = "";
  for (const folder of [tmpdir(), process.cwd()]) {
    const file = join(folder, `wasm2vec-rescued-${randomUUID()}.w2v`);
    try {
      await model.save(file, { metadata });
      return whereabouts(file);
    } catch (error) {
      failure = (error as Error).message;
    }
  }
  return `and the trained model is lost: ${failure}`;
}

function whereabouts(file: string): string {
  return `the trained model is in ${file}: write its vectors with: wasm2vec convert ${quoted(file)} <file>`;
}

/** Whether a checkpoint is of this very model, not of an earlier training. */
function holdsModel(
  { tensors: { inputs }, options: { dim } }: Checkpoint,
  { vectors }: Model<NodeCorpusSource>,
): boolean {
  const { matrix, stride, size } = vectors;
  if (dim !== vectors.dim || inputs.length !== size * dim) return false;
  return inputs.every((value, i) => value === matrix[Math.floor(i / dim) * stride + (i % dim)]);
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Why a training ended early. The command has no onEpochEnd that ends it, but a model of the library may. */
const REASONS = {
  validationLoss: "the held-out loss no longer improved",
  score: "the score no longer improved",
  onEpochEnd: "its onEpochEnd said so",
};

function describe(
  { vectors, vocabulary, history, options }: Model<NodeCorpusSource>,
  { output, format, saveModel }: Task,
): Result {
  const discardedSeconds = history.reduce((sum, epoch) => sum + (epoch.discardedSeconds ?? 0), 0);
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, discardedSeconds);
  const words = history.reduce((sum, epoch) => sum + epoch.words, 0);
  const last = history[history.length - 1];
  const { loss, validationLoss, score, stopped, kernel, threads, parallel, reproducible } = last;
  const { initialLearningRate, lowered = 0 } = last;
  const files = [output, saveModel].filter((file) => file !== undefined);
  return {
    onStderr: output === STANDARD_OUTPUT,
    json: {
      output,
      format,
      model: saveModel,
      words: vectors.size,
      dim: vectors.dim,
      corpusWords: vocabulary.totalWords,
      kernel,
      threads,
      parallel,
      reproducible,
      seed: options.seed,
      learningRate: initialLearningRate,
      lowered,
      discardedSeconds,
      seconds,
      wordsPerSecond: words / seconds,
      loss,
      validationLoss,
      score,
      stopped,
      history,
    },
    text:
      `wrote ${files.join(", ")}: ${countOf(vectors.size, "word")}, dim ${vectors.dim}; ` +
      `${grouped(words)} words in ${duration(seconds)}${discardedSeconds === 0 ? "" : `, ${duration(discardedSeconds)} of them undone`} (${grouped(words / seconds)} words/s, ${kernel}, ${threadsText(threads, parallel, last.hosts)}), learning rate ${Number(initialLearningRate.toPrecision(3))}` +
      (lowered === 0 ? "" : ` (too high at first, and lowered ${countOf(lowered, "time")})`) +
      `, loss ${loss.toFixed(4)}` +
      (validationLoss === undefined ? "" : `, held-out loss ${validationLoss.toFixed(4)}`) +
      (score === undefined ? "" : `, score ${score.toFixed(4)}`) +
      (stopped === undefined ? "" : `; ended early, after epoch ${last.epoch}: ${REASONS[stopped]}`) +
      (reproducible ? "" : `; ${doubt(kernel, parallel)}`),
  };
}

/** Why the same command may give other bytes, and what makes it give the same. */
function doubt(kernel: KernelName, parallel: Progress["parallel"]): string {
  const { isDeterministic } = engineNamed(parallel);
  const needed = [isExact(kernel) ? "" : `--kernel ${kernelName("auto")}`, isDeterministic ? "" : "--reproducible"];
  const who = isDeterministic ? "another machine may give" : "another run gives";
  return `${who} other vectors: for the same bytes ${needed.filter((flag) => flag !== "").join(" and ")}`;
}
