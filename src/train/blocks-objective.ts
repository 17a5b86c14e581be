// The vectors of words where their blocks lie in a store: the memory holds tables, a chunk of text and some of the blocks.

import { isExact, startQueries, startTrainer } from "../kernel/engines/kernels.js";
import type { Ptr } from "../kernel/kernel.js";
import type { RowStream, Side } from "../kernel/shape.js";
import { InitialRows } from "../model/initial-rows.js";
import { Parameters } from "../model/parameters.js";
import { shapeOf } from "../model/spec.js";
import type { Corpus } from "../text/corpus.js";
import type { Batch } from "../text/encode.js";
import type { ValidationSplit } from "../text/validation-split.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { streamVectors } from "../vectors/stream.js";
import type { WordVectors } from "../vectors/vectors.js";
import { type BlocksPlan, planBlocks } from "./blocks-plan.js";
import type { Checkpoint } from "./checkpoint/checkpoint.js";
import type { CheckpointOptions } from "./checkpoint/control.js";
import type { BlockStore, FillRows } from "./execution/block-store.js";
import { BlocksRunner } from "./execution/blocks-runner.js";
import { ChunkRoom } from "./execution/chunk-room.js";
import { chunkWordsOf } from "./execution/cut.js";
import { startThreads } from "./execution/grid-threads.js";
import { Passage } from "./execution/passage.js";
import type { Runner } from "./execution/runner.js";
import type { Objective, Restored, Setting } from "./objective.js";
import { canShare } from "./platform.js";
import { initialVectorsOf, multipliersOf } from "./warm-start.js";
import { batchesOf } from "./word2vec-objective.js";

/** A store, and the checkpoint that lies in it. */
export interface BlocksPlace {
  store: BlockStore;
  checkpoint: CheckpointOptions;
}

export class BlocksObjective implements Objective {
  readonly checkpoint: CheckpointOptions;
  readonly vectors: WordVectors;
  readonly outputVectors: WordVectors;
  private isBusy = false;

  private constructor(
    private readonly setting: Setting,
    readonly vocabulary: Vocabulary,
    private readonly parameters: Parameters,
    private readonly plan: BlocksPlan,
    private readonly place: BlocksPlace,
  ) {
    this.checkpoint = place.checkpoint;
    this.vectors = this.vectorsOf("inputs");
    this.outputVectors = this.vectorsOf("outputs");
  }

  private static allocate(setting: Setting, vocabulary: Vocabulary, place: BlocksPlace): BlocksObjective {
    const { options, platform } = setting;
    const resources = { cores: platform.cores(), shared: canShare(options) };
    const plan = planBlocks(options, resources, { shape: shapeOf(vocabulary), totalWords: vocabulary.totalWords });
    return new BlocksObjective(
      setting,
      vocabulary,
      new Parameters(vocabulary, options, plan.memoryOptions),
      plan,
      place,
    );
  }

  /** One that is to be trained from nothing, or from vectors given. @throws RangeError as the options do */
  static async begin(setting: Setting, vocabulary: Vocabulary, place: BlocksPlace): Promise<BlocksObjective> {
    const { initialVectors, freeze, wordRates } = setting.options;
    const begun = BlocksObjective.allocate(setting, vocabulary, place);
    if (freeze || wordRates) begun.multipliers = multipliersOf(vocabulary, freeze, wordRates);
    await begun.fill(initialVectors && initialVectorsOf(vocabulary, initialVectors));
    return begun;
  }

  beginAgain(): Promise<void> {
    this.parameters.clearZeroRows();
    return this.fill();
  }

  /** Has the store hold the rows that training begins with, and no checkpoint. @param given those of words that do not begin at random */
  private async fill(given?: ReturnType<typeof initialVectorsOf>): Promise<void> {
    const { options } = this.setting;
    const random = new InitialRows(options, options.dim);
    const { stride } = this;
    await this.place.store.begin(this.plan.shape, {
      inputs(first, rows) {
        random.fill(rows, stride);
        for (let at = 0, word = first; given && at < rows.length; at += stride, word++) {
          const vector = given(word);
          if (vector) rows.set(vector, at);
        }
      },
    });
  }

