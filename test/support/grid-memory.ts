// The memory of a grid for the tests of its kernels: blocks of rows, batches to be sorted, and what a lane needs to train a cell.

import { Mark, Pair, Param, Tile, TileList } from "../../assembly/params";
import { Random } from "../../src/base/random";
import type { Ptr, Trainer } from "../../src/kernel/kernel";
import { Allocator, allocate, rowStride } from "../../src/kernel/memory";
import { type AliasTable, aliasTable } from "../../src/math/alias";
import { startTested, type TestedKernel } from "./kernels";

export interface GridShape {
  dim: number;
  words: number;
  blocks: number;
  negatives: number;
  /** pairs that share noise words, at most */
  tile: number;
  /** tiles drawn ahead */
  group: number;
  windowLeft: number;
  windowRight: number;
  shrinkWindows: boolean;
  /** of the distances 1, 2 …; empty if all contexts weigh 1 */
  windowWeights: readonly number[];
  /** how often noise draws a word, unnormalised */
  noise: (word: number) => number;
  /** learning-rate multiplier of a word's input row; undefined if all are 1 */
  multiplier?: (word: number) => number;
  /** batches of a cell, and pairs of each at most */
  batches: number;
  pairs: number;
  /** words of a batch at most, with the ends of its sentences */
  capacity: number;
}

export const GRID: GridShape = {
  ...{ dim: 8, words: 24, blocks: 2, negatives: 5, tile: 6, group: 3 },
  ...{ windowLeft: 2, windowRight: 2, shrinkWindows: true, windowWeights: [] },
  ...{ noise: () => 1, batches: 1, pairs: 400, capacity: 400 },
};

/** Rows of a cell: of the context in its block of input rows, of the target in its block of output rows. */
export interface CellPair {
  context: number;
  target: number;
  weight: number;
}

/** What the kernels count. */
export interface Counts {
  loss: number;
  predictions: number;
  paddingSlots: number;
  trained: number;
}

export class GridMemory {
  readonly stride: number;
  readonly params: Ptr;
  readonly zeroRow: Ptr;
  /** thresholds of subsampling, one a word */
  readonly thresholds: Uint32Array;
  readonly randomState: Uint32Array;
  private readonly view: DataView;
  private readonly blockBytes: number;
  private readonly at: Record<"inputs" | "outputs" | "alias" | "multipliers" | "ids" | "starts" | "pairs" | "end", Ptr>;

  private constructor(
    readonly kernel: Trainer,
    readonly memory: WebAssembly.Memory,
    readonly shape: GridShape,
    plan: ReturnType<typeof layOut>,
  ) {
    this.stride = plan.stride;
    this.params = plan.params;
    this.zeroRow = plan.zeroRow;
    this.blockBytes = plan.blockBytes;
    this.at = plan;
    this.view = new DataView(memory.buffer, plan.params, Param.size);
    this.randomState = new Uint32Array(memory.buffer, plan.params + Param.randomState, 4);
    this.thresholds = new Uint32Array(memory.buffer, plan.keepThresholds, shape.words).fill(0xffffffff);
    this.write(plan);
  }

  /** @param seed of the rows, which are random, and of the generator */
  static async create(name: TestedKernel, shape: GridShape, seed = 1): Promise<GridMemory> {
    const plan = layOut(shape);
    const memory = allocate(plan.end, false, "the grid of a test");
    const grid = new GridMemory(await startTested(name, memory), memory, shape, plan);
    const random = Random.from(seed, 0);
    for (let block = 0; block < shape.blocks; block++) {
      for (const row of [...grid.rows("inputs", block), ...grid.rows("outputs", block)]) {
        row.forEach((_, d) => {
          row[d] = (random.next() / 2 ** 32 - 0.5) * (2 / Math.sqrt(shape.dim));
        });
      }
    }
    grid.randomState.set(Random.from(seed, 1).state);
    return grid;
  }

