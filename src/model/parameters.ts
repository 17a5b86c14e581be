// The trained parameters of a model and the tables that training needs, in one memory.

import { Param } from "../../assembly/params.js";
import type { Ptr } from "../kernel/kernel.js";
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
import { type Rounds, takeRounds, wordOfCell, writeRounds } from "../kernel/parts.js";
import type { Region } from "../kernel/patch.js";
import { aliasTable } from "../math/alias.js";
import { breathe } from "../math/breathe.js";
import { type HuffmanTree, huffmanTree } from "../math/huffman.js";
import { Random } from "../math/random.js";
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
  /** threads that train side by side, or the logical parts of a round */
  lanes: number;
  /** words of a part at most, where training goes in rounds */
  partWords?: number;
  /** whether workers share the memory */
  shared: boolean;
}

/** Where everything will lie; nothing is allocated. @param tree bits of the longest code and of all codes */
export function planMemory(
  options: ParameterOptions,
  { batchCapacity, lanes, partWords }: Workplace,
  words: number,
  tree: { depth: number; bits: number },
) {
  const shape = { ...options, ...tree, words, batchCapacity, lanes };
  const layout = layOut(shape);
  const plan = new Allocator(layout.size);
  const rounds = partWords === undefined ? undefined : takeRounds(plan, layout, shape, partWords);
  const space = takeSearchSpace(plan, layout.stride);
  return { layout, rounds, space, size: plan.end };
}

export class Parameters {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  readonly rounds?: Rounds;
  readonly words: number;
  readonly dim: number;
  /** whether the output rows are those of inner nodes */
  private readonly hasTree: boolean;
  private readonly space: SearchSpace;

  /**
   * All rows are 0 until initialise, take or restore.
   * @throws RangeError if the model does not fit into memory
   */
  constructor(vocabulary: Vocabulary, options: ParameterOptions, workplace: Workplace) {
    this.words = vocabulary.size;
    this.dim = options.dim;
    this.hasTree = options.loss === "hierarchical-softmax";
    const tree = this.hasTree ? huffmanTree(vocabulary.counts) : undefined;
    const { layout, rounds, space, size } = planMemory(options, workplace, this.words, tree ?? { depth: 0, bits: 0 });
    this.layout = layout;
    this.rounds = rounds?.rounds;
    this.space = space;
    this.memory = allocate(size, workplace.shared, `a model of ${this.words} words and dim ${this.dim}`);
    writeLists(this.memory.buffer, this.layout, this.words, options);
    this.layout.scratch.forEach((scratch, lane) => {
      writeParams(this.memory.buffer, this.layout, scratch, this.words, options);
      this.randomState(scratch).set(Random.from(options.seed, STREAM.training + lane).state);
    });
    if (rounds) writeRounds(this.memory.buffer, this.layout, rounds, this.words, options.loss);
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
      await breathe();
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
    return [inputs, outputs + this.words * stride - inputs];
  }

  /** The output rows, of words or inner nodes. */
  get outputMatrix(): Float32Array {
    return this.matrix(this.layout.outputs);
  }

  /** State of each lane's generator, u32[4]. */
  get random(): number[][] {
    return this.layout.scratch.map((scratch) => [...this.randomState(scratch)]);
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
    return start === 0 ? undefined : new Float32Array(this.memory.buffer, start, this.words);
  }

  set rates(all: Float32Array | undefined) {
    const { rates, scratch } = this.layout;
    if (all) new Float32Array(this.memory.buffer, rates, this.words).set(all);
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
    return { memory: this.memory, start, stride: this.layout.stride, space: this.space };
  }

  private writeThresholds(vocabulary: Vocabulary, options: ParameterOptions): void {
    const keep = new Uint32Array(this.memory.buffer, this.layout.keepThresholds, this.words);
    keep.set(Uint32Array.from(vocabulary.keepProbabilities(options.subsample), toThreshold));
  }

  /** The alias table of all words, or one for each stripe of them. */
  private writeNoise(weights: Float64Array): void {
    if (this.rounds === undefined) this.writeAliasTable(this.layout.alias, weights);
    const { stripes } = this.rounds ?? { stripes: [] };
    for (const stripe of stripes) {
      const own = Float64Array.from(
        { length: stripe.cells },
        (_, j) => weights[wordOfCell(stripe, stripes.length, j)] * (j < stripe.hot ? 1 : stripes.length),
      );
      // words with count 0 only: any of them will do
      this.writeAliasTable(stripe.alias, own.some((weight) => weight > 0) ? own : own.fill(1));
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
