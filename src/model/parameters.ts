// The trained parameters of a model and the tables that training needs, in one memory.

import { Param } from "../../assembly/params.js";
import { yieldToEventLoop } from "../base/event-loop.js";
import { Random } from "../base/random.js";
import { blockSize, CONTROL, type Grid, type GridShape, rowInBlocks } from "../kernel/grid-layout.js";
import { advance, type Ptr } from "../kernel/kernel.js";
import {
  type KernelOptions,
  type Layout,
  layOut,
  type Scratch,
  toThreshold,
  writeLists,
  writeParams,
} from "../kernel/layout.js";
import { Allocator, allocate } from "../kernel/memory.js";
import type { Region } from "../kernel/patch.js";
import { aliasTable } from "../math/alias.js";
import { type HuffmanTree, huffmanTree } from "../math/huffman.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { type SearchSpace, takeSearchSpace } from "../vectors/search.js";
import type { VectorStorage } from "../vectors/vectors.js";

export interface ParameterOptions extends KernelOptions {
  dim: number;
  subsample: number;
  noiseExponent: number;
  seed: number;
}

/** What the streams of one seed are for: each lane trains with one of its own, from `training` on. */
const STREAM = { initialisation: 0, training: 1 };

/** Floats drawn before the event loop gets its turn. */
const INITIALISED = 2 ** 20;

/** How a model is trained, as far as its memory knows. */
export interface Workplace {
  /** entries of the longest batch */
  batchCapacity: number;
  /** threads that train side by side */
  lanes: number;
  /** how text and words are cut, for skip-gram with negative sampling */
  grid?: GridShape;
  /** whether workers share the memory */
  shared: boolean;
}

/** Where everything will lie; nothing is allocated. @param tree bits of the longest code and of all codes */
export function planMemory(
  options: ParameterOptions,
  { batchCapacity, lanes, grid }: Workplace,
  words: number,
  tree: { depth: number; bits: number },
) {
  const layout = layOut({ ...options, ...tree, words, batchCapacity, lanes, grid });
  const plan = new Allocator(layout.size);
  const space = takeSearchSpace(plan, layout.stride);
  return { layout, space, size: plan.end };
}

/** Rows moved before the event loop gets its turn. */
const MOVED = 4096;

export class Parameters {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  private readonly layOut: (holds: GridShape["holds"]) => Layout;
  readonly words: number;
  readonly dim: number;
  /** whether the output rows are those of inner nodes */
  private readonly hasTree: boolean;
  private readonly space: SearchSpace;
  private isInBlocks = false;
  private moved = Promise.resolve();

  /**
   * All rows are 0 until initialise, take or restore.
   * @throws RangeError if the model does not fit into memory
   */
  constructor(vocabulary: Vocabulary, options: ParameterOptions, workplace: Workplace) {
    this.words = vocabulary.size;
    this.dim = options.dim;
    this.hasTree = options.loss === "hierarchical-softmax";
    const tree = this.hasTree ? huffmanTree(vocabulary.counts) : undefined;
    const bits = tree ?? { depth: 0, bits: 0 };
    const { layout, space, size } = planMemory(options, workplace, this.words, bits);
    this.layOut = (holds) => {
      const grid = { ...workplace.grid!, holds };
      return planMemory(options, { ...workplace, grid }, this.words, bits).layout;
    };
    this.layout = layout;
    this.space = space;
    this.memory = allocate(size, workplace.shared, `a model of ${this.words} words and dim ${this.dim}`);
    writeLists(this.memory.buffer, this.layout, this.words, options);
    this.layout.scratch.forEach((scratch, lane) => {
      writeParams(this.memory.buffer, this.layout, scratch, this.words, options);
      this.randomState(scratch).set(Random.from(options.seed, STREAM.training + lane).state);
    });
    this.writePlaces();
    this.writeThresholds(vocabulary, options);
    if (options.loss === "negative-sampling") this.writeNoise(vocabulary.noiseWeights(options.noiseExponent));
    if (tree) this.writePaths(tree);
  }

  /** Input rows uniform in ±½/dim (as word2vec.c); output rows stay 0. The event loop gets its turn every few ms. */
  async initialise(seed: number): Promise<void> {
    const random = Random.from(seed, STREAM.initialisation);
    const { dim } = this;
    const stride = this.layout.stride / 4;
    const inputs = this.matrix(this.layout.inputs);
    let pause = INITIALISED;
    for (let start = 0; start < inputs.length; start += stride) {
      random.fill(inputs.subarray(start, start + dim), dim);
      if (start < pause) continue;
      pause = start + INITIALISED;
      await yieldToEventLoop();
    }
  }

  /** The input rows, which are the word vectors. */
  get inputs(): VectorStorage {
    return this.storage(this.layout.inputs);
  }

  /** The output rows. */
  get outputs(): VectorStorage {
    return this.storage(this.layout.outputs);
  }

