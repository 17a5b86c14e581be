// npm run bench:chunks: the length of the chunks that a cluster trains, against the quality of the vectors and the bytes that travel. On
// one machine, in one memory, with the cluster's blocks: a cluster gives the same bytes. Prints a table for docs/guides/cluster.md.
// Environment: CORPORA=12M,48M LENGTHS=near,rule,0.4,0.8,1.6,3.2,4.8,6.4,9.6 (millions of words; "near" is how one machine cuts the text, "rule" how a
// cluster does) SEEDS=1,2,3 EPOCHS=1 PARTS=16 THREADS=2 HOSTS=4 (that the bytes are of)

import { Worker } from "node:worker_threads";
import { createVectors } from "wasm2vec";
import { planKernel } from "../src/kernel/engines/kernels.js";
import { Parameters } from "../src/model/parameters.js";
import { shapeOf } from "../src/model/spec.js";
import { fileCorpus } from "../src/platform/node/corpus.js";
import { workerChannel } from "../src/platform/node/worker.js";
import { type Batch, batchCapacity, encode } from "../src/text/encode.js";
import { buildVocabulary, type Vocabulary } from "../src/text/vocabulary.js";
import { type ExecutionPlan, planExecution } from "../src/train/execution/engines.js";
import { trainEpochs } from "../src/train/loop/epochs.js";
import { type Run, START } from "../src/train/loop/records.js";
import { ratesOf } from "../src/train/options/auto-rate.js";
import { type ResolvedOptions, resolveOptions } from "../src/train/train-options.js";
import { costOf } from "./cluster/arithmetic.js";
import { machine } from "./measure.js";
import { qualityOf, type Scores } from "./quality/sets.js";

const { env } = process;
const list = (variable: string | undefined, standard: string) => (variable ?? standard).split(",");
const corpora = list(env.CORPORA, "12M,48M");
const lengths = list(env.LENGTHS, "near,rule,0.4,0.8,1.6,3.2,4.8,6.4,9.6");
const seeds = list(env.SEEDS, "1,2,3").map(Number);
const epochs = Number(env.EPOCHS ?? 1);
const parts = Number(env.PARTS ?? 16);
const threads = Number(env.THREADS ?? 2);
const hosts = Number(env.HOSTS ?? 4);
const FILES: Record<string, string> = { "1M": "corpus-1m.txt.gz", "12M": "corpus.txt.gz", "48M": "corpus-48m.txt.gz" };
const SETS = ["wordsim353", "simlex999", "analogies"] as const;

interface Text {
  corpus: ReturnType<typeof fileCorpus>;
  vocabulary: Vocabulary;
  /** all of it, so that trainings do not read it again */
  batches: Batch[];
}

async function textOf(name: string): Promise<Text> {
  if (!(name in FILES)) throw new RangeError(`CORPORA expected ${Object.keys(FILES).join(", ")}, got "${name}"`);
  const corpus = fileCorpus(`../shared/data/${FILES[name]}`);
  const options = resolveOptions();
  const { vocabulary } = await buildVocabulary(corpus, options, () => {});
  const batches: Batch[] = [];
  for await (const batch of encode(corpus, vocabulary, options.maxSentenceLength)) batches.push(batch);
  return { corpus, vocabulary, batches };
}

/** How a text is cut: by the rule of one machine or of a cluster, or into chunks of so many words. */
function planOf(length: string, options: ResolvedOptions, { size, totalWords }: Vocabulary): Planned {
  const extent = { shape: shapeOf({ size }), totalWords };
  const plan = planExecution(options, { cores: threads, shared: true }, extent);
  const shape = plan.memoryOptions.grid!;
  if (length === "near" || length === "rule") return { plan, chunk: shape.chunkWords };
  const chunk = Math.round(Number(length) * 1e6);
  const grid = {
    ...shape,
    chunkWords: chunk,
    batches: 2 * Math.ceil(chunk / plan.batchWords) + 1,
    entries: batchCapacity(chunk),
    pairs: chunk * (options.windowLeft + options.windowRight),
  };
  return { plan: { ...plan, memoryOptions: { ...plan.memoryOptions, grid } }, chunk };
}

interface Planned {
  plan: ExecutionPlan;
  chunk: number;
}

