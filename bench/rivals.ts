// What benchmarks share of wasm2vec, gensim and fastText: the command lines of whole trainings, and running them. Each command
// starts, reads and counts a plain text, trains and writes vectors.

import { spawnSync } from "node:child_process";
import { FASTTEXT as FASTTEXT_PROGRAM, PYTHON, pathOf } from "../test/support/programs.js";

/** Flags without their dashes; true is a flag without a value. */
export type Flags = Readonly<Record<string, string | number | true>>;

export interface Run {
  /** of the whole command, on the wall clock */
  seconds: number;
  stdout: string;
  stderr: string;
}

/** fastText's flags for the defaults of wasm2vec and gensim, without subwords. */
export const FASTTEXT = { dim: 100, ws: 5, neg: 5, t: 1e-3, minCount: 5, maxn: 0 };

/** Flags as a command takes them. @param dashes that begin each */
export const flagsOf = (dashes: string, flags: Flags) =>
  Object.entries(flags).flatMap(([name, value]) => [dashes + name, ...(value === true ? [] : [String(value)])]);

/** Writes word2vec's binary format to `output`, and one JSON document. */
export function wasm2vecCommand(corpus: string, output: string, flags: Flags): string[] {
  const files = [corpus, "--output", output, "--format", "word2vec"];
  return [process.execPath, "build/cli.js", "train", ...files, "--quiet", "--json", ...flagsOf("--", flags)];
}

let python: string | undefined;
/** Reads by corpus_file. Writes word2vec's binary format to `output`, and one JSON document. */
export function gensimCommand(corpus: string, output: string, flags: Flags): string[] {
  python ??= pathOf(PYTHON);
  return [python, "bench/peers/gensim_train.py", corpus, output, ...flagsOf("--", flags)];
}

let fastText: string | undefined;
/** FASTTEXT_PATH, else what is installed. See peers/fasttext.sh. */
export function fastTextProgram(): string {
  fastText ??= pathOf(FASTTEXT_PROGRAM);
  return fastText;
}

/** Writes word2vec's text format to `output`.vec, and the whole model to `output`.bin. */
export function fastTextCommand(corpus: string, output: string, model: "skipgram" | "cbow", flags: Flags): string[] {
  return [fastTextProgram(), model, "-input", corpus, "-output", output, ...flagsOf("-", flags)];
}

/** fastText has no timer, but its last progress line has the words per second and thread; it counts the ends of lines as words. */
export function fastTextSeconds({ stdout, stderr }: Run, trained: { words: number; threads: number }): number {
  const rates = [...(stdout + stderr).matchAll(/words\/sec\/thread:\s+(\d+)/g)].map(([, rate]) => Number(rate));
  return trained.words / (trained.threads * rates[rates.length - 1]);
}

/** @throws Error if the command fails */
export function run([command, ...flags]: readonly string[]): Run {
  // threads of the linear algebra would be more than were asked for
  const env = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };
  const start = performance.now();
  const { status, error, stdout, stderr } = spawnSync(command, flags, { env, encoding: "utf8", maxBuffer: 2 ** 28 });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
  return { seconds, stdout, stderr };
}
