// The commands of the classifier: classify train, test, predict.

import { pathToFileURL } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import type { ClassifierScore } from "../classifier/classifier-scores.js";
import { autotune, CLASSIFIER_SPACE } from "../evaluate.js";
import { fileCheckpoint, loadVectors, readChunks } from "../files.js";
import {
  type ClassifierModel,
  type ClassifierOptions,
  loadClassifier,
  type Progress,
  TrainingControl,
  trainClassifier,
} from "../node.js";
import { checkWritable, readStandardInput } from "../platform/node/files.js";
import { LineDecoder } from "../text/line-tokenizer.js";
import { DEFAULT_INTERVAL } from "../train/checkpoint/control.js";
import type { ClassWeights } from "../train/options/classifier-table.js";
import { CLASSIFIER_OPTIONS, resolveClassifierOptions } from "../train/train-classifier.js";
import { CLASSIFIER_LINES } from "./classifier-lines.js";
import {
  countOf,
  finish,
  grouped,
  parseCount,
  parseNumber,
  parseNumberOrAuto,
  printable,
  type Result,
  table,
  UsageError,
  usage,
} from "./command.js";
import { checkDistinct, checkOutside, corpusFiles, namedFiles, refuseDash } from "./distinct.js";
import { flagsOfCommand, inFlags } from "./flags.js";
import { duration, printNote, printWarning, showProgress, threadsText } from "./progress.js";
import { Interrupted, interruptible } from "./signals.js";
import { addLabelOptions, addTokenizeOptions, CORPUS, openExamples, type TextFlags, tokenizeOf } from "./text.js";
import { flagsOfTable } from "./train-flags.js";

/** What is typed in the place of values that are objects. */
interface TrainFlags extends TextFlags, Omit<ClassifierOptions, "initialVectors" | "wasm" | "resume" | "checkpoint"> {
  output: string;
  initialVectors?: string;
  wasm?: string;
  resume?: string;
  checkpoint?: string;
  checkpointEvery: string;
  saveFasttext?: string;
  autotune?: string;
  autotuneTrials?: number;
  autotuneSeconds?: number;
  quiet?: true;
}

interface PredictFlags extends TextFlags {
  k: number;
  threshold: number;
}

const MODEL = "a classifier, as wasm2vec classify train writes it";

export function classifyCommand(): Command {
  return new Command("classify")
    .description("Train a classifier of texts, test it, and predict with it.")
    .addCommand(trainCommand())
    .addCommand(testCommand())
    .addCommand(predictCommand());
}

