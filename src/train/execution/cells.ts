// The work of one thread of the grid: sorting batches into cells, and training cells. A result depends on the input alone, not on
// the thread.

import { Param } from "../../../assembly/params.js";
import { Random } from "../../base/random.js";
import { blockSize, type ChunkPlace, type Grid, MOST_TAKEN } from "../../kernel/grid-layout.js";
import { advance, type Ptr, type Trainer } from "../../kernel/kernel.js";
import type { Layout, Scratch } from "../../kernel/layout.js";
import { clear, results, type StepResult } from "./step.js";
import type { Rows } from "./visits.js";

/** Streams of the seed. Stream, epoch and batch, and for training the cell's number, select a generator. */
const STREAM = { sorting: 2 ** 16, training: 2 ** 16 + 1 };

/** Subwords that learn at a time. */
const SPREAD = 2048;

/** A stretch of text that is sorted into cells and trained on together. */
export interface ChunkTask {
  /** from 0, counted over the run */
  number: number;
  /** from 1, counted over all runs */
  epoch: number;
  /** number of its first batch in the epoch */
  first: number;
  learningRate: number;
  /** where each batch lies among the ids, how long it is, and where its pairs go */
  batches: readonly { at: number; length: number; pairs: number }[];
  /** blocks whose contexts are trained here, where these change from chunk to chunk: the others are left out */
  rows?: Rows;
}

/** Where the blocks lie that a memory holds. */
export interface BlockPlaces {
  contexts(block: number): Ptr;
  targets(block: number): Ptr;
}

/** Of what a noise word may take from a tile, the share where words have subwords: fewer pairs share it. */
const SUBWORDS_TAKE = 0.5;

export class CellTrainer {
  private readonly grid: Grid;
  private readonly view: DataView;
  private readonly random: Uint32Array;
  private readonly hasMultipliers: boolean;
  /** bytes of the alias tables before that of each block */
  private readonly aliases: number[] = [0];

  /** @param rows blocks whose contexts this memory trains: sorting leaves out the others */
  constructor(
    private readonly kernel: Trainer,
    private readonly memory: WebAssembly.Memory,
    private readonly layout: Layout,
    private readonly scratch: Scratch,
    private readonly task: { words: number; seed: number; rows: Rows },
    private readonly places: BlockPlaces,
  ) {
    this.grid = layout.grid!;
    const { blocks } = this.grid;
    for (let block = 0; block < blocks; block++)
      this.aliases.push(this.aliases[block] + 8 * blockSize(blocks, task.words, block));
    this.view = new DataView(memory.buffer, scratch.params, Param.size);
    this.random = new Uint32Array(memory.buffer, scratch.params + Param.randomState, 4);
    this.hasMultipliers = this.view.getUint32(Param.multipliers, true) !== 0;
  }

  /** Sorts a batch of a chunk; returns the words that subsampling kept. */
  sort(chunk: ChunkTask, batch: number): number {
    const { memory, scratch, grid, task } = this;
    const { ids, starts, pairs } = this.placeOf(chunk);
    const place = chunk.batches[batch];
    const { from, to } = chunk.rows ?? task.rows;
    this.set(Param.firstBlock, from);
    this.set(Param.lastBlock, to);
    this.set(Param.ids, ids + place.at * 4);
    this.set(Param.pairs, pairs + place.pairs * grid.pairSize);
    this.set(Param.starts, starts + batch * this.startsSize);
    this.random.set(Random.from(task.seed, STREAM.sorting, chunk.epoch, chunk.first + batch).state);
    clear(memory, scratch);
    this.kernel.sortPairs(scratch.params, place.length);
    return results(memory, scratch).trained;
  }

