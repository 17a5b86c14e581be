// wasm2vec classify quantize.

import { stat } from "node:fs/promises";
import { Command } from "commander";
import { type ClassifierModel, loadClassifier } from "../node.js";
import { checkWritable } from "../platform/node/files.js";
import { countOf, finish, grouped, parseCount, parseNumber, type Result } from "./command.js";
import { checkDistinct, namedFiles, refuseDash } from "./distinct.js";
import { printWarning } from "./progress.js";
import { Interrupted, interruptible } from "./signals.js";

interface Flags {
  cutoff?: number;
  dsub: number;
  qnorm?: true;
  qout?: true;
  seed: number;
}

export const CLASSIFIER = "a classifier: of wasm2vec classify train, or fastText's .bin or .ftz";

export function classifyQuantizeCommand(): Command {
  const command = new Command("quantize")
    .description("Make a classifier small, for a page: fastText's .ftz, a tenth of the size and less.")
    .argument("<model>", CLASSIFIER)
    .argument("<output>", "where the .ftz goes")
    .option("--cutoff <number>", "rows of words and n-grams that stay, the longest (default: all)", parseCount)
    .option("--dsub <number>", "numbers of a row that share a byte", parseCount, 2)
    .option("--qnorm", "quantize the lengths of rows apart: a byte more a row, and rows come back better")
    .option("--qout", "quantize the rows of labels, too")
    .option("--seed <number>", "the same seed gives the same bytes", parseNumber, 1);
  return finish(
    command,
    [
      "wasm2vec classify quantize model.w2c model.ftz --cutoff 10000 --qnorm",
      "wasm2vec classify test model.ftz test.txt",
    ],
    runQuantize,
  );
}

async function runQuantize(file: string, output: string, { cutoff, dsub, qnorm, qout, seed }: Flags): Promise<Result> {
  refuseDash({ "<output>": output });
  await checkDistinct(namedFiles({ "the output": output }), namedFiles({ "the classifier": file }));
  await checkWritable(output);
  const model = await loadClassifier(file);
  warnOfTokenizer(model);
  const controller = new AbortController();
  const { signal } = controller;
  const interrupt = (exitCode: number) =>
    controller.abort(new Interrupted("interrupted; nothing was written", exitCode));
  await interruptible(interrupt, () =>
    model.save(output, { format: "fasttext", quantize: { cutoff, dsub, qnorm, qout, seed, signal } }),
  );
  const { rows } = model.data.inputs;
  const kept = Math.min(rows, cutoff ?? rows);
  const [before, { size: bytes }] = [(await stat(file)).size, await stat(output)];
  return {
    json: { output, labels: model.labels.length, rows: kept, bytes },
    text: `wrote ${output}: ${countOf(model.labels.length, "label")}, ${grouped(kept)} of ${countOf(rows, "row")}, ${grouped(bytes)} bytes of ${grouped(before)}`,
  };
}

/** fastText's files do not say how texts become tokens. */
export function warnOfTokenizer({ data }: ClassifierModel<string | URL>): void {
  const names = Object.keys(data.args.tokenize);
  if (names.length > 0)
    printWarning(
      `fastText's files do not hold how texts become tokens (${names.join(", ")}): give their readers the tokens, separated by spaces`,
    );
}
