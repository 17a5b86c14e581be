// The vectors of words, trained by skip-gram or CBOW: their parameters, in the memory that an engine asks for.

import { FormatError } from "../base/errors.js";
import { isExact, startQueries } from "../kernel/engines/kernels.js";
import type { Side } from "../kernel/shape.js";
import { lossOf } from "../model/losses/registry.js";
import { type MemoryOptions, Parameters, planMemory } from "../model/parameters.js";
import { estimateSubwords, hasSubwords, shapeOf } from "../model/spec.js";
import type { Subwords } from "../model/subwords.js";
import type { Corpus } from "../text/corpus.js";
import { type Batch, encode } from "../text/encode.js";
import type { ValidationSplit } from "../text/validation-split.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { allocateVectors, type Composer, WordVectors } from "../vectors/vectors.js";
import type { Checkpoint, Rows } from "./checkpoint/checkpoint.js";
import { chunkWordsOf, stepCount } from "./execution/cut.js";
import type { ApartMemory, EnginePlan, TextToTrain } from "./execution/engine.js";
import { type ExecutionPlan, type ParallelMode, planExecution } from "./execution/engines.js";
import type { Runner } from "./execution/runner.js";
import type { Machine } from "./machine.js";
import type { Objective, Restored, Setting } from "./objective.js";
import { meanContexts } from "./options/window-shape.js";
import { canShare } from "./platform.js";
import type { ResolvedOptions } from "./train-options.js";
import { multipliersOf, takeVectors } from "./warm-start.js";

/** How a vocabulary's words will be trained; nothing is allocated. @param before how they were trained before */
export function planWords(
  platform: Pick<Machine, "cores">,
  options: ResolvedOptions,
  vocabulary: Pick<Vocabulary, "size" | "totalWords">,
  before?: ParallelMode,
): ExecutionPlan {
  const resources = { cores: platform.cores(), shared: canShare(options) };
  return planExecution(options, resources, { shape: shapeOf(vocabulary), totalWords: vocabulary.totalWords }, before);
}

/**
 * Bytes that a plan takes for so many words: of the memory here and of both matrices in it, of memories of the workers' own, and of
 * messages between them. With hierarchical softmax the tree's size is that of a usual vocabulary.
 */
export function memoryOf(
  plan: ExecutionPlan,
  options: ResolvedOptions,
  words: number,
): { bytes: number; matrices: number } & ApartMemory {
  const shape = shapeOf({ size: words }, hasSubwords(options) ? estimateSubwords(words, options) : undefined);
  const output = lossOf(options.loss).estimate(options, shape);
  const planned = (memoryOptions: MemoryOptions) => planMemory(options, memoryOptions, shape, output);
  const { layout, size: bytes } = planned(plan.memoryOptions);
  const rowBytes = (rows: number) => rows * layout.stride;
  const [inputs, outputs, subwords] = [shape.inputRows, shape.outputRows, shape.subwords?.count ?? 0].map(rowBytes);
  const isApart = options.worker && !plan.memoryOptions.shared;
  const sizes = { bytes, outputs, layout: (memoryOptions: MemoryOptions) => planned(memoryOptions).layout.size };
  return {
    bytes,
    matrices: inputs + outputs + subwords,
    ...(isApart ? plan.engine.apart(plan, sizes) : { own: 0, messages: 0 }),
  };
}

/** A pass over a corpus, in the batches that a plan trains on. @param split takes the sentences that are held out */
export function batchesOf(
  { maxSentenceLength, batchWords }: Pick<EnginePlan, "maxSentenceLength" | "batchWords">,
  corpus: Corpus,
  vocabulary: Vocabulary,
  split?: ValidationSplit,
): AsyncGenerator<Batch> {
  return encode(corpus, vocabulary, maxSentenceLength, batchWords, split);
}

/** A page that has no subwords does not load what makes them. */
async function subwordsOf({ words }: Vocabulary, options: ResolvedOptions): Promise<Subwords> {
  const { Subwords } = await import("../model/subwords.js");
  return Subwords.of(words, options);
}

