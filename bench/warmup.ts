// npm run bench:warmup: a learning rate that rises at first, against the quality of the vectors. It falls linearly from there. Only the
// API can be given such a schedule, as a function.
// Appends results to a file, as bench:quality does, and compares with its trainer "wasm2vec"; only the quality counts.
// Environment: CORPORA=3M:5,12M:1 (words and epochs) SEEDS=1,2,3 SHARES=0.05 (of all words, in which the rate rises) THREADS=2
// RESULTS=search.jsonl

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { train } from "wasm2vec";
import { copyText, machine } from "./measure.js";
import { appendResult } from "./quality/results.js";
import { meanOf, qualityOf, REPORTING } from "./quality/sets.js";
import { wasm2vec } from "./quality/trainers.js";

const { env } = process;
const list = (variable: string | undefined, standard: string) => (variable ?? standard).split(",");
const texts = list(env.CORPORA, "3M:5,12M:1").map((text) => text.split(":"));
const seeds = list(env.SEEDS, "1,2,3").map(Number);
const shares = list(env.SHARES, "0.05").map(Number);
const threads = Number(env.THREADS ?? 2);
const path = env.RESULTS ?? "search.jsonl";

/** From 0 to the whole rate in a share of the words, then to 0. */
const warm = (share: number) => (progress: number) => Math.min(progress / share, (1 - progress) / (1 - share));

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-warmup-"));
try {
  for (const [corpus, count] of texts) {
    const epochs = Number(count);
    const file = join(folder, `${corpus}.txt`);
    await copyText("../shared/data/corpus.txt.gz", file, Number.parseInt(corpus, 10) * 1e6);
    for (const seed of seeds)
      for (const share of shares) {
        const start = performance.now();
        const { vectors, history } = await train(file, { epochs, seed, threads, learningRateSchedule: warm(share) });
        const seconds = (performance.now() - start) / 1000;
        const quality = qualityOf(vectors);
        appendResult(path, {
          ...{ corpus, trainer: `warm-up over ${share}`, flags: {}, rate: "auto", epochs, seed, threads },
          ...{ learningRate: history[0].initialLearningRate, seconds, trainingSeconds: seconds, timed: false },
          ...{ machine: machine(), date: new Date().toISOString(), version: wasm2vec().version() },
          ...quality,
        });
        const mean = meanOf(quality.scores, REPORTING).toFixed(4);
        console.log(`${corpus} warm-up over ${share}, ${epochs} epoch(s), seed ${seed}: ${mean}`);
      }
  }
} finally {
  rmSync(folder, { recursive: true });
}
