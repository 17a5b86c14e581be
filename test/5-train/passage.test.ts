// Blocks that pass by: rows that stay, in any number of memories and threads, come to the same as all rows in one memory.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Mark } from "../../assembly/params";
import { Random } from "../../src/base/random";
import { planKernel } from "../../src/kernel/engines/kernels";
import { evenly } from "../../src/kernel/grid-layout";
import { blockBytes, blockPlace } from "../../src/kernel/layout";
import type { Side } from "../../src/kernel/shape";
import { type MemoryOptions, Parameters } from "../../src/model/parameters";
import { shapeOf } from "../../src/model/spec";
import { Vocabulary } from "../../src/text/vocabulary";
import { ChunkRoom, layIds } from "../../src/train/execution/chunk-room";
import { planExecution } from "../../src/train/execution/engines";
import type { TrainedCell } from "../../src/train/execution/grid-jobs";
import { startThreads } from "../../src/train/execution/grid-threads";
import { Passage, SPARE_SLOTS, stepsOf, type Targets } from "../../src/train/execution/passage";
import type { Chunk } from "../../src/train/execution/runner";
import type { StepResult } from "../../src/train/execution/step";
import { columnsOf, type Rows, rowsOfGroup, visitAt } from "../../src/train/execution/visits";
import { resolveOptions } from "../../src/train/train-options";
import { CellsDone } from "../support/cells";

const BLOCKS = 8;
const WORDS = 256 * BLOCKS;
const options = resolveOptions({ dim: 6, parts: BLOCKS, worker: false, seed: 3, subsample: 0.01 });
const vocabulary = new Vocabulary(Array.from({ length: WORDS }, (_, i) => [`w${i}`, 2 * WORDS - i]));
const extent = { shape: shapeOf({ size: WORDS }), totalWords: 40_000 };
const plan = planExecution(options, { cores: 1, shared: false }, extent);
const kernel = await planKernel("simd", false, undefined);
const sideBytes = (parameters: Parameters, side: Side) => blockBytes(parameters.layout, side);

function chunkOf(number: number): Chunk {
  const random = Random.from(9, number);
  const batches = Array.from({ length: 3 }, () => {
    const ids = new Uint32Array(1000);
    for (let i = 0; i < ids.length; i++)
      ids[i] = i % 20 === 19 ? Mark.sentenceEnd : random.below(1 + random.below(WORDS));
    return { ids, words: 950 };
  });
  return { epoch: 1, first: 3 * number, batches, learningRate: 0.1 / (1 + number), steps: 0 };
}

const CHUNKS = [chunkOf(0), chunkOf(1), chunkOf(2)];

const siteOf = (parameters: Parameters, threads: number) => {
  const spawn = () => {
    throw new Error("there are no workers");
  };
  return { plan: { ...plan, threads }, kernel, parameters, options, spawn };
};

function memoryWith(memoryOptions: Partial<MemoryOptions>): Parameters {
  return new Parameters(vocabulary, options, { ...plan.memoryOptions, ...memoryOptions });
}

async function inOneMemory(): Promise<{ parameters: Parameters; steps: StepResult[] }> {
  const parameters = memoryWith({});
  await parameters.initialise(options);
  const runner = plan.engine.start(siteOf(parameters, 1), extent.totalWords, 0);
  const steps: StepResult[] = [];
  await runner.go();
  for (const chunk of CHUNKS) await runner.train(chunk, (result) => steps.push(result));
  await runner.close();
  return { parameters, steps };
}

/** Blocks by their side, number and version: cells that each has been in. */
class Store {
  private readonly blocks = new Map<string, Uint8Array>();
  private readonly waiting = new Map<string, (() => void)[]>();

  put(key: string, bytes: Uint8Array): void {
    this.blocks.set(key, bytes.slice());
    for (const wake of this.waiting.get(key) ?? []) wake();
  }

  async get(key: string): Promise<Uint8Array> {
    if (!this.blocks.has(key))
      await new Promise<void>((resolve) => {
        this.waiting.set(key, [...(this.waiting.get(key) ?? []), resolve]);
      });
    return this.blocks.get(key)!;
  }
}