function trainCommand(): Command {
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
      "search the options that are not given, by P@1 on these lines, which have the form of the corpus; the best classifier is written",
    )
    .option(
      "--autotune-trials <number>",
      "classifiers to train (default: 30, or as many as there is time for)",
      parseCount,
    )
    .option("--autotune-seconds <number>", "time for them all", parseNumber)
    .option("-q, --quiet", "no progress");
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
    const model = typed.autotune === undefined ? await train(given) : await tune(train, given, typed, tokenize);
    await interruptible(
      () => printWarning("the classifier is being saved; another signal ends that"),
      async () => {
        await model.save(output);
        if (typed.saveFasttext !== undefined) await model.save(typed.saveFasttext, { format: "fasttext" });
      },
    );
    return describe(model, output);
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
async function tune(
  train: (options: ClassifierOptions, until: AbortSignal) => Promise<ClassifierModel<string | URL>>,
  given: ClassifierOptions,
  typed: TrainFlags,
  tokenize: Parameters<typeof openExamples>[2],
): Promise<ClassifierModel<string | URL>> {
  const space = Object.fromEntries(Object.entries(CLASSIFIER_SPACE).filter(([name]) => !(name in typed)));
  const validation = await openExamples([typed.autotune!], typed, tokenize);
  let [chosen, score] = [undefined as ClassifierModel<string | URL> | undefined, Number.NEGATIVE_INFINITY];
  try {
    await autotune(
      async (options, signal) => {
        const model = await train({ ...given, ...options }, signal);
        const { precision } = await model.test(validation.corpus);
        if (precision > score || chosen === undefined) [chosen, score] = [model, precision];
        return precision;
      },
      {
        ...{ space, trials: typed.autotuneTrials, seconds: typed.autotuneSeconds, seed: given.seed },
        onTrial({ number, options, score, error, seconds }, best) {
          // who interrupts one trial wants the search to end
          if (error instanceof Interrupted) throw error;
          if (typed.quiet) return;
          const names = Object.entries(options).map(([name, value]) => `${name} ${value}`);
          const outcome = score === undefined ? error!.message : `P@1 ${score.toFixed(4)}`;
          printNote(
            `trial ${number}: ${outcome}, ${duration(seconds)}, ${names.join(", ") || "defaults"}${best?.number === number ? "; the best so far" : ""}`,
          );
        },
      },
    );
  } finally {
    await validation.remove();
  }
  return chosen!;
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

function describe({ labels, words, data, history, options }: ClassifierModel<string | URL>, output: string): Result {
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const read = history.reduce((sum, epoch) => sum + epoch.words, 0);
  const { loss, kernel, threads, parallel, reproducible } = history[history.length - 1];
  const ngrams = data.rowBuckets?.length ?? 0;
  return {
    json: {
      ...{ output, labels: labels.length, words: words.length, ngrams, dim: data.args.dim, seed: options.seed },
      ...{ kernel, threads, parallel, reproducible, seconds, wordsPerSecond: read / seconds, loss, history },
    },
    text:
      `wrote ${output}: ${countOf(labels.length, "label")}, ${countOf(words.length, "word")}, ` +
      `${ngrams > 0 ? `${countOf(ngrams, "bucket")} of n-grams, ` : ""}dim ${data.args.dim}; ${grouped(read)} words in ` +
      `${duration(seconds)} (${grouped(read / seconds)} words/s, ${kernel}, ${threadsText(threads, parallel)}), loss ${loss.toFixed(4)}` +
      (reproducible ? "" : "; another run gives other bytes"),
  };
}

function testCommand(): Command {
  const command = new Command("test")
    .description(
      "Predict lines whose labels are known: precision and recall, of each label too, and what is taken for what.",
    )
    .argument("<model>", MODEL)
    .argument("<corpus...>", CORPUS)
    .option("-k, --k <number>", "labels predicted for a line at most", parseCount, 1)
    .option("--threshold <probability>", "labels below it are not predicted", parseNumber, 0)
    .option("--confusion", "print which label is taken for which");
  return finish(
    addLabelOptions(command),
    [
      "wasm2vec classify test model.w2c test.txt",
      "wasm2vec classify test model.w2c test.csv --column text --label-column stars --confusion",
    ],
    runTest,
  );
}

async function runTest(file: string, paths: string[], flags: PredictFlags & { confusion?: true }): Promise<Result> {
  const model = await loadClassifier(file);
  const { corpus, remove } = await openExamples(paths, flags, model.options.tokenize);
  try {
    const { k, threshold } = flags;
    const score = await model.test(corpus, { k, threshold, onWarning: printWarning });
    return { json: score, text: scoreText(score, flags.confusion) };
  } finally {
    await remove();
  }
}

function scoreText(
  { examples, skipped, k, precision, recall, labels, confusion }: ClassifierScore,
  showsConfusion?: true,
): string {
  const share = (value: number) => value.toFixed(4);
  const rows = labels.map((one) => [
    ...[
      one.label,
      share(one.precision),
      share(one.recall),
      share(one.f1),
      grouped(one.examples),
      grouped(one.predicted),
    ],
  ]);
  const matrix = showsConfusion && confusion;
  return [
    `${countOf(examples, "example")}${skipped > 0 ? `, ${grouped(skipped)} more without a known label or word` : ""}`,
    `P@${k} ${share(precision)}  R@${k} ${share(recall)}`,
    table([["label", "precision", "recall", "F1", "examples", "predicted"], ...rows]),
    ...(matrix
      ? [
          "is \\ taken for",
          table([
            ["", ...labels.map(({ label }) => label)],
            ...matrix.map((row, i) => [labels[i].label, ...row.map(String)]),
          ]),
        ]
      : []),
  ].join("\n");
}

function predictCommand(): Command {
  const command = new Command("predict")
    .description("Print the most probable labels of each line of text.")
    .argument("<model>", MODEL)
    .argument("[file]", "text, plain or compressed; - reads standard input", "-")
    .option("-k, --k <number>", "labels of a line at most", parseCount, 1)
    .option("--threshold <probability>", "labels below it are left out", parseNumber, 0)
    .option("--probabilities", "print the probability after each label");
  return finish(
    command,
    [
      "wasm2vec classify predict model.w2c lines.txt",
      "echo 'buy now' | wasm2vec classify predict model.w2c -k 3 --probabilities",
    ],
    runPredict,
  );
}

async function runPredict(file: string, path: string, flags: PredictFlags & { probabilities?: true }): Promise<Result> {
  const { k, threshold, probabilities } = flags;
  const model = await loadClassifier(file);
  const found: ReturnType<typeof model.predict>[] = [];
  for await (const line of linesOf(path === "-" ? readStandardInput() : readChunks(path)))
    found.push(model.predict(line, { k, threshold }));
  const shown = (one: (typeof found)[number][number]) =>
    probabilities ? `${one.label} ${one.probability.toFixed(6)}` : one.label;
  return { json: found, text: found.map((labels) => printable(labels.map(shown).join(" "))).join("\n") };
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const lines = new LineDecoder(true);
  for await (const part of bytes) yield* lines.add(part);
  yield* lines.end();
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
