// What the command train is to do: the options that were typed, with what a checkpoint keeps of the command that began it.

import type { VectorFormat } from "../formats.js";
import type { Checkpoint } from "../node.js";
import { namesOf } from "../train/options/option.js";
import { OPTIONS } from "../train/train-options.js";
import { UsageError } from "./command.js";
import { type NamedFile, namedFiles, refuseDash } from "./distinct.js";
import { flagOf } from "./flags.js";
import { wordsRead } from "./input.js";
import { filesOfOutput, formatOf, STANDARD_OUTPUT } from "./output.js";
import { recall } from "./record.js";
import { TEXT_FLAGS, type TextFlags } from "./text.js";
import type { TuneFlags } from "./tune.js";

export interface Flags extends TextFlags, TuneFlags {
  output?: string;
  format?: VectorFormat;
  outputVectors?: string;
  saveVocabulary?: string;
  saveModel?: string;
  saveFasttext?: string;
  vocabulary?: string;
  initialVectors?: string;
  freeze?: string;
  wordRates?: string;
  blocks?: string;
  cluster?: string;
  clusterPrefix?: string;
  checkpoint?: string;
  checkpointEvery?: string;
  validationShare?: number;
  patience?: number;
  minDelta?: number;
  probePairs?: string;
  probeAnalogies?: string;
  restart?: true;
  resume?: string;
  from?: string;
  updateVocabulary?: true;
  wasm?: string;
  json?: true;
}

/** Options that a checkpoint keeps, besides those of the training itself. */
export const KEPT = [
  ...TEXT_FLAGS,
  "output",
  "format",
  "outputVectors",
  "saveVocabulary",
  "saveModel",
  "saveFasttext",
  "checkpointEvery",
  "probePairs",
  "probeAnalogies",
] as const;

/** Options that are the command's own, not train's. */
export const OWN: readonly string[] = [
  ...KEPT,
  ...["checkpoint", "restart", "clusterPrefix", "from", "updateVocabulary", "json", "quiet"],
  ...["autotuneTrials", "autotuneSeconds"],
];

/** Options with which a model is trained on; its others are what they were. */
const CONTINUING: readonly string[] = [...namesOf(OPTIONS, ({ again }) => again !== undefined), "resume"];

/** What the command is to do, with what a checkpoint says of it. */
export interface Task extends Flags {
  corpus: readonly string[];
  /** of both files of vectors; each follows from its name where none is given */
  format: VectorFormat;
  outputVectorsFormat: VectorFormat;
}

/** @throws UsageError for options that say nothing together, or exclude each other */
export function checkTogether({
  resume,
  from,
  restart,
  blocks,
  checkpoint,
  checkpointEvery,
  updateVocabulary,
  probePairs,
  probeAnalogies,
  clusterPrefix,
  ...others
}: Flags): void {
  const fail = (what: string) => {
    throw new UsageError(what);
  };
  const other = checkpoint === undefined ? "--resume" : "--checkpoint";
  if (blocks !== undefined && (checkpoint ?? resume) !== undefined)
    fail(`--blocks names a folder with the checkpoint in it, and the same command goes on with it: leave out ${other}`);
  if (checkpointEvery !== undefined && (checkpoint ?? resume ?? blocks) === undefined)
    fail("--checkpoint-every goes with --checkpoint or --blocks: name the file or folder, or leave it out");
  if (restart && ((checkpoint ?? blocks) === undefined || resume !== undefined))
    fail("--restart goes with --checkpoint or --blocks, whose training it starts over, and without --resume");
  if (resume !== undefined && from !== undefined)
    fail("--resume goes on with an interrupted training, --from trains a model on another text: give one of them");
  if (clusterPrefix !== undefined && others.cluster === undefined)
    fail("--cluster-prefix goes with --cluster: name the Redis, or leave it out");
  if (updateVocabulary && from === undefined)
    fail("--update-vocabulary goes with --from: name the model, or leave it out");
  const { patience, validationShare = 0 } = others;
  if (patience !== undefined && resume === undefined && validationShare === 0 && !probePairs && !probeAnalogies)
    fail("--patience has nothing to go by: give --validation-share, such as 0.001, --probe-pairs or --probe-analogies");
  if (isTuned(others)) {
    if (!probePairs && !probeAnalogies)
      fail("a search for options has nothing to go by: give --probe-pairs or --probe-analogies");
    const one = { "--resume": resume, "--from": from, "--checkpoint": checkpoint, "--blocks": blocks };
    const named = Object.entries(one).find(([, value]) => value !== undefined)?.[0];
    if (named !== undefined)
      fail(`${named} is of one training, a search for options has many: search first, then train with what was found`);
  }
  if (from === undefined) return;
  const clash = Object.keys(others).find((name) => ![...OWN, ...CONTINUING].includes(name));
  if (clash !== undefined)
    fail(`${flagOf(clash)} is part of the model that --from names, with its other options: leave it out`);
}

