// The command train: its options.

import { Command, Option } from "commander";
import { VECTOR_FORMATS } from "../format/vectors.js";
import { DEFAULT_INTERVAL } from "../train/checkpoint/control.js";
import { finish } from "./command.js";
import { runTrain } from "./run-train.js";
import { addTextOptions, CORPUS } from "./text.js";
import { trainFlags } from "./train-flags.js";
import { addTuneOptions } from "./tune.js";

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
    );
  for (const flag of trainFlags()) command.addOption(flag);
  command
    .option("--checkpoint-every <interval>", "how often, for example 30s, 5m, 1epoch", DEFAULT_INTERVAL)
    .option(
      "--cluster-prefix <prefix>",
      "what keys begin with in the Redis of --cluster, as of its workers (default: wasm2vec)",
    )
    .option("--restart", "start over, whatever the file of --checkpoint, or the folder of --blocks, holds")
    .option("--probe-pairs <file>", "score the vectors after each epoch by rated word pairs, for --patience too")
    .option("--probe-analogies <file>", "score them by analogies among the 30,000 most frequent words")
    .option("--from <file>", "train a model, or a finished checkpoint, on this corpus too")
    .option("--update-vocabulary", "with --from: add the words of this corpus")
    .option("--save-model <file>", "write the whole model, to train on later with --from")
    .option("--save-fasttext <file>", "write the model as fastText's model.bin, which its command and gensim read")
    .option("--save-vocabulary <file>", "write words and counts")
    .option("--output-vectors <file>", "write the output (context) vectors too");
  addTuneOptions(command, "the score of --probe-pairs or --probe-analogies").option("-q, --quiet", "no progress");
  return finish(
    addTextOptions(command),
    [
      "wasm2vec train corpus.txt.gz --output vectors.bin",
      "wasm2vec train corpus.txt --output vectors.txt --format word2vec-text --model cbow --dim 300 --epochs 10",
      "zcat *.gz | wasm2vec train - --output vectors.bin --json",
      "wasm2vec train corpus.txt --output vectors.bin --checkpoint training.ckpt --checkpoint-every 1epoch",
      "wasm2vec train --resume training.ckpt",
      "wasm2vec train corpus.txt --output vectors.bin --dim 300 --blocks rows --blocks-memory 4G",
      "wasm2vec train corpus.txt --output vectors.bin --epochs 20 --validation-share 0.001 --patience 2",
      "wasm2vec train corpus.txt --output vectors.bin --epochs 20 --probe-pairs wordsim353.tsv --patience 2",
      "wasm2vec train corpus.txt --output vectors.bin --probe-pairs wordsim353.tsv --autotune-trials 20",
      "wasm2vec train corpus.txt --output vectors.bin --save-model model.w2v",
      "wasm2vec train more.txt --from model.w2v --update-vocabulary --output vectors.bin",
    ],
    runTrain,
  );
}
