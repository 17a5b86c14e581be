// wasm2vec classify train.

import { pathToFileURL } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { CLASSIFIER_SPACE, type Trial } from "../evaluate.js";
import { fileCheckpoint, loadVectors } from "../files.js";
import {
  type ClassifierModel,
  type ClassifierOptions,
  loadClassifier,
  type Progress,
  TrainingControl,
  trainClassifier,
} from "../node.js";
import { checkWritable } from "../platform/node/files.js";
import { DEFAULT_INTERVAL } from "../train/checkpoint/control.js";
import type { ClassWeights } from "../train/options/classifier-table.js";
import { CLASSIFIER_OPTIONS, resolveClassifierOptions } from "../train/train-classifier.js";
import { CLASSIFIER_LINES } from "./classifier-lines.js";
import { warnOfTokenizer } from "./classify-quantize.js";
import { countOf, finish, grouped, parseNumber, parseNumberOrAuto, type Result, UsageError, usage } from "./command.js";
import { checkDistinct, checkOutside, corpusFiles, namedFiles, refuseDash } from "./distinct.js";
import { flagsOfCommand, inFlags } from "./flags.js";
import { duration, printWarning, showProgress, threadsText } from "./progress.js";
import { Interrupted, interruptible } from "./signals.js";
import { addLabelOptions, addTokenizeOptions, CORPUS, openExamples, type TextFlags, tokenizeOf } from "./text.js";
import { flagsOfTable } from "./train-flags.js";
import { addTuneOptions, type TuneFlags, tune } from "./tune.js";

/** What is typed in the place of values that are objects. */
interface TrainFlags
  extends TextFlags,
    Omit<ClassifierOptions, "initialVectors" | "wasm" | "resume" | "checkpoint">,
    TuneFlags {
  output: string;
  initialVectors?: string;
  wasm?: string;
  resume?: string;
  checkpoint?: string;
  checkpointEvery: string;
  saveFasttext?: string;
  autotune?: string;
}

/** The classifier, and which trial of a search it comes from. */
interface Trained {
  model: ClassifierModel<string | URL>;
  best?: Trial;
}

export function classifyTrainCommand(): Command {
  const command = new Command("train")
    .description("Train a classifier on lines of text with labels such as __label__spam among their words.")
    .argument("<corpus...>", CORPUS)
    .requiredOption("-o, --output <file>", "where the classifier goes");
  const parsers = { classWeights: parseWeights, threads: parseNumberOrAuto };
  for (const flag of flagsOfTable(CLASSIFIER_OPTIONS, CLASSIFIER_LINES, parsers)) command.addOption(flag);
  command
    .option("--checkpoint-every <interval>", "how often, for example 30s, 5m, 1epoch", DEFAULT_INTERVAL)
    .option("--save-fasttext <file>", "write the classifier as fastText's model.bin, too")
    .option(
      "--autotune <file>",
      "search the options that are not given, by P@1 on these lines, which are read as the corpus; the best classifier is written",
    );
  addTuneOptions(command, "the score of --autotune").option("-q, --quiet", "no progress");
  return finish(
    addLabelOptions(addTokenizeOptions(command)),
    [
      "wasm2vec classify train lines.txt --output model.w2c --word-ngrams 2",
      "wasm2vec classify train reviews.csv --column text --label-column stars --output model.w2c --lowercase",
      "wasm2vec classify train mails.jsonl --json-field body --label-field tags --loss one-vs-all --output model.w2c",
      "wasm2vec classify train lines.txt --output model.w2c --resume training.ckpt",
      "wasm2vec classify train lines.txt --output model.w2c --autotune validation.txt --autotune-seconds 300",
    ],
    runTrain,
  );
}

async function runTrain(paths: string[], options: TrainFlags, command: Command): Promise<Result> {
  const isTyped = (name: string) => command.getOptionValueSource(name) === "cli";
  const typed = Object.fromEntries(Object.entries(options).filter(([name]) => isTyped(name))) as TrainFlags;
  const { output, resume, checkpoint, initialVectors, quiet, autotune: validation } = typed;
  checkAutotune(typed);
  const files = { "--output": output, "--save-fasttext": typed.saveFasttext };
  refuseDash({ ...files, "--checkpoint": checkpoint });
  const outputs = namedFiles({ ...files, "--checkpoint": checkpoint === resume ? undefined : checkpoint });
  const inputs = namedFiles({ "--initial-vectors": initialVectors, "--resume": resume, "--autotune": validation });
  await checkDistinct(outputs, [...(await corpusFiles(paths)), ...inputs]);
  await checkOutside(outputs, paths);
  for (const { path } of outputs) await checkWritable(path);
  const given = await libraryOptions(typed, options.checkpointEvery);
  const tokenize = given.resume?.options.tokenize ?? given.tokenize ?? {};
  const source = await openExamples(paths, typed, tokenize);
  try {
    const flags = flagsOfCommand(command);
    const train = (options: ClassifierOptions, until?: AbortSignal) =>
      trainInterruptibly(source.corpus, options, checkpoint, quiet, flags, until);
    const { model, best }: Trained =
      typed.autotune === undefined
        ? { model: await train(given) }
        : await tuneClassifier(train, given, typed, tokenize);
    await interruptible(
      () => printWarning("the classifier is being saved; another signal ends that"),
      async () => {
        await model.save(output);
        if (typed.saveFasttext !== undefined) {
          warnOfTokenizer(model);
          await model.save(typed.saveFasttext, { format: "fasttext" });
        }
      },
    );
    return describe(model, output, best);
  } finally {
    await source.remove();
  }
}

