import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import { writeAtomically } from "../files.js";
import { learnPhrases } from "../node.js";
import { type PhraseOptions, type PhraseScoring, Phrases } from "../phrases.js";
import { checkWritable, readText } from "../platform/node/files.js";
import { spawnWorker } from "../platform/node/worker.js";
import { abortable } from "../text/abort.js";
import type { Corpus } from "../text/corpus.js";
import { ENGLISH_CONNECTORS, PHRASE_THRESHOLD } from "../text/phrases.js";
import { readBy } from "../text/readers.js";
import { sentencesOf } from "../text/sentences.js";
import { checkThreads, readersOf } from "../text/threads.js";
import {
  countOf,
  finish,
  parseCount,
  parseNumber,
  parseNumberOrAuto,
  type Result,
  table,
  UsageError,
  usage,
} from "./command.js";
import { checkDistinct, corpusFiles, namedFiles, refuseDash } from "./distinct.js";
import { flagOf } from "./flags.js";
import { STANDARD_OUTPUT, writeOutput } from "./output.js";
import { showCounting } from "./progress.js";
import { Interrupted, interruptible } from "./signals.js";
import { addTextOptions, CORPUS, openText, type TextFlags } from "./text.js";

interface Flags extends TextFlags {
  output?: string;
  minCount: number;
  threshold?: number[];
  scoring: PhraseScoring;
  passes: number;
  connectorWords?: string;
  delimiter: string;
  maxCounted: number;
  threads: number | "auto";
  worker: boolean;
  save?: string;
  load?: string;
  quiet?: true;
  json?: true;
}

/** Phrases shown at the end. */
const SHOWN = 10;

export function phrasesCommand(): Command {
  const defaults = Object.entries(PHRASE_THRESHOLD).map(([scoring, value]) => `${scoring} ${value}`);
  const command = new Command("phrases")
    .description("Join words that occur together more often than by chance, such as new_york, before training.")
    .argument("<corpus...>", CORPUS)
    .option("-o, --output <file>", "file for the text with joined phrases; - is standard output")
    .option("--min-count <number>", "rarer words and pairs are not part of a phrase", parseCount, 5)
    .option(
      "--threshold <numbers>",
      `a pair with a higher score is a phrase; for several passes one each, separated by commas (default: ${defaults.join(", ")})`,
      parseNumbers,
    )
    .addOption(
      new Option("--scoring <how>", "as gensim, by normalized pointwise mutual information, or as word2phrase.c")
        .choices(Object.keys(PHRASE_THRESHOLD))
        .default("gensim"),
    )
    .option(
      "--passes <number>",
      "each pass joins the phrases of the previous one: two passes give phrases of up to four words",
      parseCount,
      1,
    )
    .option("--connector-words <words>", 'words that may stand within a phrase, separated by commas, or "english"')
    .option("--delimiter <text>", "joins the words of a phrase", "_")
    .option("--max-counted <number>", "most distinct words and pairs in memory while counting", parseCount, 10_000_000)
    .option("--threads <number>", "threads that read; auto is one for each core", parseNumberOrAuto, "auto")
    .option("--no-worker", "read in the main thread")
    .option("--save <file>", "save the phrases, for --load")
    .option("--load <file>", "join the phrases of this file instead of counting")
    .option("-q, --quiet", "no progress");
  return finish(
    addTextOptions(command),
    [
      "wasm2vec phrases corpus.txt.gz --output joined.txt",
      "wasm2vec phrases corpus.txt --output joined.txt --passes 2 --threshold 20,10 --connector-words english",
      "wasm2vec phrases corpus.txt --save phrases.json",
      "wasm2vec phrases more.txt --load phrases.json --output joined.txt",
    ],
    runPhrases,
  );
}