/** A memory with some of the rows trains all chunks. */
async function host(store: Store, rows: Rows, threads: number, cells: TrainedCell[][]): Promise<void> {
  const blocks = { inputs: rows.to - rows.from, outputs: threads + SPARE_SLOTS };
  const grid = { ...plan.memoryOptions.grid!, holds: { chunks: true, blocks } };
  const parameters = memoryWith({ grid, lanes: threads });
  const { memory, layout } = parameters;
  const started = startThreads(siteOf(parameters, threads));
  const passage = new Passage({ memory, layout, threads: started.threads });
  const room = new ChunkRoom(layout.grid!, options, layout.grid!.chunkWords);
  for (let row = rows.from; row < rows.to; row++)
    passage.contexts(row - rows.from).set(await store.get(`inputs ${row} 0`));
  for (const [number, chunk] of CHUNKS.entries()) {
    const task = { ...room.place(chunk, number), rows };
    layIds(chunk, task, layout.grid!, memory);
    await passage.sort(task);
    const version = (cellsDone: number) => number * BLOCKS + cellsDone;
    const targets: Targets = {
      async take({ target, before }, bytes) {
        bytes.set(await store.get(`outputs ${target} ${version(before)}`));
      },
      async give({ target, after }, bytes) {
        store.put(`outputs ${target} ${version(after)}`, bytes);
      },
    };
    cells[number].push(...(await passage.run(number, { rows }, targets)));
  }
  for (let row = rows.from; row < rows.to; row++)
    store.put(`inputs ${row} ${CHUNKS.length * BLOCKS}`, passage.contexts(row - rows.from));
  await started.close();
}

describe("visits", () => {
  it("are each cell once, with all cells of its row and of its column in their order", () => {
    const shape = fc.record({ power: fc.nat(6), groups: fc.integer({ min: 1, max: 64 }) });
    fc.assert(
      fc.property(shape, ({ power, groups }) => {
        const blocks = 2 ** power;
        const count = Math.min(groups, blocks);
        const all = { from: 0, to: blocks };
        const done = new CellsDone(blocks);
        const parts = Array.from({ length: count }, (_, group) => {
          const rows = rowsOfGroup(all, group, count);
          return { rows, column: rows.from, to: columnsOf(rows, blocks).to };
        });
        expect(parts.reduce((sum, { rows }) => sum + rows.to - rows.from, 0)).toBe(blocks);
        // each goes on as long as it can
        for (let turn = 0; turn < 2 * count + 2; turn++) {
          for (const part of parts) {
            for (; part.column < part.to; part.column++) {
              const visit = visitAt(part.rows, part.column, blocks)!;
              if (!done.isDue(visit)) break;
              done.add(visit);
            }
          }
        }
        done.expectAll();
      }),
    );
  });
});

describe("Passage", () => {
  it.each([
    [1, 1],
    [1, 3],
    [2, 1],
    [3, 2],
    [8, 1],
  ])("gives the bytes of one memory with %i memories of %i threads", async (hosts, threads) => {
    const { parameters, steps } = await inOneMemory();
    const store = new Store();
    const begun = memoryWith({});
    await begun.initialise(options);
    await begun.toBlocks();
    const { layout, memory } = begun;
    for (const side of ["inputs", "outputs"] as const)
      for (let block = 0; block < BLOCKS; block++)
        store.put(
          `${side} ${block} 0`,
          new Uint8Array(memory.buffer, blockPlace(layout, side, block), sideBytes(begun, side)),
        );
    const cells: TrainedCell[][] = CHUNKS.map(() => []);
    const all = { from: 0, to: BLOCKS };
    await Promise.all(
      Array.from({ length: hosts }, (_, group) => host(store, rowsOfGroup(all, group, hosts), threads, cells)),
    );
    const trained = memoryWith({});
    for (const side of ["inputs", "outputs"] as const)
      for (let block = 0; block < BLOCKS; block++)
        trained.putBlock(side, block, (await store.get(`${side} ${block} ${CHUNKS.length * BLOCKS}`)).slice().buffer);
    expect(trained.matrix("inputs")).toEqual(parameters.matrix("inputs"));
    expect(trained.matrix("outputs")).toEqual(parameters.matrix("outputs"));
    expect(cells.flatMap((chunk) => stepsOf(chunk, BLOCKS))).toEqual(steps);
  });

  it("rejects with the error of a block that does not come, and frees its places", async () => {
    const grid = { ...plan.memoryOptions.grid!, holds: { chunks: true, blocks: evenly(BLOCKS) } };
    const parameters = memoryWith({ grid });
    const { memory, layout } = parameters;
    const { threads, close } = startThreads(siteOf(parameters, 1));
    const passage = new Passage({ memory, layout, threads });
    const room = new ChunkRoom(layout.grid!, options, layout.grid!.chunkWords);
    const task = room.place(CHUNKS[0], 0);
    layIds(CHUNKS[0], task, layout.grid!, memory);
    await passage.sort(task);
    const rows = { from: 0, to: BLOCKS };
    const lost: Targets = {
      async take({ column }) {
        if (column === 2) throw new Error("column 2 is lost");
      },
      give: async () => {},
    };
    await expect(passage.run(0, { rows }, lost)).rejects.toThrow("column 2 is lost");
    const given: number[] = [];
    await passage.run(0, { rows }, { take: async () => {}, give: async ({ column }) => void given.push(column) });
    expect(given.length).toBe(2 * BLOCKS - 1);
    await close();
  });
});