  /** Both matrices, from the first byte to the last. */
  get matrices(): Region {
    const { inputs, outputs, stride } = this.layout;
    return [inputs, outputs + this.layout.rows * stride - inputs];
  }

  /**
   * Moves the rows to where the grid trains them, a block after the other; queries are refused meanwhile. The event loop gets its
   * turn every few ms.
   */
  toBlocks(): Promise<void> {
    return this.inTurn(async (grid) => {
      if (this.isInBlocks) return;
      this.isInBlocks = true;
      await this.move((row) => rowInBlocks(grid, row));
    });
  }

  /** Moves them back: row i is that of word i again. */
  toWords(): Promise<void> {
    return this.inTurn(async (grid) => {
      if (!this.isInBlocks) return;
      const { blocks, blockRows } = grid;
      await this.move((row) => (row % blockRows) * blocks + Math.floor(row / blockRows));
      this.isInBlocks = false;
    });
  }

  /** Moves one after the other. */
  private inTurn(task: (grid: Grid) => Promise<void>): Promise<void> {
    const { grid } = this.layout;
    if (grid) this.moved = this.moved.then(() => task(grid));
    return this.moved;
  }

  /** The output rows, of words or inner nodes. */
  get outputMatrix(): Float32Array {
    return this.matrix(this.layout.outputs);
  }

  /** The layout of a memory that holds chunks, and so many blocks of each matrix, for one thread; tables lie as here. */
  layoutOf(blocks: number): Layout {
    return this.layOut({ chunks: true, blocks });
  }

  /**
   * The rows of a block, as a patch (see kernel/patch.ts) for another memory of the grid.
   * @param layout of that memory, @param slot where the block lies there
   */
  cutBlock(matrix: "inputs" | "outputs", block: number, layout: Layout, slot: number): ArrayBuffer {
    const grid = this.layout.grid!;
    const bytes = grid.blockRows * layout.stride;
    const patch = new ArrayBuffer(12 + bytes);
    new Uint32Array(patch, 0, 3).set([1, layout[matrix] + slot * bytes, bytes]);
    const rows = new Float32Array(patch, 12);
    this.eachRow(matrix, block, (row, at) => rows.set(row, at));
    return patch;
  }

  /** Takes the rows of a block back. */
  putBlock(matrix: "inputs" | "outputs", block: number, rows: ArrayBuffer): void {
    const from = new Float32Array(rows);
    this.eachRow(matrix, block, (row, at) => row.set(from.subarray(at, at + row.length)));
  }

  /** Visits the rows of a block's words, with where each begins in the block. */
  private eachRow(matrix: "inputs" | "outputs", block: number, visit: (row: Float32Array, at: number) => void): void {
    const { blocks } = this.layout.grid!;
    const stride = this.layout.stride / 4;
    const all = this.matrix(this.layout[matrix]);
    for (let word = block, at = 0; word < this.words; word += blocks, at += stride)
      visit(all.subarray(word * stride, (word + 1) * stride), at);
  }

  /** Sets the counters back that threads of a run go by. */
  clearControl(): void {
    const { control, blocks } = this.layout.grid!;
    new Int32Array(this.memory.buffer, control, CONTROL.contexts + 2 * blocks).fill(0);
  }

  /** State of each lane's generator, u32[4]; none in the grid, whose draws go by the position. */
  get random(): number[][] {
    return this.layout.grid ? [] : this.layout.scratch.map((scratch) => [...this.randomState(scratch)]);
  }

  /** Takes back what a checkpoint held. @param inputs, outputs rows of dim floats @param random as above, of some of the lanes */
  restore(inputs: Float32Array, outputs: Float32Array, random: readonly (readonly number[])[]): void {
    this.fill(this.matrix(this.layout.inputs), inputs);
    this.fill(this.matrix(this.layout.outputs), outputs);
    this.restoreRandom(random);
  }

  /**
   * Takes the rows of a model with fewer words, but of no tree, whose nodes are others now; and the generators as they stand.
   * @param rows the row here of each word there
   */
  take(before: Parameters, rows: readonly number[]): void {
    const stride = this.layout.stride / 4;
    const starts = this.hasTree ? (["inputs"] as const) : (["inputs", "outputs"] as const);
    for (const start of starts) {
      const from = before.matrix(before.layout[start]);
      const to = this.matrix(this.layout[start]);
      rows.forEach((row, word) => to.set(from.subarray(word * stride, (word + 1) * stride), row * stride));
    }
    this.restoreRandom(before.random);
    const { rates } = before;
    if (rates === undefined) return;
    const all = new Float32Array(this.words).fill(1);
    rows.forEach((row, word) => {
      all[row] = rates[word];
    });
    this.rates = all;
  }

