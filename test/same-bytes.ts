// Trainings that end with the same bytes in every engine.

import { createHash } from "node:crypto";
import { type TrainOptions, train } from "wasm2vec";
import { sampleText } from "./sample";

export const text = sampleText(4000);
export const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3 };

/** What they are called, their options, and how their threads work together where memory is shared. */
export const WAYS: [name: string, options: TrainOptions, parallel: string][] = [
  ["one thread", { threads: 1 }, "none"],
  ["without a worker", { worker: false }, "none"],
  ["CBOW", { threads: 1, model: "cbow" }, "none"],
  ["hierarchical softmax", { threads: 1, loss: "hierarchical-softmax" }, "none"],
  ["the scalar kernel", { threads: 1, kernel: "scalar" }, "none"],
  ["the scalar kernel without a worker", { worker: false, kernel: "scalar" }, "none"],
  ["reproducible", { reproducible: true, threads: 3 }, "rounds"],
  ["replicas", { parallel: "replicas", threads: 2 }, "replicas"],
];

/** What an engine came to. */
export interface Outcome {
  /** SHA-256 of the vectors */
  hash: string;
  threads: number;
  parallel: string;
}

export function sha256(matrix: Float32Array): string {
  return createHash("sha256").update(matrix).digest("hex");
}

/** SHA-256 of the vectors, trained by this Node. */
export async function trainHere(options: TrainOptions): Promise<string> {
  return sha256((await train(text, { ...small, ...options })).vectors.matrix);
}