  private write(plan: ReturnType<typeof layOut>): void {
    const { shape, memory, stride } = this;
    const { words, blocks, negatives, windowLeft, windowRight, windowWeights } = shape;
    const { buffer } = memory;
    const integers: [Param, number][] = [
      [Param.stride, stride],
      [Param.vocabularySize, words],
      [Param.window, Math.max(windowLeft, windowRight)],
      [Param.windowLeft, windowLeft],
      [Param.windowRight, windowRight],
      [Param.shrinkWindows, Number(shape.shrinkWindows)],
      [Param.windowWeights, windowWeights.length > 0 ? plan.windowWeights : 0],
      [Param.negatives, negatives],
      [Param.tile, shape.tile],
      [Param.blocks, blocks],
      [Param.keepThresholds, plan.keepThresholds],
      [Param.places, plan.places],
      [Param.ids, plan.ids],
      [Param.kept, plan.kept],
      [Param.group, shape.group],
      [Param.tiles, plan.tiles],
      [Param.tileStride, plan.tileStride],
      [Param.spareRows, plan.spareRows],
      [Param.labels, plan.labels],
      [Param.gradients, plan.gradients],
      [Param.gradientStride, plan.gradientStride],
      [Param.zeroRow, plan.zeroRow],
    ];
    for (const [offset, value] of integers) this.set(offset, value);

    new Float32Array(buffer, plan.windowWeights, windowWeights.length).set(windowWeights);
    const places = new Uint32Array(buffer, plan.places, words);
    for (let word = 0; word < words; word++) places[word] = (word % blocks) * 2 ** 16 + Math.floor(word / blocks);
    for (let block = 0; block < blocks; block++) {
      const own = wordsOf(shape, block);
      const { thresholds, aliases } = noiseOf(shape, block);
      const table = new Uint32Array(buffer, plan.alias + 8 * firstWords(shape, block), 2 * own.length);
      own.forEach((_, row) => {
        table.set([thresholds[row], aliases[row]], 2 * row);
      });
      if (shape.multiplier) {
        new Float32Array(buffer, plan.multipliers + 4 * firstWords(shape, block), own.length).set(
          own.map(shape.multiplier),
        );
      }
    }
    const labels = new Float32Array(buffer, plan.labels, plan.tilesOfSix * Tile.labels).fill(0.5);
    for (let k = 0; k <= negatives; k++) {
      labels[Math.floor(k / Tile.outputs) * Tile.labels + (k % Tile.outputs)] = k === 0 ? 1 : 0;
    }
    for (let t = 0; t < shape.group; t++) {
      const tile = plan.tiles + t * plan.tileStride;
      const list = new Uint32Array(buffer, tile, plan.tileStride / 4).fill(plan.zeroRow);
      list[TileList.pairs / 4] = tile + TileList.rows + plan.tilesOfSix * Tile.outputs * 4;
    }
  }

  set(offset: Param, value: number): void {
    this.view.setUint32(offset, value, true);
  }

  /** The rows of a block, as they lie in memory, without padding. */
  rows(side: "inputs" | "outputs", block: number): Float32Array[] {
    const start = this.at[side] + block * this.blockBytes;
    return wordsOf(this.shape, block).map(
      (_, row) => new Float32Array(this.memory.buffer, start + row * this.stride, this.shape.dim),
    );
  }

  /** All bits of all rows with their padding. */
  bits(): number[] {
    const { inputs, outputs } = this.at;
    return [
      ...new Uint32Array(this.memory.buffer, inputs, (outputs + this.shape.blocks * this.blockBytes - inputs) / 4),
    ];
  }

  /** What fills the rows of all blocks up to whole vectors. */
  padding(): number[] {
    const { dim, blocks } = this.shape;
    const sides = [this.at.inputs, this.at.outputs];
    return sides.flatMap((start) =>
      Array.from({ length: blocks }, (_, block) =>
        wordsOf(this.shape, block).flatMap((_, row) => [
          ...new Float32Array(
            this.memory.buffer,
            start + block * this.blockBytes + row * this.stride + 4 * dim,
            this.stride / 4 - dim,
          ),
        ]),
      ).flat(),
    );
  }

  private clear(): void {
    const { view } = this;
    for (let at: number = Param.lossLinear; at < Param.trained + 8; at += 8) view.setFloat64(at, 0, true);
    for (let lane = 0; lane < 4; lane++) view.setFloat64(Param.lossProducts + 8 * lane, 1, true);
  }

  private counts(): Counts {
    const { view } = this;
    const count = (offset: Param) => Number(view.getBigInt64(offset, true));
    let loss = view.getFloat64(Param.lossLinear, true) + view.getFloat64(Param.lossLinear + 8, true);
    for (let lane = 0; lane < 4; lane++) loss += Math.log(view.getFloat64(Param.lossProducts + 8 * lane, true));
    const powers = count(Param.lossExponents) + count(Param.lossExponents + 8) - count(Param.paddingSlots);
    return {
      loss: loss + powers * Math.LN2,
      predictions: count(Param.predictions),
      paddingSlots: count(Param.paddingSlots),
      trained: count(Param.trained),
    };
  }

  /** Trains the cell of contexts of block i and targets of block j. @param batches pairs of each batch; other cells get `others` */
  train(i: number, j: number, batches: readonly CellPair[][], learningRate: number, others: CellPair[] = []): Counts {
    const { shape, at, memory } = this;
    const cells = shape.blocks ** 2;
    const cell = i * shape.blocks + j;
    const weighted = shape.windowWeights.length > 0;
    const words = new Uint32Array(memory.buffer);
    const floats = new Float32Array(memory.buffer);
    let end = at.pairs / 4;
    batches.forEach((batch, b) => {
      if (batch.length + (cells - 1) * others.length > shape.pairs) throw new Error("more pairs than the memory holds");
      const starts = at.starts / 4 + b * (cells + 1);
      for (let c = 0; c < cells; c++) {
        words[starts + c] = 4 * end;
        for (const { context, target, weight } of c === cell ? batch : others) {
          words[end++] = context + target * 2 ** 16;
          if (weighted) floats[end++] = weight;
        }
      }
      words[starts + cells] = 4 * end;
    });
    this.set(Param.inputs, at.inputs + i * this.blockBytes);
    this.set(Param.outputs, at.outputs + j * this.blockBytes);
    this.set(Param.alias, at.alias + 8 * firstWords(shape, j));
    this.set(Param.noiseWords, wordsOf(shape, j).length);
    this.set(Param.multipliers, shape.multiplier ? at.multipliers + 4 * firstWords(shape, i) : 0);
    this.view.setFloat32(Param.learningRate, learningRate, true);
    this.clear();
    this.kernel.trainCell(this.params, cell, at.starts, batches.length);
    return this.counts();
  }

