// The front door of training, and the model it gives.

import { type KernelPlan, planKernel, startKernel } from "../kernel/pick.js";
import { takesSharedMemory } from "../kernel/wasm.js";
import { checkFunction, checkInteger, checkKnown, checkNumber } from "../math/check.js";
import { Parameters } from "../model/parameters.js";
import type { Corpus, CorpusSource } from "../text/corpus.js";
import { encode } from "../text/encode.js";
import { buildVocabulary, type Vocabulary } from "../text/vocabulary.js";
import { WordVectors } from "../vectors/vectors.js";
import { type EpochRecord, type Run, trainEpochs } from "./epochs.js";
import { type EpochListener, type ResolvedOptions, resolveOptions, type TrainOptions } from "./options.js";
import { type Crew, planCrew, startRunner } from "./parallel.js";
import { type Progress, ProgressReporter } from "./progress.js";
import type { WorkerHandle } from "./runner.js";

/** What the doors index.ts and node.ts know of where they run. */
export interface Platform<Source> {
  toCorpus(source: Source): Corpus;
  spawn(): WorkerHandle;
  /** Threads that the machine runs at once. */
  cores(): number;
  fetchBytes?(url: URL | string): Promise<Uint8Array<ArrayBuffer>>;
}

/** Options of Model.train; those not given are as in the first training. */
export interface ContinueOptions {
  epochs?: number;
  /** Rises again to this rate. Default: that of the first training. */
  learningRate?: number;
  minLearningRate?: number;
  onProgress?: (progress: Progress) => void;
  onEpochEnd?: EpochListener;
  signal?: AbortSignal;
}

const CONTINUE_OPTIONS = ["epochs", "learningRate", "minLearningRate", "onProgress", "onEpochEnd", "signal"];

/** A trained model, which can be trained on. */
export class Model<Source = CorpusSource> {
  /** One record for each epoch so far. */
  readonly history: EpochRecord[] = [];
  /** The word vectors (input rows). */
  readonly vectors: WordVectors;
  private readonly outputRows?: WordVectors;

