// npm run bench:commands: whole commands of wasm2vec, gensim and fastText on the same plain file, in turn: starting, counting,
// training and writing the vectors. Wall clock; gensim reads by corpus_file.
// Environment: ROUNDS=3 EPOCHS=1 THREADS=2 CORPUS TRAINERS=wasm2vec,gensim,fastText

import { spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { readChunks } from "wasm2vec/files";
import { median, medianRatio } from "../src/race/median.js";
import { PYTHON, pathOf } from "../test/support/programs.js";
import { corpusPath, FASTTEXT, machine } from "./measure.js";

const rounds = Number(process.env.ROUNDS ?? 3);
const epochs = process.env.EPOCHS ?? "1";
const threads = process.env.THREADS ?? "2";
const wanted = process.env.TRAINERS?.split(",");
// threads of the linear algebra would be more than were asked for
const env = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-commands-"));
const corpus = join(folder, "corpus.txt");
const output = join(folder, "vectors");

const fasttext = {
  ...FASTTEXT,
  loss: "ns",
  lr: 0.025,
  epoch: epochs,
  thread: threads,
};
const commands: Record<string, () => string[]> = {
  wasm2vec: () => [
    process.execPath,
    "build/cli.js",
    "train",
    corpus,
    "--output",
    `${output}.bin`,
    "--epochs",
    epochs,
    "--threads",
    threads,
  ],
  gensim: () => [
    pathOf(PYTHON),
    "bench/peers/gensim_train.py",
    corpus,
    `${output}.gensim`,
    "--epochs",
    epochs,
    "--workers",
    threads,
  ],
  fastText: () => [
    ...["fasttext", "skipgram", "-input", corpus, "-output", output],
    ...Object.entries(fasttext).flatMap(([name, value]) => [`-${name}`, String(value)]),
  ],
};

/** Seconds. */
function run([command, ...args]: string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, { env, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return (performance.now() - start) / 1000;
}

try {
  console.log(`${machine()}; ${corpusPath()}, ${epochs} epochs, ${threads} threads, ${rounds} rounds in turn`);
  await pipeline(readChunks(corpusPath()), createWriteStream(corpus));
  const rivals = Object.entries(commands)
    .filter(([name]) => wanted === undefined || wanted.includes(name))
    .map(([name, command]) => [name, command()] as const);
  const seconds = new Map(rivals.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of rivals) seconds.get(name)!.push(run(command));
  }
  const [first] = seconds.values();
  for (const [name, own] of seconds) {
    const range = `${Math.min(...own).toFixed(1)} to ${Math.max(...own).toFixed(1)}`;
    console.log(`${name.padEnd(10)}${median(own).toFixed(1)} s (${range}), × ${medianRatio(own, first).toFixed(1)}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
