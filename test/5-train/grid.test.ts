// The rows of a model in the grid: where they lie, who may use them, and the chunks that are trained on.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planKernel, startQueries } from "../../src/kernel/engines/kernels";
import { blockSize, evenly, rowInBlocks } from "../../src/kernel/grid-layout";
import { allocate } from "../../src/kernel/memory";
import { paste } from "../../src/kernel/patch";
import type { Shape, Side } from "../../src/kernel/shape";
import { lossOf } from "../../src/model/losses/registry";
import { Parameters, planMemory } from "../../src/model/parameters";
import { shapeOf } from "../../src/model/spec";
import { Vocabulary } from "../../src/text/vocabulary";
import { ChunkRoom } from "../../src/train/execution/chunk-room";
import { cutText } from "../../src/train/execution/cut";
import { GridRunner } from "../../src/train/execution/grid";
import type { GridJob, GridResult } from "../../src/train/execution/grid-jobs";
import { resolveOptions } from "../../src/train/train-options";
import { WordVectors } from "../../src/vectors/vectors";

const options = resolveOptions({ dim: 5 });

/** A model whose rows say whose they are. */
function modelOf(words: number, blocks: number, shared = false, more: Partial<Shape> = {}): Parameters {
  const vocabulary = new Vocabulary(Array.from({ length: words }, (_, i) => [`w${i}`, words - i]));
  const { shape } = cutText(options, shapeOf({ size: words }), 1000);
  const grid = { ...shape, blocks, holds: { ...shape.holds, blocks: evenly(blocks) } };
  const rows = { ...shapeOf(vocabulary), ...more };
  const parameters = new Parameters(vocabulary, options, { batchCapacity: 100, lanes: 1, grid, shared }, rows);
  const numbered = (rows: number, offset: number) => Float32Array.from({ length: rows * 5 }, (_, i) => offset + i);
  const tensors = { inputs: numbered(rows.inputRows, 1), outputs: numbered(rows.outputRows, -rows.outputRows * 5) };
  parameters.restore(tensors, []);
  return parameters;
}

const stored = (parameters: Parameters, side: Side) => parameters.matrix(side).slice();

describe("rows", () => {
  it("move to their blocks, where rowInBlocks says, and back", async () => {
    const shape = fc.record({
      words: fc.integer({ min: 2, max: 400 }),
      more: fc.constantFrom(0, 1, 700),
      power: fc.integer({ min: 0, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ words, more, power }) => {
        const parameters = modelOf(words, 2 ** power, false, { inputRows: words + more });
        const before = [stored(parameters, "inputs"), stored(parameters, "outputs")];
        await parameters.toBlocks();
        const { layout, memory } = parameters;
        const rows = { inputs: layout.inputRows, outputs: layout.outputRows };
        for (const [i, matrix] of (["inputs", "outputs"] as const).entries()) {
          const seen = new Set<number>();
          const count = words + (matrix === "inputs" ? more : 0);
          for (let word = 0; word < count; word++) {
            const row = rowInBlocks(layout.grid!, matrix, word);
            seen.add(row);
            expect(row).toBeLessThan(rows[matrix]);
            const floats = new Float32Array(memory.buffer, layout[matrix] + row * layout.stride, layout.stride / 4);
            expect(floats).toEqual(before[i].subarray((word * layout.stride) / 4, ((word + 1) * layout.stride) / 4));
          }
          expect(seen.size).toBe(count);
        }
        // once they are there nothing moves
        const there = stored(parameters, "inputs");
        await parameters.toBlocks();
        expect(stored(parameters, "inputs")).toEqual(there);
        await parameters.toWords();
        expect([stored(parameters, "inputs"), stored(parameters, "outputs")]).toEqual(before);
        await parameters.toWords();
        expect(stored(parameters, "inputs")).toEqual(before[0]);
      }),
      {
        numRuns: 60,
        examples: [
          [{ words: 2, more: 0, power: 4 }],
          [{ words: 7, more: 1, power: 3 }],
          [{ words: 400, more: 0, power: 4 }],
        ],
      },
    );
  });

  it("lie in their blocks as many as the blocks have words", () => {
    for (const [words, blocks] of [
      [2, 1],
      [7, 4],
      [4099, 8],
    ]) {
      const { grid } = modelOf(words, blocks).layout;
      const counts = new Array(blocks).fill(0);
      for (let word = 0; word < words; word++)
        counts[Math.floor(rowInBlocks(grid!, "inputs", word) / grid!.blockRows.inputs)]++;
      expect(counts).toEqual(counts.map((_, block) => blockSize(blocks, words, block)));
    }
  });

  it("go to another memory block by block, and come back", () => {
    const [words, blocks] = [101, 4];
    const counts = { inputs: 317, outputs: words };
    const parameters = modelOf(words, blocks, false, { inputRows: counts.inputs });
    const layout = parameters.layoutOf(1);
    const grid = layout.grid!;
    const other = allocate(layout.size, false, "a test");
    const before = [stored(parameters, "inputs"), stored(parameters, "outputs")];
    for (const [i, matrix] of (["inputs", "outputs"] as const).entries())
      for (let block = 0; block < blocks; block++) {
        paste(other, parameters.cutBlock(matrix, block, layout, 0));
        const rows = other.buffer.slice(layout[matrix], layout[matrix] + grid.blockRows[matrix] * layout.stride);
        const stride = layout.stride / 4;
        const floats = new Float32Array(rows);
        for (let row = 0; row < blockSize(blocks, counts[matrix], block); row++) {
          const word = row * blocks + block;
          expect(floats.subarray(row * stride, (row + 1) * stride)).toEqual(
            before[i].subarray(word * stride, (word + 1) * stride),
          );
        }
        parameters.putBlock(matrix, block, floats.map((x) => 2 * x).buffer);
      }
    expect(stored(parameters, "inputs")).toEqual(before[0].map((x) => 2 * x));
    expect(stored(parameters, "outputs")).toEqual(before[1].map((x) => 2 * x));
  });

  it("keep each word its multiplier", () => {
    const parameters = modelOf(50, 4);
    const multipliers = Float32Array.from({ length: 50 }, (_, word) => word / 50);
    parameters.multipliers = multipliers;
    expect(parameters.multipliers).toEqual(multipliers);
    parameters.multipliers = undefined;
    expect(parameters.multipliers).toBeUndefined();
  });
});

