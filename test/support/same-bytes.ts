// Trainings that end with the same bytes in every engine.

import { createHash } from "node:crypto";
import { type TrainOptions, train } from "wasm2vec";
import { sampleText } from "./sample";

/** words enough for four blocks */
export const text = sampleText(4000, 1, 150);
export const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3 };

/** What they are called, their options, and how their threads work together. */
export const WAYS: [name: string, options: TrainOptions, parallel: string][] = [
  ["one thread", { threads: 1 }, "grid"],
  ["without a worker", { worker: false }, "grid"],
  ["three threads", { threads: 3 }, "grid"],
  ["weighted windows", { threads: 2, windowWeights: "linear" }, "grid"],
  ["pair by pair", { threads: 2, sharedNegatives: false }, "grid"],
  ["CBOW", { threads: 1, model: "cbow" }, "none"],
  ["hierarchical softmax", { loss: "hierarchical-softmax", reproducible: true }, "none"],
  ["the scalar kernel", { threads: 2, kernel: "scalar" }, "grid"],
  ["the scalar kernel without a worker", { worker: false, kernel: "scalar" }, "grid"],
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