  /** Sorts a batch of whole sentences; pairs of each cell, as they lie in memory. */
  sort(
    sentences: readonly number[][],
    firstBlock = 0,
    lastBlock = this.shape.blocks,
  ): { cells: CellPair[][]; counts: Counts } {
    const { shape, at, memory } = this;
    const ids = sentences.flatMap((sentence) => [...sentence, Mark.sentenceEnd]);
    if (ids.length > shape.capacity) throw new Error("a longer batch than the memory holds");
    new Uint32Array(memory.buffer, at.ids, ids.length).set(ids);
    this.set(Param.firstBlock, firstBlock);
    this.set(Param.lastBlock, lastBlock);
    this.set(Param.starts, at.starts);
    this.set(Param.pairs, at.pairs);
    this.clear();
    const end = this.kernel.sortPairs(this.params, ids.length);
    const weighted = shape.windowWeights.length > 0;
    const starts = new Uint32Array(memory.buffer, at.starts, shape.blocks ** 2 + 1);
    if (starts[0] !== at.pairs || starts[starts.length - 1] !== end) throw new Error("the cells are not all pairs");
    if (end > at.pairs + shape.pairs * (weighted ? 8 : 4)) throw new Error("more pairs than the memory holds");
    const view = new DataView(memory.buffer);
    const cells = Array.from({ length: shape.blocks ** 2 }, (_, cell) => {
      const pairs: CellPair[] = [];
      for (let p = starts[cell]; p < starts[cell + 1]; p += weighted ? 8 : 4) {
        const [context, target] = [view.getUint16(p, true), view.getUint16(p + 2, true)];
        pairs.push({ context, target, weight: weighted ? view.getFloat32(p + 4, true) : 1 });
      }
      return pairs;
    });
    return { cells, counts: this.counts() };
  }
}

/** Words of a block: every `blocks`-th. */
export function wordsOf({ words, blocks }: GridShape, block: number): number[] {
  return Array.from({ length: words }, (_, word) => word).filter((word) => word % blocks === block);
}

/** What draws the noise words of a block, as rows. */
export function noiseOf(shape: GridShape, block: number): AliasTable {
  const weights = Float64Array.from(wordsOf(shape, block), (word) => shape.noise(word));
  // blocks of which no cell is trained
  return aliasTable(weights.some((weight) => weight > 0) ? weights : weights.fill(1));
}

/** Words of the blocks before one. */
function firstWords(shape: GridShape, block: number): number {
  return Array.from({ length: block }, (_, before) => wordsOf(shape, before).length).reduce((sum, n) => sum + n, 0);
}

function layOut(shape: GridShape) {
  const { dim, words, blocks, negatives, tile, group, batches, capacity } = shape;
  const memory = new Allocator();
  const stride = rowStride(dim);
  const tilesOfSix = Math.ceil((1 + negatives) / Tile.outputs);
  const gradientStride = Math.ceil((tile * Tile.outputs + 6) / 4) * 16;
  const tileStride = TileList.rows + tilesOfSix * Tile.outputs * 4 + tile * Pair.size;
  const blockBytes = Math.ceil(words / blocks) * stride;
  const bytesOfPair = shape.windowWeights.length > 0 ? 8 : 4;
  return {
    ...{ stride, tilesOfSix, gradientStride, tileStride, blockBytes },
    params: memory.take(Param.size),
    zeroRow: memory.take(stride),
    gradients: memory.take(tilesOfSix * gradientStride),
    tiles: memory.take(group * tileStride),
    spareRows: memory.take(tilesOfSix * Tile.outputs * 4),
    labels: memory.take(tilesOfSix * Tile.labels * 4),
    keepThresholds: memory.take(words * 4),
    places: memory.take(words * 4),
    multipliers: memory.take(words * 4),
    alias: memory.take(words * 8),
    windowWeights: memory.take(shape.windowWeights.length * 4),
    ids: memory.take(capacity * 4),
    kept: memory.take(capacity * 4),
    inputs: memory.take(blocks * blockBytes),
    outputs: memory.take(blocks * blockBytes),
    starts: memory.take(batches * (blocks ** 2 + 1) * 4),
    pairs: memory.take(batches * shape.pairs * bytesOfPair),
    end: memory.end,
  };
}