  /** One that a checkpoint holds: in the store, or by itself. @throws RangeError if the store holds another one; FormatError */
  static async open(setting: Setting, checkpoint: Checkpoint, place: BlocksPlace): Promise<BlocksObjective> {
    const opened = BlocksObjective.allocate(setting, checkpoint.vocabulary, place);
    const { blocks, tensors } = checkpoint;
    if (blocks) await opened.restore(checkpoint);
    else {
      if (await place.store.holdsCheckpoint())
        throw new RangeError(
          `"blocks" ${place.checkpoint.name} holds a training already: name another folder for the rows of ${checkpoint.name}`,
        );
      opened.multipliers = tensors.multipliers;
      const { dim } = setting.options;
      const fill =
        (all: Float32Array): FillRows =>
        (first, rows) => {
          for (let at = 0, from = first * dim; at < rows.length; at += opened.stride, from += dim)
            rows.set(all.subarray(from, from + dim), at);
        };
      await place.store.begin(opened.plan.shape, { inputs: fill(tensors.inputs), outputs: fill(tensors.outputs) });
    }
    return opened;
  }

  get execution(): Objective["execution"] {
    const { name: kernel } = this.setting.kernel;
    return { kernel, threads: this.plan.threads, parallel: "grid", reproducible: isExact(kernel) };
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
    const row = (side: Side) => (word: number) => this.place.store.readRows(side, word, 1);
    return (signal) => validation.loss(row("inputs"), row("outputs"), this.parameters.dim, signal);
  }

  start(words: number): Runner {
    const { parameters, plan, place } = this;
    const { kernel, options, platform } = this.setting;
    const { memory, layout } = parameters;
    const grid = layout.grid!;
    const { shared } = plan.memoryOptions;
    const spawn = () => platform.spawn(kernel.name);
    const threads = startThreads({ plan, kernel, parameters, options: { ...options, worker: shared }, spawn });
    const trainer = startTrainer(kernel, memory);
    return new BlocksRunner({
      memory,
      grid,
      threads,
      passage: new Passage({ memory, layout, threads: threads.threads }),
      store: place.store,
      groups: plan.groups,
      room: new ChunkRoom(grid, options, chunkWordsOf(words, grid.chunkWords, options)),
      areFinite: ({ byteOffset, length }) => trainer.allFinite(byteOffset as Ptr, length),
      onBusy: (isBusy) => {
        this.isBusy = isBusy;
      },
    });
  }

  refresh(): void {
    this.place.store.refresh();
    this.vectors.refresh();
    this.outputVectors.refresh();
  }

  copyVectors(): WordVectors {
    throw new RangeError(
      'a look copies all vectors, and those of a training with "blocks" may be larger than memory: query them in onEpochEnd, or once training has ended',
    );
  }

  snapshot(): ReturnType<Objective["snapshot"]> {
    const { vocabulary, parameters, place } = this;
    const { random, multipliers, dim } = parameters;
    const rows = (side: Side) => this.rowsOf(side);
    return {
      vocabulary,
      mode: "grid",
      dim,
      inputs: rows("inputs"),
      outputs: rows("outputs"),
      multipliers: multipliers?.slice(),
      random,
      blocks: place.store.state,
    };
  }

  async restore({ blocks, tensors }: Restored): Promise<void> {
    this.multipliers = tensors.multipliers;
    await this.place.store.open(this.plan.shape, blocks!);
  }

  async grow(): Promise<never> {
    throw new RangeError(
      '"updateVocabulary" needs all rows at once, and those of a model with "blocks" lie in files: save the model, load it without "blocks" if it fits into memory, ' +
        "or train anew on both texts",
    );
  }

  /** floats of a row */
  private get stride(): number {
    return this.plan.shape.stride / 4;
  }

  private rowsOf(side: Side): RowStream {
    const { store } = this.place;
    const count = this.plan.shape.rows[side];
    return { count, stride: this.stride, read: (first, rows) => store.readRows(side, first, rows) };
  }

  private vectorsOf(side: Side): WordVectors {
    const { kernel, options } = this.setting;
    return streamVectors(this.vocabulary, options.dim, {
      rows: this.rowsOf(side),
      startQueries: (memory) => startQueries(kernel, memory),
      shared: this.plan.memoryOptions.shared,
      isBusy: () => this.isBusy,
    });
  }
}