/** @throws UsageError for flags of a search that do not go together */
function checkAutotune({ autotune: file, autotuneTrials, autotuneSeconds, resume, checkpoint }: TrainFlags): void {
  if (file === undefined && (autotuneTrials !== undefined || autotuneSeconds !== undefined))
    throw new UsageError(
      "--autotune-trials and --autotune-seconds go with --autotune <file>: name the lines to score by",
    );
  if (file !== undefined && (resume !== undefined || checkpoint !== undefined))
    throw new UsageError("--autotune trains many classifiers: leave --resume and --checkpoint out");
}

/** Trains classifiers with different options, and returns the best. */
async function tuneClassifier(
  train: (options: ClassifierOptions, until: AbortSignal) => Promise<ClassifierModel<string | URL>>,
  given: ClassifierOptions,
  typed: TrainFlags,
  tokenize: Parameters<typeof openExamples>[2],
): Promise<Trained> {
  const validation = await openExamples([typed.autotune!], typed, tokenize);
  try {
    const { trained, best } = await tune(CLASSIFIER_SPACE, typed, "P@1", async (options, until) => {
      const model = await train({ ...given, ...options }, until);
      return { trained: model, score: (await model.test(validation.corpus)).precision };
    });
    return { model: trained, best };
  } finally {
    await validation.remove();
  }
}

/** The options of trainClassifier, with the files that they name read. @throws UsageError */
async function libraryOptions(typed: TrainFlags, every: string): Promise<ClassifierOptions> {
  const tokenize = await tokenizeOf(typed);
  const own = Object.fromEntries(Object.entries(typed).filter(([name]) => name in CLASSIFIER_OPTIONS));
  const { initialVectors, wasm, resume, checkpoint } = typed;
  const given: ClassifierOptions = {
    ...own,
    initialVectors: initialVectors === undefined ? undefined : await loadVectors(initialVectors),
    wasm: wasm === undefined ? undefined : pathToFileURL(wasm),
    resume: resume === undefined ? undefined : await loadClassifier(resume),
    checkpoint: checkpoint === undefined ? undefined : fileCheckpoint(checkpoint, every),
    ...(Object.keys(tokenize).length > 0 && { tokenize }),
  };
  usage(() => resolveClassifierOptions(given));
  return given;
}

/** Trains, so that the first signal has a checkpoint written, if there is to be one, and ends it. @param until ends it, too */
function trainInterruptibly(
  corpus: Parameters<typeof trainClassifier>[0],
  options: ClassifierOptions,
  checkpoint: string | undefined,
  quiet: true | undefined,
  flags: Readonly<Record<string, string>>,
  until?: AbortSignal,
): Promise<ClassifierModel<string | URL>> {
  const controller = new AbortController();
  until?.addEventListener("abort", () => controller.abort(until.reason), { once: true });
  const control = new TrainingControl();
  let isTraining = false;
  const interrupt = (exitCode: number) => {
    const stop = (what: string) => controller.abort(new Interrupted(`interrupted; ${what}`, exitCode));
    if (checkpoint === undefined || !isTraining) stop("nothing was written");
    else
      control.checkpoint().then(
        () => stop(`the training is in ${checkpoint}; go on with the same command and --resume ${checkpoint}`),
        (error: Error) => stop(error.message),
      );
  };
  return interruptible(interrupt, async () => {
    const progress = quiet ? undefined : showProgress();
    const listeners = {
      control,
      onProgress: (report: Progress) => {
        isTraining = report.phase === "training";
        progress?.onProgress(report);
      },
      onWarning: (message: string) => (progress?.onWarning ?? printWarning)(inFlags(message, flags)),
      signal: controller.signal,
    };
    try {
      return await trainClassifier(corpus, { ...options, ...listeners });
    } finally {
      progress?.stop();
    }
  });
}

function describe(
  { labels, words, data, history, options }: ClassifierModel<string | URL>,
  output: string,
  best?: Trial,
): Result {
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const read = history.reduce((sum, epoch) => sum + epoch.words, 0);
  const { loss, kernel, threads, parallel, reproducible } = history[history.length - 1];
  const ngrams = data.rowBuckets?.length ?? 0;
  return {
    json: {
      ...{ output, labels: labels.length, words: words.length, ngrams, dim: data.args.dim, seed: options.seed },
      ...{ kernel, threads, parallel, reproducible, seconds, wordsPerSecond: read / seconds, loss, history },
      ...(best && { autotuned: best }),
    },
    text:
      `wrote ${output}: ${countOf(labels.length, "label")}, ${countOf(words.length, "word")}, ` +
      `${ngrams > 0 ? `${countOf(ngrams, "bucket")} of n-grams, ` : ""}dim ${data.args.dim}; ${grouped(read)} words in ` +
      `${duration(seconds)} (${grouped(read / seconds)} words/s, ${kernel}, ${threadsText(threads, parallel)}), loss ${loss.toFixed(4)}` +
      (reproducible ? "" : "; another run gives other bytes"),
  };
}

/** Parses "balanced", or label=weight,label=weight. */
function parseWeights(text: string): ClassWeights {
  if (text === "balanced") return text;
  const weights = text.split(",").map((part) => {
    const at = part.lastIndexOf("=");
    if (at < 1) throw new InvalidArgumentError("Expected balanced, or label=weight, such as spam=2,ham=0.5.");
    return [part.slice(0, at), parseNumber(part.slice(at + 1))];
  });
  return Object.fromEntries(weights);
}
