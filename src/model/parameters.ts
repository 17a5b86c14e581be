// The trained parameters of a model and the tables that training needs, in one memory.

import { Param } from "../../assembly/params.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Random } from "../base/random.js";
import { CONTROL, evenly, type Grid, type GridShape, rowInBlocks } from "../kernel/grid-layout.js";
import type { Ptr } from "../kernel/kernel.js";
import {
  type KernelOptions,
  type Layout,
  layOut,
  matricesOf,
  type OutputLayer,
  type Scratch,
  toThreshold,
  writeLists,
  writeParams,
} from "../kernel/layout.js";
import { Allocator, allocate } from "../kernel/memory.js";
import type { Region } from "../kernel/patch.js";
import type { Shape, Side } from "../kernel/shape.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { type SearchSpace, takeSearchSpace } from "../vectors/search.js";
import type { VectorStorage } from "../vectors/storage.js";
import { type InitialOptions, InitialRows } from "./initial-rows.js";
import type { LossOptions } from "./losses/output-loss.js";
import { type LabelLossName, lossOf } from "./losses/registry.js";
import { permuteRows } from "./permute.js";
import { shapeOf } from "./spec.js";
import type { SubwordParts, SubwordRows } from "./subword-rows.js";

export interface ParameterOptions extends KernelOptions, LossOptions {
  loss: LabelLossName;
  dim: number;
  subsample: number;
  seed: number;
}

/** Stream of the seed of the first lane; each trains with its own. initial-rows.ts has the stream before. */
const TRAINING = 1;

const SIDES: readonly Side[] = ["inputs", "outputs"];

/** Floats drawn between yields to the event loop. */
const INITIALISED = 2 ** 20;

/** What the memory of a model depends on, besides its options and its rows. */
export interface MemoryOptions {
  /** entries of the longest batch */
  batchCapacity: number;
  /** threads that train side by side */
  lanes: number;
  /** how text and words are cut, for skip-gram with negative sampling */
  grid?: GridShape;
  /** whether workers share the memory */
  shared: boolean;
}

/** Where everything will lie; nothing is allocated. */
export function planMemory(
  options: ParameterOptions,
  { batchCapacity, lanes, grid }: MemoryOptions,
  shape: Shape,
  output: OutputLayer,
) {
  const layout = layOut({ ...options, ...shape, output, batchCapacity, lanes, grid });
  const plan = new Allocator(layout.size);
  const space = takeSearchSpace(plan, layout.stride);
  return { layout, space, size: plan.end };
}

export class Parameters {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  private readonly layOut: (holds: GridShape["holds"]) => Layout;
  readonly shape: Shape;
  readonly dim: number;
  /** what words are composed of; undefined where they have no subwords */
  readonly subwords: SubwordRows | undefined;
  /** see PreparedLayer */
  readonly unlearntLoss: number;
  /** matrices whose first rows are those of words */
  private readonly wordSides: readonly Side[];
  private readonly space: SearchSpace;
  private isInBlocks = false;
  private moved = Promise.resolve();

  /**
   * All rows are 0 until initialise, take or restore.
   * @throws RangeError if the model does not fit into memory
   */
  constructor(
    vocabulary: Vocabulary,
    options: ParameterOptions,
    memoryOptions: MemoryOptions,
    shape: Shape = shapeOf(vocabulary),
    subwords?: SubwordParts,
  ) {
    this.shape = shape;
    this.dim = options.dim;
    const loss = lossOf(options.loss);
    this.wordSides = loss.outputRowsOf === "words" ? SIDES : ["inputs"];
    const output = loss.prepare(options, shape, vocabulary);
    this.unlearntLoss = output.unlearntLoss;
    const { layout, space, size } = planMemory(options, memoryOptions, shape, output);
    this.layOut = (holds) => {
      const grid = { ...memoryOptions.grid!, holds };
      return planMemory(options, { ...memoryOptions, grid }, shape, output).layout;
    };
    this.layout = layout;
    this.space = space;
    const { words, inputRows } = shape;
    const rows = inputRows > words ? `${inputRows} rows` : `${words} words`;
    this.memory = allocate(size, memoryOptions.shared, `a model of ${rows} and dim ${this.dim}`);
    this.subwords = subwords?.rowsIn(this.memory, layout);
    writeLists(this.memory.buffer, this.layout, options, subwords?.lists);
    for (const scratch of this.layout.scratch) writeParams(this.memory.buffer, this.layout, scratch, shape, options);
    this.seedLanes(options.seed);
    this.writePlaces();
    this.writeThresholds(vocabulary, options);
    output.write(this.memory.buffer, layout);
  }