  /** Begins with a row of dim floats, or of more, for a word. */
  setInput(word: number, row: Float32Array): void {
    this.matrix(this.layout.inputs).set(row.subarray(0, this.dim), (word * this.layout.stride) / 4);
  }

  /** The share of its steps that each word's vector keeps; none if all keep all. */
  get rates(): Float32Array | undefined {
    const [{ params }] = this.layout.scratch;
    const start = new DataView(this.memory.buffer, params, Param.size).getUint32(Param.rates, true);
    if (start === 0) return undefined;
    const { rates, grid, rows } = this.layout;
    const all = new Float32Array(this.memory.buffer, rates, rows);
    return grid ? Float32Array.from({ length: this.words }, (_, word) => all[rowInBlocks(grid, word)]) : all;
  }

  set rates(all: Float32Array | undefined) {
    const { rates, scratch, grid, rows } = this.layout;
    const to = new Float32Array(this.memory.buffer, rates, rows);
    all?.forEach((rate, word) => {
      to[grid ? rowInBlocks(grid, word) : word] = rate;
    });
    for (const { params } of scratch)
      new DataView(this.memory.buffer, params, Param.size).setUint32(Param.rates, all ? rates : 0, true);
  }

  private fill(to: Float32Array, rows: Float32Array): void {
    const { dim } = this;
    const stride = this.layout.stride / 4;
    for (let word = 0; word < this.words; word++) to.set(rows.subarray(word * dim, (word + 1) * dim), word * stride);
  }

  private matrix(start: Ptr): Float32Array {
    return new Float32Array(this.memory.buffer, start, (this.words * this.layout.stride) / 4);
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

  /** Moves each row of both matrices, a permutation in place. */
  private async move(to: (row: number) => number): Promise<void> {
    const { rows, inputs, outputs } = this.layout;
    const stride = this.layout.stride / 4;
    const matrices = [inputs, outputs].map((start) => new Float32Array(this.memory.buffer, start, rows * stride));
    const held = [new Float32Array(stride), new Float32Array(stride)];
    const row = new Float32Array(stride);
    const isMoved = new Uint8Array(rows);
    let pause = MOVED;
    let moved = 0;
    for (let start = 0; start < rows; start++) {
      if (isMoved[start]) continue;
      matrices.forEach((matrix, m) => held[m].set(matrix.subarray(start * stride, (start + 1) * stride)));
      let at = start;
      do {
        at = to(at);
        matrices.forEach((matrix, m) => {
          row.set(matrix.subarray(at * stride, (at + 1) * stride));
          matrix.set(held[m], at * stride);
          held[m].set(row);
        });
        isMoved[at] = 1;
        moved++;
      } while (at !== start);
      if (moved < pause) continue;
      pause = moved + MOVED;
      await yieldToEventLoop();
    }
  }

  private writePlaces(): void {
    const { grid } = this.layout;
    if (grid === undefined) return;
    const places = new Uint32Array(this.memory.buffer, grid.places, this.words);
    for (let word = 0; word < this.words; word++)
      places[word] = (word % grid.blocks) * 2 ** 16 + Math.floor(word / grid.blocks);
  }

  private writeThresholds(vocabulary: Vocabulary, options: ParameterOptions): void {
    const keep = new Uint32Array(this.memory.buffer, this.layout.keepThresholds, this.words);
    keep.set(Uint32Array.from(vocabulary.keepProbabilities(options.subsample), toThreshold));
  }

  /** The alias table of all words, or one for each block. */
  private writeNoise(weights: Float64Array): void {
    const blocks = this.layout.grid?.blocks ?? 1;
    let start = this.layout.alias;
    for (let block = 0; block < blocks; block++) {
      const size = blockSize(blocks, this.words, block);
      const own = Float64Array.from({ length: size }, (_, row) => weights[row * blocks + block]);
      // words with count 0 only: any of them will do
      this.writeAliasTable(start, own.some((weight) => weight > 0) ? own : own.fill(1));
      start = advance(start, size * 8);
    }
  }

  private writeAliasTable(start: Ptr, weights: Float64Array): void {
    const { thresholds, aliases } = aliasTable(weights);
    const cells = new Uint32Array(this.memory.buffer, start, 2 * weights.length);
    for (let i = 0; i < weights.length; i++) {
      cells[2 * i] = thresholds[i];
      cells[2 * i + 1] = aliases[i];
    }
  }

  private writePaths(tree: HuffmanTree): void {
    const starts = new Uint32Array(this.memory.buffer, this.layout.pathStarts, this.words + 1);
    const paths = new Uint32Array(this.memory.buffer, this.layout.paths, tree.bits);
    let end = 0;
    for (let word = 0; word < this.words; word++) {
      const { nodes, code } = tree.path(word);
      nodes.forEach((node, j) => {
        paths[end++] = 2 * node + code[j];
      });
      starts[word + 1] = end;
    }
  }
}
