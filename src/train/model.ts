// A trained model, which can be trained on.

import { type KernelPlan, startKernel } from "../kernel/pick.js";
import { takesSharedMemory } from "../kernel/wasm.js";
import { checkBoolean, checkFunction, checkInteger, checkKnown, checkNumber } from "../math/check.js";
import { Parameters } from "../model/parameters.js";
import type { Corpus, CorpusSource } from "../text/corpus.js";
import { encode } from "../text/encode.js";
import { SpooledBatches, type SpoolFile } from "../text/spool.js";
import type { Vocabulary } from "../text/vocabulary.js";
import { WordVectors } from "../vectors/vectors.js";
import type { Snapshot } from "./checkpoint.js";
import { type CheckpointOptions, checkCheckpoint, checkControl, type TrainingControl } from "./control.js";
import { type EpochRecord, type Position, type Schedule, START, trainEpochs } from "./epochs.js";
import { growVocabulary, ratesOf } from "./grow.js";
import {
  checkFreeze,
  checkWordRates,
  type EpochListener,
  type Freeze,
  type ResolvedOptions,
  storedOptions,
  type WordRates,
} from "./options.js";
import { type Crew, planCrew, startRunner } from "./parallel.js";
import type { Progress } from "./progress.js";
import { Keeper } from "./rest.js";
import type { WorkerHandle } from "./runner.js";

/** What the doors index.ts and node.ts know of where they run. */
export interface Platform<Source> {
  toCorpus(source: Source, onWarning?: (message: string) => void): Corpus;
  spawn(): WorkerHandle;
  /** Threads that the machine runs at once. */
  cores(): number;
  fetchBytes?(url: URL | string): Promise<Uint8Array<ArrayBuffer>>;
  openSpool(): Promise<SpoolFile>;
}

/** What a training tells while it runs, and how it is stopped. */
export interface RunListeners {
  checkpoint?: CheckpointOptions;
  control?: TrainingControl;
  onProgress?: (progress: Progress) => void;
  onEpochEnd?: EpochListener;
  onWarning?: (message: string) => void;
  signal?: AbortSignal;
}

/** Options of Model.train; those not given are as in the first training. */
export interface ContinueOptions extends RunListeners {
  epochs?: number;
  /** Rises again to this rate. Default: that of the first training. */
  learningRate?: number;
  minLearningRate?: number;
  /**
   * Adds the words of the corpus that come up to minCount, and the counts of all. Words keep their vectors, and their output
   * vectors; the tree of hierarchical softmax is made anew, and its nodes begin at 0. Default false: words without a vector are left out.
   */
  updateVocabulary?: boolean;
  /** With wordRates in the place of both as they were; [] for none. */
  freeze?: Freeze;
  /** With freeze in the place of both as they were. */
  wordRates?: WordRates;
}

const CONTINUE_OPTIONS = [
  ...["epochs", "learningRate", "minLearningRate", "updateVocabulary", "freeze", "wordRates"],
  ...["checkpoint", "control", "onProgress", "onEpochEnd", "onWarning", "signal"],
];

export class Model<Source = CorpusSource> {
  /** One record for each epoch so far. */
  readonly history: EpochRecord[] = [];
  private words!: Vocabulary;
  private parameters!: Parameters;
  private crew!: Crew;
  private inputRows!: WordVectors;
  private outputRows: WordVectors | undefined;

  /** @internal use train */
  constructor(
    readonly options: ResolvedOptions,
    vocabulary: Vocabulary,
    parameters: Parameters,
    private readonly plan: KernelPlan,
    private readonly platform: Platform<Source>,
    crew: Crew,
  ) {
    this.adopt(vocabulary, parameters, crew);
  }

  get vocabulary(): Vocabulary {
    return this.words;
  }

  /** The word vectors (input rows); after training with updateVocabulary others, which have the new words. */
  get vectors(): WordVectors {
    return this.inputRows;
  }

  /**
   * The output rows, which predict; with the same words.
   * @throws RangeError with hierarchical softmax, whose output rows belong to the inner nodes of a tree
   */
  get outputVectors(): WordVectors {
    if (this.outputRows === undefined)
      throw new RangeError(
        'words have no output vectors with loss "hierarchical-softmax", whose output rows belong to the inner nodes of a tree: use another loss',
      );
    return this.outputRows;
  }