  /**
   * Input rows, or those of subwords, uniform in ± initialRange / dim; output rows stay 0. The event loop gets its turn every few ms.
   */
  async initialise(options: InitialOptions): Promise<void> {
    const rows = new InitialRows(options, this.dim);
    const stride = this.layout.stride / 4;
    const all = this.subwords?.all ?? this.matrix("inputs");
    const some = Math.ceil(INITIALISED / stride) * stride;
    for (let start = 0; start < all.length; start += some) {
      rows.fill(all.subarray(start, start + some), stride);
      await yieldToEventLoop();
    }
    await this.compose();
  }

  /** All rows are again what they were after initialise, and the generators, whatever training has made of them. */
  async beginAgain(options: { seed: number; initialRange: number }): Promise<void> {
    for (const side of SIDES) {
      const rows = this.matrix(side);
      for (let start = 0; start < rows.length; start += INITIALISED) {
        rows.fill(0, start, start + INITIALISED);
        await yieldToEventLoop();
      }
    }
    this.clearZeroRows();
    this.seedLanes(options.seed);
    await this.initialise(options);
  }

  /** The input rows, which are the word vectors. */
  get inputs(): VectorStorage {
    return this.storage(this.layout.inputs);
  }

  /** The output rows. */
  get outputs(): VectorStorage {
    return this.storage(this.layout.outputs);
  }

  /** All that is trained, from the first byte to the last. */
  get matrices(): Region {
    return matricesOf(this.layout);
  }

  /**
   * Composes all words of their subwords, as the kernels do, bit for bit; frozen ones stay. Nothing happens where they have none. The
   * event loop gets its turn every few ms.
   */
  compose(): Promise<void> {
    return this.inTurn(() => this.composeAll());
  }

  /**
   * Moves the rows to where the grid trains them, a block after the other; queries are refused meanwhile. The event loop gets its
   * turn every few ms.
   */
  toBlocks(): Promise<void> {
    return this.inTurn(async (grid) => {
      if (this.isInBlocks) return;
      this.isInBlocks = true;
      for (const side of SIDES) await this.move(side, (row) => rowInBlocks(grid!, side, row));
    });
  }

  /** Moves them back: row i is that of word i again, and composed anew where words have subwords. */
  toWords(): Promise<void> {
    return this.inTurn(async (grid) => {
      if (!this.isInBlocks) return;
      for (const side of SIDES) {
        const { blocks, blockRows } = grid!;
        await this.move(side, (row) => (row % blockRows[side]) * blocks + Math.floor(row / blockRows[side]));
      }
      await this.composeAll();
      this.isInBlocks = false;
    });
  }

  /** Moves one after the other. */
  private inTurn(task: (grid: Grid | undefined) => Promise<void>): Promise<void> {
    const { grid } = this.layout;
    this.moved = this.moved.then(() => task(grid));
    return this.moved;
  }

  private async composeAll(): Promise<void> {
    const { multipliers } = this;
    await this.subwords?.compose(this.shape.words, (word) => multipliers?.[word] === 0);
  }

  /** The rows of a matrix, with what pads them, in the order of the words. */
  matrix(side: Side): Float32Array {
    const rows = side === "inputs" ? this.shape.inputRows : this.shape.outputRows;
    return new Float32Array(this.memory.buffer, this.layout[side], (rows * this.layout.stride) / 4);
  }

