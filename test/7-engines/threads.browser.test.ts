// Threads in Chromium, by vitest's browser mode: once on pages that are cross-origin isolated, once on pages that are not.

import { expect, inject, it } from "vitest";
import { type Progress, type TrainOptions, train } from "wasm2vec";
import { sampleText } from "../support/sample";

/** words enough for two blocks */
const text = sampleText(5000, 1, 75);
const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3 };
const isolated = inject("isolated");

it("the page is as it should be", () => {
  expect(crossOriginIsolated).toBe(isolated);
});

it("several threads train with shared memory and without", async () => {
  const { history, vectors } = await train(text, { ...small, threads: 2 });
  expect(history[1]).toMatchObject({
    threads: 2,
    parallel: "grid",
    reproducible: true,
  });
  expect(history[1].loss).toBeLessThan(history[0].loss);
  expect(vectors.mostSimilar("topic3_0", { topN: 3 }).every(({ word }) => word.startsWith("topic3_"))).toBe(true);
});

it("gives the same bytes with one thread and with three, in workers and in the page", async () => {
  const runs: TrainOptions[] = [{ threads: 3 }, { threads: 1 }, { worker: false }, { threads: 2, reproducible: true }];
  const matrices: number[][] = [];
  for (const run of runs) {
    const { vectors } = await train(text, { ...small, ...run });
    matrices.push([...new Uint32Array(vectors.matrix.slice().buffer)]);
  }
  for (const matrix of matrices.slice(1)) expect(matrix).toEqual(matrices[0]);
});

it("CBOW has several threads where they share memory, and one elsewhere", async () => {
  const { history } = await train(text, { ...small, threads: 2, model: "cbow" });
  expect(history[0]).toMatchObject(
    isolated
      ? { threads: 2, parallel: "hogwild", reproducible: false }
      : { threads: 1, parallel: "none", reproducible: true },
  );
});

it("the js kernel trains in workers, whose file is another one", async () => {
  const { history, vectors } = await train(text, { ...small, threads: 2, kernel: "js" });
  expect(history[1]).toMatchObject({ kernel: "js", threads: 2, parallel: "grid" });
  const here = await train(text, { ...small, worker: false, kernel: "js" });
  expect(vectors.matrix).toEqual(here.vectors.matrix);
});

it.each<[string, TrainOptions]>([
  ["the grid", { threads: 3 }],
  ["CBOW", { threads: 2, model: "cbow" }],
])("a worker that is terminated in the midst of training ends it by an error that says so: %s", async (_, options) => {
  const started: Worker[] = [];
  const { Worker: original } = globalThis;
  globalThis.Worker = class extends original {
    constructor(...given: ConstructorParameters<typeof original>) {
      super(...given);
      started.push(this);
    }
  };
  const onProgress = ({ words }: Progress) => words > 10_000 && started.at(-1)?.terminate();
  const run = train(text, { ...small, ...options, epochs: 1000, onProgress });
  await expect(run)
    .rejects.toThrow(new Error("worker stopped: it was terminated, or closed itself"))
    .finally(() => {
      globalThis.Worker = original;
    });
});

declare module "vitest" {
  interface ProvidedContext {
    isolated: boolean;
  }
}