/** Pairs or windows that each word is expected to be trained in within a chunk of the grid, or a batch: (6.11) of docs/math.md. */
function pairsOfStretch(vocabulary: Vocabulary, options: ResolvedOptions, plan: ExecutionPlan): Float64Array {
  const { counts, totalWords } = vocabulary;
  const { grid } = plan.memoryOptions;
  // a chunk has a batch at least
  const words = Math.max(plan.batchWords, grid ? chunkWordsOf(totalWords, grid.chunkWords, options) : 0);
  const share = Math.min(1, words / totalWords) * meanContexts({ ...options, windowWeights: [] });
  return vocabulary.keepProbabilities(options.subsample).map((keep, word) => keep * counts[word] * share);
}

export class Word2vecObjective implements Objective {
  readonly vectors: WordVectors;
  private readonly outputRows: WordVectors | undefined;

  private constructor(
    private readonly setting: Setting,
    readonly vocabulary: Vocabulary,
    private readonly parameters: Parameters,
    private readonly plan: ExecutionPlan,
    private readonly subwords?: Subwords,
  ) {
    const { kernel, options } = setting;
    const scorer = startQueries(kernel, parameters.memory);
    const { dim, loss } = options;
    const { words, ids } = vocabulary;
    const compose = this.composer(() => parameters.subwords!.all);
    this.vectors = new WordVectors(words, dim, parameters.inputs, scorer, ids, compose);
    if (lossOf(loss).outputRowsOf === "words")
      this.outputRows = new WordVectors(words, dim, parameters.outputs, scorer, ids);
  }

  /** What composes words that are not in the vocabulary, where words have subwords. @param rows of the subwords */
  private composer(rows: () => Float32Array): Composer | undefined {
    const { subwords, parameters } = this;
    const { dim, layout } = parameters;
    return subwords && ((word) => subwords.compose(word, rows(), layout.stride / 4, dim));
  }

  /** All rows are 0. @throws RangeError if the model does not fit into memory */
  private static async allocate(
    setting: Setting,
    vocabulary: Vocabulary,
    before?: ParallelMode,
  ): Promise<Word2vecObjective> {
    const { platform, options } = setting;
    const { plan: planned = (plan) => plan } = setting;
    const plan = planned(planWords(platform, options, vocabulary, before));
    const subwords = hasSubwords(options) ? await subwordsOf(vocabulary, options) : undefined;
    const parts = subwords?.partsFor(pairsOfStretch(vocabulary, options, plan));
    const shape = shapeOf(vocabulary, subwords);
    const parameters = new Parameters(vocabulary, options, plan.memoryOptions, shape, parts);
    return new Word2vecObjective(setting, vocabulary, parameters, plan, subwords);
  }

  /** One that is to be trained from nothing, or from vectors given. @throws RangeError as the options do */
  static async begin(setting: Setting, vocabulary: Vocabulary): Promise<Word2vecObjective> {
    const { initialVectors, freeze, wordRates } = setting.options;
    const begun = await Word2vecObjective.allocate(setting, vocabulary);
    await begun.parameters.initialise(setting.options);
    if (initialVectors) takeVectors(begun.parameters, vocabulary, initialVectors);
    if (freeze || wordRates) begun.multipliers = multipliersOf(vocabulary, freeze, wordRates);
    if (initialVectors) await begun.parameters.compose();
    return begun;
  }

  /** One that a checkpoint holds. */
  static async open(setting: Setting, checkpoint: Checkpoint): Promise<Word2vecObjective> {
    const opened = await Word2vecObjective.allocate(setting, checkpoint.vocabulary, checkpoint.mode);
    await opened.restore(checkpoint);
    return opened;
  }

  get execution(): Objective["execution"] {
    const { name: kernel } = this.setting.kernel;
    const { engine, threads } = this.plan;
    return { kernel, threads, parallel: engine.name, reproducible: engine.isDeterministic && isExact(kernel) };
  }

  get outputVectors(): WordVectors {
    const { loss } = this.setting.options;
    if (this.outputRows === undefined)
      throw new RangeError(
        `words have no output vectors with loss "${loss}", whose output rows belong to ${lossOf(loss).outputRowsOf}: use another loss`,
      );
    return this.outputRows;
  }

  get unlearntLoss(): number {
    return this.parameters.unlearntLoss;
  }

