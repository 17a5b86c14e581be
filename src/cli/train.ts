import { pathToFileURL } from "node:url";
import { Command, Option } from "commander";
import { VECTOR_FORMATS } from "../format/vectors.js";
import { LOSSES } from "../kernel/layout.js";
import { KERNEL_CHOICES } from "../kernel/pick.js";
import {
  checkWritable,
  DEFAULT_LEARNING_RATE,
  DEFAULTS,
  fileCheckpoint,
  loadCheckpoint,
  loadVectors,
  loadVocabulary,
  type Model,
  type NodeCorpusSource,
  readText,
  saveVectors,
  saveVocabulary,
  TrainingControl,
  type TrainOptions,
  train,
  type VectorFormat,
  type WindowWeights,
} from "../node.js";
import { DEFAULT_INTERVAL } from "../train/control.js";
import { PARALLEL_CHOICES, resolveOptions, resumeOptions } from "../train/options.js";
import { finish, grouped, Interrupted, parseNumber, parseThreads, type Result, UsageError, usage } from "./command.js";
import { crew, duration, printWarning, showProgress } from "./progress.js";
import { addTextOptions, CORPUS, openText, TEXT_FLAGS, type TextFlags } from "./text.js";

interface Files extends TextFlags {
  output: string;
  format: VectorFormat;
  outputVectors?: string;
  saveVocabulary?: string;
  vocabulary?: string;
  initialVectors?: string;
  freeze?: string;
  wordRates?: string;
  checkpoint?: string;
  checkpointEvery: string;
  resume?: string;
  wasm?: string;
  json?: true;
  quiet?: true;
}

type Numeric =
  | "dim"
  | "window"
  | "windowLeft"
  | "windowRight"
  | "negatives"
  | "epochs"
  | "minCount"
  | "maxVocabulary"
  | "maxCountedWords"
  | "subsample"
  | "noiseExponent"
  | "seed"
  | "maxSentenceLength";

const NUMBERS: Record<Numeric, string> = {
  dim: "floats of a vector",
  window: "words on each side at most",
  windowLeft: "words before at most (default: --window)",
  windowRight: "words after at most (default: --window)",
  negatives: "noise words of a prediction (negative-sampling)",
  epochs: "passes over the corpus",
  minCount: "leave out words seen less often",
  maxVocabulary: "keep at most so many words, the most frequent",
  maxCountedWords: "distinct words held while counting",
  subsample: "threshold for thinning out frequent words, 0 for none",
  noiseExponent: "noise words are drawn by count to this power (negative-sampling)",
  seed: "same seed, options and corpus: same vectors, with --threads 1 or --reproducible",
  maxSentenceLength: "split longer sentences",
};

