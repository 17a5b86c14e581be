// Shared by all benchmarks: the machine, the corpus, medians.

import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { pipeline } from "node:stream/promises";
import { readChunks } from "wasm2vec/files";
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

/** Copies a text, uncompressed: gensim and fastText read plain text only. Up to the end of the line with the last of `words`. */
export async function copyText(from: string, to: string, words = Number.POSITIVE_INFINITY): Promise<void> {
  await pipeline(firstLines(readChunks(from), words), createWriteStream(to));
}

async function* firstLines(chunks: AsyncIterable<Uint8Array>, words: number): AsyncGenerator<Uint8Array> {
  const counter = new WordCounter();
  for await (const chunk of chunks) {
    const end = counter.count(chunk, words);
    yield chunk.subarray(0, end);
    if (end < chunk.length) return;
  }
}

/** Counts words, as ASCII whitespace separates them. */
class WordCounter {
  words = 0;
  lines = 0;
  private between = true;

  /** Counts up to the end of the line in which the words reach a limit. @returns the bytes that it has counted */
  count(chunk: Uint8Array, limit = Number.POSITIVE_INFINITY): number {
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      const space = byte === 32 || (byte >= 9 && byte <= 13);
      if (this.between && !space) this.words++;
      this.between = space;
      if (byte !== 10) continue;
      this.lines++;
      if (this.words >= limit) return i + 1;
    }
    return chunk.length;
  }
}

/** Words and lines of a plain text. */
export async function countWords(path: string): Promise<{ words: number; lines: number }> {
  const counter = new WordCounter();
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) counter.count(chunk);
  return counter;
}

/** The median with the lowest and highest value, in thousands from 10,000 on. */
export function spread(values: readonly number[]): string {
  const show = (value: number) => (median(values) < 10_000 ? `${Math.round(value)}` : `${Math.round(value / 1000)}k`);
  return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}
