// The command train: its options.

import { Command, InvalidArgumentError, Option } from "commander";
import { VECTOR_FORMATS } from "../format/vectors.js";
import { KERNEL_CHOICES } from "../kernel/engines/kernels.js";
import { LOSSES } from "../kernel/layout.js";
import { DEFAULT_LEARNING_RATE, DEFAULTS } from "../node.js";
import { DEFAULT_INTERVAL } from "../train/checkpoint/control.js";
import type { WindowWeights } from "../types.js";
import { finish, parseBytes, parseNumber, parseThreads } from "./command.js";
import { flagOf } from "./flags.js";
import { runTrain } from "./run-train.js";
import { addTextOptions, CORPUS } from "./text.js";

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
  seed: "same seed, options and corpus: same vectors; where several threads train without locks, with --reproducible",
  maxSentenceLength: "split longer sentences",
};

export function trainCommand(): Command {
  const command = new Command("train")
    .description(
      "Train word vectors on text: one sentence a line, words separated by whitespace unless the options say otherwise.",
    )
    .argument("[corpus...]", `${CORPUS}; with --resume that of the checkpoint`)
    .option("-o, --output <file>", "where the vectors go; - is standard output")
    .addOption(
      new Option(
        "--format <format>",
        "format of the vectors (default: by the ending of the name, else word2vec)",
      ).choices(VECTOR_FORMATS),
    )
    .addOption(
      choice("--model <model>", "skip-gram or continuous bag of words", MODELS, DEFAULTS.model).argParser(parseModel),
    )
    .addOption(choice("--loss <loss>", "output layer", LOSSES, DEFAULTS.loss));
  for (const [name, description] of Object.entries(NUMBERS)) {
    const standard = name in DEFAULTS ? DEFAULTS[name as keyof typeof DEFAULTS & Numeric] : undefined;
    command.option(`${flagOf(name)} <number>`, description, parseNumber, standard);
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
    .option(
      "--threads <number>",
      "threads that read and train; auto is one for each core",
      parseThreads,
      DEFAULTS.threads,
    )
    .option(
      "--reproducible",
      "refuse what gives other bytes each time; cbow and the softmaxes then train on one thread",
    )
    .option("--spool", "read the text once, and then its words as numbers, where it is drawn anew each time too")
    .option("--no-spool", "read the text anew in each epoch")
    .option(
      "--spool-memory <bytes>",
      "numbers of words held in memory, such as 1G; the rest is in a temporary file (default: 256M)",
      parseBytes,
    )
    .option("--no-worker", "read and train in the main thread")
    .option("--checkpoint <file>", "keep the training in this file, and go on with it if it was interrupted")
    .option("--checkpoint-every <interval>", "how often, for example 30s, 5m, 1epoch", DEFAULT_INTERVAL)
    .option("--restart", "start over, whatever the file of --checkpoint holds")
    .option("--resume <file>", "go on with a checkpoint: its options, corpus and output are those it was begun with")
    .option("--from <file>", "train a model, or a finished checkpoint, on this corpus too")
    .option("--update-vocabulary", "with --from: add the words of this corpus")
    .option("--save-model <file>", "write the whole model, to train on later with --from")
    .option("--vocabulary <file>", "take words and counts from here instead of counting")
    .option("--initial-vectors <file>", "begin with the vectors of this file, where it has the word")
    .option("--freeze <file>", "leave the vectors of these words as they begin, one word a line")
    .option(
      "--word-rates <file>",
      "the share of its steps that a word's vector keeps: lines of a word, a space, a number",
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
      "wasm2vec train --resume training.ckpt",
      "wasm2vec train corpus.txt --output vectors.bin --save-model model.w2v",
      "wasm2vec train more.txt --from model.w2v --update-vocabulary --output vectors.bin",
    ],
    runTrain,
  );
}

const MODELS: readonly string[] = ["skipgram", "cbow"];

/** The flag is that of the option, as all are; for a file there is another. */
function parseModel(value: string): string {
  if (MODELS.includes(value)) return value;
  const isFile = /[./\\]/.test(value) ? ` To save the trained model, give --save-model ${value}.` : "";
  throw new InvalidArgumentError(`Allowed choices are ${MODELS.join(", ")}.${isFile}`);
}

function parseWeights(text: string): WindowWeights {
  return text === "harmonic" || text === "linear" ? text : text.split(",").map(parseNumber);
}

function choice(flags: string, description: string, choices: readonly string[], byDefault: string): Option {
  return new Option(flags, description).choices(choices).default(byDefault);
}