export function trainCommand(): Command {
  const command = new Command("train")
    .description(
      "Train word vectors on text: one sentence a line, words parted by blanks unless the options say otherwise.",
    )
    .argument("<corpus...>", CORPUS)
    .requiredOption("-o, --output <file>", "where the vectors go")
    .addOption(choice("--format <format>", "format of the vectors", VECTOR_FORMATS, "word2vec"))
    .addOption(choice("--model <model>", "skip-gram or continuous bag of words", ["skipgram", "cbow"], DEFAULTS.model))
    .addOption(choice("--loss <loss>", "output layer", LOSSES, DEFAULTS.loss));
  for (const [name, description] of Object.entries(NUMBERS)) {
    const standard = name in DEFAULTS ? DEFAULTS[name as keyof typeof DEFAULTS & Numeric] : undefined;
    command.option(`--${kebab(name)} <number>`, description, parseNumber, standard);
  }
  const { skipgram, cbow } = DEFAULT_LEARNING_RATE;
  command
    .option(
      "--learning-rate <number>",
      `at the start; falls linearly (default: ${skipgram}, for cbow ${cbow})`,
      parseNumber,
    )
    .option("--min-learning-rate <number>", "where it stops falling (default: learning rate / 10000)", parseNumber)
    .option("--no-shrink-windows", "all words of each window, instead of a radius drawn from 1 to --window")
    .option(
      "--window-weights <weights>",
      "what words of a window count by their distance: harmonic, linear, or numbers such as 1,0.5,0.25",
      parseWeights,
    )
    .option(
      "--no-shared-negatives",
      "skipgram: one pair after the other with its own noise words, as word2vec.c, not window by window",
    )
    .addOption(choice("--cbow-combine <how>", "cbow: hidden vector", ["mean", "sum"], DEFAULTS.cbowCombine))
    .addOption(
      choice(
        "--cbow-gradient <how>",
        "cbow: gradient of each context word",
        ["undivided", "divided"],
        DEFAULTS.cbowGradient,
      ),
    )
    .addOption(choice("--kernel <name>", "engine; auto is simd", KERNEL_CHOICES, DEFAULTS.kernel))
    .option("--wasm <file>", "a kernel binary instead of the embedded one")
    .option("--threads <number>", "threads that train; auto is one for each core", parseThreads, DEFAULTS.threads)
    .addOption(
      choice(
        "--parallel <how>",
        "several threads: hogwild, fastest, or replicas, the bytes of --reproducible",
        PARALLEL_CHOICES,
        DEFAULTS.parallel,
      ),
    )
    .option("--reproducible", "the same bytes on every machine, with any number of threads")
    .option(
      "--parts <number>",
      "with --reproducible or replicas: logical parts of the work, part of what decides the bytes",
      parseNumber,
      DEFAULTS.parts,
    )
    .option("--spool", "keep word ids in a temporary file, which epochs after the first read instead of the text")
    .option("--no-worker", "train in the main thread")
    .option("--checkpoint <file>", "keep the training in this file, to go on if it is interrupted")
    .option("--checkpoint-every <interval>", "how often, for example 30s, 5m, 1epoch", DEFAULT_INTERVAL)
    .option("--resume <file>", "go on with the training of a checkpoint, with its options, on the same corpus")
    .option("--vocabulary <file>", "take words and counts from here instead of counting")
    .option("--initial-vectors <file>", "begin with the vectors of this file, where it has the word")
    .option("--freeze <file>", "leave the vectors of these words as they begin, one word a line")
    .option(
      "--word-rates <file>",
      "the share of its steps that a word's vector keeps: lines of a word, a blank, a number",
    )
    .option("--save-vocabulary <file>", "write words and counts")
    .option("--output-vectors <file>", "write the output (context) vectors too")
    .option("-q, --quiet", "no progress");
  return finish(
    addTextOptions(command),
    [
      "wasm2vec train corpus.txt.gz --output vectors.bin",
      "wasm2vec train corpus.txt --output vectors.txt --format word2vec-text --model cbow --dim 300 --epochs 10",
      "zcat *.gz | wasm2vec train - --output vectors.bin --json",
      "wasm2vec train corpus.txt --output vectors.bin --checkpoint training.ckpt --checkpoint-every 1epoch",
      "wasm2vec train corpus.txt --output vectors.bin --checkpoint training.ckpt --resume training.ckpt",
    ],
    runTrain,
  );
}

async function runTrain(paths: string[], options: Files, command: Command): Promise<Result> {
  const { output, format, outputVectors, saveVocabulary: vocabularyOutput, json: _, quiet, ...training } = options;
  const { vocabulary, initialVectors, freeze, wordRates, ...others } = training;
  const { checkpoint, checkpointEvery, resume, wasm, ...rest } = others;
  // what says how text is read is openText's
  const isWritten = (name: string) =>
    command.getOptionValueSource(name) !== "default" && !(TEXT_FLAGS as readonly string[]).includes(name);
  // what the user did not write is left to the library's defaults, which depend on other options
  const given: TrainOptions = {
    ...Object.fromEntries(Object.entries(rest).filter(([name]) => isWritten(name))),
    wasm: wasm === undefined ? undefined : pathToFileURL(wasm),
    checkpoint: checkpoint === undefined ? undefined : fileCheckpoint(checkpoint, checkpointEvery),
    resume: resume === undefined ? undefined : await loadCheckpoint(resume),
  };
  if (checkpoint === undefined && isWritten("checkpointEvery"))
    throw new UsageError("--checkpoint-every goes with --checkpoint: name the file, or leave it out");
  if (wordRates !== undefined) given.wordRates = parseRates(await readText(wordRates), wordRates);
  if (vocabulary !== undefined) given.vocabulary = await loadVocabulary(vocabulary);
  if (initialVectors !== undefined) given.initialVectors = await loadVectors(initialVectors);
  if (freeze !== undefined) given.freeze = (await readText(freeze)).split(/\s+/).filter((word) => word !== "");
  const { loss } = usage(() => (given.resume ? resumeOptions(given, given.resume) : resolveOptions(given)));
  if (outputVectors !== undefined && loss === "hierarchical-softmax")
    throw new UsageError('"--output-vectors" needs a loss with output vectors of words, got "hierarchical-softmax"');
  for (const file of [output, outputVectors, vocabularyOutput, checkpoint])
    if (file !== undefined) await checkWritable(file);

  const model = await trainInterruptibly(paths, options, given, quiet === true);
  if (vocabularyOutput !== undefined) await saveVocabulary(model.vocabulary, vocabularyOutput);
  if (outputVectors !== undefined) await saveVectors(model.outputVectors, outputVectors, { format });
  await saveVectors(model.vectors, output, { format });
  return describe(model, output, format);
}

