// The commands of the classifier: classify test and predict; train and quantize have files of their own.

import { Command } from "commander";
import type { ClassifierScore } from "../classifier/classifier-scores.js";
import { readChunks } from "../files.js";
import { loadClassifier } from "../node.js";
import { readStandardInput } from "../platform/node/files.js";
import { LineDecoder } from "../text/line-tokenizer.js";
import { CLASSIFIER, classifyQuantizeCommand } from "./classify-quantize.js";
import { classifyTrainCommand } from "./classify-train.js";
import { countOf, finish, grouped, parseCount, parseNumber, printable, type Result, table } from "./command.js";
import { printWarning } from "./progress.js";
import { addLabelOptions, CORPUS, openExamples, type TextFlags } from "./text.js";

interface PredictFlags extends TextFlags {
  k: number;
  threshold: number;
}

export function classifyCommand(): Command {
  return new Command("classify")
    .description("Train a classifier of texts, test it, predict with it, make it small.")
    .addCommand(classifyTrainCommand())
    .addCommand(testCommand())
    .addCommand(predictCommand())
    .addCommand(classifyQuantizeCommand());
}

function testCommand(): Command {
  const command = new Command("test")
    .description(
      "Predict lines whose labels are known: precision and recall, of each label too, and what is taken for what.",
    )
    .argument("<model>", CLASSIFIER)
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
    .argument("<model>", CLASSIFIER)
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