  get multipliers(): Float32Array | undefined {
    return this.parameters.multipliers;
  }

  set multipliers(all: Float32Array | undefined) {
    this.parameters.multipliers = all;
  }

  batches(corpus: Corpus, split?: ValidationSplit): AsyncGenerator<Batch> {
    return batchesOf(this.plan, corpus, this.vocabulary, split);
  }

  async validation(sentences: readonly Uint32Array[]): ReturnType<Objective["validation"]> {
    const { Validation } = await import("./validation.js");
    const validation = new Validation(sentences, this.setting.options, this.vocabulary);
    const { dim } = this.parameters;
    const rowOf = (side: Side) => {
      const { data, stride } = this.rowsOf(side);
      return (row: number) => data.subarray(row * stride, row * stride + dim);
    };
    return (signal) => validation.loss(rowOf("inputs"), rowOf("outputs"), dim, signal);
  }

  beginAgain(): Promise<void> {
    return this.parameters.beginAgain(this.setting.options);
  }

  start(words: number, step: number, text: TextToTrain): Runner {
    const { parameters, plan } = this;
    const { kernel, options, platform } = this.setting;
    const spawn = () => platform.spawn(kernel.name);
    return plan.engine.start({ plan, kernel, parameters, options, spawn, text }, words, step);
  }

  refresh(): void {
    this.vectors.refresh();
    this.outputRows?.refresh();
  }

  copyVectors(): WordVectors {
    const { vectors, vocabulary, plan } = this;
    const storage = allocateVectors(vocabulary.size, vectors.dim, plan.memoryOptions.shared);
    const scorer = startQueries(this.setting.kernel, storage.memory);
    const rows = this.parameters.subwords?.all.slice();
    const compose = this.composer(() => rows!);
    const copy = new WordVectors(vocabulary.words, vectors.dim, storage, scorer, vocabulary.ids, compose);
    copy.matrix.set(vectors.matrix);
    return copy;
  }

  snapshot(): ReturnType<Objective["snapshot"]> {
    const { vocabulary, parameters, plan } = this;
    const { random, multipliers, dim } = parameters;
    return {
      vocabulary,
      mode: plan.engine.name,
      dim,
      inputs: this.rowsOf("inputs"),
      outputs: this.rowsOf("outputs"),
      subwords: parameters.subwords && { data: parameters.subwords.all, stride: parameters.layout.stride / 4 },
      multipliers: multipliers?.slice(),
      random,
    };
  }

  private rowsOf(side: Side): Rows {
    const { layout } = this.parameters;
    return { data: this.parameters.matrix(side), stride: layout.stride / 4 };
  }

  /** @throws FormatError if a checkpoint has other rows of subwords than its words, or stands at a step that a chunk does not have */
  async restore({ name, tensors, random, position }: Restored): Promise<void> {
    const { parameters, plan } = this;
    const { grid } = plan.memoryOptions;
    const expected = (this.subwords?.count ?? 0) * parameters.dim;
    const got = tensors.subwords?.length ?? 0;
    if (got !== expected)
      throw new FormatError(
        `${name}: tensor "subwords" expected ${expected} numbers for ${this.vocabulary.size} words and their n-grams, got ${got}`,
      );
    const steps = grid ? stepCount(grid) : 1;
    // it would never end
    if (position && position.steps >= steps)
      throw new FormatError(
        `${name}: "steps" expected less than ${steps}, got ${position.steps}: use the wasm2vec that wrote it`,
      );
    this.multipliers = tensors.multipliers;
    parameters.restore(tensors, random);
  }

  async grow(vocabulary: Vocabulary): Promise<Word2vecObjective> {
    const grown = await Word2vecObjective.allocate(this.setting, vocabulary, this.plan.engine.name);
    await grown.parameters.initialise(this.setting.options);
    const words = this.vocabulary.words.map((word) => vocabulary.id(word)!);
    const ngrams = this.subwords?.keys.map((key) => grown.subwords!.rowOf(key)!);
    grown.parameters.take(this.parameters, words, ngrams && [...words, ...ngrams]);
    await grown.parameters.compose();
    return grown;
  }
}
