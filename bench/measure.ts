// Shared by all benchmarks: the machine, the corpus, medians.

import { createReadStream, existsSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { median } from "../src/race/median.js";

/** The machine and its load before the run, without which a figure means nothing. */
export function machine(): string {
  const [{ model }] = cpus();
  return `${model}, ${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0].toFixed(2)}`;
}

/** The file that CORPUS names, else the 12M-word corpus beside the repository if it is there, else the sample. */
export function corpusPath(): string {
  if (process.env.CORPUS) return process.env.CORPUS;
  const shared = "../shared/data/corpus.txt.gz";
  return existsSync(shared) ? shared : "demo/sample.txt.gz";
}

/** Words of a plain text, as ASCII whitespace separates them. */
export async function countWords(path: string): Promise<number> {
  let words = 0;
  let between = true;
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    for (const byte of chunk) {
      const space = byte === 32 || (byte >= 9 && byte <= 13);
      if (between && !space) words++;
      between = space;
    }
  }
  return words;
}

/** The median with the lowest and highest value, in thousands from 10,000 on. */
export function spread(values: readonly number[]): string {
  const show = (value: number) => (median(values) < 10_000 ? `${Math.round(value)}` : `${Math.round(value / 1000)}k`);
  return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}

/** fastText's flags for the defaults of wasm2vec and gensim, without subwords. */
export const FASTTEXT = { dim: 100, ws: 5, neg: 5, t: 1e-3, minCount: 5, maxn: 0 };
