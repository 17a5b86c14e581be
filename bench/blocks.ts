// npm run bench:blocks: peak resident memory and words/s of models whose blocks lie in files, for several sizes of rows, beside a
// model of the first size that fits into memory. The text is synthetic: words by Zipf's law, each at least once.
// Environment: GIGABYTES=2,8,16 (of rows) DIM=300 WORDS=100000000 (of the text) MEMORY=805306368 (blocksMemory) SPOOL=268435456
// (spoolMemory) THREADS COUNTED=1 (words are counted, rather than given) FOLDER (for text and files: their room is twice the rows)

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { estimateMemory, type TrainOptions, train } from "wasm2vec";
import { loadVocabulary } from "wasm2vec/files";
import { Random } from "../src/base/random.js";
import { machine } from "./measure.js";

const DIM = Number(process.env.DIM ?? 300);
const WORDS = Number(process.env.WORDS ?? 100e6);
const isCounted = process.env.COUNTED === "1";

/** Words of a sentence, of which the first is the next of all words. */
const SENTENCE = 16;

/** Sentences written at once. */
const WRITTEN = 10_000;

/** Writes a text over so many words, and its vocabulary. */
function writeText(text: string, vocabulary: string, words: number): void {
  const random = Random.from(1, 0);
  const counts = new Float64Array(words);
  const file = openSync(text, "w");
  const sentences = Math.max(words, Math.ceil(WORDS / SENTENCE));
  for (let first = 0; first < sentences; first += WRITTEN) {
    const lines = Array.from({ length: Math.min(WRITTEN, sentences - first) }, (_, i) => {
      const sentence = Array.from({ length: SENTENCE }, (_, place) => {
        // ranks by Zipf's law: their logarithms are uniform
        const rank = place === 0 ? (first + i) % words : Math.floor(words ** (random.next() / 2 ** 32)) - 1;
        counts[rank]++;
        return `w${rank.toString(36)}`;
      });
      return sentence.join(" ");
    });
    writeSync(file, `${lines.join("\n")}\n`);
  }
  closeSync(file);
  const list = openSync(vocabulary, "w");
  for (let first = 0; first < words; first += WRITTEN)
    writeSync(
      list,
      Array.from(counts.subarray(first, first + WRITTEN), (n, i) => `w${(first + i).toString(36)} ${n}\n`).join(""),
    );
  closeSync(list);
}

interface Report {
  words: number;
  /** of the process, and its growth as estimateMemory tells it */
  peak: number;
  told: number;
  disk: number;
  wordsPerSecond: number;
  /** of the whole call */
  seconds: number;
}

/** In a process of its own. */
async function measure(folder: string, given: TrainOptions): Promise<Report> {
  const vocabulary = isCounted ? undefined : await loadVocabulary(join(folder, "vocabulary.txt"));
  const start = performance.now();
  const options = { ...given, vocabulary };
  const model = await train(join(folder, "text.txt"), options);
  const seconds = (performance.now() - start) / 1000;
  const { total: told, disk } = estimateMemory(options, model.vectors.size, model.vocabulary.totalWords);
  const { wordsPerSecond } = model.history[0];
  return {
    words: model.vectors.size,
    peak: process.resourceUsage().maxRSS * 1024,
    told,
    disk,
    wordsPerSecond,
    seconds,
  };
}

const [, , folder, options] = process.argv;
if (folder !== undefined) console.log(JSON.stringify(await measure(folder, JSON.parse(options))));
else {
  const place = mkdtempSync(join(process.env.FOLDER ?? tmpdir(), "wasm2vec-bench-blocks-"));
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;
  const run = (name: string, given: TrainOptions): number => {
    const basic = { dim: DIM, epochs: 1, minCount: 1, parts: 16, threads: Number(process.env.THREADS) || "auto" };
    const args = [fileURLToPath(import.meta.url), place, JSON.stringify({ ...basic, ...given })];
    const report: Report = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
    const { words, peak, told, disk, wordsPerSecond, seconds } = report;
    console.log(
      `${name}: ${words} words, peak ${megabytes(peak)}, told ${megabytes(told)}, disk ${megabytes(disk)}; ` +
        `${wordsPerSecond.toFixed(0)} words/s, ${seconds.toFixed(0)} s in all`,
    );
    return wordsPerSecond;
  };
  try {
    console.log(machine());
    let inMemory: number | undefined;
    for (const gigabytes of (process.env.GIGABYTES ?? "2,8,16").split(",").map(Number)) {
      writeText(join(place, "text.txt"), join(place, "vocabulary.txt"), Math.floor((gigabytes * 2 ** 30) / (8 * DIM)));
      inMemory ??= run(`${gigabytes} GB of rows in memory`, {});
      const blocks = join(place, "blocks");
      const blocksMemory = Number(process.env.MEMORY ?? 768 * 2 ** 20);
      const spoolMemory = Number(process.env.SPOOL ?? 256 * 2 ** 20);
      const inFiles = run(`${gigabytes} GB of rows in files`, { blocks, blocksMemory, spoolMemory });
      console.log(`  ${(inFiles / inMemory).toFixed(2)} × the words/s in memory`);
      rmSync(blocks, { recursive: true });
    }
  } finally {
    rmSync(place, { recursive: true });
  }
}