  /** The layout of a memory that holds chunks, and so many blocks of each matrix, for one thread; tables lie as here. */
  layoutOf(blocks: number): Layout {
    return this.layOut({ chunks: true, blocks: evenly(blocks) });
  }

  /**
   * The rows of a block, as a patch (see kernel/patch.ts) for another memory of the grid.
   * @param layout of that memory, @param slot where the block lies there
   */
  cutBlock(side: Side, block: number, layout: Layout, slot: number): ArrayBuffer {
    const grid = this.layout.grid!;
    const bytes = grid.blockRows[side] * layout.stride;
    const patch = new ArrayBuffer(12 + bytes);
    new Uint32Array(patch, 0, 3).set([1, layout[side] + slot * bytes, bytes]);
    const rows = new Float32Array(patch, 12);
    this.eachRow(side, block, (row, at) => rows.set(row, at));
    return patch;
  }

  /** Takes the rows of a block back. */
  putBlock(side: Side, block: number, rows: ArrayBuffer): void {
    const from = new Float32Array(rows);
    this.eachRow(side, block, (row, at) => row.set(from.subarray(at, at + row.length)));
  }

  /** Visits the rows of a block, with where each begins in the block. */
  private eachRow(side: Side, block: number, visit: (row: Float32Array, at: number) => void): void {
    const { blocks } = this.layout.grid!;
    const stride = this.layout.stride / 4;
    const all = this.matrix(side);
    for (let start = block * stride, at = 0; start < all.length; start += blocks * stride, at += stride)
      visit(all.subarray(start, start + stride), at);
  }

  /** Resets the counters by which the threads of a run take turns. */
  clearControl(): void {
    const { control, blocks } = this.layout.grid!;
    new Int32Array(this.memory.buffer, control, CONTROL.contexts + 2 * blocks).fill(0);
  }

  /** State of each lane's generator, u32[4]; none in the grid, whose draws go by the position. */
  get random(): number[][] {
    return this.layout.grid ? [] : this.layout.scratch.map((scratch) => [...this.randomState(scratch)]);
  }

  /**
   * Restores what a checkpoint held. Zeros become zeros again: a training that has diverged leaves 0 · ∞ in what pads the rows.
   * @param inputs, outputs, subwords rows of dim floats @param random as above, of some of the lanes */
  restore(
    { inputs, outputs, subwords }: { inputs: Float32Array; outputs: Float32Array; subwords?: Float32Array },
    random: readonly (readonly number[])[],
  ): void {
    this.fill(this.matrix("inputs"), inputs);
    this.fill(this.matrix("outputs"), outputs);
    if (subwords) this.fill(this.subwords!.all, subwords);
    this.clearZeroRows();
    this.restoreRandom(random);
  }

  /**
   * Takes the rows of a model with fewer words, but not those of a tree, whose nodes are others now; and the generators as they stand.
   * The rows after those of words keep their order.
   * @param words the word here of each word there @param subwords the subword here of each subword there
   */
  take(before: Parameters, words: readonly number[], subwords?: readonly number[]): void {
    const stride = this.layout.stride / 4;
    const rowOf = (row: number) => words[row] ?? row - words.length + this.shape.words;
    for (const side of this.wordSides) {
      const from = before.matrix(side);
      const to = this.matrix(side);
      for (let start = 0, row = 0; start < from.length; start += stride, row++)
        to.set(from.subarray(start, start + stride), rowOf(row) * stride);
    }
    if (subwords) this.subwords!.take(before.subwords!, subwords);
    this.restoreRandom(before.random);
    const { multipliers } = before;
    if (multipliers === undefined) return;
    const all = new Float32Array(this.shape.inputRows).fill(1);
    multipliers.forEach((multiplier, row) => {
      all[rowOf(row)] = multiplier;
    });
    this.multipliers = all;
  }

  /** Begins with a row of dim floats, or of more, for a word: where it has subwords, its own row makes up for the others. */
  setInput(word: number, row: Float32Array): void {
    const { dim, layout } = this;
    this.matrix("inputs").set(row.subarray(0, dim), (word * layout.stride) / 4);
    this.subwords?.begin(word, row, dim);
  }

