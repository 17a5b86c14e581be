// Models whose blocks lie in files: the bytes of one memory, whatever fits into memory; streams, checkpoints, refusals.

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createVectors,
  estimateMemory,
  loadModel,
  type Model,
  TrainingControl,
  type TrainOptions,
  train,
  type VectorFormat,
} from "wasm2vec";
import { fileCheckpoint, loadCheckpoint, loadVectors, saveVectors } from "wasm2vec/files";
import { BlockFiles } from "../../src/platform/node/block-files";
import { stagesOf } from "../../src/train/execution/blocks-runner";
import { visitAt } from "../../src/train/execution/visits";
import { sampleText } from "../support/sample";

const text = sampleText(6000, 1, 300);
const small: TrainOptions = { dim: 20, epochs: 2, minCount: 1, subsample: 2e-3, threads: 2, learningRate: 0.05 };
/** bytes of a block of about 2,500 words in 8 blocks */
const BLOCK = 320 * 80;
/** that four blocks of targets fit beside so many of contexts; more threads have what is left */
const memoryFor = (contexts: number) => Math.max(2 ** 20, (4 + contexts) * BLOCK);

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "wasm2vec-blocks-"));
  folder = join(root, "blocks");
});
afterEach(() => rmSync(root, { recursive: true }));

/** All vectors, as a file of them has them. */
async function matrixOf(vectors: Parameters<typeof saveVectors>[0]): Promise<Float32Array> {
  const path = join(root, "matrix.safetensors");
  await saveVectors(vectors, path, { format: "safetensors" });
  const { matrix } = await loadVectors(path);
  return matrix;
}

describe("stagesOf", () => {
  it("has each cell once, after all that it needs", () => {
    const shape = fc.record({ power: fc.nat(6), groups: fc.integer({ min: 1, max: 64 }) });
    fc.assert(
      fc.property(shape, ({ power, groups }) => {
        const blocks = 2 ** power;
        const [rowsDone, columnsDone] = [new Array(blocks).fill(0), new Array(blocks).fill(0)];
        for (const { rows, columns } of stagesOf(blocks, Math.min(groups, blocks)))
          for (let column = columns.from; column < columns.to; column++) {
            const visit = visitAt(rows, column, blocks)!;
            expect(columnsDone[visit.target]).toBe(visit.before);
            for (let row = visit.rows.to - 1; row >= visit.rows.from; row--) {
              expect(visit.target).toBe((row + rowsDone[row]) % blocks);
              expect(columnsDone[visit.target]).toBe(rowsDone[row]);
              rowsDone[row]++;
              columnsDone[visit.target]++;
            }
            expect(columnsDone[visit.target]).toBe(visit.after);
          }
        expect([...rowsDone, ...columnsDone]).toEqual(new Array(2 * blocks).fill(blocks));
      }),
    );
  });
});
