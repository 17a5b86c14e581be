// npm run bench:threads: one thread, as many independent one-thread processes at once as there are cores (what the machine
// itself can give), hogwild, reproducible and replicas on all cores, in turn. Options by environment: ROUNDS=3 MODEL=skipgram|cbow
// CORPUS, KERNEL=simd

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type TrainOptions, train } from "wasm2vec";
import { median, medianRatio } from "../src/race/median.js";
import { corpusPath, machine, spread } from "./measure.js";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const cores = availableParallelism();
const common: TrainOptions = { model: process.env.MODEL === "cbow" ? "cbow" : "skipgram", epochs: 1 };

/** Trains in a process of its own; words per second of training alone. */
function inProcess(options: TrainOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
      env: { ...process.env, BENCH_OPTIONS: JSON.stringify({ ...common, ...options }) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.on("exit", (code) => (code === 0 ? resolve(Number(output)) : reject(new Error(`exit code ${code}`))));
  });
}

async function sumOf(rates: Promise<number>[]): Promise<number> {
  return (await Promise.all(rates)).reduce((a, b) => a + b);
}

const rivals: Record<string, () => Promise<number>> = {
  "1 thread": () => inProcess({ threads: 1 }),
  [`${cores} processes of 1 thread`]: () => sumOf(Array.from({ length: cores }, () => inProcess({ threads: 1 }))),
  [`hogwild, ${cores} threads`]: () => inProcess({ threads: cores }),
  [`reproducible, ${cores} threads`]: () => inProcess({ threads: cores, reproducible: true }),
  [`replicas, ${cores} threads`]: () => inProcess({ threads: cores, parallel: "replicas" }),
  "reproducible, 1 thread": () => inProcess({ threads: 1, reproducible: true }),
};

if (process.env.BENCH_OPTIONS) {
  const { history } = await train(corpusPath(), JSON.parse(process.env.BENCH_OPTIONS));
  console.log(history[0].wordsPerSecond);
} else {
  console.log(machine());
  console.log(`${corpusPath()}: ${common.model}, 1 epoch, reading included, ${ROUNDS} rounds in turn, medians`);
  const rates = new Map(Object.keys(rivals).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(rivals)) rates.get(name)!.push(await run());
  const [one, processes] = [...rates.values()];
  for (const [name, own] of rates) {
    const share = ((100 * median(own)) / median(processes)).toFixed(0);
    console.log(
      `${name.padEnd(26)}${spread(own).padEnd(26)} words/s, ${medianRatio(own, one).toFixed(2)} x 1 thread, ${share}% of the processes`,
    );
  }
}
