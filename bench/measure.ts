// What all benchmarks share: the machine, the corpus, medians.

import { createReadStream, existsSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { median } from "../src/race/median.js";

/** The machine, and how busy it is before the run: a figure means nothing without it. */
export function machine(): string {
  const [{ model }] = cpus();
  return `${model}, ${cpus().length} cores, Node ${process.versions.node}, load ${loadavg()[0].toFixed(2)}`;
}

/** The file that CORPUS names, else the 12M-word corpus where it lies beside the repository, else the sample. */
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

/** The median with the lowest and highest, in thousands where they are many. */
export function spread(values: readonly number[]): string {
  const show = (value: number) => (median(values) < 10_000 ? `${Math.round(value)}` : `${Math.round(value / 1000)}k`);
  return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}

/** fastText's flags for what wasm2vec and gensim do by default, without subwords. */
export const FASTTEXT = { dim: 100, ws: 5, neg: 5, t: 1e-3, minCount: 5, maxn: 0 };
