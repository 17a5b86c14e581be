// Threads in Chromium, by vitest's browser mode: once on pages that are cross-origin isolated, once on pages that are not.

import { expect, inject, it } from "vitest";
import { type TrainOptions, train } from "wasm2vec";
import { sampleText } from "./sample";

const text = sampleText(3000);
const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3 };
const isolated = inject("isolated");

it("the page is as it should be", () => {
  expect(crossOriginIsolated).toBe(isolated);
});

it("several threads share memory where they can, and exchange what changed elsewhere", async () => {
  const { history, vectors } = await train(text, { ...small, threads: 2 });
  expect(history[1]).toMatchObject({
    threads: 2,
    parallel: isolated ? "hogwild" : "replicas",
    reproducible: !isolated,
  });
  expect(history[1].loss).toBeLessThan(history[0].loss);
  expect(vectors.mostSimilar("topic3_0", { topN: 3 }).every(({ word }) => word.startsWith("topic3_"))).toBe(true);
});

it("reproducible training gives the same bytes with one thread and with three, in workers and in the page", async () => {
  const runs: TrainOptions[] = [
    { threads: 3 },
    { threads: 1 },
    { worker: false },
    { parallel: "replicas", threads: 2 },
  ];
  const matrices: number[][] = [];
  for (const run of runs) {
    const { vectors } = await train(text, { ...small, reproducible: true, ...run });
    matrices.push([...new Uint32Array(vectors.matrix.slice().buffer)]);
  }
  for (const matrix of matrices.slice(1)) expect(matrix).toEqual(matrices[0]);
});

it("hogwild where memory cannot be shared is refused, with the headers that would allow it", async () => {
  const training = train(text, { ...small, threads: 2, parallel: "hogwild" });
  if (isolated) expect((await training).history[0].parallel).toBe("hogwild");
  else await expect(training).rejects.toThrow(/Cross-Origin-Opener-Policy: same-origin/);
});

declare module "vitest" {
  interface ProvidedContext {
    isolated: boolean;
  }
}
