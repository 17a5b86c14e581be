// The trained parameters of a model and the tables that training needs, in one memory.

import { Param } from "../../assembly/params.js";
import type { Ptr } from "../kernel/kernel.js";
import {
  Allocator,
  allocate,
  type KernelOptions,
  type Layout,
  layOut,
  toThreshold,
  writeParams,
} from "../kernel/memory.js";
import { aliasTable } from "../math/alias.js";
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

/** What the streams of one seed are for. */
const STREAM = { initialisation: 0, training: 1 };

export class Parameters {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  readonly words: number;
  readonly dim: number;
  private readonly space: SearchSpace;

  /**
   * Input rows uniform in ±½/dim, output rows 0 (as word2vec.c).
   * @throws RangeError if the model does not fit into memory
   */
  constructor(vocabulary: Vocabulary, options: ParameterOptions, batchCapacity: number, shared: boolean) {
    this.words = vocabulary.size;
    this.dim = options.dim;
    const tree = options.loss === "hierarchical-softmax" ? huffmanTree(vocabulary.counts) : undefined;
    const { depth, bits } = tree ?? { depth: 0, bits: 0 };
    this.layout = layOut({ ...options, words: this.words, depth, bits, batchCapacity });
    const plan = new Allocator(this.layout.size);
    this.space = takeSearchSpace(plan, this.layout.stride);
    this.memory = allocate(plan.end, shared, `a model of ${this.words} words and dim ${this.dim}`);
    writeParams(this.memory.buffer, this.layout, this.words, options);
    this.writeThresholds(vocabulary, options);
    if (options.loss === "negative-sampling") this.writeAliasTable(vocabulary.noiseWeights(options.noiseExponent));
    if (tree) this.writePaths(tree);
    this.initialise(options.seed);
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
  get bytes(): { start: Ptr; length: number } {
    const { inputs, outputs, stride } = this.layout;
    return { start: inputs, length: outputs + this.words * stride - inputs };
  }

  private storage(start: Ptr): VectorStorage {
    return { memory: this.memory, start, stride: this.layout.stride, space: this.space };
  }

  private writeThresholds(vocabulary: Vocabulary, options: ParameterOptions): void {
    const keep = new Uint32Array(this.memory.buffer, this.layout.keepThresholds, this.words);
    keep.set(Uint32Array.from(vocabulary.keepProbabilities(options.subsample), toThreshold));
  }

  private writeAliasTable(weights: Float64Array): void {
    const { thresholds, aliases } = aliasTable(weights);
    const cells = new Uint32Array(this.memory.buffer, this.layout.alias, 2 * this.words);
    for (let i = 0; i < this.words; i++) {
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

  private initialise(seed: number): void {
    const random = Random.from(seed, STREAM.initialisation);
    const { dim } = this;
    const stride = this.layout.stride / 4;
    const inputs = new Float32Array(this.memory.buffer, this.layout.inputs, this.words * stride);
    for (let start = 0; start < inputs.length; start += stride) {
      for (let d = 0; d < dim; d++) inputs[start + d] = (random.next() / 2 ** 32 - 0.5) / dim;
    }
    const state = new Uint32Array(this.memory.buffer, this.layout.params + Param.randomState, 4);
    state.set(Random.from(seed, STREAM.training).state);
  }
}
