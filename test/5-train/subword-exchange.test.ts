// What the words of a chunk take from their subwords, and give to them: (6.10) and (6.11) of docs/math.md, in the blocks of the grid.

import { describe, expect, it } from "vitest";
import { Param } from "../../assembly/params";
import { Random } from "../../src/base/random";
import { CONTROL, type Grid, rowInBlocks } from "../../src/kernel/grid-layout";
import type { Trainer } from "../../src/kernel/kernel";
import { Parameters } from "../../src/model/parameters";
import { shapeOf } from "../../src/model/spec";
import { subwordParts } from "../../src/model/subword-rows";
import { Vocabulary } from "../../src/text/vocabulary";
import { CellTrainer } from "../../src/train/execution/cells";
import { cutText } from "../../src/train/execution/cut";
import { SharedGridThread, SharedPlaces } from "../../src/train/execution/grid-shared";
import { resolveOptions } from "../../src/train/train-options";
import { startTested, testedKernels } from "../support/kernels";

const WORDS = 5000;
const DIM = 21;
/** rows that words share: one of all, and two of each word's */
const SHARED = 41;
const BATCHES = 4;
const vocabulary = new Vocabulary(Array.from({ length: WORDS }, (_, i) => [`w${i}`, WORDS - i]));
const listOf = (word: number) => [word, WORDS, WORDS + 1 + (word % 40), WORDS + 1 + ((word * 7) % 40)];
const lists = {
  starts: Uint32Array.from({ length: WORDS + 1 }, (_, word) => 4 * word),
  list: Uint32Array.from(Array.from({ length: WORDS }, (_, word) => listOf(word)).flat()),
  scales: new Float32Array(WORDS + SHARED).fill(1).fill(0.01, WORDS, WORDS + 1),
};

/** A model of random subwords in its blocks. */
async function modelOf(windowWeights: "linear" | undefined) {
  const options = resolveOptions({ dim: DIM, maxn: 6, windowWeights });
  const { shape } = cutText(options, shapeOf({ size: WORDS }), 1e6);
  const memoryOptions = { batchCapacity: 20_000, lanes: 1, grid: shape, shared: false };
  const sizes = { count: WORDS + SHARED, listed: lists.list.length };
  const model = new Parameters(vocabulary, options, memoryOptions, shapeOf(vocabulary, sizes), subwordParts(lists));
  await model.initialise(options);
  const random = Random.from(1, 0);
  const { all } = model.subwords!;
  const stride = model.layout.stride / 4;
  for (let i = 0; i < all.length; i++) if (i % stride < DIM) all[i] = random.next() / 2 ** 32 - 0.5;
  await model.toBlocks();
  return model;
}

/** Lays lists of pairs that some batches have in each cell, one of which is empty. @returns the words that are contexts */
function layPairs({ memory }: Parameters, grid: Grid): Set<number> {
  const random = Random.from(2, 0);
  const { blocks, pairSize, chunks } = grid;
  const numbers = new Uint32Array(memory.buffer);
  const contexts = new Set<number>();
  let at: number = chunks[0].pairs;
  for (let batch = 0; batch < BATCHES; batch++)
    for (let cell = 0; cell <= blocks ** 2; cell++) {
      numbers[chunks[0].starts / 4 + batch * (blocks ** 2 + 1) + cell] = at;
      if (cell === 5 || cell === blocks ** 2) continue;
      for (let pair = 0; pair < 30; pair++, at += pairSize) {
        const row = random.below(WORDS / blocks);
        contexts.add(row * blocks + Math.floor(cell / blocks));
        numbers[at / 4] = row | (random.below(WORDS / blocks) << 16);
        // a weight, which is no row
        if (pairSize === 8) numbers[at / 4 + 1] = 0x42f68000;
      }
    }
  return contexts;
}