function parseWeights(text: string): WindowWeights {
  return text === "harmonic" || text === "linear" ? text : text.split(",").map(parseNumber);
}

function parseRates(text: string, file: string): Map<string, number> {
  const rates = new Map<string, number>();
  for (const [i, line] of text.split("\n").entries()) {
    const [word, number, ...more] = line.trim().split(/\s+/);
    if (word === "") continue;
    const rate = Number(number);
    if (!(rate >= 0 && rate <= 1) || more.length > 0)
      throw new UsageError(`${file}, line ${i + 1}: expected a word, a blank and a number from 0 to 1, got "${line}"`);
    rates.set(word, rate);
  }
  return rates;
}

/** SIGINT has a checkpoint written, if there is one, and ends training; the second SIGINT ends the process. */
async function trainInterruptibly(
  paths: readonly string[],
  text: TextFlags,
  options: TrainOptions,
  quiet: boolean,
): Promise<Model<NodeCorpusSource>> {
  const controller = new AbortController();
  const control = new TrainingControl();
  const stop = (what: string) => controller.abort(new Interrupted(`interrupted; ${what}`));
  let isTraining = false;
  const interrupt = () => {
    process.on("SIGINT", exitAtOnce); // a third one must find it too, or the system kills us
    const { name } = options.checkpoint ?? {};
    if (name === undefined || !isTraining) return stop("nothing was written");
    control.checkpoint().then(
      () => stop(`the training is in ${name}: go on with --resume ${name}`),
      (error: Error) => stop(error.message),
    );
  };
  process.once("SIGINT", interrupt);
  const source = await openText(paths, text);
  const progress = quiet ? undefined : showProgress();
  try {
    return await train(source.corpus, {
      ...options,
      control,
      onProgress: (report) => {
        isTraining = report.phase === "training";
        progress?.onProgress(report);
      },
      onWarning: progress?.onWarning ?? printWarning,
      signal: controller.signal,
    });
  } finally {
    progress?.stop();
    process.off("SIGINT", interrupt);
    process.off("SIGINT", exitAtOnce);
    await source.remove();
  }
}

function exitAtOnce(): void {
  process.exit(130);
}

function describe(
  { vectors, vocabulary, history, options }: Model<NodeCorpusSource>,
  output: string,
  format: VectorFormat,
): Result {
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const words = history.reduce((sum, epoch) => sum + epoch.words, 0);
  const { loss, kernel, threads, parallel, reproducible } = history[history.length - 1];
  return {
    json: {
      output,
      format,
      words: vectors.size,
      dim: vectors.dim,
      corpusWords: vocabulary.totalWords,
      kernel,
      threads,
      parallel,
      reproducible,
      seed: options.seed,
      seconds,
      wordsPerSecond: words / seconds,
      loss,
      history,
    },
    text:
      `wrote ${output}: ${grouped(vectors.size)} words, dim ${vectors.dim}; ` +
      `${grouped(words)} words in ${duration(seconds)} (${grouped(words / seconds)} words/s, ${kernel}, ${crew(threads, parallel)}), loss ${loss.toFixed(4)}` +
      (reproducible ? "" : `; another run gives other vectors: for the same bytes ${remedy(kernel, parallel)}`),
  };
}

/** What makes a run give the same bytes again. */
function remedy(kernel: string, parallel: string): string {
  const needed = [
    kernel === "relaxed" ? "--kernel simd" : "",
    parallel === "hogwild" ? "--reproducible or --threads 1" : "",
  ];
  return needed.filter((flag) => flag !== "").join(" and ");
}

function choice(flags: string, description: string, choices: readonly string[], byDefault: string): Option {
  return new Option(flags, description).choices(choices).default(byDefault);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
