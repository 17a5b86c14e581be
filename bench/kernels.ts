// npm run bench: the kernels in turn on the same batches: speed, loss, the machine's own limit, and bundle sizes.

import { readFileSync } from "node:fs";
import { type KernelPlan, planKernel } from "../src/kernel/engines/kernels.js";
import { KERNEL_NAMES, type KernelName } from "../src/kernel/kernel.js";
import { huffmanTree } from "../src/math/huffman.js";
import { Parameters } from "../src/model/parameters.js";
import { shapeOf } from "../src/model/spec.js";
import { fileCorpus } from "../src/platform/node/corpus.js";
import { median, medianRatio } from "../src/race/median.js";
import { BATCH_WORDS, type Batch, encode } from "../src/text/encode.js";
import { buildVocabulary, Vocabulary } from "../src/text/vocabulary.js";
import type { Site } from "../src/train/execution/engine.js";
import { type ExecutionPlan, planExecution } from "../src/train/execution/engines.js";
import { type ResolvedOptions, resolveOptions, type TrainOptions } from "../src/train/train-options.js";
import { corpusPath, machine, spread } from "./measure.js";
import { sizes } from "./sizes.js";

const ROUNDS = Number(process.env.ROUNDS ?? 7);

const LEARNING_RATE = 0.025;

/** A configuration: options, and the words that each kernel trains on in a round. */
const RACES: { given: TrainOptions; words: number }[] = [
  { given: {}, words: 200_000 },
  { given: { dim: 300 }, words: 200_000 },
  { given: { model: "cbow" }, words: 200_000 },
  { given: { loss: "hierarchical-softmax" }, words: 200_000 },
  { given: { model: "cbow", loss: "hierarchical-softmax" }, words: 200_000 },
  { given: { loss: "softmax", maxVocabulary: 2_000 }, words: 1_000 },
  { given: { model: "cbow", loss: "softmax", maxVocabulary: 2_000 }, words: 1_000 },
];

interface Outcome {
  wordsPerSecond: number[];
  loss: number;
  macsPerSecond: number[];
}

async function plans(): Promise<KernelPlan[]> {
  const all: KernelPlan[] = [];
  for (const name of KERNEL_NAMES) {
    await planKernel(name, false).then(
      (plan) => all.push(plan),
      (error) => console.log(`${name} left out: ${error.message}`),
    );
  }
  return all;
}

/** The first batches of the corpus, with at least so many words. */
async function firstBatches(path: string, vocabulary: Vocabulary, words: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  let left = words;
  for await (const batch of encode(fileCorpus(path), vocabulary, 10_000, Math.min(BATCH_WORDS, words))) {
    batches.push(batch);
    left -= batch.words;
    if (left <= 0) break;
  }
  return batches;
}

/** Output rows that one counted prediction is scored against; negative sampling counts each row as a prediction. */
function rowsPerPrediction({ loss, subsample }: ResolvedOptions, vocabulary: Vocabulary): number {
  if (loss === "negative-sampling") return 1;
  if (loss === "softmax") return vocabulary.size;
  const tree = huffmanTree(vocabulary.counts);
  let rows = 0;
  let trained = 0;
  vocabulary.keepProbabilities(subsample).forEach((keep, word) => {
    rows += keep * vocabulary.counts[word] * tree.path(word).nodes.length;
    trained += keep * vocabulary.counts[word];
  });
  return rows / trained;
}

/** A kernel with its own model, which starts each round from the same bytes. It trains in process, as `train` does. */
class Rival {
  readonly outcome: Outcome = { wordsPerSecond: [], loss: 0, macsPerSecond: [] };
  private readonly site: Site & { plan: ExecutionPlan };
  private start = new Uint8Array();
  private readonly rows: number;

  constructor(
    readonly kernel: KernelPlan,
    vocabulary: Vocabulary,
    private readonly options: ResolvedOptions,
  ) {
    this.rows = rowsPerPrediction(options, vocabulary);
    const plan = planExecution(
      options,
      { cores: 1, shared: false },
      { shape: shapeOf(vocabulary), totalWords: vocabulary.totalWords },
    );
    const parameters = new Parameters(vocabulary, options, plan.memoryOptions);
    const spawn = () => {
      throw new Error("the benchmark starts no workers");
    };
    this.site = { plan, kernel, parameters, options, spawn };
  }

  async prepare(): Promise<void> {
    const { parameters } = this.site;
    await parameters.initialise(this.options);
    this.start = new Uint8Array(parameters.memory.buffer).slice();
  }

