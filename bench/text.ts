// npm run bench:text: counting, encoding and queries, in turn with gensim and fastText on the same plain file. Words are counted
// in process and by one and two reading workers; queries find the ten nearest words of 100,000 and 1,000,000 × 100, against
// gensim's numpy.
// Needs python3-gensim and fasttext.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createVectors } from "wasm2vec";
import { saveVectors } from "wasm2vec/files";
import type { Channel } from "../src/base/link.js";
import { Random } from "../src/base/random.js";
import { fileCorpus } from "../src/platform/node/corpus.js";
import { workerChannel } from "../src/platform/node/worker.js";
import { median } from "../src/race/median.js";
import { encode } from "../src/text/encode.js";
import { readBy } from "../src/text/readers.js";
import { buildVocabulary, type Vocabulary } from "../src/text/vocabulary.js";
import { resolveOptions } from "../src/train/train-options.js";
import { PYTHON, pathOf } from "../test/support/programs.js";
import { copyText, corpusPath, machine, spread } from "./measure.js";
import { fastTextCommand } from "./rivals.js";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const QUERIES = 50;
const interpreter = pathOf(PYTHON);
const python = (script: string, ...args: string[]) =>
  Number(
    execFileSync(interpreter, [`bench/peers/${script}`, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );

/** A worker of the build. */
function spawnReader(): Channel {
  return workerChannel(new Worker(new URL("../worker-node.js", import.meta.url)));
}

/** Seconds until fastText prints that it has read the text; then it is stopped. */
function fastTextCounting(corpus: string, output: string): Promise<number> {
  const start = performance.now();
  const [program, ...flags] = fastTextCommand(corpus, output, "skipgram", { minCount: 5, thread: 1 });
  const child = spawn(program, flags);
  return new Promise((resolve) => {
    child.stderr.on("data", (data) => {
      if (!String(data).includes("Number of words")) return;
      resolve((performance.now() - start) / 1000);
      child.kill("SIGKILL");
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), "wasm2vec-text-"));
try {
  console.log(machine());
  const corpus = join(folder, "corpus.txt");
  await copyText(corpusPath(), corpus);
  const seconds: Record<string, number[]> = {
    ...{ here: [], "1 reader": [], "2 readers": [] },
    ...{ encoding: [], gensim: [], fastText: [] },
  };
  let words = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let vocabulary: Vocabulary | undefined;
    for (const [name, threads] of Object.entries({ here: 0, "1 reader": 1, "2 readers": 2 })) {
      const start = performance.now();
      const read = readBy(fileCorpus(corpus), threads === 0 ? undefined : { count: threads, spawn: spawnReader });
      ({ vocabulary } = await buildVocabulary(read, resolveOptions(), (tokens) => {
        words = tokens;
      }));
      seconds[name].push((performance.now() - start) / 1000);
    }
    const start = performance.now();
    for await (const _ of encode(fileCorpus(corpus), vocabulary!, 10_000));
    seconds.encoding.push((performance.now() - start) / 1000);
    seconds.gensim.push(python("gensim_counting.py", corpus));
    seconds.fastText.push(await fastTextCounting(corpus, join(folder, "fasttext")));
  }
  for (const [name, times] of Object.entries(seconds))
    console.log(
      `${name.padEnd(10)}${spread(times.map((time) => words / time))} words/s, × gensim ${(median(seconds.gensim) / median(times)).toFixed(1)}`,
    );

  for (const rows of [100_000, 1_000_000]) {
    const random = Random.from(1, 0);
    const matrix = new Float32Array(rows * 100);
    random.fill(matrix, 1);
    const vectors = await createVectors(
      Array.from({ length: rows }, (_, i) => `w${i}`),
      100,
      matrix,
    );
    const times: number[] = [];
    for (let i = -3; i < QUERIES; i++) {
      const start = performance.now();
      vectors.mostSimilar(`w${Math.abs(i * 7919) % rows}`, { topN: 10 });
      if (i >= 0) times.push(performance.now() - start);
    }
    const batch = Array.from({ length: 64 }, (_, i) => `w${(i * 7919) % rows}`);
    const start = performance.now();
    vectors.mostSimilarBatch(batch, { topN: 10 });
    const each = (performance.now() - start) / batch.length;
    const path = join(folder, "vectors.bin");
    await saveVectors(vectors, path);
    const gensim = python("gensim_queries.py", path, String(QUERIES));
    console.log(
      `top 10 of ${rows} × 100: ${median(times).toFixed(2)} ms, in a batch ${each.toFixed(2)} ms each; gensim ${gensim.toFixed(2)} ms`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