describe("vectors", () => {
  it("refuse to be used while the rows lie in blocks", async () => {
    const parameters = modelOf(60, 2);
    const kernel = startQueries(await planKernel("js", false), parameters.memory);
    const words = Array.from({ length: 60 }, (_, i) => `w${i}`);
    const all = [parameters.inputs, parameters.outputs].map((rows) => new WordVectors(words, 5, rows, kernel));
    const before = all.map(({ matrix }) => matrix.slice());
    await parameters.toBlocks();
    for (const vectors of all) {
      const uses = [
        () => vectors.get("w1"),
        () => vectors.similarity("w1", "w2"),
        () => vectors.mostSimilar("w1"),
        () => vectors.matrix,
      ];
      for (const use of uses) expect(use).toThrow(/the model is being trained: .*TrainingControl.look/);
      // words are no rows
      expect(vectors.has("w1")).toBe(true);
    }
    await parameters.toWords();
    expect(all.map(({ matrix }) => matrix)).toEqual(before);
    expect([...all[0].get("w1")]).toEqual([6, 7, 8, 9, 10]);
  });
});

describe("memory", () => {
  it("is what was planned, with chunks and without", () => {
    for (const chunks of [true, false]) {
      const vocabulary = new Vocabulary(Array.from({ length: 3000 }, (_, i) => [`w${i}`, 10]));
      const { shape } = cutText(options, shapeOf({ size: 3000 }), Number.POSITIVE_INFINITY);
      const grid = { ...shape, holds: { chunks, blocks: evenly(shape.blocks) } };
      const memoryOptions = { batchCapacity: 100, lanes: 2, grid, shared: false };
      const rows = shapeOf(vocabulary);
      const { size, layout } = planMemory(options, memoryOptions, rows, lossOf(options.loss).estimate(options, rows));
      const parameters = new Parameters(vocabulary, options, memoryOptions);
      expect(parameters.memory.buffer.byteLength).toBe(65_536 * Math.ceil(size / 65_536));
      expect(parameters.layout).toEqual(layout);
      // that of a worker holds a part of the rows
      expect(parameters.layoutOf(1).size).toBeLessThan(parameters.layoutOf(shape.blocks).size);
    }
  });
});

