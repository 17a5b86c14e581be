// The trainers whose quality is compared: the command line of each, and what it says of itself.

import { execFileSync, spawnSync } from "node:child_process";
import { basename, dirname } from "node:path";
import {
  FASTTEXT,
  type Flags,
  fastTextCommand,
  fastTextProgram,
  fastTextSeconds,
  gensimCommand,
  type Run,
  wasm2vecCommand,
} from "../rivals.js";

export type Rate = number | "auto";

/** What to train; where the text is read, and where the vectors go. */
export interface Training {
  rate: Rate;
  epochs: number;
  seed: number;
  threads: number;
}

export interface Outcome {
  /** of training alone */
  trainingSeconds: number;
  /** the learning rate that it began with */
  learningRate: number;
}

export interface Trainer {
  /** that is not of this trainer alone: model, sets of options */
  flags: Flags;
  /** the learning rate of its defaults */
  ownRate: Rate;
  /** rates that are tried to find its best */
  otherRates: readonly number[];
  command(corpus: string, output: string, training: Training): string[];
  /** the ending that it gives to `output` for the vectors */
  ending: string;
  outcome(run: Run, training: Training, text: { words: number; lines: number }): Outcome;
  version(): string;
}

const RATES = [0.025, 0.05, 0.1];

/** @param flags of `wasm2vec train`; none are its defaults */
export function wasm2vec(flags: Flags = {}): Trainer {
  return {
    flags,
    ownRate: "auto",
    otherRates: [],
    ending: "",
    command: (corpus, output, { rate, epochs, seed, threads }) =>
      wasm2vecCommand(corpus, output, {
        ...flags,
        ...(rate === "auto" ? {} : { "learning-rate": rate }),
        ...{ epochs, seed, threads },
      }),
    outcome: ({ stdout }) => {
      const { seconds, learningRate } = JSON.parse(stdout);
      return { trainingSeconds: seconds, learningRate };
    },
    version: () => {
      const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
      const changed = git("status", "--porcelain", "--", "src", "assembly") === "" ? "" : " and changes";
      return `${git("log", "-1", "--format=%h", "--", "src", "assembly")}${changed}`;
    },
  };
}

/** Its defaults, but skip-gram. */
const gensim: Trainer = {
  flags: {},
  ownRate: 0.025,
  otherRates: RATES,
  ending: "",
  command: (corpus, output, { rate, epochs, seed, threads }) =>
    gensimCommand(corpus, output, { alpha: rate, epochs, seed, workers: threads }),
  outcome: ({ stdout }, { rate }) => ({ trainingSeconds: JSON.parse(stdout).seconds, learningRate: Number(rate) }),
  version: () => {
    const [python] = gensimCommand("", "", {});
    return execFileSync(python, ["-c", "import gensim; print(gensim.__version__)"], { encoding: "utf8" }).trim();
  },
};

/** Its command line does not say: the folder that peers/fasttext.sh built it in does, else Debian's package. */
function fastTextVersion(): string {
  const [, built] = /^fastText-(.+)$/.exec(basename(dirname(fastTextProgram()))) ?? [];
  if (built) return `${built}, built by its Makefile`;
  return spawnSync("dpkg-query", ["-W", "fasttext"], { encoding: "utf8" }).stdout?.trim().split("\t")[1] ?? "?";
}

const fastText = (flags: Flags): Trainer => ({
  flags,
  ownRate: 0.05,
  otherRates: RATES,
  ending: ".vec",
  command: (corpus, output, { rate, epochs, seed, threads }) =>
    fastTextCommand(corpus, output, "skipgram", { ...flags, lr: rate, epoch: epochs, seed, thread: threads }),
  outcome: (run, { rate, epochs, threads }, { words, lines }) => ({
    trainingSeconds: fastTextSeconds(run, { words: epochs * (words + lines), threads }),
    learningRate: Number(rate),
  }),
  version: fastTextVersion,
});

/** By the names that TRAINERS takes. */
export const TRAINERS: Record<string, Trainer> = {
  wasm2vec: wasm2vec(),
  "wasm2vec with subwords": wasm2vec({ minn: 3, maxn: 6 }),
  "wasm2vec like word2vec": wasm2vec({ preset: "word2vec", model: "skipgram" }),
  gensim,
  fastText: fastText({}),
  "fastText without subwords": fastText(FASTTEXT),
};
