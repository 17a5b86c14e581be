// npm run bench:quality: curves of quality against wall-clock seconds for wasm2vec, gensim and fastText. Whole trainings in turn; each
// result is appended to a file at once, and a training that is in it is not made again, so that the bench can be stopped and go on.
// With --list it tells which trainings are left; with --docs it writes the plots and tables of docs/quality.md from the file.
// Needs python3-gensim and fasttext.
// Environment: CORPORA=1M,3M,12M,48M EPOCHS=1,2,3,5 SEEDS=1,2,3 THREADS=2 RESULTS=docs/quality/results.jsonl
// TRAINERS=wasm2vec,gensim,fastText,… RATES=default,0.025,0.05,0.1 (else the default of each, and others for the peers)
// TIMED=false: something else runs on the machine, only the quality counts.
// MINUTES: begins no training after so many minutes.
// AGAIN=true: trainings by another version of the trainer do not count.
// SETTINGS: more settings of wasm2vec, by name, such as {"wide": {"window": 10}}; alone beside its defaults, unless TRAINERS are given
// SETTINGS="$(cat bench/quality/search.json)" are those that docs/quality.md tells of; with --search it prints the table of RESULTS

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadVectors } from "wasm2vec/files";
import { copyText, countWords, machine } from "./measure.js";
import { searchTable, writeDocs } from "./quality/docs.js";
import { appendResult, type Result, readResults, serves, type Wish } from "./quality/results.js";
import { meanOf, qualityOf, REPORTING } from "./quality/sets.js";
import { type Rate, TRAINERS, type Trainer, wasm2vec } from "./quality/trainers.js";
import { type Flags, run } from "./rivals.js";

const { env } = process;
const list = (variable: string | undefined, standard: string) => (variable ?? standard).split(",");
const corpora = list(env.CORPORA, "1M,3M,12M,48M");
const epochs = list(env.EPOCHS, "1,2,3,5").map(Number);
const seeds = list(env.SEEDS, "1,2,3").map(Number);
const threads = Number(env.THREADS ?? 2);
const path = env.RESULTS ?? "docs/quality/results.jsonl";
const timed = env.TIMED !== "false";
const minutes = Number(env.MINUTES ?? Number.POSITIVE_INFINITY);
const again = env.AGAIN === "true";
const settings: [string, Flags][] = Object.entries(JSON.parse(env.SETTINGS ?? "{}"));
const trainers: Record<string, Trainer> = {
  ...TRAINERS,
  ...Object.fromEntries(settings.map(([name, flags]) => [name, wasm2vec(flags)])),
};
const named = env.SETTINGS ? ["wasm2vec", ...settings.map(([name]) => name)] : Object.keys(trainers);
const names = list(env.TRAINERS, named.join());
for (const name of names)
  if (!(name in trainers)) throw new RangeError(`TRAINERS expected ${Object.keys(trainers).join(", ")}, got "${name}"`);

/** The rates to train with: RATES, else the default of the trainer and those that are tried for it. */
function ratesOf({ ownRate, otherRates }: Trainer): Rate[] {
  const rates = env.RATES?.split(",").map((rate) => (rate === "default" ? ownRate : Number(rate)));
  return [...new Set(rates ?? [ownRate, ...otherRates])];
}

/** All trainings that were asked for, the trainers in turn. */
function* wishes(): Generator<Wish> {
  for (const corpus of corpora)
    for (const count of epochs)
      for (const seed of seeds)
        for (const trainer of names)
          for (const rate of ratesOf(trainers[trainer]))
            yield { corpus, trainer, flags: trainers[trainer].flags, rate, epochs: count, seed, threads };
}

const versions = new Map<string, string>();
/** Of a trainer, asked once. */
function versionOf(name: string): string {
  const version = versions.get(name) ?? trainers[name].version();
  versions.set(name, version);
  return version;
}

/** Whether a training is in the file. */
function isDone(wish: Wish): boolean {
  const isCurrent = ({ version }: Result) => !again || version === versionOf(wish.trainer);
  return readResults(path).some((result) => serves(result, wish, timed) && isCurrent(result));
}

const left = () => [...wishes()].filter((wish) => !isDone(wish));

const label = ({ corpus, trainer, rate, epochs, seed }: Wish) =>
  `${corpus.padEnd(4)}${trainer}, rate ${rate}, ${epochs} epoch(s), seed ${seed}`;

function millionsOf(corpus: string): number {
  const [, millions] = /^(\d+)M$/.exec(corpus) ?? [];
  if (!millions) throw new RangeError(`CORPORA expected millions of words, such as 3M, got "${corpus}"`);
  return Number(millions);
}

/** Copies of the corpora: the first words of the 12 million, or of the 48 million. */
class Texts {
  private readonly texts = new Map<string, Promise<{ file: string; words: number; lines: number }>>();

  constructor(private readonly folder: string) {}

  text(corpus: string): Promise<{ file: string; words: number; lines: number }> {
    const text = this.texts.get(corpus) ?? this.copy(corpus);
    this.texts.set(corpus, text);
    return text;
  }

  private async copy(corpus: string) {
    const millions = millionsOf(corpus);
    const source = millions > 12 ? "corpus-48m" : "corpus";
    const file = join(this.folder, `${corpus}.txt`);
    await copyText(`../shared/data/${source}.txt.gz`, file, millions * 1e6);
    return { file, ...(await countWords(file)) };
  }
}

async function measure(wish: Wish, texts: Texts, output: string): Promise<Result> {
  const { command, ending, outcome } = trainers[wish.trainer];
  const { file, words, lines } = await texts.text(wish.corpus);
  const argv = command(file, output, wish);
  const before = machine();
  const trained = run(argv);
  const { trainingSeconds, learningRate } = outcome(trained, wish, { words, lines });
  const time = { seconds: round(trained.seconds), trainingSeconds: round(trainingSeconds), timed };
  const where = { machine: before, date: new Date().toISOString(), version: versionOf(wish.trainer) };
  const quality = qualityOf(await loadVectors(output + ending));
  return { ...wish, learningRate, ...time, ...where, ...quality };
}

const round = (seconds: number) => Number(seconds.toFixed(2));

/** A training that somebody else who appends to the file has made meanwhile is left out. */
async function trainAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "wasm2vec-quality-"));
  const texts = new Texts(folder);
  try {
    console.log(machine());
    for (const wish of left()) {
      if (performance.now() > minutes * 60_000) break;
      if (isDone(wish)) continue;
      const result = await measure(wish, texts, join(folder, "vectors"));
      appendResult(path, result);
      const mean = meanOf(result.scores, REPORTING).toFixed(4);
      console.log(`${label(wish)}: ${result.seconds.toFixed(1)} s, ${mean} (mean of the reporting sets)`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Nothing if nothing is left. */
function printLeft(): void {
  const wishes = left();
  for (const wish of wishes) console.log(label(wish));
  const words = wishes.reduce((sum, { corpus, epochs }) => sum + millionsOf(corpus) * epochs, 0);
  if (words > 0) console.log(`${wishes.length} trainings of ${words} million words, all epochs together`);
}

if (process.argv.includes("--list")) printLeft();
else if (process.argv.includes("--search")) console.log(searchTable(readResults(path)));
else if (process.argv.includes("--docs")) writeDocs(readResults(path));
else await trainAll();