  /**
   * Trains on, on the same or another corpus. If it fails or is aborted, the model stays as it stands; where workers do not
   * share its memory, as the last epoch or checkpoint left it.
   * @throws TypeError, RangeError for options; DivergenceError; the signal's reason
   */
  async train(source: Source, options: ContinueOptions = {}): Promise<this> {
    checkKnown("option", options, CONTINUE_OPTIONS);
    const { updateVocabulary = false, freeze, wordRates, signal } = options;
    checkBoolean("updateVocabulary", updateVocabulary);
    checkFreeze(freeze);
    checkWordRates(wordRates);
    checkFunction("onEpochEnd", options.onEpochEnd);
    checkCheckpoint(options.checkpoint);
    checkControl(options.control);
    const epochs = checkInteger("epochs", options.epochs ?? this.options.epochs, 1);
    const learningRate = checkNumber("learningRate", options.learningRate ?? this.options.learningRate, 0);
    const least = options.minLearningRate ?? learningRate * 1e-4;
    const minLearningRate = checkNumber("minLearningRate", least, 0, learningRate);
    const corpus = this.platform.toCorpus(source, options.onWarning);
    try {
      if (updateVocabulary) await this.grow(corpus, signal);
      if (freeze || wordRates) this.parameters.rates = ratesOf(this.words, freeze, wordRates);
      const epochWords = await this.countWords(corpus, signal);
      const schedule = { epochs, epochWords, learningRate, minLearningRate, firstEpoch: this.history.length };
      await this.run(corpus, schedule, { ...START }, options);
    } finally {
      options.control?.end();
    }
    return this;
  }

  /** @internal Trains from a position, which it keeps up. */
  async run(corpus: Corpus, schedule: Schedule, position: Position, listeners: RunListeners): Promise<void> {
    const { parameters, plan, words: vocabulary } = this;
    const { mode: parallel, threads, batchWords, maxSentenceLength } = this.crew;
    const { signal, onProgress, onEpochEnd, onWarning } = listeners;
    signal?.throwIfAborted();
    const runner = startRunner(this.crew, plan, parameters, this.options, this.platform.spawn, position.rounds);
    const close = () => runner.close();
    signal?.addEventListener("abort", close, { once: true });
    const snapshot = () => this.snapshot(schedule, position);
    const rest = new Keeper(listeners, snapshot, () => this.refresh());
    const places = { kernel: plan.name, threads, parallel };
    // an only epoch has nothing to gain
    const spools = this.options.spool && schedule.epochs - position.epochs > 1;
    const source = new SpooledBatches(
      () => encode(corpus, vocabulary, maxSentenceLength, batchWords),
      spools ? this.platform.openSpool : undefined,
      (message) => onWarning?.(message),
    );
    try {
      const run = { schedule, corpus, batches: () => source.batches(), rest, onProgress, signal, ...places };
      await trainEpochs(run, position, runner, async (record) => {
        this.history.push(record);
        this.refresh();
        if ((await onEpochEnd?.(this, record)) === false) position.epochs = schedule.epochs;
        const finished = position.epochs === schedule.epochs;
        await rest.epochEnded(position, finished);
        return !finished;
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw rest.explain(error);
    } finally {
      signal?.removeEventListener("abort", close);
      close();
      this.refresh();
      await source.remove();
    }
  }

  private adopt(vocabulary: Vocabulary, parameters: Parameters, crew: Crew): void {
    this.words = vocabulary;
    this.parameters = parameters;
    this.crew = crew;
    const kernel = startKernel(this.plan, parameters.memory);
    const { dim, loss } = this.options;
    this.inputRows = new WordVectors(vocabulary.words, dim, parameters.inputs, kernel);
    if (loss !== "hierarchical-softmax")
      this.outputRows = new WordVectors(vocabulary.words, dim, parameters.outputs, kernel);
  }

  /** Makes room for the words of a corpus, in a memory of its own. */
  private async grow(corpus: Corpus, signal: AbortSignal | undefined): Promise<void> {
    const { options, parameters: before } = this;
    const vocabulary = await growVocabulary(this.words, corpus, options, signal);
    const crew = planCrew(
      options,
      this.platform.cores(),
      canShare(options),
      vocabulary.size,
      vocabulary.breadth(options.subsample),
      this.crew.mode,
    );
    const parameters = new Parameters(vocabulary, options, crew.workplace);
    await parameters.initialise(options.seed);
    parameters.take(
      before,
      this.words.words.map((word) => vocabulary.id(word)!),
    );
    this.adopt(vocabulary, parameters, crew);
  }

  private async countWords(corpus: Corpus, signal: AbortSignal | undefined): Promise<number> {
    let words = 0;
    for await (const batch of encode(corpus, this.words, this.options.maxSentenceLength)) {
      signal?.throwIfAborted();
      words += batch.words;
    }
    return words;
  }

  private snapshot(schedule: Schedule, position: Position): Snapshot {
    const { options, history, words: vocabulary, parameters, crew, inputRows } = this;
    const { stride, dim } = inputRows;
    const { random, outputMatrix, rates } = parameters;
    return {
      ...{ options: storedOptions(options), schedule, position: { ...position }, mode: crew.mode, history, random },
      ...{ vocabulary, dim, inputs: { data: inputRows.matrix, stride }, outputs: { data: outputMatrix, stride } },
      rates: rates?.slice(),
    };
  }

  private refresh(): this {
    this.inputRows.refresh();
    this.outputRows?.refresh();
    return this;
  }
}

/** Whether workers can share memory with this thread: a page must be cross-origin isolated. */
export function canShare({ worker, parallel, wasm }: ResolvedOptions): boolean {
  if (!worker || parallel === "replicas") return false;
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) return false;
  return wasm instanceof WebAssembly.Module ? takesSharedMemory(wasm) : true;
}