describe.each([["pairs", undefined] as const, ["weighted pairs", "linear"] as const])("%s of a chunk", (_, weights) => {
  it.each(testedKernels)("compose the contexts alone, and only these give what they have learnt: %s", async (name) => {
    const model = await modelOf(weights);
    const { layout, memory } = model;
    const grid = layout.grid!;
    const { blocks } = grid;
    const stride = layout.stride / 4;
    const kernel = await startTested(name, memory);
    const task = { words: WORDS, seed: 1, rows: { from: 0, to: blocks } };
    const trainer = new CellTrainer(kernel, memory, layout, layout.scratch[0], task, new SharedPlaces(layout));
    const contexts = layPairs(model, grid);
    const before = model.subwords!.all.slice();
    const inputs = new Float32Array(memory.buffer, layout.inputs, layout.inputRows * stride);
    const stale = inputs.slice();
    for (let context = 0; context < blocks; context++) trainer.begin(context);
    const chunk = {
      number: 0,
      epoch: 1,
      first: 0,
      learningRate: 0,
      batches: Array(BATCHES).fill({ at: 0, length: 0, pairs: 0 }),
    };
    for (let context = 0; context < blocks; context++)
      for (let target = 0; target < blocks; target++) for (const _ of trainer.train(chunk, context, target));
    const place = (word: number) => rowInBlocks(grid, "inputs", word) * stride;
    const marks = new Uint8Array(memory.buffer, layout.touchedMarks, layout.inputRows);
    let worst = 0;
    for (let word = 0; word < WORDS; word++) {
      expect(marks[place(word) / stride]).toBe(Number(contexts.has(word)));
      for (let d = 0; d < DIM; d++) {
        const mean = listOf(word).reduce((sum, row) => sum + before[row * stride + d], 0) / 4;
        const expected = contexts.has(word) ? mean : stale[place(word) + d];
        worst = Math.max(worst, Math.abs(inputs[place(word) + d] - expected));
      }
    }
    expect(worst).toBeLessThan(1e-6);
    const learnt = new Float64Array(WORDS + SHARED);
    for (let word = 0; word < WORDS; word++) {
      const change = Math.fround((word % 17) * 0.01 - 0.05);
      for (let d = 0; d < DIM; d++) inputs[place(word) + d] += change;
      if (contexts.has(word)) for (const row of listOf(word)) learnt[row] += change;
    }
    for (let context = 0; context < blocks; context++) trainer.end(context);
    for (let spread = 0; spread < trainer.spreads; spread++) trainer.spread(spread);
    const after = model.subwords!.all;
    worst = 0;
    for (let row = 0; row < WORDS + SHARED; row++)
      for (let d = 0; d < DIM; d++) {
        const change = after[row * stride + d] - before[row * stride + d];
        worst = Math.max(worst, Math.abs(change - lists.scales[row] * learnt[row]));
      }
    expect(contexts.size).toBeGreaterThan(1024);
    expect(worst).toBeLessThan(1e-5);
  });
});

it("nobody asks for rows that are not composed yet", async () => {
  const model = await modelOf(undefined);
  let isDone = false;
  const done = model.toWords().then(() => {
    isDone = true;
  });
  let turns = 0;
  for (; !isDone; turns++) {
    expect(() => model.inputs.checkUse?.()).toThrow("being trained");
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  expect(turns).toBeGreaterThan(1);
  model.inputs.checkUse?.();
});

it("fewer pairs share noise words where words have subwords", async () => {
  const model = await modelOf(undefined);
  const { layout, memory } = model;
  const tiles: number[] = [];
  const kernel = {
    trainCell: () => void tiles.push(new DataView(memory.buffer, layout.scratch[0].params).getUint32(Param.tile, true)),
    composeCell: () => {},
  } as unknown as Trainer;
  const chunk = { number: 0, epoch: 1, first: 0, learningRate: 0.05, batches: [{ at: 0, length: 0, pairs: 0 }] };
  for (const subwordRows of [layout.subwordRows, 0]) {
    const task = { words: WORDS, seed: 1, rows: { from: 0, to: 1 } };
    const places = new SharedPlaces(layout);
    const trainer = new CellTrainer(kernel, memory, { ...layout, subwordRows }, layout.scratch[0], task, places);
    for (const _ of trainer.train(chunk, 0, 0));
  }
  expect(tiles).toEqual([4, 8]);
});

it("tickets of a run that is longer than their counters are given once each", async () => {
  const blocks = 16;
  const spreads = 2198;
  const job = Math.floor(2 ** 31 / spreads) - 1;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const counters = new Int32Array(memory.buffer, 1024, CONTROL.contexts + 2 * blocks);
  counters[CONTROL.training] = job * blocks * blocks;
  counters[CONTROL.spreading] = counters[CONTROL.spread] = job * spreads;
  counters.fill(job * blocks, CONTROL.contexts);
  const spread: number[] = [];
  const trainer = { spreads, begin() {}, end() {}, *train() {}, spread: (task: number) => void spread.push(task) };
  const grid = { blocks, control: 1024 } as unknown as Grid;
  const thread = new SharedGridThread(
    trainer as unknown as CellTrainer,
    memory,
    grid,
    {} as SharedPlaces,
    async () => {},
  );
  await thread.do({ type: "sort", chunk: { number: 0, epoch: 1, first: 0, learningRate: 0, batches: [] }, sorted: 0 });
  for (const number of [job, job + 1, job + 2]) {
    spread.length = 0;
    const { cells } = await thread.do({ type: "step", chunk: 0, step: 0, steps: blocks, number });
    expect(cells).toHaveLength(blocks * blocks);
    expect(spread).toEqual(Array.from({ length: spreads }, (_, task) => task));
  }
});
