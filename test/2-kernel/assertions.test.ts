// The debug binary's assertions fire: what a kernel takes for granted, broken once each. The release binary has none of them.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Mark, Param, Seen } from "../../assembly/params";
import type { Ptr, QueryKernel } from "../../src/kernel/kernel";
import { Parameters } from "../../src/model/parameters";
import { Vocabulary } from "../../src/text/vocabulary";
import { GRID, GridMemory } from "../support/grid-memory";
import { startTested, startTestedQueries } from "../support/kernels";

const ptr = (address: number) => address as Ptr;

/** The assertion that a call fails, by the stack, and what it saw. */
function failure(memory: WebAssembly.Memory, call: () => unknown) {
  let stack = "nothing was thrown";
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
    stack = (error as Error).stack!;
  }
  const [value, limit] = new Uint32Array(memory.buffer, Seen.value, 2);
  return { assertion: /assertions\/(assert\w+)/.exec(stack)?.[1] ?? stack, value, limit };
}

const pair = { context: 7, target: 3, weight: 1 };
const grid = (shape = {}) => GridMemory.create("debug", { ...GRID, ...shape });

describe("the debug binary refuses", () => {
  it("an id beyond the words, and a batch that ends within a sentence", async () => {
    const { kernel, memory, params } = await grid();
    const ids = new DataView(memory.buffer).getUint32(params + Param.ids, true);
    new Uint32Array(memory.buffer, ids, 4).set([3, GRID.words, 5, Mark.sentenceEnd]);
    for (const call of [() => kernel.sortPairs(params, 4), () => kernel.train(params, 4)])
      expect(failure(memory, call)).toEqual({ assertion: "assertBatch", value: GRID.words, limit: GRID.words });
    expect(failure(memory, () => kernel.sortPairs(params, 1)).assertion).toBe("assertBatch");
    // marks are no words
    new Uint32Array(memory.buffer, ids, 4).set([3, Mark.document | 9, Mark.label | 1, Mark.sentenceEnd]);
    expect(failure(memory, () => kernel.sortPairs(params, 4)).assertion).toBe("nothing was thrown");
  });

  it("a pair whose row is not in its block", async () => {
    const own = await grid();
    const rows = GRID.words / GRID.blocks;
    for (const beyond of [{ context: rows }, { target: rows }]) {
      const call = () => own.train(0, 1, [[{ ...pair, ...beyond }]], 0.1);
      expect(failure(own.memory, call)).toEqual({ assertion: "assertBelow", value: rows, limit: rows });
    }
  });

  it("a noise word beyond the words of its block", async () => {
    const own = await grid();
    own.train(0, 1, [[pair]], 0.1);
    const table = new DataView(own.memory.buffer).getUint32(own.params + Param.alias, true);
    new Uint32Array(own.memory.buffer, table, GRID.words).fill(GRID.words);
    const call = () => own.train(0, 1, [[pair]], 0.1);
    expect(failure(own.memory, call)).toMatchObject({ assertion: "assertBelow", value: GRID.words, limit: 12 });
  });

  it("a cell beyond the grid", async () => {
    const { kernel, memory, params } = await grid();
    const seen = failure(memory, () => kernel.trainCell(params, 4, ptr(1024), 1));
    expect(seen).toEqual({ assertion: "assertBelow", value: 4, limit: 4 });
  });

  it("rows that are not aligned, or end beyond the memory", async () => {
    const { memory } = await grid();
    const kernel = await startTestedQueries("debug", memory);
    const norms = (start: number, stride = 32) => failure(memory, () => kernel.norms(ptr(start), 1, stride, ptr(2048)));
    expect(norms(4100)).toEqual({ assertion: "assertRow", value: 4100, limit: 16 });
    expect(norms(4096, 40)).toEqual({ assertion: "assertRow", value: 40, limit: 16 });
    expect(norms(512)).toEqual({ assertion: "assertRow", value: 512, limit: 1024 });
    const { byteLength } = memory.buffer;
    expect(norms(byteLength - 16)).toEqual({ assertion: "assertRow", value: byteLength - 16, limit: byteLength });
    expect(norms(byteLength - 32).assertion).toBe("nothing was thrown");
  });

  it("a line with a row or a label that there is not, and a batch that ends within a line", async () => {
    const vocabulary = new Vocabulary(Array.from({ length: 3 }, (_, label) => [`l${label}`, 3 - label]));
    const { memory, layout } = new Parameters(
      vocabulary,
      {
        ...{ model: "lines", windowLeft: 1, windowRight: 0, shrinkWindows: false, windowWeights: [], subsample: 0 },
        ...{ cbowCombine: "mean", cbowGradient: "divided", negatives: 5, noiseExponent: 0.5, loss: "softmax" },
        ...{ dim: 16, seed: 1 },
      },
      { batchCapacity: 100, lanes: 1, shared: false },
      { words: 3, inputRows: 8, outputRows: 3 },
    );
    const kernel = await startTested("debug", memory);
    const train = (...ids: number[]) => {
      new Uint32Array(memory.buffer, layout.scratch[0].ids, ids.length).set(ids);
      return failure(memory, () => kernel.train(layout.scratch[0].params, ids.length));
    };
    const label = Mark.label | 2;
    expect(train(7, label, Mark.sentenceEnd).assertion).toBe("nothing was thrown");
    expect(train(8, label, Mark.sentenceEnd)).toEqual({ assertion: "assertLines", value: 8, limit: 8 });
    expect(train(7, label + 1, Mark.sentenceEnd)).toEqual({ assertion: "assertBelow", value: 3, limit: 3 });
    expect(train(7, label).assertion).toBe("assertLines");
  });

  it("scores without room for them", async () => {
    const { memory } = await grid();
    const kernel = await startTestedQueries("debug", memory);
    const seen = failure(memory, () => kernel.scores(ptr(4096), 1, ptr(4096), 7, 32, ptr(2048), ptr(8192), 6));
    expect(seen).toEqual({ assertion: "assertFits", value: 7, limit: 6 });
  });
});

describe("the release binaries", () => {
  it("hold none of it", () => {
    // functions have names where asserting ones do
    expect(readFileSync("build/debug/simd.wasm").includes("assertions/assertRow")).toBe(true);
    for (const name of ["simd", "scalar", "relaxed"])
      expect(readFileSync(`build/${name}.wasm`).includes("assert"), name).toBe(false);
  });

  it("take what the debug binary refuses, and give the same bits where nothing is wrong", async () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
    const run = (kernel: QueryKernel) => kernel.norms(ptr(4100), 1, 32, ptr(2048));
    const [release, debug] = [await startTestedQueries("simd", memory), await startTestedQueries("debug", memory)];
    expect(() => run(release)).not.toThrow();
    expect(() => run(debug)).toThrow(WebAssembly.RuntimeError);
    const grids = await Promise.all((["debug", "simd"] as const).map((name) => GridMemory.create(name, GRID)));
    const pairs = Array.from({ length: 40 }, (_, i) => ({ context: (i * 5) % 12, target: (i * 7) % 12, weight: 1 }));
    for (const own of grids) own.train(0, 1, [pairs], 0.5);
    expect(grids[0].bits()).toEqual(grids[1].bits());
  });
});