  /** The learning-rate multiplier of each input row; undefined if all are 1. */
  get multipliers(): Float32Array | undefined {
    const [{ params }] = this.layout.scratch;
    const start = new DataView(this.memory.buffer, params, Param.size).getUint32(Param.multipliers, true);
    if (start === 0) return undefined;
    const { grid } = this.layout;
    const all = this.multiplierTable;
    const multiplierInBlocks = (row: number) => all[rowInBlocks(grid!, "inputs", row)];
    return grid ? Float32Array.from({ length: this.shape.inputRows }, (_, row) => multiplierInBlocks(row)) : all;
  }

  /** Rows that are not given have 1. */
  set multipliers(all: Float32Array | undefined) {
    const { multipliers, scratch, grid } = this.layout;
    const to = this.multiplierTable.fill(1);
    all?.forEach((multiplier, row) => {
      to[grid ? rowInBlocks(grid, "inputs", row) : row] = multiplier;
    });
    for (const { params } of scratch)
      new DataView(this.memory.buffer, params, Param.size).setUint32(Param.multipliers, all ? multipliers : 0, true);
  }

  /** Of all rows, of which the memory may hold some. */
  private get multiplierTable(): Float32Array {
    const { multipliers, grid, inputRows } = this.layout;
    const rows = grid ? grid.blocks * grid.blockRows.inputs : inputRows;
    return new Float32Array(this.memory.buffer, multipliers, rows);
  }

  private fill(to: Float32Array, rows: Float32Array): void {
    const { dim } = this;
    const stride = this.layout.stride / 4;
    for (let at = 0, from = 0; at < to.length; at += stride, from += dim) {
      to.set(rows.subarray(from, from + dim), at);
      to.fill(0, at + dim, at + stride);
    }
  }

  /** Rows that stand in for others are 0 again, whatever training has made of them. */
  clearZeroRows(): void {
    for (const { zeroRow } of this.layout.scratch)
      new Float32Array(this.memory.buffer, zeroRow, this.layout.stride / 4).fill(0);
  }

  private seedLanes(seed: number): void {
    this.layout.scratch.forEach((scratch, lane) => {
      this.randomState(scratch).set(Random.from(seed, TRAINING + lane).state);
    });
  }

  private restoreRandom(random: readonly (readonly number[])[]): void {
    this.layout.scratch.forEach((scratch, lane) => {
      if (lane < random.length) this.randomState(scratch).set(random[lane]);
    });
  }

  private randomState({ params }: Scratch): Uint32Array {
    return new Uint32Array(this.memory.buffer, params + Param.randomState, 4);
  }

  private storage(start: Ptr): VectorStorage {
    const checkUse = () => {
      if (this.isInBlocks)
        throw new Error(
          "the model is being trained: wait until that has ended, or look at its vectors with TrainingControl.look or in onEpochEnd",
        );
    };
    return { memory: this.memory, start, stride: this.layout.stride, space: this.space, checkUse };
  }

  /** Moves the rows of a matrix, with those that fill up its blocks. */
  private move(side: Side, to: (row: number) => number): Promise<void> {
    const { layout, memory } = this;
    const rows = side === "inputs" ? layout.inputRows : layout.outputRows;
    const stride = layout.stride / 4;
    return permuteRows(new Float32Array(memory.buffer, layout[side], rows * stride), stride, to);
  }

  private writePlaces(): void {
    const { grid } = this.layout;
    if (grid === undefined) return;
    const places = new Uint32Array(this.memory.buffer, grid.places, this.shape.words);
    for (let word = 0; word < this.shape.words; word++)
      places[word] = (word % grid.blocks) * 2 ** 16 + Math.floor(word / grid.blocks);
  }

  private writeThresholds(vocabulary: Vocabulary, options: ParameterOptions): void {
    const keep = new Uint32Array(this.memory.buffer, this.layout.keepThresholds, this.shape.words);
    keep.set(Uint32Array.from(vocabulary.keepProbabilities(options.subsample), toThreshold));
  }
}
