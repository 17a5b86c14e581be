// npm run bench:peers: wasm2vec, gensim and fastText in turn: training time alone, and the quality of the vectors.
// Needs python3-gensim and fasttext.
// Environment: MODEL=skipgram|cbow LOSS=negative-sampling|hierarchical-softmax EPOCHS=1 SEEDS=3 THREADS=1
// TRAINERS=simd,simd+worker,simd+worker 0.025,relaxed,relaxed+worker,relaxed+worker 0.025,2 threads,gensim,fastText: wasm2vec trains at
// the rate that it chooses, and with 0.025 (CBOW 0.05) at that of the others

import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TrainOptions, train } from "wasm2vec";
import { evaluateAnalogies, evaluateWordPairs, parseAnalogies, parseWordPairs } from "wasm2vec/evaluate";
import { loadVectors, saveVectors } from "wasm2vec/files";
import type { KernelChoice } from "wasm2vec/types";
import { median, medianRatio } from "../src/race/median.js";
import { copyText, corpusPath, countWords, machine } from "./measure.js";
import { FASTTEXT, fastTextCommand, fastTextSeconds, gensimCommand, run } from "./rivals.js";

const model = process.env.MODEL === "cbow" ? "cbow" : "skipgram";
const loss = process.env.LOSS === "hierarchical-softmax" ? "hierarchical-softmax" : "negative-sampling";
const tree = loss === "hierarchical-softmax";
const epochs = Number(process.env.EPOCHS ?? 1);
const seeds = Array.from({ length: Number(process.env.SEEDS ?? 3) }, (_, i) => i + 1);
const threads = Number(process.env.THREADS ?? 1);
const wanted = process.env.TRAINERS?.split(",");
const evaluation = "../shared/data/eval";

/** Trains on the corpus with a seed and writes vectors. @returns the seconds of training alone */
interface Trainer {
  name: string;
  run(corpus: string, output: string, seed: number): number | Promise<number>;
}

/** The learning rate of gensim and fastText. */
const rate = model === "skipgram" ? 0.025 : 0.05;

/**
 * In process, on one thread, reading and encoding included; or in a worker, as users run it, where these overlap with training.
 * @param learningRate the default, or that of the others
 */
const wasm2vec = (kernel: KernelChoice, worker: boolean, learningRate: "auto" | number): Trainer => ({
  name: [worker ? `${kernel}+worker` : kernel, ...(learningRate === "auto" ? [] : [learningRate])].join(" "),
  run: async (corpus, output, seed) => {
    const options: TrainOptions = { model, loss, epochs, seed, kernel, worker, learningRate, threads: 1 };
    const { vectors, history } = await train(corpus, options);
    await saveVectors(vectors, output);
    return history.reduce((sum, record) => sum + record.seconds, 0);
  },
});

/** All threads together. */
const together = (name: string, options: TrainOptions): Trainer => ({
  name,
  run: async (corpus, output, seed) => {
    const { vectors, history } = await train(corpus, { model, loss, epochs, seed, threads, ...options });
    await saveVectors(vectors, output);
    return history.reduce((sum, record) => sum + record.seconds, 0);
  },
});

const gensim: Trainer = {
  name: "gensim",
  run: (corpus, output, seed) => {
    const flags = {
      sg: model === "skipgram" ? 1 : 0,
      hs: tree ? 1 : 0,
      negative: tree ? 0 : 5,
      alpha: rate,
      epochs,
      seed,
      workers: threads,
    };
    return JSON.parse(run(gensimCommand(corpus, output, flags)).stdout).seconds;
  },
};

/** It has one seed a thread. */
const fasttext: Trainer = {
  name: "fastText",
  run: async (corpus, output, seed) => {
    const flags = {
      ...FASTTEXT,
      loss: tree ? "hs" : "ns",
      thread: threads,
      epoch: epochs,
      seed,
      lr: rate,
    };
    const trained = run(fastTextCommand(corpus, output, model, flags));
    renameSync(`${output}.vec`, output);
    const { words, lines } = await countWords(corpus);
    return fastTextSeconds(trained, { words: epochs * (words + lines), threads });
  },
};

async function quality(file: string): Promise<number[]> {
  const vectors = await loadVectors(file);
  const read = (name: string) => readFileSync(join(evaluation, name), "utf8");
  const pairs = ["wordsim353.tsv", "simlex999.txt"].map(
    (name) => evaluateWordPairs(vectors, parseWordPairs(read(name))).spearman,
  );
  const analogies = evaluateAnalogies(vectors, parseAnalogies(read("questions-words.txt")), {
    restrictVocabulary: 30_000,
  });
  return [...pairs, analogies.accuracy];
}

/** Whether this Node compiles the relaxed kernel. */
async function hasRelaxed(): Promise<boolean> {
  return train([["a", "b"]], { minCount: 1, kernel: "relaxed", epochs: 1, worker: false }).then(
    () => true,
    () => false,
  );
}

const kernels: KernelChoice[] = (await hasRelaxed()) ? ["simd", "relaxed"] : ["simd"];
const trainers = [
  ...kernels.flatMap((kernel) => [
    wasm2vec(kernel, false, "auto"),
    wasm2vec(kernel, true, "auto"),
    wasm2vec(kernel, true, rate),
  ]),
  ...(threads > 1 ? [together(`${threads} threads`, {})] : []),
  gensim,
  fasttext,
].filter(({ name }) => wanted === undefined || wanted.includes(name));
const folder = mkdtempSync(join(tmpdir(), "wasm2vec-peers-"));
const corpus = join(folder, "corpus.txt");
try {
  console.log(machine());
  console.log(
    `${corpusPath()}: ${model}, ${loss}, dim 100, window 5,${tree ? "" : " negatives 5,"} subsample 1e-3, minCount 5, ${epochs} epoch(s), ${threads} thread(s); ${seeds.length} seeds in turn`,
  );
  await copyText(corpusPath(), corpus);
  const words = epochs * (await countWords(corpus)).words;
  const seconds = new Map(trainers.map(({ name }) => [name, [] as number[]]));
  const scores = new Map(trainers.map(({ name }) => [name, [] as number[][]]));
  for (const seed of seeds) {
    for (const { name, run } of trainers) {
      const output = join(folder, "vectors");
      seconds.get(name)!.push(await run(corpus, output, seed));
      scores.get(name)!.push(await quality(output));
    }
  }
  console.log(
    "trainer                  words/s    x gensim  x fastText   WordSim-353  SimLex-999  analogies (mean of seeds)",
  );
  for (const { name } of trainers) {
    const own = seconds.get(name)!;
    const ratio = (peer: string) =>
      (seconds.has(peer) ? medianRatio(seconds.get(peer)!, own).toFixed(2) : "-").padStart(10);
    const means = [0, 1, 2].map((i) => scores.get(name)!.reduce((sum, score) => sum + score[i], 0) / seeds.length);
    const rate = Math.round(words / median(own) / 1000);
    console.log(
      `${name.padEnd(16)}${`${rate}k`.padStart(8)}${ratio("gensim")}${ratio("fastText")}${means.map((mean) => mean.toFixed(4).padStart(13)).join("")}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