/** Whether the command searches for options. */
export function isTuned({ autotuneTrials, autotuneSeconds }: TuneFlags): boolean {
  return (autotuneTrials ?? autotuneSeconds) !== undefined;
}

/** What is typed, and for the rest what the checkpoint keeps. @throws UsageError if there is no corpus, or nowhere to write */
export function taskOf(paths: readonly string[], typed: Flags, kept: Checkpoint | undefined): Task {
  const recalled = kept && recall(kept.metadata);
  // a model goes on with its own text as it was read, and to its own files; another text is read in the same way
  const names: readonly string[] = typed.from === undefined ? KEPT : TEXT_FLAGS;
  const flags = Object.fromEntries(Object.entries(recalled?.flags ?? {}).filter(([name]) => names.includes(name)));
  const all: Flags = { ...flags, ...typed, checkpoint: typed.checkpoint ?? typed.resume };
  const corpus = paths.length > 0 || typed.from !== undefined ? paths : (recalled?.corpus ?? []);
  if (corpus.length === 0)
    throw new UsageError(
      "missing required argument 'corpus': name text files, folders or globs, or - for standard input",
    );
  if (all.output === undefined && all.saveModel === undefined && all.saveFasttext === undefined)
    throw new UsageError(
      "required option '-o, --output <file>' not specified: name where the vectors go, or --save-model <file>",
    );
  const { saveVocabulary, saveModel, saveFasttext, checkpoint } = all;
  const files = { "--save-vocabulary": saveVocabulary, "--save-model": saveModel, "--save-fasttext": saveFasttext };
  refuseDash({ ...files, "--checkpoint": checkpoint });
  if (typed.format !== undefined && all.output === undefined && all.outputVectors === undefined)
    throw new UsageError("--format is that of --output and --output-vectors: give one of them, or leave it out");
  if (all.output === STANDARD_OUTPUT && all.outputVectors === STANDARD_OUTPUT)
    throw new UsageError("--output and --output-vectors are both standard output: give one of them a file");
  // of a name that is typed now, not of the one that the checkpoint keeps
  const asked = typed.format ?? (typed.output === undefined ? all.format : undefined);
  const format = formatOf(all.output ?? "", asked, "word2vec");
  return { ...all, corpus, format, outputVectorsFormat: formatOf(all.outputVectors ?? "", typed.format, format) };
}

/** Files that are written, each by the option that names it. */
export function outputsOf(task: Task): NamedFile[] {
  const { output, outputVectors, saveVocabulary, saveModel, checkpoint, format, outputVectorsFormat } = task;
  const fasttext = { "--save-fasttext": task.saveFasttext };
  const files = (as: string, path: string | undefined, format: VectorFormat) =>
    path === undefined ? [] : filesOfOutput(path, format).map((path) => ({ as, path }));
  return [
    ...files("--output", output, format),
    ...files("--output-vectors", outputVectors, outputVectorsFormat),
    ...namedFiles({
      "--save-vocabulary": saveVocabulary,
      "--save-model": saveModel,
      ...fasttext,
      "--checkpoint": checkpoint,
    }),
  ];
}

/** Files that are read; that a training is resumed in the file that it keeps is as it should be. */
export function inputsOf({
  vocabulary,
  initialVectors,
  freeze,
  wordRates,
  stopWords,
  wasm,
  probePairs,
  probeAnalogies,
  ...task
}: Task): NamedFile[] {
  const { resume, from, checkpoint } = task;
  const named = {
    "--vocabulary": vocabulary,
    "--initial-vectors": initialVectors,
    "the words of --initial-vectors": initialVectors && wordsRead(initialVectors),
    "--freeze": freeze,
    "--word-rates": wordRates,
    "--stop-words": stopWords,
    "--wasm": wasm,
    "--probe-pairs": probePairs,
    "--probe-analogies": probeAnalogies,
    "--from": from,
    "--resume": resume === checkpoint ? undefined : resume,
  };
  return namedFiles(named);
}