  async run(batches: readonly Batch[], isTimed: boolean): Promise<void> {
    const { parameters, plan } = this.site;
    const { dim } = this.options;
    new Uint8Array(parameters.memory.buffer).set(this.start);
    const runner = plan.engine.start(this.site, Number.POSITIVE_INFINITY, 0);
    await runner.go();
    let loss = 0;
    let predictions = 0;
    const start = performance.now();
    for (let first = 0; first < batches.length; ) {
      let last = first + 1;
      while (last < batches.length && runner.fits(batches[last], batches.slice(first, last))) last++;
      const chunk = { epoch: 1, first, batches: batches.slice(first, last), learningRate: LEARNING_RATE, steps: 0 };
      await runner.train(chunk, (result) => {
        loss += result.loss;
        predictions += result.predictions;
      });
      first = last;
    }
    const seconds = (performance.now() - start) / 1000;
    await runner.close();
    if (!isTimed) return;
    const words = batches.reduce((sum, batch) => sum + batch.words, 0);
    this.outcome.wordsPerSecond.push(words / seconds);
    this.outcome.loss = loss / predictions;
    // each row costs a dot product and two updates of dim floats; CBOW's sums over the window are not counted
    this.outcome.macsPerSecond.push((3 * predictions * this.rows * dim) / seconds);
  }
}

async function race(
  kernels: KernelPlan[],
  vocabulary: Vocabulary,
  batches: readonly Batch[],
  options: ResolvedOptions,
): Promise<Map<KernelName, Outcome>> {
  const rivals = kernels.map((plan) => new Rival(plan, vocabulary, options));
  for (const rival of rivals) await rival.prepare();
  for (let round = -1; round < ROUNDS; round++) for (const rival of rivals) await rival.run(batches, round >= 0);
  return new Map(rivals.map(({ kernel, outcome }) => [kernel.name, outcome]));
}

/** Multiply-adds per second of the bare 128-bit instructions. */
function peak(name: "simd" | "relaxed"): number {
  const module = new WebAssembly.Module(readFileSync(new URL(`peak-${name}.wasm`, import.meta.url)));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  new Float32Array(memory.buffer, 0, 8).fill(0.5);
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const run = exports.peak as (rounds: number, p: number) => void;
  const macs = (exports.macsPerRound as () => number)();
  // short calls, as in training, because V8 does not replace running code by its optimised form
  const rounds = 1000;
  const calls = 1000;
  const rates = Array.from({ length: 20 }, () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run(rounds, 0);
    return (calls * rounds * macs) / ((performance.now() - start) / 1000);
  });
  return median(rates.slice(5));
}

console.log(machine());
const path = corpusPath();
const { vocabulary: counted } = await buildVocabulary(fileCorpus(path), resolveOptions(), () => {});
const kernels = await plans();
console.log(`${path}: ${ROUNDS} rounds in turn, medians\n`);
for (const { given, words } of RACES) {
  const options = resolveOptions({ ...given, worker: false });
  const vocabulary = new Vocabulary(
    counted.words.slice(0, options.maxVocabulary).map((word, id) => [word, counted.counts[id]]),
  );
  const batches = await firstBatches(path, vocabulary, words);
  const outcomes = await race(kernels, vocabulary, batches, options);
  const js = outcomes.get("js")!;
  const simd = outcomes.get("simd")!;
  const { model, loss, dim, window } = options;
  console.log(`${model}, ${loss}, dim ${dim}, window ${window}, ${vocabulary.size} words, ${words} words a round`);
  for (const [name, { wordsPerSecond, loss: mean, macsPerSecond }] of outcomes) {
    const ratio = medianRatio(wordsPerSecond, js.wordsPerSecond).toFixed(2);
    const limit = name === "simd" || name === "relaxed" ? peak(name) : undefined;
    const share = limit
      ? `, ${(median(macsPerSecond) / 1e9).toFixed(2)} of ${(limit / 1e9).toFixed(1)} GMAC/s (${Math.round((100 * median(macsPerSecond)) / limit)}%)`
      : "";
    const equal = mean === simd.loss ? "same as simd" : `simd ${(mean - simd.loss).toExponential(1)}`;
    console.log(
      `  ${name.padEnd(8)}${spread(wordsPerSecond).padEnd(26)} words/s, ${ratio.padStart(5)} x js, loss ${mean.toFixed(6)} (${equal})${share}`,
    );
  }
}
console.log();
for (const { name, bytes, gzip } of await sizes())
  console.log(`${name.padEnd(34)}${String(bytes).padStart(8)} bytes, gzip ${gzip}`);
