// npm run bench:threads: threads against independent one-thread processes, as many as there are cores, in turn.
// The processes show what the machine itself can give. All cores train with shared memory and without; CBOW: hogwild.
// Environment: ROUNDS=3 MODEL=skipgram|cbow CORPUS KERNEL=simd

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type TrainOptions, train } from "wasm2vec";
import { median, medianRatio } from "../src/race/median.js";
import { corpusPath, machine, spread } from "./measure.js";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const cores = availableParallelism();
const common: TrainOptions = { model: process.env.MODEL === "cbow" ? "cbow" : "skipgram", epochs: 2 };

/** Trains in a separate process. @returns words per second of training alone */
function inProcess(options: TrainOptions, apart = false): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
      env: { ...process.env, BENCH_OPTIONS: JSON.stringify({ ...common, ...options }), BENCH_APART: apart ? "1" : "" },
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
  [`${cores} threads`]: () => inProcess({ threads: cores }),
  ...(common.model === "skipgram" && {
    [`${cores} threads, no shared memory`]: () => inProcess({ threads: cores }, true),
  }),
};

if (process.env.BENCH_OPTIONS) {
  const options: TrainOptions = JSON.parse(process.env.BENCH_OPTIONS);
  // a kernel for memory that is not shared
  if (process.env.BENCH_APART)
    options.wasm = await WebAssembly.compile(readFileSync(new URL(import.meta.resolve("wasm2vec/simd.wasm"))));
  const { history } = await train(corpusPath(), options);
  console.log(history[1].wordsPerSecond);
} else {
  console.log(machine());
  console.log(`${corpusPath()}: ${common.model}, the second of 2 epochs, ${ROUNDS} rounds in turn, medians`);
  const rates = new Map(Object.keys(rivals).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(rivals)) rates.get(name)!.push(await run());
  const [one, processes] = [...rates.values()];
  for (const [name, own] of rates) {
    const share = ((100 * median(own)) / median(processes)).toFixed(0);
    console.log(
      `${name.padEnd(29)}${spread(own).padEnd(26)} words/s, ${medianRatio(own, one).toFixed(2)} x 1 thread, ${share}% of the processes`,
    );
  }
}