const never = new Promise<undefined>(() => {});
/** Trainings are not paused. */
const pausePoint = { isDue: () => false, requested: () => never, serve: async () => {}, save: async () => {} };

async function train({ corpus, vocabulary, batches }: Text, options: ResolvedOptions, { plan }: Planned) {
  const kernel = await planKernel(options.kernel, true, undefined);
  const parameters = new Parameters(vocabulary, options, plan.memoryOptions);
  await parameters.initialise(options);
  const spawn = () => workerChannel(new Worker(new URL("../worker-node.js", import.meta.url)));
  // chunks as long as planned, whatever the text
  const words = Number.POSITIVE_INFINITY;
  const runner = plan.engine.start({ plan, kernel, parameters, options, spawn }, words, 0);
  const { totalWords } = vocabulary;
  const schedule = {
    ...{ epochs, epochWords: totalWords, firstEpoch: 0, learningRateSchedule: options.learningRateSchedule },
    ...ratesOf(options, { words: epochs * totalWords, vocabulary }),
  };
  const run: Run = {
    ...{ schedule, corpus, kernel: kernel.name, threads: plan.threads, pausePoint },
    ...{ parallel: plan.engine.name, reproducible: true, subsample: options.subsample, negatives: options.negatives },
    batches: async function* () {
      yield* batches;
    },
  };
  let rate = 0;
  await trainEpochs(run, { ...START }, runner, async ({ wordsPerSecond }) => {
    rate = wordsPerSecond;
    return true;
  });
  await runner.close();
  const vectors = await createVectors(vocabulary.words, options.dim, parameters.matrix("inputs"));
  return { scores: qualityOf(vectors).scores, rate };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The means of the sets, as the documents write them. */
function shown(all: readonly Scores[]): string {
  const [pairs, simlex, analogies] = SETS.map((set) => mean(all.map((scores) => scores[set])));
  const short = (score: number) => score.toFixed(4).replace(/^0/, "");
  return `${short(pairs)} / ${short(simlex)} / ${(100 * analogies).toFixed(2)}%`;
}

console.log(machine());
const parted = `parts ${parts}, ${epochs} epoch(s), means of seeds ${seeds}; bytes through Redis with ${hosts} hosts, of an epoch and a word`;
console.log(`WordSim-353 / SimLex-999 / analogies; ${parted}\n`);
for (const name of corpora) {
  const text = await textOf(name);
  const { size, totalWords } = text.vocabulary;
  console.log(
    `| ${name} words, V = ${size} | blocks | | out of Redis, into it | a word |\n| --- | --- | --- | --- | --- |`,
  );
  for (const length of lengths) {
    const all: Scores[] = [];
    const given = length === "near" ? {} : { parts };
    const { dim } = resolveOptions(given);
    let planned: Planned | undefined;
    for (const seed of seeds) {
      const options = resolveOptions({ ...given, seed, epochs, threads });
      planned = planOf(length, options, text.vocabulary);
      const { scores, rate } = await train(text, options, planned);
      console.error(`${name}, ${length}, seed ${seed}: ${shown([scores])}, ${Math.round(rate / 1000)}k words/s`);
      all.push(scores);
    }
    const { plan, chunk } = planned!;
    const { blocks } = plan.memoryOptions.grid!;
    const extent = { vocabulary: size, dim, text: totalWords, blocks, hosts, chunk };
    const cost = costOf({ ...extent, rate: 1, link: 1, redisLink: 1, roundTrip: 0 });
    const chunks = totalWords / chunk;
    const gigabytes = [cost.out, cost.in].map((bytes) => `${((bytes * chunks) / 1e9).toFixed(1)} GB`).join(", ");
    const each = `${((cost.out + cost.in) / chunk).toFixed(0)} bytes`;
    const travels = length === "near" ? "| | |" : `| ${gigabytes} | ${each} |`;
    const what = length === "near" ? "one machine's chunks: " : length === "rule" ? "the rule: " : "";
    const share = `N/${Math.round(chunks)}`;
    console.log(`| ${what}${(chunk / 1e6).toFixed(2)}M words, ${share} | ${blocks} | ${shown(all)} ${travels}`);
  }
  console.log();
}