async function runPhrases(paths: string[], flags: Flags, command: Command): Promise<Result> {
  const { output, save, load, threshold = [], passes } = flags;
  if (output === undefined && save === undefined)
    throw new UsageError("phrases needs an output: give --output FILE, --save FILE or both");
  if (load !== undefined) {
    const learning = [
      "minCount",
      "threshold",
      "scoring",
      "passes",
      "connectorWords",
      "delimiter",
      "maxCounted",
      "save",
    ];
    const learningOption = learning.find((name) => command.getOptionValueSource(name) === "cli");
    if (learningOption !== undefined)
      throw new UsageError(`--load uses saved phrases: leave out ${flagOf(learningOption)}`);
  }
  if (threshold.length > passes)
    throw new UsageError(`--threshold has ${threshold.length} numbers for --passes ${passes}: give one for each pass`);
  const asked = usage(() => checkThreads(flags.worker, flags.threads));
  const readers = readersOf({ cores: availableParallelism, spawn: spawnWorker }, asked);
  refuseDash({ "--save": save });
  const outputs = namedFiles({ "--output": output, "--save": save });
  await checkDistinct(outputs, [
    ...(await corpusFiles(paths)),
    ...namedFiles({ "--load": load, "--stop-words": flags.stopWords }),
  ]);
  for (const { path } of outputs) await checkWritable(path);
  const controller = new AbortController();
  const { signal } = controller;
  const interrupt = (code: number) => controller.abort(new Interrupted("interrupted; nothing was written", code));
  return interruptible(interrupt, async () => {
    const { corpus: read, remove } = await openText(paths, flags);
    const source = abortable(read, signal);
    try {
      const all = load === undefined ? await learn(source, flags, signal) : await loadPhrases(load);
      if (save !== undefined)
        await writeAtomically(save, [Buffer.from(all.map((one) => `${one.toText()}\n`).join(""))]);
      const corpus = all.reduce((text, phrases) => phrases.corpus(text), readBy(source, readers));
      if (output !== undefined) await writeOutput(output, linesOf(corpus, flags.scoring, signal));
      return describe(source.name, all, flags);
    } finally {
      await remove();
    }
  });
}

async function learn(source: Corpus, flags: Flags, signal: AbortSignal): Promise<Phrases[]> {
  const { minCount, scoring, delimiter, maxCounted, threads, worker, passes, threshold = [], quiet } = flags;
  const all: Phrases[] = [];
  let corpus = source;
  for (let pass = 0; pass < passes; pass++) {
    const counted = corpus;
    const progress = quiet
      ? undefined
      : showCounting(`pass ${pass + 1} of ${passes}, counting words`, () => counted.progress?.());
    const options: PhraseOptions = {
      ...{ minCount, scoring, delimiter, maxCounted, threads, worker, onWords: progress?.onWords, signal },
      threshold: threshold[Math.min(pass, threshold.length - 1)],
      connectorWords: connectors(flags.connectorWords),
    };
    const phrases = await learnPhrases(corpus, options).finally(() => progress?.stop());
    all.push(phrases);
    corpus = phrases.corpus(corpus);
  }
  return all;
}

function connectors(list = ""): readonly string[] {
  return list === "english" ? ENGLISH_CONNECTORS : list.split(",").filter((word) => word !== "");
}

/** One document of phrases a line, in the order in which they are joined. */
async function loadPhrases(path: string): Promise<Phrases[]> {
  const lines = (await readText(path)).split("\n").filter((line) => line !== "");
  return lines.map((line) => Phrases.parse(line, path));
}

async function* linesOf(corpus: Corpus, scoring: PhraseScoring, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // word2phrase.c writes a space before each word
  const before = scoring === "word2phrase" ? " " : "";
  for await (const sentences of sentencesOf(corpus)) {
    signal.throwIfAborted();
    const lines = sentences.map((words) => `${words.length > 0 ? before : ""}${words.join(" ")}\n`);
    yield Buffer.from(lines.join(""));
  }
}

function describe(corpus: string, all: readonly Phrases[], { output, save }: Flags): Result {
  const phrases = all.map((one) => one.size);
  const best = all.flatMap((one) => [...one.entries()].slice(0, SHOWN));
  const to = [output, save].filter((file) => file !== undefined).join(", ");
  return {
    onStderr: output === STANDARD_OUTPUT,
    json: { corpus, output, save, phrases, best: best.map(([phrase, score]) => ({ phrase, score })) },
    text: `wrote ${to}: ${phrases.map((count) => countOf(count, "phrase")).join(" and ")}; the best\n${table(best.map(([phrase, score]) => [`  ${phrase}`, score.toFixed(2)]))}`,
  };
}

function parseNumbers(text: string): number[] {
  return text.split(",").map(parseNumber);
}