  /** Trains the cell of a block of contexts and one of targets, some batches at a time, so that calls of the kernel stay short. */
  *train(chunk: ChunkTask, context: number, target: number): Generator<StepResult> {
    const { memory, scratch, grid, task, places, layout } = this;
    const { blocks, blockRows } = grid;
    const { starts } = this.placeOf(chunk);
    const { length } = chunk.batches;
    const cell = context * blocks + target;
    const batchesPerCall = blocks * blocks;
    for (let batch = 0; batch < length; batch += batchesPerCall) {
      const lists = advance(starts, batch * this.startsSize);
      const batches = Math.min(batchesPerCall, length - batch);
      if (layout.subwordRows > 0) this.compose(context, cell, lists, batches);
      this.set(Param.inputs, places.contexts(context));
      this.set(Param.outputs, places.targets(target));
      if (this.hasMultipliers) this.set(Param.multipliers, layout.multipliers + context * blockRows.inputs * 4);
      this.set(Param.alias, layout.tables[Param.alias]! + this.aliases[target]);
      this.set(Param.noiseWords, (this.aliases[target + 1] - this.aliases[target]) / 8);
      this.set(Param.tile, this.tileAt(chunk.learningRate));
      this.view.setFloat32(Param.learningRate, chunk.learningRate, true);
      this.random.set(Random.from(task.seed, STREAM.training, chunk.epoch, chunk.first + batch, cell).state);
      clear(memory, scratch);
      this.kernel.trainCell(scratch.params, cell, lists, batches);
      yield results(memory, scratch);
    }
  }

  /** Pairs of a tile: (9.5) of docs/math.md. */
  private tileAt(learningRate: number): number {
    const taken = this.layout.subwordRows > 0 ? SUBWORDS_TAKE * MOST_TAKEN : MOST_TAKEN;
    return Math.max(1, Math.min(this.grid.tile, Math.floor(taken / learningRate)));
  }

  /** Words of a block are to be composed of their subwords before they are trained. */
  begin(context: number): void {
    const { memory, layout, grid } = this;
    const rows = layout.subwordRows > 0 ? grid.blockRows.inputs : 0;
    new Uint8Array(memory.buffer, layout.touchedMarks + context * rows, rows).fill(0);
  }

  /** Finds what the words of a block have learnt since. */
  end(context: number): void {
    const { layout, grid } = this;
    if (layout.subwordRows === 0) return;
    const { inputs } = grid.blockRows;
    this.setAll();
    this.kernel.learntRows(this.scratch.params, context * inputs, (context + 1) * inputs);
  }

  /** Composes the words of a block that are trained next. */
  private compose(context: number, cell: number, starts: Ptr, batches: number): void {
    this.setAll();
    this.kernel.composeCell(this.scratch.params, context * this.grid.blockRows.inputs, cell, starts, batches);
  }

  /** Tasks in which subwords take what words have learnt: none where words have none. */
  get spreads(): number {
    return Math.ceil(this.layout.subwordRows / SPREAD);
  }

  /** Adds what all words have learnt to some of the subwords. */
  spread(task: number): void {
    const { subwordRows } = this.layout;
    this.setAll();
    this.kernel.spreadRows(this.scratch.params, task * SPREAD, Math.min((task + 1) * SPREAD, subwordRows));
  }

  /** All rows, where cells have those of a block. */
  private setAll(): void {
    const { layout } = this;
    this.set(Param.inputs, layout.inputs);
    this.set(Param.subwords, layout.subwords);
    this.set(Param.origins, layout.origins);
    this.set(Param.touchedMarks, layout.touchedMarks);
    if (this.hasMultipliers) this.set(Param.multipliers, layout.multipliers);
  }

  /** Bytes of the starts of a batch's cells. */
  private get startsSize(): number {
    return (this.grid.blocks ** 2 + 1) * 4;
  }

  private placeOf({ number }: ChunkTask): ChunkPlace {
    const { chunks } = this.grid;
    return chunks[number % chunks.length];
  }

  private set(offset: Param, value: number): void {
    this.view.setUint32(offset, value, true);
  }
}