  /** @internal use train */
  constructor(
    readonly options: ResolvedOptions,
    readonly vocabulary: Vocabulary,
    private readonly parameters: Parameters,
    private readonly plan: KernelPlan,
    private readonly platform: Platform<Source>,
    private readonly crew: Crew,
  ) {
    const kernel = startKernel(plan, parameters.memory);
    const { words } = vocabulary;
    this.vectors = new WordVectors(words, options.dim, parameters.inputs, kernel);
    if (options.loss !== "hierarchical-softmax")
      this.outputRows = new WordVectors(words, options.dim, parameters.outputs, kernel);
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
   * Trains on, on the same or another corpus, with the words it has. If it fails or is aborted, the model stays as it stands.
   * @throws TypeError, RangeError for options; DivergenceError; the signal's reason
   */
  async train(source: Source, options: ContinueOptions = {}): Promise<this> {
    checkKnown("option", options, CONTINUE_OPTIONS);
    const corpus = this.platform.toCorpus(source);
    const { maxSentenceLength } = this.options;
    const epochs = checkInteger("epochs", options.epochs ?? this.options.epochs, 1);
    const learningRate = checkNumber("learningRate", options.learningRate ?? this.options.learningRate, 0);
    let epochWords = 0;
    for await (const batch of encode(corpus, this.vocabulary, maxSentenceLength)) {
      options.signal?.throwIfAborted();
      epochWords += batch.words;
    }
    await this.run({
      corpus,
      epochs,
      epochWords,
      learningRate,
      minLearningRate: checkNumber("minLearningRate", options.minLearningRate ?? learningRate * 1e-4, 0, learningRate),
      onProgress: options.onProgress,
      onEpochEnd: checkFunction("onEpochEnd", options.onEpochEnd),
      signal: options.signal,
    });
    return this;
  }

  /** @internal */
  async run(run: RunOptions): Promise<void> {
    const { vocabulary, parameters, plan } = this;
    const { mode, threads, batchWords, maxSentenceLength } = this.crew;
    const { signal } = run;
    signal?.throwIfAborted();
    const runner = startRunner(this.crew, plan, parameters, this.options, this.platform.spawn);
    const close = () => runner.close();
    signal?.addEventListener("abort", close, { once: true });
    try {
      const firstEpoch = this.history.length;
      const places = { threads, parallel: mode, maxSentenceLength, batchWords };
      const whole: Run = { ...run, ...places, vocabulary, parameters, plan, firstEpoch };
      await trainEpochs(whole, runner, async (record) => {
        this.history.push(record);
        this.refresh();
        return (await run.onEpochEnd?.(this, record)) !== false;
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", close);
      close();
      this.refresh();
    }
  }

  private refresh(): void {
    this.vectors.refresh();
    this.outputRows?.refresh();
  }
}

/** What a run of a model leaves to its caller. */
type RunOptions = Omit<
  Run,
  "vocabulary" | "parameters" | "plan" | "threads" | "parallel" | "maxSentenceLength" | "batchWords" | "firstEpoch"
> & { onEpochEnd?: EpochListener };

/** Counts words, sets up a model and trains it. */
export async function trainOn<Source>(
  platform: Platform<Source>,
  source: Source,
  given: TrainOptions = {},
): Promise<Model<Source>> {
  const options = resolveOptions(given);
  const corpus = platform.toCorpus(source);
  const shared = options.worker && options.parallel !== "replicas" && canShare(options);
  const plan = await planKernel(options.kernel, shared, options.wasm, platform.fetchBytes);
  const vocabulary = options.vocabulary ?? (await count(corpus, options, plan));
  warnOfCost(options, vocabulary.size);
  const crew = planCrew(options, platform.cores(), shared, vocabulary.size);
  const parameters = new Parameters(vocabulary, options, crew.workplace);
  const model = new Model(options, vocabulary, parameters, plan, platform, crew);
  const { epochs, learningRate, minLearningRate, onProgress, onEpochEnd, signal } = options;
  const epochWords = vocabulary.totalWords;
  await model.run({ corpus, epochs, epochWords, learningRate, minLearningRate, onProgress, onEpochEnd, signal });
  return model;
}

/** Full softmax over more words than this is told to cost what it does. */
const COSTLY_WORDS = 2_000;

/** Says what a word costs with the full softmax: a dot product and two updates for every word of the vocabulary. */
function warnOfCost({ loss, model, window, dim, onWarning }: ResolvedOptions, words: number): void {
  if (loss !== "softmax" || words <= COSTLY_WORDS) return;
  // window + 1 context words on average, each of which predicts, or one prediction from all
  const predictions = model === "skipgram" ? window + 1 : 1;
  const macs = 3 * words * dim * predictions;
  onWarning?.(
    `loss "softmax" scores all ${words} words in each prediction: ${(macs / 1e6).toPrecision(2)} million multiply-adds a word ` +
      `of text, some ${(macs / 5e6).toPrecision(2)} ms; "hierarchical-softmax" takes about ${Math.ceil(Math.log2(words))} rows ` +
      `instead of ${words}, "negative-sampling" 6`,
  );
}

/** Whether a worker can share memory with this thread: a page must be cross-origin isolated. */
function canShare({ wasm }: ResolvedOptions): boolean {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) return false;
  return wasm instanceof WebAssembly.Module ? takesSharedMemory(wasm) : true;
}

function count(corpus: Corpus, options: ResolvedOptions, plan: KernelPlan): Promise<Vocabulary> {
  const reporter = new ProgressReporter(options.onProgress);
  const { epochs, learningRate, signal } = options;
  const report = (words: number) => {
    signal?.throwIfAborted();
    reporter.report({
      phase: "vocabulary",
      epoch: 0,
      epochs,
      words,
      totalWords: 0,
      loss: 0,
      learningRate,
      kernel: plan.name,
      threads: 0,
      parallel: "none",
    });
  };
  return buildVocabulary(corpus, options, report);
}
