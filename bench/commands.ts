// npm run bench:commands: whole commands of wasm2vec, gensim and fastText on the same plain file, in turn: starting, counting,
// training and writing the vectors. Wall clock; gensim reads by corpus_file.
// Environment: ROUNDS=3 EPOCHS=1 THREADS=2 CORPUS TRAINERS=wasm2vec,gensim,fastText

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, medianRatio } from "../src/race/median.js";
import { copyText, corpusPath, machine } from "./measure.js";
import { FASTTEXT, fastTextCommand, gensimCommand, run, wasm2vecCommand } from "./rivals.js";

const rounds = Number(process.env.ROUNDS ?? 3);
const epochs = process.env.EPOCHS ?? "1";
const threads = process.env.THREADS ?? "2";
const wanted = process.env.TRAINERS?.split(",");

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-commands-"));
const corpus = join(folder, "corpus.txt");
const output = join(folder, "vectors");

const commands: Record<string, () => string[]> = {
  wasm2vec: () => wasm2vecCommand(corpus, `${output}.bin`, { epochs, threads }),
  gensim: () => gensimCommand(corpus, `${output}.gensim`, { epochs, workers: threads }),
  fastText: () =>
    fastTextCommand(corpus, output, "skipgram", { ...FASTTEXT, lr: 0.025, epoch: epochs, thread: threads }),
};

try {
  console.log(`${machine()}; ${corpusPath()}, ${epochs} epochs, ${threads} threads, ${rounds} rounds in turn`);
  await copyText(corpusPath(), corpus);
  const rivals = Object.entries(commands)
    .filter(([name]) => wanted === undefined || wanted.includes(name))
    .map(([name, command]) => [name, command()] as const);
  const seconds = new Map(rivals.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of rivals) seconds.get(name)!.push(run(command).seconds);
  }
  const [first] = seconds.values();
  for (const [name, own] of seconds) {
    const range = `${Math.min(...own).toFixed(1)} to ${Math.max(...own).toFixed(1)}`;
    console.log(`${name.padEnd(10)}${median(own).toFixed(1)} s (${range}), × ${medianRatio(own, first).toFixed(1)}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
