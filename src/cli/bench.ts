import { cpus } from "node:os";
import { Command, Option } from "commander";
import { version } from "../../package.json";
import { fileCorpus } from "../files.js";
import { LOSSES } from "../model/losses/registry.js";
import { DEFAULTS, train } from "../node.js";
import { proof, type RaceResult, race, type Training, type Turn } from "../race/race.js";
import { abortable } from "../text/abort.js";
import { resolveOptions } from "../train/train-options.js";
import { finish, grouped, parseCount, parseNumber, parseNumberOrAuto, type Result, table, usage } from "./command.js";
import { Interrupted, interruptible } from "./signals.js";

interface Flags extends Training {
  rounds: number;
  words?: number;
  threads: number | "auto";
  quiet?: true;
  json?: true;
}

/** Columns of the longest bar. */
const BAR = 30;

export function benchCommand(): Command {
  const command = new Command("bench")
    .description(
      "Race the kernels on your text: JavaScript, scalar, SIMD and relaxed SIMD on one thread, SIMD on several.",
    )
    .argument("<corpus>", "text file, plain or compressed (gzip, bzip2, Zstandard), one sentence a line")
    .option("--rounds <number>", "timed epochs of each kernel, after one to warm up", parseCount, 5)
    .option("--words <number>", "train only on so many words from the start", parseCount)
    .option("--threads <number>", "threads of the last entry; auto is one for each core", parseNumberOrAuto, "auto")
    .addOption(new Option("--model <name>").choices(["skipgram", "cbow"]).default(DEFAULTS.model))
    .addOption(new Option("--loss <name>").choices(LOSSES).default(DEFAULTS.loss))
    .option("--dim <number>", "floats of a vector", parseNumber, DEFAULTS.dim)
    .option("--window <number>", "most words on each side", parseNumber, DEFAULTS.window)
    .option("--negatives <number>", "noise words of a prediction", parseNumber, DEFAULTS.negatives)
    .option("--min-count <number>", "rarer words have no vector", parseNumber, DEFAULTS.minCount)
    .option("--seed <number>", "seed of all random draws", parseNumber, DEFAULTS.seed)
    .option("-q, --quiet", "no progress");
  return finish(command, ["wasm2vec bench corpus.txt.gz", "wasm2vec bench corpus.txt --words 200000 --json"], runBench);
}

async function runBench(path: string, flags: Flags): Promise<Result> {
  const { rounds, words, threads, quiet, json: _, ...training } = flags;
  usage(() => resolveOptions(training));
  const [{ model: cpu }] = cpus();
  const cores = cpus().length;
  const controller = new AbortController();
  const interrupt = (code: number) => controller.abort(new Interrupted("interrupted; nothing was written", code));
  const result = await interruptible(interrupt, () =>
    race(train, abortable(fileCorpus(path), controller.signal), {
      ...{ rounds, words, threads: threads === "auto" ? cores : threads, training },
      onTurn: quiet ? undefined : showTurn,
      signal: controller.signal,
    }),
  );
  const where = `Node ${process.versions.node}, ${cpu}, ${cores} cores`;
  return {
    json: { wasm2vec: version, date: new Date().toISOString(), where, ...result },
    text: `${where}\n${describe(result)}`,
  };
}

function showTurn({ rival, round, rounds }: Turn): void {
  process.stderr.write(`${round === 0 ? "warm-up" : `round ${round} of ${rounds}`}: ${rival}\n`);
}

function describe({ corpus, rounds, rivals, leftOut }: RaceResult): string {
  const fastest = Math.max(...rivals.map((rival) => rival.median));
  const rows = rivals.map((rival) => [
    rival.name,
    grouped(rival.median),
    `${grouped(rival.low)} to ${grouped(rival.high)}`,
    rival.timesJs.toFixed(2),
    rival.loss.toFixed(5),
    proof(rival, rivals),
    ` ${"█".repeat(Math.max(1, Math.round((BAR * rival.median) / fastest)))}`,
  ]);
  // bars are aligned left
  const width = Math.max(...rows.map((row) => row[6].length));
  const padded = rows.map((row) => row.with(6, row[6].padEnd(width)));
  const heads = ["kernel", "words/s", "lowest to highest", "× js", "loss", "proof", ""];
  const missing = leftOut.map(({ name, reason }) => `\n${name} left out: ${reason}`);
  return (
    `${corpus.name}: ${grouped(corpus.words)} words, ${grouped(corpus.vocabulary)} in the vocabulary; medians of ${rounds} epochs in turn, after one to warm up\n\n` +
    `${table([heads, ...padded])}${missing.join("")}`
  );
}