describe("GridRunner", () => {
  const chunk = (first: number) => ({
    ...{ epoch: 1, first, learningRate: 0.1, steps: 0 },
    batches: [{ ids: Uint32Array.of(1, 2, 0xffffffff), words: 2 }],
  });

  /** A runner over threads that note what they are given, and end when they are told to. */
  function noted(blocks: number, threads = 2, stepsAtOnce = 1) {
    const { layout } = modelOf(600, blocks);
    const grid = { ...layout.grid!, stepsAtOnce };
    const jobs: string[] = [];
    const ends: (() => void)[] = [];
    const thread = (t: number) => ({
      do: (job: GridJob) => {
        if (t === 0 && job.type === "sort") jobs.push(`sort ${job.chunk.number}`);
        if (t === 0 && job.type === "step") jobs.push(`step ${job.chunk}.${job.step}`);
        const result: GridResult = { trained: 1, cells: [] };
        if (job.type === "step")
          for (let context = t; context < blocks; context += threads)
            for (let step = job.step + job.steps - 1; step >= job.step; step--)
              result.cells.push({ step, context, result: { loss: 0.1 + context, predictions: 1, trained: 0 } });
        return new Promise<GridResult>((resolve) => ends.push(() => resolve(result)));
      },
    });
    const places = {
      threads: Array.from({ length: threads }, (_, t) => thread(t)),
      ready: async () => {},
      collect: async () => {},
      check: async () => true,
      close: async () => {},
    };
    const runner = new GridRunner(grid, places, new ChunkRoom(grid, options, 1000));
    const turn = () => new Promise((resolve) => setTimeout(resolve));
    /** Lets all that is under way end. */
    const endAll = async () => {
      for (const end of ends.splice(0)) end();
      await turn();
    };
    return { runner, jobs, endAll, turn };
  }

  it("hands out nothing before it begins, a step after the other then, and rests after whole steps", async () => {
    const { runner, jobs, endAll, turn } = noted(2);
    const steps: number[] = [];
    const done = [0, 1].map((first) => runner.train(chunk(first), ({ loss }) => steps.push(loss)));
    await turn();
    expect(jobs).toEqual([]);
    await runner.go();
    expect(jobs).toEqual(["sort 0", "sort 1", "step 0.0", "step 0.1"]);
    let isPaused = false;
    const paused = runner.pause().then(() => {
      isPaused = true;
    });
    await turn();
    expect(isPaused).toBe(false);
    await endAll();
    await paused;
    // nothing new was handed out
    expect(jobs).toHaveLength(4);
    expect(steps).toEqual([0.1 + 1.1, 0.1 + 1.1]);
    await runner.go();
    expect(jobs.slice(4)).toEqual(["step 1.0", "step 1.1"]);
    await endAll();
    expect(await Promise.all(done)).toEqual([2, 2]);
  });

  it("goes on with a chunk of which steps are done", async () => {
    const { runner, jobs, endAll } = noted(4);
    await runner.go();
    const steps: number[] = [];
    const done = runner.train({ ...chunk(5), steps: 3 }, ({ predictions }) => steps.push(predictions));
    expect(jobs).toEqual(["sort 0", "step 0.3"]);
    await endAll();
    expect(await done).toBe(2);
    expect(steps).toEqual([4]);
  });

  it("hands out all steps of a chunk at once, where words learn when it ends", async () => {
    const { runner, jobs, endAll } = noted(4, 2, 4);
    expect(runner.steps).toBe(1);
    await runner.go();
    const steps: number[] = [];
    const done = runner.train(chunk(0), ({ predictions }) => steps.push(predictions));
    expect(jobs).toEqual(["sort 0", "step 0.0"]);
    await endAll();
    expect(await done).toBe(2);
    expect(steps).toEqual([16]);
  });

  it.each([1, 8])(
    "adds up cells in their order, whatever thread trained them: %d steps at once",
    async (stepsAtOnce) => {
      const sums: number[] = [];
      for (const threads of [1, 2, 3]) {
        const { runner, endAll } = noted(8, threads, stepsAtOnce);
        await runner.go();
        void runner.train(chunk(0), ({ loss }) => sums.push(loss));
        await endAll();
      }
      expect(sums.length).toBeGreaterThan(2);
      expect(new Set(sums).size).toBe(1);
    },
  );

  it("gives up what is under way when it is closed, and takes no more", async () => {
    const { runner } = noted(2);
    await runner.go();
    const done = runner.train(chunk(0), () => {});
    await runner.close();
    await expect(done).rejects.toThrow("training was aborted");
    await expect(runner.train(chunk(1), () => {})).rejects.toThrow("training was aborted");
  });

  it("passes on what a listener of steps throws", async () => {
    const { runner, endAll } = noted(2);
    await runner.go();
    const done = expect(
      runner.train(chunk(0), () => {
        throw new Error("diverged");
      }),
    ).rejects.toThrow("diverged");
    await endAll();
    await done;
    await expect(runner.pause()).rejects.toThrow("diverged");
  });
});
